/* The signature of a timestamp token: SM2-with-SM3 by our own arithmetic, ECDSA and RSA by OpenSSL. */
#ifndef YIQIAN_TSA_TOKEN_SIGNATURE_H
#define YIQIAN_TSA_TOKEN_SIGNATURE_H

#include "tsa/token_read.h"

/* By the certificate's key. ERR_SIGNATURE: it does not fit; ERR_UNSUPPORTED: the key is of another kind than the signature, or has less than 112 bits of
 * security; ERR_MEMORY. */
MUST_CHECK err tsa_token_signature(arena *a, const tsa_token *t, const cert *by);

#endif
