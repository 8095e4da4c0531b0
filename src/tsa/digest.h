/* Digests by the hashes that timestamps are made with: SM3 by our own code, the others by OpenSSL. */
#ifndef YIQIAN_TSA_DIGEST_H
#define YIQIAN_TSA_DIGEST_H

#include "tsa/request.h"

/* Of what comes in pieces. ERR_MEMORY (at the beginning), ERR_INTERNAL (OpenSSL). Ownership: tsa_digest_end, which frees it and gives
 * tsa_hash_size octets; out may be NULL, and so may d. */
typedef struct tsa_digest tsa_digest;
MUST_CHECK err tsa_digest_begin(tsa_digest **out, tsa_hash hash);
MUST_CHECK err tsa_digest_add(tsa_digest *d, bytes part);
MUST_CHECK err tsa_digest_end(tsa_digest *d, uint8_t out[TSA_IMPRINT_MAX]);

/* In one call. ERR_MEMORY, ERR_INTERNAL. */
MUST_CHECK err tsa_digest_of(uint8_t out[TSA_IMPRINT_MAX], tsa_hash hash, bytes message);

#endif
