/* Backups: all configuration, or all data, in one encrypted file (docs/spec/backup.md, docs/operations/backup.md). One is made, or read whole, at a
 * time, by a thread of its own (service/backup_job.h). */
#ifndef YIQIAN_SERVICE_BACKUP_H
#define YIQIAN_SERVICE_BACKUP_H

#include "keystore/backup_seal.h"
#include "service/service.h"

enum { BACKUP_PAGE = 200, BACKUP_PERMIT_MINUTES = 10 };

typedef struct backup {
    uint8_t id[16];
    const char *scope, *cause,
        *state;        /* "configuration" | "all", "manual" | "scheduled", "running" | "done" | "failed" */
    const char *file;  /* its name */
    int64_t size;      /* 0: not known yet */
    bytes digest;      /* SM3 of the file; empty likewise */
    const char *error; /* the code of what ended it; of a done one why the newest verification found nothing out; NULL */
    const char *made_by;
    int64_t created_ms, finished_ms, verified_ms;
    const char *finding;     /* of verified_ms: "ok", "backup_damaged", "backup_shortened", "backup_content", "backup_not_found" */
    bool missing;            /* its file is not there, or of another size */
    bool verifying;          /* it is being read now */
    int64_t permit_until_ms; /* until when the call's person may fetch it; 0: he may not */
} backup;

/* Newest first, before that id (NULL: from the newest). limit: 1..BACKUP_PAGE. */
MUST_CHECK err backup_list(call *c, const uint8_t *before, int64_t limit, const backup **out, size_t *n);
/* ERR_BACKUP_NOT_FOUND. */
MUST_CHECK err backup_get(call *c, const uint8_t id[16], backup *out);

/* Starts one. passphrase NULL: that of the settings. ERR_BACKUP_RUNNING, ERR_PASSPHRASE_MISSING, ERR_PASSPHRASE_WEAK, ERR_BACKUP_DIRECTORY,
 * ERR_BACKUP_CONTENT (a file of the settings may not be in one), ERR_DISK_FULL. */
MUST_CHECK err backup_start(call *c, backup_scope scope, const char *passphrase, backup *out);
/* Notes that a scheduled one could not even be started. */
MUST_CHECK err backup_not_started(call *c, backup_scope scope, err why);
/* Starts reading one whole; what comes of it stands in finding. passphrase as above. ERR_BACKUP_NOT_FOUND, ERR_BACKUP_RUNNING,
 * ERR_PASSPHRASE_MISSING. */
MUST_CHECK err backup_verify(call *c, const uint8_t id[16], const char *passphrase, backup *out);

/* Whoever asks in the console may fetch the file once, for a while: what a second person approves. */
MUST_CHECK err backup_permit(call *c, const uint8_t id[16], backup *out);
/* The file, open to be read; the caller closes it, and says with backup_permit_end whether all of it was sent. From the console only with a permit, which
 * is taken: ERR_BACKUP_DOWNLOAD. An act. ERR_BACKUP_NOT_FOUND (also: it is no regular file, or of another size), ERR_CONFLICT (it is not done). */
typedef struct backup_taken backup_taken; /* a permit that is in use */
MUST_CHECK err backup_fetch(call *c, const uint8_t id[16], backup *out, int *fd, backup_taken **taken);
/* What was not sent whole may be fetched again. From any thread; does not block; NULL is fine. */
void backup_permit_end(backup_taken *taken, bool whole);
/* Removes it with its file. ERR_BACKUP_NOT_FOUND, ERR_CONFLICT (it is being made or read). */
MUST_CHECK err backup_remove(call *c, const uint8_t id[16]);

/* Scheduled ones beyond the newest `keep` of each scope go. */
MUST_CHECK err backup_expire(call *c, int64_t keep);

/* The last good one: its time, 0 for none. One that was found lying there counts once it was verified. */
MUST_CHECK err backup_last_good(const service *s, arena *a, int64_t *created_ms);

/* Where they stand, and one's path; in the arena, NULL if it is full or there is no data directory. */
const char *backup_directory(const service *s, arena *a);
const char *backup_path(const service *s, arena *a, const char *file);

/* Adds that a removed one's row goes: its file is gone. */
void backup_add_forgetting(store_unit *unit, const uint8_t id[16]);

#endif
