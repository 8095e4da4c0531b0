/* What the families of checks share; nothing outside service/check*.c and their tests includes this. */
#ifndef YIQIAN_SERVICE_CHECK_INTERNAL_H
#define YIQIAN_SERVICE_CHECK_INTERNAL_H

#include "os/host.h"
#include "service/check.h"

/* One run. */
typedef struct checker {
    call *c;
    bool full;
    check_result *results; /* room for CHECK_RESULTS_MAX */
    size_t n;
} checker;

/* Adds one, or of a subject that is there already the worse: alarms and metrics know them by it. value and limit NULL are "".
 * What does not fit is left out, and the last one says so. */
void check_add(checker *k, const check_kind *kind, const char *subject, check_state state, const char *value,
               const char *limit);

/* Numbers that must not be too small, or too large; a negative one is not known. */
check_state check_at_least(int64_t value, int64_t warning, int64_t failed);
check_state check_at_most(int64_t value, int64_t warning, int64_t failed);

/* Texts in the arena; "" if it is full. */
const char *check_text_bytes(arena *a, int64_t size);
const char *check_text_ms(arena *a, int64_t ms); /* "3 d", "5 h", "12 min", "7 s", "20 ms" */
const char *check_text_percent(arena *a, int64_t part, int64_t whole);
const char *check_text_time(arena *a, int64_t unix_ms);
const char *check_text_number(arena *a, int64_t number);

#define CHECK_DAY_MS INT64_C(86400000)
#define CHECK_HOUR_MS INT64_C(3600000)
#define CHECK_MINUTE_MS INT64_C(60000)

/* Each family: what it may say, and the run. */
typedef struct check_family {
    const check_kind *kinds;
    size_t n;
    void (*run)(checker *k);
} check_family;
extern const check_family check_audit, check_backup, check_callbacks, check_certificates, check_clock,
    check_configuration, check_database, check_disk, check_keys, check_machine, check_queues;

/* ---- what each family judges: facts in, results out ---- */

typedef struct disk_facts {
    host_disk data, backups; /* backups: total HOST_UNKNOWN where there is no such place */
    int64_t free_least;      /* bytes */
} disk_facts;
void check_disk_judge(checker *k, const disk_facts *f);

typedef struct machine_facts {
    int64_t memory_total, memory_available, entropy;
} machine_facts;
void check_machine_judge(checker *k, const machine_facts *f);

typedef struct database_facts {
    err write;
    int64_t commit_us, size, wal; /* negative: not known */
    bool integrity_known;
    err integrity; /* ERR_OK, ERR_CORRUPT, ERR_TIMEOUT ... */
    const char *finding;
} database_facts;
void check_database_judge(checker *k, const database_facts *f);

typedef struct certificate_facts {
    int64_t root_end_ms, issuing_end_ms, tls_end_ms; /* 0: there is none */
    int64_t root_crl_ms, issuing_crl_ms;             /* nextUpdate; 0: there is none */
    int64_t crl_life_ms;
    int64_t expiring_7, expiring_30; /* personal certificates that are in force still */
} certificate_facts;
void check_certificates_judge(checker *k, const certificate_facts *f, int64_t now_ms);
/* Of one timestamp unit. */
void check_unit_judge(checker *k, const char *name, int64_t end_ms, int64_t now_ms);

struct time_report;
void check_clock_judge(checker *k, const struct time_report *r);

typedef struct key_facts {
    err master;       /* of opening it again as it stands on the disk: ERR_FORBIDDEN, ERR_NOT_FOUND ... */
    bool same, seals; /* it is the key that this server runs with; what is sealed opens again */
    bool selftest_passed;
    int64_t selftest_at_ms;
    const char *selftest_failures;
} key_facts;
void check_keys_judge(checker *k, const key_facts *f, int64_t now_ms);

typedef struct queue_facts {
    int64_t tasks, oldest_task_ms;       /* since when; 0: none */
    int64_t callbacks, callbacks_due_ms; /* the oldest that could have been sent */
    int64_t callbacks_failed;            /* within the last hour */
    int64_t stamps, oldest_stamp_ms;
} queue_facts;
void check_queues_judge(checker *k, const queue_facts *f, int64_t now_ms);

typedef struct audit_facts {
    bool head_read, authentic;
    uint64_t head_size, last;
    bool job_known, job_intact, job_running;
    err job_failed; /* of the last one: the log could not be read */
    int64_t job_at_ms, started_ms; /* of the server */
    const char *finding;
} audit_facts;
void check_audit_judge(checker *k, const audit_facts *f, int64_t now_ms);

typedef struct backup_facts {
    const char *schedule;       /* "off", "daily", "weekly"; NULL: not known */
    int64_t schedule_ms;        /* since when that is so */
    bool any_done;              /* good or not */
    int64_t last_good_ms;       /* 0: none */
    const char *last_error;     /* of the newest scheduled one; NULL: it did not fail, or there is none */
    const char *last_finding;   /* of the newest backup that was read whole and is not as it was; NULL: none */
    err directory;              /* of looking at it */
    const char *before_restore; /* a directory with what was there before a restore; NULL: none */
} backup_facts;
void check_backup_judge(checker *k, const backup_facts *f, int64_t now_ms);

/* Of one endpoint: messages that were tried three times or more and are not delivered, and since when the oldest of them waits. */
void check_endpoint_judge(checker *k, const char *url, int64_t undelivered, int64_t since_ms, int64_t now_ms);

typedef struct configuration_facts {
    const char *public_url;
    bool demonstration, sandbox;
} configuration_facts;
void check_configuration_judge(checker *k, const configuration_facts *f);

#endif
