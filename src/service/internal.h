/* What the use cases share among themselves; nothing outside src/service includes this. */
#ifndef YIQIAN_SERVICE_INTERNAL_H
#define YIQIAN_SERVICE_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "crypto/signer.h"
#include "os/log.h"
#include "pki/cert.h"
#include "service/key_lock.h"
#include "service/known_keys.h"
#include "service/selftest.h"
#include "service/service.h"

typedef struct certificate_authority {
    signer *signer;
    bytes der; /* of the service's arena */
    cert cert; /* parsed, borrowing from der */
} certificate_authority;

struct service {
    service_options options;
    arena *arena; /* what lives as long as the service */
    certificate_authority root, issuing;
    pthread_mutex_t crl_lock;                               /* one CRL is made at a time */
    known_keys *known_keys;                                 /* of signers */
    key_locks *locks;                                       /* of keys, and of users while they enrol */
    uint8_t code_key[32], token_key[32], challenge_key[32]; /* derived from the master key */
    int64_t started_ms;
    struct challenge_table *challenges;    /* service/device_session.c */
    struct callback_queue *callbacks;      /* service/callback_queue.c */
    struct rate_table *rates;              /* service/rate.c */
    struct backup_permits *backup_permits; /* service/backup_permit.c */
    struct tsa_access *tsa_access;         /* service/tsa_access.c */
    _Atomic uint64_t crypto_cpu_ns;
    pthread_mutex_t selftest_lock; /* of the report */
    selftest_report selftest;
    atomic_bool selftest_failed; /* for good: nothing is signed or issued any more */
    pthread_mutex_t health_lock; /* service/health.c: of the last try to write, and what it came to */
    int64_t health_at_ms;
    _Atomic int64_t health_began_ms; /* while one tries; else 0 */
    _Atomic int health;
    atomic_bool disk_low;
    struct time_watch *time; /* service/time_watch.c */
    struct tsa_units *units; /* service/tsa_unit.c */
    struct tsa_serials *serials;
    struct system_uses *system_uses;   /* service/system_use.c */
    struct token_counts *token_counts; /* service/token_count.c */
    log_brake timestamp_refusals[ERR_COUNT];
    _Atomic int64_t tokens_logged; /* service/token_log.c */
    _Atomic int64_t signatures;    /* recorded since the start (service/monitor.h) */
    struct monitor *monitor;       /* service/monitor.c */
    struct audit_job *audit_job;   /* service/audit_job.c */
    struct backup_job *backup_job; /* service/backup_job.c */
    int64_t
        tokens_counted_until; /* housekeeping's (service/token_hour.c): the first hour that is not; 0: not known yet */
    int64_t answers_forgotten_until; /* housekeeping's (service/once.c) */
    atomic_bool stamps_wait;  /* service/signature_stamp.c: finished signatures wait for their timestamps */
};

/* Before the organisation's name of a sandbox. */
#define SANDBOX_MARK "沙箱 SANDBOX · "
enum { AUTHORITY_ORGANISATION_MAX = 64 /* characters: X.520 ub-organization-name, ub-common-name */ };

/* service/authority.c. ERR_CONFIG: see service_open. */
MUST_CHECK err authority_open(service *s, int64_t now_ms);
void authority_close(service *s);

/* The subject of what the hospital certifies for itself: C, O, OU that says what kind of CA this is, and the organisation's name with a suffix as
 * CN. Name DER in the arena. ERR_MEMORY, ERR_LENGTH. */
MUST_CHECK err authority_subject(const service *s, arena *a, const char *suffix, bytes *out);

/* service/crl.c */
MUST_CHECK err crl_refresh(service *s, arena *a, int64_t now_ms, bool even_if_current);
/* After an act that changed the list: the act stands, and housekeeping makes the list if it fails now. */
void crl_refresh_after(call *c);

/* service/selftest.c: runs all, keeps the report, logs and records a failure. */
void selftest_run(service *s);
void selftest_run_if_due(service *s, int64_t now_ms);

#endif
