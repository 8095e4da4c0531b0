/* Files read whole and written durably. */
#ifndef YIQIAN_OS_FILE_H
#define YIQIAN_OS_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"

/* The whole file, in the arena; a NUL stands after its last byte (not counted). ERR_NOT_FOUND, ERR_LIMIT (more than max bytes),
 * ERR_FORBIDDEN (permissions), ERR_IO (also: not a regular file), ERR_MEMORY. */
MUST_CHECK err file_read(arena *a, const char *path, size_t max, bytes *out);

/* A file that holds a secret, into the caller's cap bytes at `out`; *n bytes of it. As file_read, and ERR_FORBIDDEN where group
 * or others have any permission on it. The caller wipes `out`. */
MUST_CHECK err file_read_secret(void *out, size_t cap, const char *path, size_t *n);

/* False where group or others have a permission on it: what file_read_secret refuses. */
bool file_is_private(const char *path);

/* Replaces (or makes) the file with n bytes at p, permissions `mode` whatever the umask: after ERR_OK it is on the disk; after an
 * error or a crash the old file is whole. ERR_DISK_FULL, ERR_FORBIDDEN, ERR_NOT_FOUND (no such directory), ERR_IO. */
MUST_CHECK err file_write(const char *path, const void *p, size_t n, mode_t mode);

/* The same, but ERR_EXISTS where something has that name already; of several callers at once one succeeds. */
MUST_CHECK err file_create(const char *path, const void *p, size_t n, mode_t mode);

/* Makes one directory with permissions `mode` whatever the umask; fine where there is one already (its permissions stay).
 * ERR_NOT_FOUND (no parent), ERR_EXISTS (not a directory), ERR_DISK_FULL, ERR_FORBIDDEN, ERR_IO. */
MUST_CHECK err file_make_directory(const char *path, mode_t mode);

/* ERR_FORBIDDEN where group or others may write into the directory, or it is another user's. ERR_NOT_FOUND, ERR_IO. */
MUST_CHECK err file_check_directory(const char *path);

/* Whether names can be made in the directory, as far as permissions and the way it is mounted say. */
bool file_can_write(const char *path);

/* Bytes that this process can still write on the file system of path. ERR_NOT_FOUND, ERR_IO. */
MUST_CHECK err file_free_space(const char *path, uint64_t *out);

/* Its bytes. ERR_NOT_FOUND, ERR_FORBIDDEN, ERR_IO (also: not a regular file). */
MUST_CHECK err file_size(const char *path, uint64_t *out);

/* Whether something has that name. */
bool file_exists(const char *path);

/* What has that name; of a symbolic link the link itself. ERR_NOT_FOUND, ERR_FORBIDDEN, ERR_IO. */
typedef enum file_kind { FILE_REGULAR, FILE_DIRECTORY, FILE_OTHER } file_kind;
MUST_CHECK err file_kind_of(const char *path, file_kind *out);

/* Removes the file's name, durably; fine where there is none. ERR_FORBIDDEN, ERR_IO. */
MUST_CHECK err file_remove(const char *path);

/* Calls visit with each name in the directory, those that begin with a dot left out, in no order; visit may remove what it is called with.
 * Its first error ends it. ERR_NOT_FOUND, ERR_FORBIDDEN, ERR_IO. */
typedef err (*file_visit)(void *context, const char *name);
MUST_CHECK err file_each(const char *directory, file_visit visit, void *context);

/* Removes what file_write and file_create left in the directory when they were cut off: it may be a secret that is thought to be gone. Nobody may write
 * there meanwhile. Fine where there is no such directory. ERR_FORBIDDEN, ERR_IO, ERR_LENGTH. */
MUST_CHECK err file_remove_leftovers(const char *directory);

#endif
