/* Business systems (HIS, EMR, LIS ...) and the credentials they sign their requests with. */
#ifndef YIQIAN_SERVICE_SYSTEM_H
#define YIQIAN_SERVICE_SYSTEM_H

#include "service/code.h"
#include "service/scope.h"
#include "service/service.h"

enum {
    SYSTEM_NAME_MAX = 64,              /* characters */
    SYSTEM_KEY_ID_TEXT = CODE_ID_TEXT, /* "ak_..." */
    SYSTEM_SECRET_TEXT = 43 + 1,       /* 32 random bytes as base64url, terminator */
    SYSTEM_CREDENTIALS = 16            /* active at once for one system: enough to change them without a pause */
};

typedef struct business_system {
    uint8_t id[16];
    const char *name, *state; /* "active", "suspended" */
    uint32_t scopes;          /* of SCOPE_OF_SYSTEMS */
    bool stamps;              /* finished signatures of its tasks are stamped (service/signature_stamp.h) */
    int64_t created_ms;
} business_system;

/* ERR_EXISTS (name), ERR_FIELD_VALUE (no scope, or one that is not for systems). name: checked text of 1..SYSTEM_NAME_MAX. */
MUST_CHECK err system_create(call *c, const char *name, uint32_t scopes, bool stamps, business_system *out);

/* From the next signature on; what was signed before stays as it is. ERR_SYSTEM_NOT_FOUND. */
MUST_CHECK err system_set_stamps(call *c, const uint8_t id[16], bool stamps, business_system *out);

/* In the order of their creation; after may be NULL; limit 1..1000. */
MUST_CHECK err system_list(call *c, const uint8_t *after, int64_t limit, const business_system **out, size_t *n);

/* A credential. secret is what the HMAC key is, as these ASCII characters; wiped by whoever has it. */
typedef struct system_credential {
    char id[SYSTEM_KEY_ID_TEXT];
    uint8_t system_id[16];
    uint32_t scopes; /* of its system */
    char secret[SYSTEM_SECRET_TEXT];
} system_credential;

/* The one time that the secret is shown. ERR_SYSTEM_NOT_FOUND, ERR_LIMIT (SYSTEM_CREDENTIALS), ERR_ENTROPY. */
MUST_CHECK err system_credential_create(call *c, const uint8_t system_id[16], system_credential *out);

/* For authentication: an active credential of an active system. ERR_UNAUTHENTICATED for every other key id. */
MUST_CHECK err system_credential_open(call *c, const char *key_id, system_credential *out);

typedef struct system_credential_view {
    const char *id, *state; /* "active", "revoked" */
    int64_t created_ms;
} system_credential_view;

/* ERR_SYSTEM_NOT_FOUND. */
MUST_CHECK err system_credential_list(call *c, const uint8_t system_id[16], const system_credential_view **out,
                                      size_t *n);

/* At once. ERR_NOT_FOUND (no such credential of this system), ERR_CONFLICT (revoked before). */
MUST_CHECK err system_credential_revoke(call *c, const uint8_t system_id[16], const char *key_id);

#endif
