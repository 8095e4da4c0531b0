/* Calls of the server's API: connected and authenticated as the options say, problems told. */
#ifndef YIQIAN_CMD_REMOTE_H
#define YIQIAN_CMD_REMOTE_H

#include "cmd/session.h"

typedef struct remote_request {
    const char *method; /* "GET" ... */
    const char
        *path;    /* "/v1/tasks/...", with its query; NULL is ERR_MEMORY, so that paths need no check of their own */
    json_t *body; /* taken; NULL for none */
    const char *idempotency_key; /* NULL for none */
    int also;                    /* a status whose body is an answer, as those of 2xx are; 0 for none */
} remote_request;

/* *answer is the session's; JSON null for an answer without a body. ERR_REMOTE (the server refused: told as it says), ERR_TRANSPORT (no
 * server answered: told with where it was looked for and how to start it), what connection_choose gives, ERR_MEMORY. */
MUST_CHECK err remote_call(session *s, const remote_request *request, json_t **answer);

/* What a server of ours refused, of a request that was not made here: its problem is told, *ours says whether it was one. */
void remote_tell_problem(session *s, bytes body, bool *ours);

/* A POST with a body (taken), which NULL makes ERR_MEMORY; and a GET. */
MUST_CHECK err remote_post(session *s, const char *path, json_t *body, json_t **answer);
MUST_CHECK err remote_get(session *s, const char *path, json_t **answer);

/* A GET whose answer is not JSON; *body lives until the next request. */
MUST_CHECK err remote_fetch(session *s, const char *path, bytes *body);

/* The same of one that is too large to be held: written into a file (0600) that must not be there yet. wanted: what the server says of it; where it is
 * otherwise, or does not come whole, nothing stays. ERR_EXISTS ... (told). */
typedef struct remote_saved {
    uint64_t size;
    bool has_sm3; /* it is known */
    uint8_t sm3[32];
} remote_saved;
MUST_CHECK err remote_save(session *s, const char *path, const char *file, const remote_saved *wanted,
                           remote_saved *out);

/* A path of literal text and one identifier, percent-encoded (RFC 3986 2.1): before, id, after. In the arena; NULL if it is full. */
const char *remote_path(session *s, const char *before, const char *id, const char *after);

/* The path with one more query argument; the path itself where the value is NULL, NULL where the path is. */
const char *remote_query(session *s, const char *path, const char *name, const char *value);
const char *remote_query_int(session *s, const char *path, const char *name, int64_t value); /* 0: not given */

#endif
