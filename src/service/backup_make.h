/* Making one backup, and reading one whole. For service/backup_job.c, on its thread. */
#ifndef YIQIAN_SERVICE_BACKUP_MAKE_H
#define YIQIAN_SERVICE_BACKUP_MAKE_H

#include <stdatomic.h>

#include "service/backup_setting.h"

#define BACKUP_FILE_END ".yqb"
#define BACKUP_PART_END ".part"

typedef struct backup_making {
    uint8_t id[16];
    backup_scope scope;
    int64_t created_ms;
    const char *file; /* its name in the directory of backups */
    bytes passphrase;
    uint64_t size; /* out */
    uint8_t digest[32];
} backup_making;

/* Whether the directory can be used; makes it. ERR_BACKUP_DIRECTORY, ERR_DISK_FULL, ERR_MEMORY. */
MUST_CHECK err backup_directory_check(const service *s, arena *a);

/* Whether the directory can be used and there is room for a copy and the backup; makes the directory. ERR_BACKUP_DIRECTORY, ERR_DISK_FULL. */
MUST_CHECK err backup_room_check(const service *s, arena *a, backup_scope scope);

/* Whether every file that the settings name may be in a backup; said in the fault. ERR_BACKUP_CONTENT, ERR_MEMORY. */
MUST_CHECK err backup_files_check(const service *s, arena *a, fault *out);

/* After ERR_OK it is on the disk under its name; after an error nothing of it is there. stop: ends it with ERR_BUSY. */
MUST_CHECK err backup_make(const service *s, backup_making *m, const atomic_bool *stop);

/* Reads m->file to its last byte; m->digest: of the file. size, digest: as recorded; digest NULL: not known. ERR_BACKUP_DAMAGED,
 * ERR_BACKUP_SHORTENED, ERR_BACKUP_CONTENT (whole, and yet it could not be restored; the log says why), ERR_PASSPHRASE_WRONG, ERR_BACKUP_NOT_FOUND,
 * ERR_BUSY (stopped), ERR_IO ... */
MUST_CHECK err backup_read_whole(const service *s, backup_making *m, uint64_t size, const uint8_t *digest,
                                 const atomic_bool *stop);

/* Removes what a crash left: copies of the database, parts of this server's own backups. */
void backup_sweep(const service *s, arena *a);

#endif
