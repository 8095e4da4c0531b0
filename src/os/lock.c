#include "os/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

err lock_take(int *lock, const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return ERR_IO;
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        err e = errno == EWOULDBLOCK ? ERR_BUSY : ERR_IO;
        close(fd);
        return e;
    }
    *lock = fd;
    return ERR_OK;
}

void lock_release(int lock)
{
    close(lock);
}
