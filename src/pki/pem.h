/* PEM, the textual encoding of RFC 7468: strict on writing, tolerant of line length, CR LF and text around the block on reading. */
#ifndef YIQIAN_PKI_PEM_H
#define YIQIAN_PKI_PEM_H

#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"

#define PEM_CERTIFICATE "CERTIFICATE"
#define PEM_CSR "CERTIFICATE REQUEST"
#define PEM_CRL "X509 CRL"
#define PEM_CMS "CMS"
#define PEM_PKCS7 "PKCS7"

/* Text with a final newline and a terminator, in the arena; NULL if it is full. */
char *pem_encode(arena *a, const char *label, bytes der);

/* The first block with this label in text, decoded into the arena. rest, which may be NULL, is what follows the block: for files
 * of several. ERR_NOT_FOUND (no such block), ERR_ENCODING (no end line, or what is inside is not base64), ERR_MEMORY. */
MUST_CHECK err pem_decode(arena *a, const char *label, bytes text, bytes *out, bytes *rest);

#endif
