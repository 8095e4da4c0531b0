/* Preloaded into the server: while the file named by YIQIAN_FULL_DISK is there, nothing can be written to regular files, as on
 * a full disk (ENOSPC). Needs no privileges, and the disk has room again when the file is removed. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

static int full(int fd)
{
    struct stat s;
    const char *flag = getenv("YIQIAN_FULL_DISK");
    return flag && access(flag, F_OK) == 0 && fstat(fd, &s) == 0 && S_ISREG(s.st_mode);
}

#define NEXT(name) ((__typeof__(&name))(dlsym(RTLD_NEXT, #name)))

/* A disk that is almost full: while YIQIAN_LOW_DISK is there, 63 MiB are free. */
static int low(int done, struct statvfs *out)
{
    const char *flag = getenv("YIQIAN_LOW_DISK");
    if (done == 0 && flag && access(flag, F_OK) == 0)
        out->f_bavail = (63u << 20) / out->f_frsize;
    return done;
}

int statvfs(const char *path, struct statvfs *out)
{
    return low(NEXT(statvfs)(path, out), out);
}

ssize_t write(int fd, const void *p, size_t n)
{
    if (full(fd)) {
        errno = ENOSPC;
        return -1;
    }
    return NEXT(write)(fd, p, n);
}

ssize_t pwrite(int fd, const void *p, size_t n, off_t at)
{
    if (full(fd)) {
        errno = ENOSPC;
        return -1;
    }
    return NEXT(pwrite)(fd, p, n, at);
}

ssize_t pwrite64(int fd, const void *p, size_t n, off64_t at)
{
    if (full(fd)) {
        errno = ENOSPC;
        return -1;
    }
    return NEXT(pwrite64)(fd, p, n, at);
}
