/* The thread that makes a backup or reads one whole: one at a time. Nothing outside src/service includes this. */
#ifndef YIQIAN_SERVICE_BACKUP_JOB_H
#define YIQIAN_SERVICE_BACKUP_JOB_H

#include "service/backup_setting.h"

typedef struct backup_job_order {
    bool verifies, scheduled, has_digest;
    uint8_t id[16];
    backup_scope scope;
    int64_t created_ms;
    const char *file;
    int64_t size;       /* verifies: as recorded */
    uint8_t digest[32]; /* likewise; has_digest: it is known */
    backup_passphrase passphrase;
} backup_job_order;

typedef struct backup_job_state {
    bool running, verifies;
    uint8_t id[16];
    err outcome; /* once it does not run: of the newest one, until the next is begun */
} backup_job_state;

/* Whether reading a backup whole, with that outcome, says what the backup is: not so a wrong passphrase, or one that was interrupted. */
bool backup_job_is_finding(err outcome);

/* Part of service_open (what a crash left is cleared up) and service_close, which ends one that runs; NULL is fine in the latter. */
MUST_CHECK err backup_job_open(service *s);
void backup_job_close(service *s);

/* Takes the one place: ERR_BACKUP_RUNNING. What was reserved is started or released. */
MUST_CHECK err backup_job_reserve(service *s);
void backup_job_release(service *s);
/* Copies the order. What comes of it becomes an audit row of this actor. ERR_MEMORY: the row of a backup says that it failed. */
MUST_CHECK err backup_job_start(service *s, const backup_job_order *order, const char *actor, const char *origin);

void backup_job_read(service *s, backup_job_state *out);

/* Starts a scheduled one where it is due; now and then looks for files that no row knows. */
MUST_CHECK err backup_job_housekeeping(call *c);

#endif
