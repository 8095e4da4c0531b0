#include "crypto/signer.h"

#include <stdlib.h>

typedef struct memory_signer {
    signer base;
    sm2_private key;
    const entropy *rng;
} memory_signer;

static err memory_sign(signer *self, const uint8_t e[32], uint8_t rs[64])
{
    const memory_signer *m = (const memory_signer *)self;
    return sm2_sign(rs, &m->key, e, m->rng);
}

static void memory_destroy(signer *self)
{
    memory_signer *m = (memory_signer *)self;
    sm2_private_wipe(&m->key);
    free(m);
}

signer *signer_in_memory(const sm2_private *key, const entropy *rng)
{
    memory_signer *m = malloc(sizeof *m);
    if (!m)
        return NULL;
    *m = (memory_signer){.base = {.sign = memory_sign, .destroy = memory_destroy}, .key = *key, .rng = rng};
    for (size_t i = 0; i < POINT_SIZE; i++)
        m->base.public_key[i] = key->public_key[i];
    return &m->base;
}

err signer_sign_message(signer *s, bytes message, uint8_t rs[64])
{
    uint8_t e[32];
    if (s->algorithm != SIGNER_SM2)
        return ERR_UNSUPPORTED;
    sm2_digest(e, s->public_key, message);
    return s->sign(s, e, rs);
}

void signer_destroy(signer *s)
{
    if (s)
        s->destroy(s);
}
