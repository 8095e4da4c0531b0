#include "crypto/nonce.h"

#include <string.h>

#include "base/ct.h"
#include "crypto/sm3.h"

/* Fresh bytes and secret are one block of SM3, behind which everything is unpredictable while either of them is; what follows
 * has lengths, and the last byte is another in each half. Neither hash leaves this function, so none can be extended. */
void nonce_hedged(scalar *nonce, const uint8_t fresh[NONCE_FRESH], const scalar *secret, const char *label,
                  const bytes *parts, size_t n)
{
    sm3_ctx common, half;
    uint8_t encoded[32], length[4], wide[2 * SM3_SIZE];
    size_t label_n = strlen(label);

    scalar_to_bytes(encoded, secret);
    sm3_init(&common);
    sm3_update(&common, fresh, NONCE_FRESH);
    sm3_update(&common, encoded, sizeof encoded);
    length[0] = (uint8_t)label_n;
    sm3_update(&common, length, 1);
    sm3_update(&common, label, label_n);
    for (size_t i = 0; i < n; i++) {
        store_u32be(length, (uint32_t)parts[i].n);
        sm3_update(&common, length, sizeof length);
        sm3_update(&common, parts[i].p, parts[i].n);
    }
    for (uint8_t i = 0; i < 2; i++) {
        const uint8_t number = (uint8_t)(i + 1);
        half = common;
        sm3_update(&half, &number, 1);
        sm3_final(&half, wide + SM3_SIZE * i);
    }
    scalar_from_wide(nonce, wide);

    wipe(&common, sizeof common);
    wipe(encoded, sizeof encoded);
    wipe(wide, sizeof wide);
}

err nonce_draw(scalar *nonce, const entropy *rng, const scalar *secret, const char *label, const bytes *parts, size_t n)
{
    uint8_t fresh[NONCE_FRESH];
    err e = rng->fill(rng->ctx, fresh, sizeof fresh);
    if (e == ERR_OK)
        nonce_hedged(nonce, fresh, secret, label, parts, n);
    wipe(fresh, sizeof fresh);
    return e == ERR_OK ? ERR_OK : ERR_ENTROPY;
}
