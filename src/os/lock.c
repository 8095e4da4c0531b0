#include "os/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
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

void lock_say(int lock, const char *holder)
{
    size_t n = strlen(holder);
    bool said = ftruncate(lock, 0) == 0 && pwrite(lock, holder, n, 0) == (ssize_t)n;
    (void)said; /* a word for people: without it they are told less */
}

void lock_holder(const char *path, char holder[LOCK_HOLDER])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    ssize_t n = fd >= 0 ? read(fd, holder, LOCK_HOLDER - 1) : 0;
    holder[n > 0 ? n : 0] = '\0';
    if (fd >= 0)
        close(fd);
}

void lock_release(int lock)
{
    close(lock);
}
