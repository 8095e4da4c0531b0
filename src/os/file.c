#include "os/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/text.h"
#include "os/entropy.h"
#include "os/error.h"
#include "os/large_file.h"

enum { PATH_BYTES = 4096 };

/* Opens a regular file; O_NONBLOCK so that a FIFO of that name does not hang the caller. */
static err open_regular(int *fd, struct stat *status, const char *path)
{
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (*fd < 0)
        return os_error(errno);
    if (fstat(*fd, status) == 0 && S_ISREG(status->st_mode))
        return ERR_OK;
    (void)close(*fd);
    return ERR_IO;
}

err file_read(arena *a, const char *path, size_t max, bytes *out)
{
    int fd;
    struct stat status;
    TRY(open_regular(&fd, &status, path));
    err e = ERR_OK;
    if (status.st_size < 0 || (uint64_t)status.st_size > max) {
        e = ERR_LIMIT;
        goto out;
    }
    size_t size = (size_t)status.st_size, n;
    uint8_t *p = size < SIZE_MAX ? arena_alloc(a, size + 1) : NULL;
    if (!p) {
        e = ERR_MEMORY;
        goto out;
    }
    TRY_OUT(large_file_read(fd, p, size, &n));
    *out = bytes_of(p, n);
out:
    (void)close(fd);
    return e;
}

err file_read_secret(void *out, size_t cap, const char *path, size_t *n)
{
    int fd;
    struct stat status;
    TRY(open_regular(&fd, &status, path));
    err e = ERR_OK;
    if (status.st_mode & (S_IRWXG | S_IRWXO))
        e = ERR_FORBIDDEN;
    else if (status.st_size < 0 || (uint64_t)status.st_size > cap)
        e = ERR_LIMIT;
    else
        e = large_file_read(fd, out, cap, n);
    (void)close(fd);
    return e;
}

bool file_is_private(const char *path)
{
    struct stat status;
    return lstat(path, &status) != 0 || !(status.st_mode & (S_IRWXG | S_IRWXO));
}

enum { SUFFIX = 16 }; /* of a temporary name: hexadecimal digits, between a dot and ".tmp" */
static const char temporary_end[] = ".tmp";

static err temporary_name(char out[PATH_BYTES], const char *path)
{
    uint8_t random[SUFFIX / 2];
    char suffix[2 * sizeof random + 1];
    TRY(os_entropy_fill(NULL, random, sizeof random));
    hex_encode(suffix, random, sizeof random);
    int n = snprintf(out, PATH_BYTES, "%s.%s%s", path, suffix, temporary_end);
    return n > 0 && n < PATH_BYTES ? ERR_OK : ERR_LENGTH;
}

static err write_temporary(const char *path, const void *p, size_t n, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    if (fd < 0)
        return os_error(errno);
    err e = large_file_write(fd, p, n);
    if (e == ERR_OK && (fchmod(fd, mode) != 0 || fsync(fd) != 0))
        e = os_error(errno);
    if (close(fd) != 0 && e == ERR_OK)
        e = os_error(errno);
    if (e != ERR_OK)
        (void)unlink(path);
    return e;
}

err file_write(const char *path, const void *p, size_t n, mode_t mode)
{
    char temporary[PATH_BYTES];
    TRY(temporary_name(temporary, path));
    TRY(write_temporary(temporary, p, n, mode));
    if (rename(temporary, path) != 0) {
        err e = os_error(errno);
        (void)unlink(temporary);
        return e;
    }
    return large_file_sync_parent(path);
}

err file_create(const char *path, const void *p, size_t n, mode_t mode)
{
    char temporary[PATH_BYTES];
    TRY(temporary_name(temporary, path));
    TRY(write_temporary(temporary, p, n, mode));
    /* link(2), other than rename(2), does not replace. */
    err e = link(temporary, path) == 0 ? ERR_OK : os_error(errno);
    (void)unlink(temporary);
    return e == ERR_OK ? large_file_sync_parent(path) : e;
}

err file_make_directory(const char *path, mode_t mode)
{
    if (mkdir(path, S_IRWXU) != 0) {
        struct stat status;
        if (errno == EEXIST && stat(path, &status) == 0 && S_ISDIR(status.st_mode))
            return ERR_OK;
        return os_error(errno);
    }
    return chmod(path, mode) == 0 ? large_file_sync_parent(path) : os_error(errno);
}

err file_check_directory(const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return os_error(errno);
    return status.st_uid != geteuid() || (status.st_mode & (S_IWGRP | S_IWOTH)) ? ERR_FORBIDDEN : ERR_OK;
}

bool file_can_write(const char *path)
{
    return access(path, W_OK | X_OK) == 0;
}

err file_free_space(const char *path, uint64_t *out)
{
    struct statvfs status;
    if (statvfs(path, &status) != 0)
        return os_error(errno);
    *out = (uint64_t)status.f_bavail * status.f_frsize;
    return ERR_OK;
}

err file_size(const char *path, uint64_t *out)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return os_error(errno);
    if (!S_ISREG(status.st_mode))
        return ERR_IO;
    *out = (uint64_t)status.st_size;
    return ERR_OK;
}

err file_kind_of(const char *path, file_kind *out)
{
    struct stat status;
    if (lstat(path, &status) != 0)
        return os_error(errno);
    *out = S_ISREG(status.st_mode) ? FILE_REGULAR : S_ISDIR(status.st_mode) ? FILE_DIRECTORY : FILE_OTHER;
    return ERR_OK;
}

bool file_exists(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0;
}

err file_remove(const char *path)
{
    if (unlink(path) != 0)
        return errno == ENOENT ? ERR_OK : os_error(errno);
    return large_file_sync_parent(path);
}

err file_each(const char *directory, file_visit visit, void *context)
{
    err e = ERR_OK;
    DIR *d = opendir(directory);
    if (!d)
        return os_error(errno);
    while (e == ERR_OK) {
        errno = 0;
        const struct dirent *entry = readdir(d);
        if (!entry) {
            e = errno != 0 ? os_error(errno) : ERR_OK;
            break;
        }
        if (entry->d_name[0] != '.')
            e = visit(context, entry->d_name);
    }
    (void)closedir(d);
    return e;
}

static bool is_temporary(const char *name)
{
    size_t n = strlen(name), end = sizeof temporary_end - 1;
    if (n < end + SUFFIX + 2 || strcmp(name + n - end, temporary_end) != 0)
        return false;
    const char *suffix = name + n - end - SUFFIX;
    return suffix[-1] == '.' && strspn(suffix, "0123456789abcdef") == SUFFIX;
}

static err remove_leftover(void *context, const char *name)
{
    char path[PATH_BYTES];
    const char *directory = context;
    if (!is_temporary(name))
        return ERR_OK;
    int n = snprintf(path, sizeof path, "%s/%s", directory, name);
    return n > 0 && n < PATH_BYTES ? file_remove(path) : ERR_LENGTH;
}

err file_remove_leftovers(const char *directory)
{
    char context[PATH_BYTES];
    int n = snprintf(context, sizeof context, "%s", directory);
    if (n < 0 || n >= PATH_BYTES)
        return ERR_LENGTH;
    err e = file_each(directory, remove_leftover, context);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}
