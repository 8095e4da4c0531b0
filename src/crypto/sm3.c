#include "crypto/sm3.h"

#include <string.h>

#include "base/ct.h"

static const uint32_t iv[8] = {0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600,
                               0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e};

#define WORD uint32_t
#include "crypto/sm3_rounds.inc"

static void compress(uint32_t state[8], const uint8_t block[SM3_BLOCK])
{
    uint32_t w[16];
    for (int i = 0; i < 16; i++)
        w[i] = load_u32be(block + 4 * i);
    compress_words(state, w);
}

static void store_state(uint8_t out[SM3_SIZE], const uint32_t state[8])
{
    for (int i = 0; i < 8; i++)
        store_u32be(out + 4 * i, state[i]);
}

void sm3_init(sm3_ctx *ctx)
{
    memcpy(ctx->state, iv, sizeof iv);
    ctx->total = 0;
}

void sm3_update(sm3_ctx *ctx, const void *p, size_t n)
{
    if (n == 0)
        return;
    const uint8_t *in = p;
    size_t held = ctx->total % SM3_BLOCK;
    ctx->total += n;
    if (held + n < SM3_BLOCK) {
        memcpy(ctx->block + held, in, n);
        return;
    }
    if (held > 0) {
        size_t first = SM3_BLOCK - held;
        memcpy(ctx->block + held, in, first);
        compress(ctx->state, ctx->block);
        in += first;
        n -= first;
    }
    for (; n >= SM3_BLOCK; in += SM3_BLOCK, n -= SM3_BLOCK)
        compress(ctx->state, in);
    memcpy(ctx->block, in, n);
}

void sm3_final(sm3_ctx *ctx, uint8_t out[SM3_SIZE])
{
    size_t held = ctx->total % SM3_BLOCK;
    ctx->block[held++] = 0x80;
    if (held > SM3_BLOCK - 8) {
        memset(ctx->block + held, 0, SM3_BLOCK - held);
        compress(ctx->state, ctx->block);
        held = 0;
    }
    memset(ctx->block + held, 0, SM3_BLOCK - 8 - held);
    store_u64be(ctx->block + SM3_BLOCK - 8, ctx->total << 3);
    compress(ctx->state, ctx->block);
    store_state(out, ctx->state);
    wipe(ctx, sizeof *ctx);
}

void sm3(uint8_t out[SM3_SIZE], const void *p, size_t n)
{
    sm3_ctx ctx;
    sm3_init(&ctx);
    sm3_update(&ctx, p, n);
    sm3_final(&ctx, out);
}

void hmac_sm3_init(hmac_sm3_ctx *ctx, const void *key, size_t key_n)
{
    uint8_t pad[SM3_BLOCK] = {0};
    if (key_n > SM3_BLOCK)
        sm3(pad, key, key_n);
    else if (key_n > 0)
        memcpy(pad, key, key_n);
    for (size_t i = 0; i < sizeof pad; i++)
        pad[i] ^= 0x36;
    sm3_init(&ctx->inner);
    sm3_update(&ctx->inner, pad, sizeof pad);
    for (size_t i = 0; i < sizeof pad; i++)
        pad[i] ^= 0x36 ^ 0x5c;
    sm3_init(&ctx->outer);
    sm3_update(&ctx->outer, pad, sizeof pad);
    wipe(pad, sizeof pad);
}

void hmac_sm3_update(hmac_sm3_ctx *ctx, const void *p, size_t n)
{
    sm3_update(&ctx->inner, p, n);
}

void hmac_sm3_final(hmac_sm3_ctx *ctx, uint8_t out[SM3_SIZE])
{
    uint8_t digest[SM3_SIZE];
    sm3_final(&ctx->inner, digest);
    sm3_update(&ctx->outer, digest, sizeof digest);
    sm3_final(&ctx->outer, out);
    wipe(digest, sizeof digest);
}

void hmac_sm3(uint8_t out[SM3_SIZE], const void *key, size_t key_n, const void *p, size_t n)
{
    hmac_sm3_ctx ctx;
    hmac_sm3_init(&ctx, key, key_n);
    hmac_sm3_update(&ctx, p, n);
    hmac_sm3_final(&ctx, out);
}

/* digest = the hash of the digest's own 32 bytes after a key's pad, whose state is given: one compression, with the padding in
 * place. Every hash of PBKDF2 but those of its first iteration is this one, so it stays with words. */
static void hash_after_pad(uint32_t digest[8], const uint32_t pad_state[8])
{
    uint32_t w[16] = {[8] = 0x80000000, [15] = 8 * (SM3_BLOCK + SM3_SIZE)};
    for (int i = 0; i < 8; i++) {
        w[i] = digest[i];
        digest[i] = pad_state[i];
    }
    compress_words(digest, w);
}

/* T_i of RFC 8018 5.2 with HMAC-SM3. */
static void pbkdf2_block(uint8_t out[SM3_SIZE], const hmac_sm3_ctx *keyed, const void *salt, size_t salt_n,
                         uint32_t index, uint32_t iterations)
{
    uint8_t be[4];
    uint32_t digest[8], sum[8];
    hmac_sm3_ctx ctx = *keyed;
    store_u32be(be, index);
    hmac_sm3_update(&ctx, salt, salt_n);
    hmac_sm3_update(&ctx, be, sizeof be);
    hmac_sm3_final(&ctx, out);
    for (int i = 0; i < 8; i++)
        sum[i] = digest[i] = load_u32be(out + 4 * i);
    for (uint32_t n = 1; n < iterations; n++) {
        hash_after_pad(digest, keyed->inner.state);
        hash_after_pad(digest, keyed->outer.state);
        for (int i = 0; i < 8; i++)
            sum[i] ^= digest[i];
    }
    store_state(out, sum);
    wipe(digest, sizeof digest);
    wipe(sum, sizeof sum);
}

void pbkdf2_hmac_sm3(uint8_t *out, size_t out_n, const void *password, size_t password_n, const void *salt,
                     size_t salt_n, uint32_t iterations)
{
    hmac_sm3_ctx keyed;
    uint8_t t[SM3_SIZE];
    hmac_sm3_init(&keyed, password, password_n);
    for (uint32_t index = 1; out_n > 0; index++) {
        size_t take = out_n < sizeof t ? out_n : sizeof t;
        pbkdf2_block(t, &keyed, salt, salt_n, index, iterations);
        memcpy(out, t, take);
        out += take;
        out_n -= take;
    }
    wipe(&keyed, sizeof keyed);
    wipe(t, sizeof t);
}

void sm3_kdf(uint8_t *out, size_t out_n, const void *z, size_t z_n)
{
    sm3_ctx keyed, ctx;
    uint8_t t[SM3_SIZE], be[4];
    sm3_init(&keyed);
    sm3_update(&keyed, z, z_n);
    for (uint32_t counter = 1; out_n > 0; counter++) {
        size_t take = out_n < sizeof t ? out_n : sizeof t;
        store_u32be(be, counter);
        ctx = keyed;
        sm3_update(&ctx, be, sizeof be);
        sm3_final(&ctx, t);
        memcpy(out, t, take);
        out += take;
        out_n -= take;
    }
    wipe(&keyed, sizeof keyed);
    wipe(t, sizeof t);
}
