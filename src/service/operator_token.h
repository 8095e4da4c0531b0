/* Operators' tokens: a scoped secret that ends by itself, for machines and for work from another machine. */
#ifndef YIQIAN_SERVICE_OPERATOR_TOKEN_H
#define YIQIAN_SERVICE_OPERATOR_TOKEN_H

#include "service/code.h"
#include "service/scope.h"
#include "service/service.h"

enum {
    OPERATOR_NAME_MAX = 64,                /* characters */
    OPERATOR_TOKEN_ID_TEXT = CODE_ID_TEXT, /* "ot_..." */
    OPERATOR_TTL_MIN = 60,                 /* seconds */
    OPERATOR_TTL_MAX = 90 * 86400,
    OPERATOR_TTL_DEFAULT = 8 * 3600
};

typedef struct operator_token {
    const char *id, *name, *state; /* "active", "revoked"; "expired" when its time is over */
    uint32_t scopes;               /* of SCOPE_OF_OPERATORS */
    int64_t created_ms, expires_ms;
} operator_token;

/* *token, "ot_<id>.<secret>", is shown this once. ERR_FIELD_VALUE (no scope, or one that is not for operators), ERR_FIELD_LENGTH (name),
 * ERR_RANGE (ttl_seconds), ERR_ENTROPY. */
MUST_CHECK err operator_token_create(call *c, const char *name, uint32_t scopes, int64_t ttl_seconds,
                                     operator_token *out, const char **token);

/* Newest first, at most 1000. */
MUST_CHECK err operator_token_list(call *c, const operator_token **out, size_t *n);

/* At once. ERR_NOT_FOUND, ERR_CONFLICT (revoked before). */
MUST_CHECK err operator_token_revoke(call *c, const char *id);

/* For authentication: the scopes and the id of a token as presented. ERR_UNAUTHENTICATED; ERR_SESSION_EXPIRED for the right secret of a
 * token whose time is over. */
MUST_CHECK err operator_token_check(call *c, const char *token, uint32_t *scopes, const char **id);

#endif
