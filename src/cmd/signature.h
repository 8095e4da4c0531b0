/* Signatures as the server's answers hold them, for files. */
#ifndef YIQIAN_CMD_SIGNATURE_H
#define YIQIAN_CMD_SIGNATURE_H

#include "cmd/session.h"

/* The bytes of a base64 string of an answer; ERR_JSON where it is no string. */
MUST_CHECK err signature_bytes(session *s, const json_t *text, bytes *out);

/* The certificate and chain of a "signature", as PEM. ERR_JSON, ERR_ENCODING, ERR_MEMORY. */
MUST_CHECK err signature_pem(session *s, const json_t *signature, const char **pem);

#endif
