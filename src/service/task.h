/* Signing tasks: a business system's wish that one person signs one message. Here: what a task is, and how it is read. It is made in
 * service/task_create.h and task_batch.h, and ended in service/task_end.h. */
#ifndef YIQIAN_SERVICE_TASK_H
#define YIQIAN_SERVICE_TASK_H

#include "service/idempotency.h"
#include "service/service.h"
#include "service/task_state.h"

enum {
    TASK_DOCUMENT_MAX = 10 << 20, /* bytes */
    TASK_PAGE = 200,              /* in one listing, so that it fits a request's arena with the longest texts */
    TASK_IDS = 100,               /* asked for by id in one call */
    TASK_EXPIRES_MIN = 60,        /* seconds */
    TASK_EXPIRES_MAX = 90 * 86400,
    TASK_EXPIRES_DEFAULT = 7 * 86400,
    TASK_FIELDS = 20,      /* labelled fields */
    TASK_LABEL_MAX = 20,   /* characters; at least 1 */
    TASK_VALUE_MAX = 200,  /* characters */
    TASK_RECORD_TYPE = 64, /* characters */
    TASK_REASON_MAX = 200, /* characters */
    TASK_FOLLOWERS = 10,   /* that wait for one task */
    TASK_CHAIN = 1000      /* that wait behind one task, directly or not */
};

typedef enum task_priority { TASK_NORMAL, TASK_HIGH, TASK_URGENT } task_priority;

typedef struct task_signature {
    uint8_t rs[64], e[32];
    bytes serial, certificate; /* DER */
    const char *method;        /* "pin", "fingerprint", "authorisation" */
    bool authorised;
    uint8_t authorisation[16]; /* the one it was made under, where authorised */
    bytes attributes;          /* of form cms, DER; empty otherwise */
    int64_t signed_ms;
} task_signature;

/* Of the signature (service/signature_stamp.h). */
typedef struct task_timestamp {
    bool wanted;  /* its system wanted one */
    bytes serial; /* p NULL: it is still to be made, and what follows says nothing */
    int64_t time_us, accuracy_us;
    bytes policy; /* content octets of the identifier */
} task_timestamp;

typedef struct task {
    uint8_t id[16], system_id[16], signer_id[16];
    const char *system_name, *signer_staff_no, *signer_name;
    const char *kind; /* "document", "login" */
    const char *form, *state, *title, *description, *reference, *media_type, *department;
    const char *fields; /* as in task_request */
    const char *record_type;
    task_priority priority;
    uint8_t digest[32];
    int64_t document_size; /* -1: no document was given */
    int64_t created_ms, expires_ms;
    int64_t finished_ms; /* when it came to its last state; 0: not finished */
    const char *reason;  /* why it was declined, cancelled or withdrawn; NULL: none was said */
    bool has_batch, has_after;
    uint8_t batch[16], after[16]; /* after: the task that this one waits for, or waited for */
    bool claimed_before;          /* a signature may exist */
    uint8_t claim_key[16], claim_sid[16];
    int64_t claim_until;
    bool has_signature;
    task_signature signature;
    task_timestamp timestamp;
} task;

/* A task of the calling system; ERR_TASK_NOT_FOUND for others' too. */
MUST_CHECK err task_get(call *c, const uint8_t id[16], task *out);

typedef struct task_filter {
    const char *state, *reference; /* NULL: any */
    bool has_after;
    uint8_t after[16];
    int64_t limit; /* 1..TASK_PAGE */
} task_filter;

MUST_CHECK err task_list(call *c, const task_filter *filter, const task **out, size_t *n);

/* The calling system's tasks among ids (at most TASK_IDS), in their order; missing: the places of those that it has not. */
MUST_CHECK err task_get_many(call *c, const uint8_t (*ids)[16], size_t n, const task **out, size_t *found,
                             const size_t **missing, size_t *missing_n);

/* A page of the calling system's batch, in its order; whether there is such a batch is the caller's to know. */
MUST_CHECK err task_list_of_batch(call *c, const uint8_t batch[16], const task_filter *filter, const task **out,
                                  size_t *n);

/* For the calling device: the tasks its person can sign now, those of the highest priority first, then the oldest; after: the last one of the
 * page before, finished or not (ERR_FIELD_VALUE where it is no task of this person's). And one's document (an act: viewing). */
MUST_CHECK err task_list_for_device(call *c, const task_filter *filter, const task **out, size_t *n);
/* What a scan gave it to sign: one task (id), or what is unfinished of a batch (id NULL), as far as it is this person's; at most TASK_PAGE. */
MUST_CHECK err task_list_of_scan(call *c, const uint8_t *id, const uint8_t *batch, const task **out, size_t *n);
MUST_CHECK err task_document_for_device(call *c, const uint8_t id[16], bytes *document, const char **media_type);

/* The state as it is at now (task_state_as_of). */
const char *task_state_at(const task *t, int64_t now_ms);

/* Reads any task, whoever asks; ERR_TASK_NOT_FOUND. For the use cases. */
MUST_CHECK err task_load(call *c, const uint8_t id[16], task *out);

/* What signing needs of a task, and no more, in an arena of the caller's: a document may be large. message: M (docs/spec/two-party-sm2.md, What is signed), of form cms the digest that M will hold;
 * of form raw empty once the task is finished. */
typedef struct task_signable {
    uint8_t signer_id[16], claim_key[16], claim_sid[16]; /* claims: zero where there was none */
    const char *kind, *form, *state;                     /* the state as it is now */
    int64_t claim_until;
    bytes message;
} task_signable;
MUST_CHECK err task_load_signable(call *c, arena *scratch, const uint8_t id[16], task_signable *out);

#endif
