#include "crypto/hash_drbg.h"

#include <string.h>

#include "base/ct.h"
#include "crypto/sm3_lanes.h"

/* Hash_df (10.3.1) of the parts in a row, for 440 bits: two hashes, the second one cut. */
static void hash_df(uint8_t out[HASH_DRBG_SEEDLEN], const bytes *parts, size_t parts_n)
{
    uint8_t digests[2 * SM3_SIZE];
    for (uint8_t i = 0; i < 2; i++) {
        uint8_t head[5] = {(uint8_t)(i + 1)};
        sm3_ctx ctx;
        store_u32be(head + 1, 8 * HASH_DRBG_SEEDLEN);
        sm3_init(&ctx);
        sm3_update(&ctx, head, sizeof head);
        for (size_t j = 0; j < parts_n; j++)
            sm3_update(&ctx, parts[j].p, parts[j].n);
        sm3_final(&ctx, digests + i * SM3_SIZE);
    }
    memcpy(out, digests, HASH_DRBG_SEEDLEN);
    wipe(digests, sizeof digests);
}

/* The end of instantiate and reseed: V from the seed material, C from V. */
static void set_seed(hash_drbg *s, const bytes *parts, size_t parts_n)
{
    static const uint8_t zero = 0;
    uint8_t seed[HASH_DRBG_SEEDLEN];
    hash_df(seed, parts, parts_n);
    memcpy(s->v, seed, sizeof seed);
    const bytes of_v[] = {bytes_of(&zero, 1), bytes_of(s->v, sizeof s->v)};
    hash_df(s->c, of_v, 2);
    s->reseed_counter = 1;
    wipe(seed, sizeof seed);
}

void hash_drbg_instantiate(hash_drbg *s, bytes input, bytes nonce, bytes personalization)
{
    const bytes parts[] = {input, nonce, personalization};
    set_seed(s, parts, 3);
}

void hash_drbg_reseed(hash_drbg *s, bytes input, bytes additional)
{
    static const uint8_t one = 1;
    const bytes parts[] = {bytes_of(&one, 1), bytes_of(s->v, sizeof s->v), input, additional};
    set_seed(s, parts, 4);
}

/* v = v + the big-endian number of n bytes, mod 2^440. */
static void add(uint8_t v[HASH_DRBG_SEEDLEN], const uint8_t *number, size_t n)
{
    unsigned carry = 0;
    for (size_t i = 1; i <= HASH_DRBG_SEEDLEN; i++) {
        carry += v[HASH_DRBG_SEEDLEN - i] + (i <= n ? number[n - i] : 0U);
        v[HASH_DRBG_SEEDLEN - i] = (uint8_t)carry;
        carry >>= 8;
    }
}

/* v = v + 1. The carry out of the last 8 bytes comes once in 2^64 times: that it did is no secret worth the time of 55 additions. */
static void increment(uint8_t v[HASH_DRBG_SEEDLEN])
{
    static const uint8_t one = 1;
    uint8_t *low = v + HASH_DRBG_SEEDLEN - 8;
    if (ct_public(load_u64be(low) == UINT64_MAX))
        add(v, &one, 1);
    else
        store_u64be(low, load_u64be(low) + 1);
}

/* Hashgen of 10.1.1.4: SM3(V) || SM3(V + 1) || ..., each of one block: 55 bytes, 0x80, and 440 as the length in bits. */
static void hash_generate(const uint8_t v[HASH_DRBG_SEEDLEN], uint8_t *out, size_t n)
{
    uint8_t blocks[SM3_LANES][SM3_BLOCK] = {{0}}, digests[SM3_LANES][SM3_SIZE];
    uint8_t data[HASH_DRBG_SEEDLEN];
    memcpy(data, v, sizeof data);
    for (size_t i = 0; i < SM3_LANES; i++) {
        blocks[i][HASH_DRBG_SEEDLEN] = 0x80;
        store_u64be(blocks[i] + SM3_BLOCK - 8, 8 * HASH_DRBG_SEEDLEN);
    }
    while (n > 0) {
        size_t some = n < sizeof digests ? n : sizeof digests;
        for (size_t i = 0; i < SM3_LANES; i++) {
            memcpy(blocks[i], data, sizeof data);
            increment(data);
        }
        sm3_lanes(digests, (const uint8_t(*)[SM3_BLOCK])blocks);
        memcpy(out, digests, some);
        out += some;
        n -= some;
    }
    wipe(data, sizeof data);
    wipe(blocks, sizeof blocks);
    wipe(digests, sizeof digests);
}

void hash_drbg_generate(hash_drbg *s, uint8_t *out, size_t n)
{
    static const uint8_t three = 3;
    uint8_t h[SM3_SIZE], counter[8];
    sm3_ctx ctx;
    hash_generate(s->v, out, n);
    sm3_init(&ctx);
    sm3_update(&ctx, &three, 1);
    sm3_update(&ctx, s->v, sizeof s->v);
    sm3_final(&ctx, h);
    store_u64be(counter, s->reseed_counter);
    add(s->v, h, sizeof h);
    add(s->v, s->c, sizeof s->c);
    add(s->v, counter, sizeof counter);
    s->reseed_counter++;
    wipe(h, sizeof h);
}
