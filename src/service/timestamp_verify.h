/* The verification of a timestamp, of this server's units or of another authority whose root is trusted (service/tsa_root.h). */
#ifndef YIQIAN_SERVICE_TIMESTAMP_VERIFY_H
#define YIQIAN_SERVICE_TIMESTAMP_VERIFY_H

#include "service/service.h"
#include "tsa/token_verify.h"

enum { TIMESTAMP_CERTIFICATES = 6 };

typedef struct timestamp_verify_request {
    bytes token;                                /* a token, or a response around one */
    bytes document;                             /* p NULL: none; else its digest is compared */
    bytes imprint;                              /* or this one, by hash ("sm3" ...); p NULL: none */
    const char *hash;                           /* NULL: the token's, by which an imprint of its size is taken */
    bytes nonce;                                /* content octets of the INTEGER; empty: not compared */
    bytes policy;                               /* content octets; empty: not compared */
    bytes certificates[TIMESTAMP_CERTIFICATES]; /* DER or PEM, where the token does not have them */
    size_t certificates_n;
    int64_t at_ms; /* as of this time; 0: now */
} timestamp_verify_request;

/* ERR_FIELD_VALUE (document and imprint both, or an unknown hash), ERR_FIELD_LENGTH (an imprint that does not fit its hash), ERR_ENCODING (a certificate that is
 * neither DER nor PEM), ERR_MEMORY, and the store's. */
MUST_CHECK err timestamp_verify(call *c, const timestamp_verify_request *request, tsa_verification *out);

#endif
