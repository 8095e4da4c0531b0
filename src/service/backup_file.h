/* A backup's file (.yqb, docs/spec/backup.md): written and read as a sequence of entries, each a name and its content, in sealed chunks. */
#ifndef YIQIAN_SERVICE_BACKUP_FILE_H
#define YIQIAN_SERVICE_BACKUP_FILE_H

#include <stdatomic.h>

#include "base/arena.h"
#include "keystore/backup_seal.h"

enum { BACKUP_NAME_MAX = 255, BACKUP_SMALL_MAX = 4 << 20 };

/* The entries' names. Files of the data directory stand as "files/" and their path in it. */
#define BACKUP_ENTRY_MANIFEST "manifest"
#define BACKUP_ENTRY_MASTER_KEY "master-key"
#define BACKUP_ENTRY_SETTINGS "settings.conf"
#define BACKUP_ENTRY_DATABASE "yiqian.db"
#define BACKUP_ENTRY_FILES "files/"

typedef struct backup_writer backup_writer;

/* The file must not be there (0600). header and keys: of backup_header_begin; copied. stop: once it is set, every call ends with ERR_BUSY.
 * Ownership: backup_writer_close; NULL is fine there. ERR_EXISTS, ERR_FORBIDDEN, ERR_NOT_FOUND, ERR_DISK_FULL, ERR_IO, ERR_MEMORY. */
MUST_CHECK err backup_writer_open(backup_writer **out, const char *path, const backup_header *header,
                                  const backup_keys *keys, const atomic_bool *stop);
MUST_CHECK err backup_writer_put(backup_writer *w, const char *name, bytes content);
/* A regular file, never through a symbolic link; it must not change meanwhile (ERR_IO). */
MUST_CHECK err backup_writer_put_file(backup_writer *w, const char *name, const char *path);
/* Ends it: after ERR_OK it is whole and on the disk. digest: SM3 of the whole file. */
MUST_CHECK err backup_writer_finish(backup_writer *w, uint64_t *size, uint8_t digest[32]);
void backup_writer_close(backup_writer *w);

typedef struct backup_reader backup_reader;

/* Reads the header. ERR_NOT_FOUND, ERR_FORBIDDEN, ERR_IO (also: a symbolic link, no regular file), ERR_BACKUP_SHORTENED, ERR_MEMORY, and
 * backup_header_read's. Ownership: backup_reader_close; NULL is fine there. */
MUST_CHECK err backup_reader_open(backup_reader **out, const char *path, const atomic_bool *stop);
const backup_header *backup_reader_header(const backup_reader *r);
uint64_t backup_reader_size(const backup_reader *r);

/* backup_keys_make's errors. */
MUST_CHECK err backup_reader_unlock(backup_reader *r, bytes passphrase);
const backup_keys *backup_reader_keys(const backup_reader *r);

/* The next entry; what was not read of the one before is passed over. *end: there is none, and the file was found whole to its last byte.
 * ERR_BACKUP_DAMAGED, ERR_BACKUP_SHORTENED, ERR_BUSY, ERR_IO. */
MUST_CHECK err backup_reader_next(backup_reader *r, char name[BACKUP_NAME_MAX + 1], uint64_t *size, bool *end);
/* Of its content up to cap bytes, fewer only at its end. */
MUST_CHECK err backup_reader_read(backup_reader *r, void *p, size_t cap, size_t *n);
/* All of it, where that is at most BACKUP_SMALL_MAX bytes; in the arena. ERR_LIMIT, ERR_MEMORY. */
MUST_CHECK err backup_reader_all(backup_reader *r, arena *a, bytes *out);
/* After the end: SM3 of the whole file. */
void backup_reader_digest(backup_reader *r, uint8_t digest[32]);
void backup_reader_close(backup_reader *r);

#endif
