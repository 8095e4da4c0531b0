/* Restoring a backup into a data directory that no server runs on: for `yiqiand restore`, which holds its lock. */
#ifndef YIQIAN_SERVICE_BACKUP_RESTORE_H
#define YIQIAN_SERVICE_BACKUP_RESTORE_H

#include <stdatomic.h>

#include "keystore/backup_seal.h"
#include "keystore/keystore.h"
#include "service/backup_swap.h"

typedef struct backup_restoring {
    arena *arena;
    const char *data_dir, *file;
    bytes passphrase;
    bool replace, again; /* again: also where that very backup was restored there before */
    const char *actor; /* for the audit log */
    entropy rng;
    const atomic_bool *stop;
} backup_restoring;

/* What the old database had taken away and the backup had not. */
typedef enum backup_carried {
    BACKUP_CARRIED_CERTIFICATES,
    BACKUP_CARRIED_KEYS, /* locked, frozen, destroyed */
    BACKUP_CARRIED_ENROLMENTS,
    BACKUP_CARRIED_USERS,
    BACKUP_CARRIED_OPERATORS,
    BACKUP_CARRIED_TOKENS,
    BACKUP_CARRIED_SYSTEMS,
    BACKUP_CARRIED_CREDENTIALS,
    BACKUP_CARRIED_KINDS
} backup_carried;

typedef struct backup_restored {
    backup_header header;
    uint8_t digest[32];
    const char *aside;            /* the directory that took what was there; NULL: nothing was */
    bool has_settings;            /* restored-settings.conf was written */
    bool credential;              /* the master key is systemd's: it is not in the backup */
    int64_t keys, authorisations; /* active or locked keys; authorisations that were closed */
    int64_t refreshed; /* keys whose share was refreshed after the backup, and which are destroyed; -1: not known */
    bool carried_known; /* there was an old database, and it could be read; where not, every operator's token is ended */
    int64_t carried[BACKUP_CARRIED_KINDS];
    bool ready;         /* the new state stands: what went wrong then is made good by the next start, and nothing is undone */
    const char *failed_zh, *failed_en; /* in words, where that says more than the error; NULL */
} backup_restored;

/* Whether the file is there and looks like a backup, before anybody is asked for a passphrase. ERR_NOT_FOUND, ERR_FORBIDDEN, ERR_IO (said in words),
 * ERR_BACKUP_DAMAGED, ERR_BACKUP_SHORTENED, ERR_UNSUPPORTED, ERR_RANGE, ERR_MEMORY. */
MUST_CHECK err backup_restore_look(const char *file, backup_restored *out);

/* After an error the data directory is as it was, or, where out->ready says so, finished by the next start. ERR_EXISTS (there is something and
 * replace is not set; or the backup was restored there before, and again is not set), ERR_PASSPHRASE_WRONG, ERR_BACKUP_DAMAGED, ERR_BACKUP_SHORTENED, ERR_NOT_FOUND (the file), ERR_UNSUPPORTED (of a newer
 * server), ERR_CONFLICT (another master key, another file system), ERR_DISK_FULL, ERR_BACKUP_INTERRUPTED, ERR_CORRUPT, ERR_IO ... */
MUST_CHECK err backup_restore(const backup_restoring *r, backup_restored *out);

/* backup_swap_resume, and where a restore was finished what it had done, if that is *known (of the header id, scope and time). */
MUST_CHECK err backup_restore_resume(arena *a, const char *data_dir, backup_swap_found *found, backup_restored *out,
                                     bool *known);
/* Whether the file is the backup that was restored, by its id. */
bool backup_restore_is(const backup_restored *done, const char *file);

#endif
