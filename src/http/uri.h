/* The parts of a request target (RFC 3986, RFC 9112 3.2): percent-encoded, and hostile. */
#ifndef YIQIAN_HTTP_URI_H
#define YIQIAN_HTTP_URI_H

#include "base/arena.h"
#include "base/err.h"

/* What is decoded: a segment of the path, which may not come to hold a '/'; several of them, where none may but between them; or part of
 * the query, in which '+' is a space. */
typedef enum uri_part { URI_SEGMENT, URI_PATH, URI_QUERY } uri_part;

/* n bytes, percent-decoded, with a terminator, in the arena. ERR_ENCODING (a bad escape, a control character, a '/' in a segment),
 * ERR_UTF8, ERR_MEMORY. */
MUST_CHECK err uri_decode(arena *a, char **out, const char *text, size_t n, uri_part part);

/* The first argument of that name in the query ("a=1&b=2"), decoded; NULL where there is none or it is ill-encoded. */
const char *uri_query(arena *a, const char *query, const char *name);

/* Whether all of the query decodes. ERR_ENCODING, ERR_UTF8, ERR_MEMORY. */
MUST_CHECK err uri_check_query(arena *a, const char *query);

#endif
