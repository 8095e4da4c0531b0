/* Signing tasks: a business system's wish that one person signs one message. */
#ifndef YIQIAN_SERVICE_TASK_H
#define YIQIAN_SERVICE_TASK_H

#include "service/idempotency.h"
#include "service/service.h"

enum {
    TASK_DOCUMENT_MAX = 10 << 20, /* bytes */
    TASK_PAGE = 200,              /* in one listing, so that it fits a request's arena with the longest descriptions */
    TASK_EXPIRES_MIN = 60,        /* seconds */
    TASK_EXPIRES_MAX = 90 * 86400,
    TASK_EXPIRES_DEFAULT = 7 * 86400
};

typedef struct task_request {
    const char *signer; /* staff number */
    const char *form;   /* "raw", "digest", "cms" */
    bytes document;     /* p NULL: none */
    bool has_digest;
    uint8_t digest[32];
    const char *title, *description, *reference, *media_type, *department;
    int64_t expires_in; /* seconds */
    idempotency once;
} task_request;

typedef struct task_signature {
    uint8_t rs[64], e[32];
    bytes serial, certificate; /* DER */
    const char *method;
    bytes attributes; /* of form cms, DER; empty otherwise */
    int64_t signed_ms;
} task_signature;

typedef struct task {
    uint8_t id[16], system_id[16], signer_id[16];
    const char *system_name, *signer_staff_no, *signer_name;
    const char *form, *state, *title, *description, *reference, *media_type, *department;
    uint8_t digest[32];
    int64_t document_size; /* -1: no document was given */
    int64_t created_ms, expires_ms;
    bool claimed_before; /* a signature may exist */
    uint8_t claim_key[16], claim_sid[16];
    int64_t claim_until;
    bool has_signature;
    task_signature signature;
} task;

/* ERR_USER_NOT_FOUND, ERR_USER_SUSPENDED, ERR_FORM (raw: no document, or one that could be taken for another form), ERR_DIGEST (a
 * digest that is not the document's), ERR_FIELD_*, ERR_IDEMPOTENCY. A repeated idempotency key gives the first task: *repeated. */
MUST_CHECK err task_create(call *c, const task_request *request, task *out, bool *repeated);

/* A task of the calling system; ERR_TASK_NOT_FOUND for others' too. */
MUST_CHECK err task_get(call *c, const uint8_t id[16], task *out);

typedef struct task_filter {
    const char *state, *reference; /* NULL: any */
    bool has_after;
    uint8_t after[16];
    int64_t limit; /* 1..TASK_PAGE */
} task_filter;

MUST_CHECK err task_list(call *c, const task_filter *filter, const task **out, size_t *n);

/* ERR_TASK_SIGNED, ERR_TASK_CANCELLED, ERR_TASK_EXPIRED, ERR_TASK_CLAIMED. */
MUST_CHECK err task_cancel(call *c, const uint8_t id[16], task *out);

/* For the calling device: the tasks its person can sign now; and one's document (an act: viewing). */
MUST_CHECK err task_list_for_device(call *c, const task_filter *filter, const task **out, size_t *n);
MUST_CHECK err task_document_for_device(call *c, const uint8_t id[16], bytes *document, const char **media_type);

/* The state as it is at now: a lapsed claim is pending again, a pending task past its time is expired. */
const char *task_state_at(const task *t, int64_t now_ms);

/* Reads any task, whoever asks; ERR_TASK_NOT_FOUND. For the use cases. */
MUST_CHECK err task_load(call *c, const uint8_t id[16], task *out);

/* ERR_OK for "pending"; for every other state the error that says why the task cannot be acted on. */
MUST_CHECK err task_state_error(const char *state);

/* What signing needs of a task, and no more, in an arena of the caller's: a document may be large. message: M (docs/spec/two-party-sm2.md, What is signed), of form cms the digest that M will hold;
 * of form raw empty once the task is finished. */
typedef struct task_signable {
    uint8_t signer_id[16], claim_key[16], claim_sid[16]; /* claims: zero where there was none */
    const char *form, *state;                            /* the state as it is now */
    int64_t claim_until;
    bytes message;
} task_signable;
MUST_CHECK err task_load_signable(call *c, arena *scratch, const uint8_t id[16], task_signable *out);

/* Adds to the unit: tasks past their time expire, lapsed claims end, documents of finished tasks go. */
MUST_CHECK err task_expire(call *c, store_unit *unit);

#endif
