/* The one interface behind which every signing key sits: a key in memory, a sealed file, PKCS#11, SDF. */
#ifndef YIQIAN_CRYPTO_SIGNER_H
#define YIQIAN_CRYPTO_SIGNER_H

#include "crypto/sm2.h"

typedef struct signer signer;
struct signer {
    uint8_t public_key[POINT_SIZE];
    /* r || s over e; thread-safe. ERR_ENTROPY, ERR_IO. */
    err (*sign)(signer *self, const uint8_t e[32], uint8_t rs[64]);
    void (*destroy)(signer *self);
};

/* Signs the message as SM2 does: e = SM3(Z || message) under the default ID. */
MUST_CHECK err signer_sign_message(signer *s, bytes message, uint8_t rs[64]);

/* A key held in this process. Copies the key and wipes its copy when destroyed; rng must outlive it. NULL if memory is out. */
signer *signer_in_memory(const sm2_private *key, const entropy *rng);

/* NULL is fine. */
void signer_destroy(signer *s);

#endif
