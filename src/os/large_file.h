/* Files that are too large to be held: read and written piece by piece, and put into their place when they are whole. */
#ifndef YIQIAN_OS_LARGE_FILE_H
#define YIQIAN_OS_LARGE_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

/* A new file (0600) to be written; ERR_EXISTS where something has that name already. Ownership: large_file_close. ERR_NOT_FOUND, ERR_FORBIDDEN,
 * ERR_DISK_FULL, ERR_IO. */
MUST_CHECK err large_file_create(int *fd, const char *path);

/* A regular file to be read, never through a symbolic link. ERR_NOT_FOUND, ERR_FORBIDDEN, ERR_IO (also: another kind of file). */
MUST_CHECK err large_file_open(int *fd, uint64_t *size, const char *path);
void large_file_close(int fd); /* -1 is fine */

/* All n bytes. ERR_DISK_FULL, ERR_IO. */
MUST_CHECK err large_file_write(int fd, const void *p, size_t n);
/* Up to cap bytes, fewer only at the end of the file. ERR_IO. */
MUST_CHECK err large_file_read(int fd, void *p, size_t cap, size_t *n);

/* What was written is on the disk. ERR_DISK_FULL, ERR_IO. */
MUST_CHECK err large_file_sync(int fd);

/* Gives what is called `from` the name `to`, replacing a file that has it, durably. ERR_NOT_FOUND, ERR_EXISTS (a directory that is not empty),
 * ERR_FORBIDDEN, ERR_IO. */
MUST_CHECK err large_file_rename(const char *from, const char *to);

/* Whether both are on one file system; false also where one is not there. */
bool large_file_same_disk(const char *a, const char *b);

/* The file's path below the directory, once links on the way to both are resolved; ERR_NOT_FOUND where it is not below it, or not there. */
enum { LARGE_FILE_PATH = 4096 };
MUST_CHECK err large_file_below(char out[LARGE_FILE_PATH], const char *directory, const char *path);

/* What is in a directory, by name, is on the disk. */
MUST_CHECK err large_file_sync_directory(const char *path);
/* The name itself, in the directory that has it. */
MUST_CHECK err large_file_sync_parent(const char *path);

/* Removes a directory with all that is in it, links themselves and not what they lead to; fine where there is none. Not deeper than 8 levels. */
MUST_CHECK err large_file_remove_tree(const char *path);

/* Removes all that is in a directory and keeps the directory itself, which may be a link or the root of another file system; fine where there is none.
 * As deep. */
MUST_CHECK err large_file_empty(const char *path);

/* Removes an empty directory, durably; fine where there is none. ERR_EXISTS: it holds something. */
MUST_CHECK err large_file_remove_directory(const char *path);

/* Removes a directory and those in it as far as they hold nothing else. */
void large_file_remove_empty(const char *path);

#endif
