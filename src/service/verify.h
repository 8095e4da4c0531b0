/* The standard verification of a signature (标准签名验证): SM2-with-SM3 under the default ID, its certificate and chain at the time of
 * signing, check by check. A signature that is not valid is an answer, not an error. */
#ifndef YIQIAN_SERVICE_VERIFY_H
#define YIQIAN_SERVICE_VERIFY_H

#include "service/task.h"

enum { VERIFY_INTERMEDIATES = 6 };

typedef enum verify_check {
    VERIFY_SIGNATURE_FORMAT, /* 64 bytes r || s, or strict DER (GM/T 0009-2012 7.3) */
    VERIFY_DOCUMENT,         /* the document or digest given is the one that the task, or the given digest, is about */
    VERIFY_ATTRIBUTES,       /* of form cms: content type, and the certificate that they name is the signer's */
    VERIFY_SIGNATURE,        /* GB/T 32918.2-2016 7.1 under the certificate's key */
    VERIFY_CHAIN,            /* the certificate leads to this server's root, or to one that is trusted for signatures */
    VERIFY_PERIOD,           /* every certificate was within its period at the time */
    VERIFY_KEY_USAGE,        /* the certificate is for signatures */
    VERIFY_REVOCATION,       /* it was not revoked at the time */
    VERIFY_CHECK_COUNT
} verify_check;

typedef enum verify_state { VERIFY_NOT_DONE, VERIFY_PASSED, VERIFY_FAILED } verify_state;

/* Why: a stable code and a sentence in Chinese and English. Static storage. */
typedef struct verify_reason {
    const char *code, *zh, *en;
} verify_reason;

typedef struct verify_finding {
    verify_state state;
    const verify_reason *reason; /* NULL: there is no such check here */
} verify_finding;

/* Where the time of the judgement comes from. */
typedef enum verify_time_source {
    VERIFY_TIME_NOW,
    VERIFY_TIME_GIVEN,
    VERIFY_TIME_TASK,
    VERIFY_TIME_TIMESTAMP
} verify_time_source;

/* A task (then signature, certificate and form are its own), or a SignedData, or signature and certificate. */
typedef struct verify_request {
    bool has_task;
    uint8_t task[16];
    const char *form; /* "raw": M is the document; "digest": M is the 32 bytes SM3(document). NULL with a task */
    bytes document;   /* p NULL: none */
    bool has_digest;
    uint8_t digest[32];
    bytes cms;         /* SignedData, DER; its content, attached or given as document or digest */
    bytes signature;   /* r || s or DER */
    bytes certificate; /* DER or PEM */
    bytes intermediates[VERIFY_INTERMEDIATES]; /* likewise; this CA's own need not be given */
    size_t intermediates_n;
    bytes timestamp; /* on the signature, a token or a response; p NULL: the task's own, or the one in the SignedData */
    bool has_time;
    int64_t time_ms;
} verify_request;

typedef struct verification {
    bool valid; /* every check but the document's and the attributes' passed, and neither of these failed */
    verify_finding findings[VERIFY_CHECK_COUNT];
    int64_t time_ms;
    verify_time_source time_source;
    const char *form;
    bool has_e;
    uint8_t e[32];                   /* the digest the signature was verified on */
    int64_t signing_time_ms;         /* of form cms, as the signer says; 0: not said */
    const uint8_t *authorisation_id; /* of form cms: the one that the attributes name; NULL: none */
    /* The signer as the certificate says; texts are NULL where it has none. */
    bytes certificate, serial;
    const char *subject, *issuer, *name, *staff_no;
    int64_t not_before_ms, not_after_ms;
    bool issued_here;
    const struct tsa_root *root; /* of another CA, that it leads to; NULL: to this server's own, or to none */
    int64_t revoked_ms; /* 0: not revoked here, also not after the time; of another CA's by its lists, at the time */
    int64_t revoked_reason;
    const struct tsa_verification
        *timestamp; /* of the signature's timestamp, which `valid` is not about; NULL: there is none */
    const task
        *withdrawn; /* the task, where it was withdrawn: the signature is judged all the same; NULL: it was not */
} verification;

/* ERR_TASK_NOT_FOUND (a business system sees its own tasks only), ERR_CONFLICT (the task is not signed), ERR_FORM, ERR_FIELD_MISSING,
 * ERR_FIELD_VALUE (fields that exclude each other), ERR_DER, ERR_POINT, ERR_ENCODING (a certificate that cannot be read), ERR_MEMORY. */
MUST_CHECK err verify_run(call *c, const verify_request *request, verification *out);

/* "signature_format", "document" ... Static storage. */
const char *verify_check_name(verify_check check);

#endif
