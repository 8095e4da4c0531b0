/* The document that is to be signed, or was. */
#ifndef YIQIAN_CMD_DOCUMENT_H
#define YIQIAN_CMD_DOCUMENT_H

#include "cmd/session.h"
#include "crypto/sm3.h"

/* What the server takes at the most. */
enum { DOCUMENT_MAX = 10 << 20 };

/* The whole file as base64, for a request. Errors are told; a file that is too large with what to do instead. */
MUST_CHECK err document_base64(session *s, const char *path, const char **base64);

/* SM3 of the file, however large, as hex. Errors are told. */
MUST_CHECK err document_digest(session *s, const char *path, char hex[2 * SM3_SIZE + 1]);

/* The media type by the file's name; "application/octet-stream" for an unknown one. */
const char *document_media_type(const char *path);

#endif
