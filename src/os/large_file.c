#include "os/large_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/error.h"

enum { PATH_BYTES = LARGE_FILE_PATH, DEPTH_MAX = 8 };

static err err_of_errno(int number)
{
    return number == ENOTEMPTY || number == EISDIR ? ERR_EXISTS : os_error(number);
}

err large_file_create(int *fd, const char *path)
{
    *fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    return *fd >= 0 ? ERR_OK : err_of_errno(errno);
}

err large_file_open(int *fd, uint64_t *size, const char *path)
{
    struct stat status;
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (*fd < 0)
        return errno == ELOOP ? ERR_IO : err_of_errno(errno);
    if (fstat(*fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size >= 0) {
        *size = (uint64_t)status.st_size;
        return ERR_OK;
    }
    (void)close(*fd);
    *fd = -1;
    return ERR_IO;
}

void large_file_close(int fd)
{
    if (fd >= 0)
        (void)close(fd);
}

err large_file_write(int fd, const void *p, size_t n)
{
    const char *at = p;
    while (n > 0) {
        ssize_t wrote = write(fd, at, n);
        if (wrote < 0 && errno != EINTR)
            return err_of_errno(errno);
        at += wrote > 0 ? wrote : 0;
        n -= wrote > 0 ? (size_t)wrote : 0;
    }
    return ERR_OK;
}

err large_file_read(int fd, void *p, size_t cap, size_t *n)
{
    *n = 0;
    while (*n < cap) {
        ssize_t got = read(fd, (char *)p + *n, cap - *n);
        if (got == 0)
            break;
        if (got < 0 && errno != EINTR)
            return err_of_errno(errno);
        *n += got > 0 ? (size_t)got : 0;
    }
    return ERR_OK;
}

err large_file_sync(int fd)
{
    return fsync(fd) == 0 ? ERR_OK : err_of_errno(errno);
}

bool large_file_same_disk(const char *a, const char *b)
{
    struct stat one, other;
    return stat(a, &one) == 0 && stat(b, &other) == 0 && one.st_dev == other.st_dev;
}

err large_file_below(char out[LARGE_FILE_PATH], const char *directory, const char *path)
{
    char *outer = realpath(directory, NULL), *inner = realpath(path, NULL);
    size_t n = outer ? strlen(outer) : 0;
    bool below = outer && inner && strncmp(inner, outer, n) == 0 && inner[n] == '/';
    err e =
        below && (size_t)snprintf(out, LARGE_FILE_PATH, "%s", inner + n + 1) < LARGE_FILE_PATH ? ERR_OK : ERR_NOT_FOUND;
    free(outer);
    free(inner);
    return e;
}

err large_file_sync_directory(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return err_of_errno(errno);
    err e = large_file_sync(fd);
    (void)close(fd);
    return e;
}

/* A name in a directory is durable only once the directory is (fsync(2)). */
err large_file_sync_parent(const char *path)
{
    char directory[PATH_BYTES];
    const char *slash = strrchr(path, '/');
    size_t n = slash == path ? 1 : slash ? (size_t)(slash - path) : 0;
    if (n >= sizeof directory)
        return ERR_LENGTH;
    memcpy(directory, path, n);
    directory[n] = '\0';
    return large_file_sync_directory(n > 0 ? directory : ".");
}

err large_file_rename(const char *from, const char *to)
{
    if (rename(from, to) != 0)
        return err_of_errno(errno);
    TRY(large_file_sync_parent(to));
    return large_file_sync_parent(from);
}

static err remove_below(const char *path, unsigned depth);

static err empty_below(const char *path, unsigned depth)
{
    err e = ERR_OK;
    DIR *d = depth < DEPTH_MAX ? opendir(path) : NULL;
    if (!d)
        return depth < DEPTH_MAX ? err_of_errno(errno) : ERR_LIMIT;
    for (const struct dirent *entry; e == ERR_OK && (entry = readdir(d));) {
        char inner[PATH_BYTES];
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        int n = snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
        e = n > 0 && (size_t)n < sizeof inner ? remove_below(inner, depth + 1) : ERR_LENGTH;
    }
    (void)closedir(d);
    return e;
}

static err remove_below(const char *path, unsigned depth)
{
    struct stat status;
    if (lstat(path, &status) != 0)
        return errno == ENOENT ? ERR_OK : err_of_errno(errno);
    if (!S_ISDIR(status.st_mode))
        return unlink(path) == 0 || errno == ENOENT ? ERR_OK : err_of_errno(errno);
    TRY(empty_below(path, depth));
    return rmdir(path) == 0 || errno == ENOENT ? ERR_OK : err_of_errno(errno);
}

err large_file_remove_tree(const char *path)
{
    return remove_below(path, 0);
}

err large_file_empty(const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return errno == ENOENT ? ERR_OK : err_of_errno(errno);
    TRY(empty_below(path, 0));
    return large_file_sync_directory(path);
}

err large_file_remove_directory(const char *path)
{
    if (rmdir(path) != 0)
        return errno == ENOENT ? ERR_OK : err_of_errno(errno);
    return large_file_sync_parent(path);
}

static void remove_empty_below(const char *path, unsigned depth)
{
    DIR *d = depth < DEPTH_MAX ? opendir(path) : NULL;
    for (const struct dirent *entry; d && (entry = readdir(d));) {
        char inner[PATH_BYTES];
        struct stat status;
        int n = snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 && n > 0 && (size_t)n < sizeof inner &&
            lstat(inner, &status) == 0 && S_ISDIR(status.st_mode))
            remove_empty_below(inner, depth + 1);
    }
    if (d)
        (void)closedir(d);
    (void)rmdir(path); /* of one that holds something it fails */
}

void large_file_remove_empty(const char *path)
{
    remove_empty_below(path, 0);
}
