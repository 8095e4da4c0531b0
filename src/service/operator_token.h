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
    const char *id, *name,
        *state;          /* "active", "revoked"; "ended" with its maker's permission; "expired" when its time is over */
    const char *made_by; /* his staff number; of the server's own user the text of the audit log ("operator:uid:1000"); NULL: before that was kept */
    const char *parent;  /* the token that it was made with; NULL: none, or before that was kept */
    uint32_t scopes;               /* of SCOPE_OF_OPERATORS */
    int64_t created_ms, expires_ms;
    bool cut; /* by operator_token_create: it ends with the token that it was made with, before the time asked for */
} operator_token;

/* By the call's person, whose it is; with a token, by that one's maker: it ends for good when he can manage operators no more, being suspended, removed, or of a
 * role that may not. One that is made with a token ends with it at the latest: its time is cut to its parent's. *token, "ot_<id>.<secret>", is shown this once.
 * ERR_FIELD_VALUE (no scope, or one that is not for operators), ERR_FIELD_LENGTH (name), ERR_RANGE (ttl_seconds), ERR_UNAUTHENTICATED (the parent was revoked in
 * this moment), ERR_ENTROPY. */
MUST_CHECK err operator_token_create(call *c, const char *name, uint32_t scopes, int64_t ttl_seconds,
                                     operator_token *out, const char **token);

/* Newest first, at most 1000. */
MUST_CHECK err operator_token_list(call *c, const operator_token **out, size_t *n);

/* At once, and with it what was made with it, and with that: *with of them, each with its own row in the audit log (of very many, the first
 * 500). ERR_NOT_FOUND, ERR_CONFLICT (revoked before). */
MUST_CHECK err operator_token_revoke(call *c, const char *id, int64_t *with);

/* Nothing outside src/service uses it. Adds to a unit that takes something from an operator, his user or his role, behind what takes it: tokens end whose maker
 * may not manage operators any more. */
void operator_token_add_end(store_unit *unit, int64_t now_ms);

/* Likewise, behind what revokes tokens: those are revoked that were made with a revoked one, or with what was. */
void operator_token_add_below(store_unit *unit);

/* For authentication: the scopes and the id of a token as presented. ERR_UNAUTHENTICATED; ERR_SESSION_EXPIRED for the right secret of a
 * token whose time is over. */
MUST_CHECK err operator_token_check(call *c, const char *token, uint32_t *scopes, const char **id);

#endif
