/* What business systems sign their requests with: several at a time, so that they can be changed without a pause. */
#ifndef YIQIAN_SERVICE_SYSTEM_CREDENTIAL_H
#define YIQIAN_SERVICE_SYSTEM_CREDENTIAL_H

#include "service/code.h"
#include "service/service.h"

enum {
    SYSTEM_KEY_ID_TEXT = CODE_ID_TEXT, /* "ak_..." */
    SYSTEM_SECRET_TEXT = 43 + 1,       /* 32 random bytes as base64url, terminator */
    SYSTEM_CREDENTIALS = 16,           /* that open, of one system */
    SYSTEM_CREDENTIAL_NOTE_MAX = 200,  /* characters */
    SYSTEM_OVERLAP_HOURS_MAX = 24 * 90,
    SYSTEM_OVERLAP_HOURS = 24 /* where a rotation does not say */
};

/* A credential. secret is what the HMAC key is, as these ASCII characters; wiped by whoever has it. */
typedef struct system_credential {
    char id[SYSTEM_KEY_ID_TEXT];
    uint8_t system_id[16];
    uint32_t scopes; /* of its system */
    char secret[SYSTEM_SECRET_TEXT];
    /* Of one that was opened. */
    const char *networks; /* of its system */
    int64_t used_ms;      /* as noted; 0: never */
} system_credential;

typedef struct system_credential_request {
    const char *note;   /* NULL: none */
    int64_t expires_ms; /* 0: never */
} system_credential_request;

/* The one time that the secret is shown. ERR_SYSTEM_NOT_FOUND, ERR_FIELD_VALUE (expires_at: not to come), ERR_LIMIT (SYSTEM_CREDENTIALS),
 * ERR_ENTROPY. */
MUST_CHECK err system_credential_issue(call *c, const uint8_t system_id[16], const system_credential_request *r,
                                       system_credential *out);

/* The same without particulars. */
MUST_CHECK err system_credential_create(call *c, const uint8_t system_id[16], system_credential *out);

/* For authentication: a credential that is neither revoked nor expired, of an active system. ERR_UNAUTHENTICATED for every other key id. */
MUST_CHECK err system_credential_open(call *c, const char *key_id, system_credential *out);

/* Whether who proved to have it may call from where he does (service/system_network.h), and notes the use. A refusal is the caller's to
 * record: *record, once a minute of each credential. ERR_ADDRESS. */
MUST_CHECK err system_credential_admit(call *c, const system_credential *credential, bool *record);

typedef struct system_credential_view {
    const char *id, *state; /* "active", "revoked", "expired" */
    const char *note;
    int64_t created_ms, expires_ms, used_ms; /* 0: never */
    const char *used_from;                   /* an address; NULL: not used */
    const char *replaced_by;                 /* the credential that a rotation made; NULL: none */
    int64_t version;
} system_credential_view;

/* Newest first. ERR_SYSTEM_NOT_FOUND. */
MUST_CHECK err system_credential_list(call *c, const uint8_t system_id[16], const system_credential_view **out,
                                      size_t *n);

/* ERR_NOT_FOUND. */
MUST_CHECK err system_credential_get(call *c, const uint8_t system_id[16], const char *key_id,
                                     system_credential_view *out);

typedef struct system_credential_change {
    const char *note;   /* NULL: as it is */
    int64_t expires_ms; /* 0: as it is */
    int64_t version;    /* that the change was made on; 0: whichever it is */
} system_credential_change;

/* Of one that opens. ERR_NOT_FOUND, ERR_STALE, ERR_FIELD_VALUE (expires_at: not to come), ERR_CONFLICT (revoked or expired). */
MUST_CHECK err system_credential_update(call *c, const uint8_t system_id[16], const char *key_id,
                                        const system_credential_change *change, system_credential_view *out);

/* Another one in the place of one that opens, which goes on until until_ms (now or earlier: ends at once) or its own end, whichever is first.
 * ERR_SYSTEM_NOT_FOUND, ERR_NOT_FOUND, ERR_CONFLICT (revoked or expired), ERR_LIMIT, ERR_ENTROPY. */
MUST_CHECK err system_credential_rotate(call *c, const uint8_t system_id[16], const char *key_id, int64_t until_ms,
                                        system_credential *out);

/* At once. ERR_NOT_FOUND (no such credential of this system), ERR_CONFLICT (revoked before). */
MUST_CHECK err system_credential_revoke(call *c, const uint8_t system_id[16], const char *key_id);

#endif
