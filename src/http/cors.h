/* Cross-origin requests (the Fetch standard's CORS protocol): pages of these origins, and no others, may read answers and send
 * Authorization and a JSON body. Never with cookies or other credentials of the browser's. */
#ifndef YIQIAN_HTTP_CORS_H
#define YIQIAN_HTTP_CORS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"

enum { CORS_ORIGINS = 16, CORS_MAX_AGE = 600 /* seconds that a browser may keep a preflight's answer */ };

typedef struct cors_origins {
    const char *names[CORS_ORIGINS];
    size_t n;
} cors_origins;

/* "https://a.example, capacitor://localhost": scheme://host[:port] as browsers write it, in lower case, without a path; neither "*" nor
 * "null". In the arena. ERR_ARG, ERR_MEMORY. */
MUST_CHECK err cors_parse(arena *a, cors_origins *out, const char *text);

/* The origin in the list that the request's Origin is, exactly; NULL: none of them. */
const char *cors_find(const cors_origins *origins, const char *origin);

/* Whether a preflight's Access-Control-Request-Headers, NULL for none, names nothing but authorization and content-type. */
bool cors_headers_allowed(const char *names);

#endif
