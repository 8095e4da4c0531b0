/* The one interface behind which every signing key sits: a key in memory, a sealed file, PKCS#11, SDF. */
#ifndef YIQIAN_CRYPTO_SIGNER_H
#define YIQIAN_CRYPTO_SIGNER_H

#include "crypto/sm2.h"

/* SM2 is what this product signs with; the others serve clients that know no SM2 (timestamps). */
typedef enum signer_algorithm {
    SIGNER_SM2,
    SIGNER_P256 /* with SHA-256 */,
    SIGNER_RSA /* PKCS#1 v1.5 with SHA-256 */
} signer_algorithm;

enum { SIGNER_OCTETS_MAX = 512 };

typedef struct signer signer;
struct signer {
    signer_algorithm algorithm;
    uint8_t public_key[POINT_SIZE]; /* SM2 */
    bytes spki;                     /* the others: SubjectPublicKeyInfo, DER, the signer's own */
    /* SM2: r || s over e; thread-safe. ERR_ENTROPY, ERR_IO. */
    err (*sign)(signer *self, const uint8_t e[32], uint8_t rs[64]);
    /* The others: the octets of a signature over the message as certificates and CMS carry them; thread-safe. ERR_MEMORY, ERR_IO. */
    err (*sign_octets)(signer *self, bytes message, uint8_t octets[SIGNER_OCTETS_MAX], size_t *n);
    void (*destroy)(signer *self);
};

/* Signs the message as SM2 does: e = SM3(Z || message) under the default ID. ERR_UNSUPPORTED: a signer of another algorithm. */
MUST_CHECK err signer_sign_message(signer *s, bytes message, uint8_t rs[64]);

/* A key held in this process. Copies the key and wipes its copy when destroyed; rng must outlive it. NULL if memory is out. */
signer *signer_in_memory(const sm2_private *key, const entropy *rng);

/* NULL is fine. */
void signer_destroy(signer *s);

#endif
