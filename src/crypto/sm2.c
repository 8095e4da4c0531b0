#include "crypto/sm2.h"

#include <string.h>

#include "base/ct.h"
#include "crypto/nonce.h"
#include "crypto/sm3.h"

/* a || b || xG || yG, as Z hashes them (GB/T 32918.2-2016 5.5; values of GB/T 32918.5-2017). */
static const uint8_t curve_parameters[128] = {
    0xff, 0xff, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, /* a */
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfc,
    0x28, 0xe9, 0xfa, 0x9e, 0x9d, 0x9f, 0x5e, 0x34, 0x4d, 0x5a, 0x9e, 0x4b, 0xcf, 0x65, 0x09, 0xa7, /* b */
    0xf3, 0x97, 0x89, 0xf5, 0x15, 0xab, 0x8f, 0x92, 0xdd, 0xbc, 0xbd, 0x41, 0x4d, 0x94, 0x0e, 0x93,
    0x32, 0xc4, 0xae, 0x2c, 0x1f, 0x19, 0x81, 0x19, 0x5f, 0x99, 0x04, 0x46, 0x6a, 0x39, 0xc9, 0x94, /* xG */
    0x8f, 0xe3, 0x0b, 0xbf, 0xf2, 0x66, 0x0b, 0xe1, 0x71, 0x5a, 0x45, 0x89, 0x33, 0x4c, 0x74, 0xc7,
    0xbc, 0x37, 0x36, 0xa2, 0xf4, 0xf6, 0x77, 0x9c, 0x59, 0xbd, 0xce, 0xe3, 0x6b, 0x69, 0x21, 0x53, /* yG */
    0xd0, 0xa9, 0x87, 0x7c, 0xc6, 0x2a, 0x47, 0x40, 0x02, 0xdf, 0x32, 0xe5, 0x21, 0x39, 0xf0, 0xa0,
};

/* ENTL, the ID's length in bits, has two bytes. */
enum { ID_MAX = 8191 };

/* d from 1 to n-2 (GB/T 32918.1-2016 6.1): with n-1, 1 + d has no inverse. */
static err private_of_scalar(sm2_private *key, const scalar *d)
{
    point p;
    scalar plus_one;
    scalar_add(&plus_one, d, &scalar_one);
    err e = ct_public(scalar_is_zero(d)) || ct_public(scalar_is_zero(&plus_one)) ? ERR_SCALAR : ERR_OK;
    if (e == ERR_OK) {
        key->d = *d;
        scalar_inv(&key->inverse, &plus_one);
        point_mul_base(&p, d);
        e = point_to_bytes(key->public_key, &p);
    }
    scalar_wipe(&plus_one);
    return e;
}

err sm2_private_from_bytes(sm2_private *key, const uint8_t d[32])
{
    scalar k;
    err e = scalar_from_bytes(&k, d);
    if (e == ERR_OK)
        e = private_of_scalar(key, &k);
    scalar_wipe(&k);
    if (e != ERR_OK)
        sm2_private_wipe(key);
    return e;
}

err sm2_private_generate(sm2_private *key, const entropy *rng)
{
    scalar d;
    err e;
    do {
        e = scalar_random(&d, rng);
        if (e == ERR_OK)
            e = private_of_scalar(key, &d);
    } while (e == ERR_SCALAR);
    scalar_wipe(&d);
    if (e != ERR_OK)
        sm2_private_wipe(key);
    return e;
}

void sm2_private_wipe(sm2_private *key)
{
    wipe(key, sizeof *key);
}

err sm2_z(uint8_t z[32], bytes id, const uint8_t public_key[POINT_SIZE])
{
    if (id.n > ID_MAX)
        return ERR_LENGTH;
    const uint8_t entl[2] = {(uint8_t)(id.n >> 5), (uint8_t)(id.n << 3)};
    sm3_ctx ctx;
    sm3_init(&ctx);
    sm3_update(&ctx, entl, sizeof entl);
    sm3_update(&ctx, id.p, id.n);
    sm3_update(&ctx, curve_parameters, sizeof curve_parameters);
    sm3_update(&ctx, public_key + 1, POINT_SIZE - 1);
    sm3_final(&ctx, z);
    return ERR_OK;
}

void sm2_digest(uint8_t e[32], const uint8_t public_key[POINT_SIZE], bytes message)
{
    static const char id[] = SM2_DEFAULT_ID;
    uint8_t z[SM3_SIZE] = {0};
    sm3_ctx ctx;
    err never = sm2_z(z, bytes_of(id, sizeof id - 1), public_key); /* fails for a long ID only */
    (void)never;
    sm3_init(&ctx);
    sm3_update(&ctx, z, sizeof z);
    sm3_update(&ctx, message.p, message.n);
    sm3_final(&ctx, e);
}

/* GB/T 32918.2-2016 6.1, steps A4 to A7. A6's s = (1+d)^-1 * (k - r*d) is (1+d)^-1 * (k + r) - r: one multiplication. */
err sm2_sign_with_nonce(uint8_t rs[64], const sm2_private *key, const uint8_t e[32], const scalar *k)
{
    point p;
    scalar r, s, digest, sum;
    point_mul_base(&p, k);
    err result = point_x_scalar(&r, &p) == ERR_OK ? ERR_OK : ERR_SCALAR;
    if (result == ERR_OK) {
        scalar_from_digest(&digest, e);
        scalar_add(&r, &r, &digest);
        scalar_add(&sum, &r, k);
        scalar_mul(&s, &key->inverse, &sum);
        scalar_sub(&s, &s, &r);
        /* Another nonce is drawn then, which takes its time. */
        if (ct_public(scalar_is_zero(&r)) || ct_public(scalar_is_zero(&sum)) || ct_public(scalar_is_zero(&s)))
            result = ERR_SCALAR;
    }
    if (result == ERR_OK) {
        scalar_to_bytes(rs, &r);
        scalar_to_bytes(rs + 32, &s);
    }
    wipe(&p, sizeof p);
    scalar_wipe(&sum);
    scalar_wipe(&s);
    return result;
}

err sm2_sign(uint8_t rs[64], const sm2_private *key, const uint8_t e[32], const entropy *rng)
{
    scalar k;
    err result;
    uint8_t attempt = 0;
    const bytes parts[] = {bytes_of(e, 32), bytes_of(&attempt, 1)};
    do {
        /* The attempt counts too, so that a stuck generator gives another k. */
        result = nonce_draw(&k, rng, &key->d, "sm2-sign", parts, 2);
        attempt++;
        if (result == ERR_OK)
            result = sm2_sign_with_nonce(rs, key, e, &k);
    } while (result == ERR_SCALAR);
    scalar_wipe(&k);
    return result;
}

/* 7.1 up to step B6: the scalars of s*G + t*P with t = r + s. */
static err verify_scalars(scalar *r, scalar *s, scalar *t, const uint8_t rs[64])
{
    if (scalar_from_bytes(r, rs) != ERR_OK || scalar_from_bytes(s, rs + 32) != ERR_OK)
        return ERR_SIGNATURE;
    scalar_add(t, r, s);
    return scalar_is_zero(t) ? ERR_SIGNATURE : ERR_OK;
}

/* Step B7. */
static err verify_sum(const point *sum, const uint8_t e[32], const scalar *r)
{
    scalar digest;
    scalar_from_digest(&digest, e);
    return point_x_plus_equals_var(sum, &digest, r) ? ERR_OK : ERR_SIGNATURE;
}

err sm2_verify(const point *p, const uint8_t e[32], const uint8_t rs[64])
{
    scalar r, s;
    point_term term = {.p = *p};
    point sum;
    TRY(verify_scalars(&r, &s, &term.k, rs));
    point_multi_var(&sum, &s, &term, 1);
    return verify_sum(&sum, e, &r);
}

err sm2_verify_prepared(const point_prepared *p, const uint8_t e[32], const uint8_t rs[64])
{
    scalar r, s, t;
    point sum;
    TRY(verify_scalars(&r, &s, &t, rs));
    point_prepared_var(&sum, &s, &t, p);
    return verify_sum(&sum, e, &r);
}

err sm2_verify_bytes(const uint8_t public_key[POINT_SIZE], const uint8_t e[32], const uint8_t rs[64])
{
    point p;
    TRY(point_from_bytes(&p, public_key));
    return sm2_verify(&p, e, rs);
}

/* What both directions of encryption share: with (x2, y2) the point agreed on, C2 = M xor KDF(x2 || y2, |M|) or back, and
 * C3 = SM3(x2 || M || y2). */
typedef struct shared_point {
    uint8_t encoded[POINT_SIZE];
} shared_point;

/* The KDF counts blocks in 32 bits. */
static bool length_fits(size_t n)
{
    return n > 0 && n / SM3_SIZE < UINT32_MAX;
}

/* out = in xor the key stream; false where the stream is all zero (6.1 step A5, 7.1 step B4). */
static bool mask_text(uint8_t *out, const uint8_t *in, size_t n, const shared_point *shared)
{
    uint8_t any = 0;
    sm3_kdf(out, n, shared->encoded + 1, POINT_SIZE - 1);
    for (size_t i = 0; i < n; i++) {
        any |= out[i];
        out[i] ^= in[i];
    }
    return ct_public(any != 0); /* the message is refused, or another nonce drawn */
}

static void text_digest(uint8_t out[SM3_SIZE], const shared_point *shared, const uint8_t *text, size_t n)
{
    sm3_ctx ctx;
    sm3_init(&ctx);
    sm3_update(&ctx, shared->encoded + 1, 32);
    sm3_update(&ctx, text, n);
    sm3_update(&ctx, shared->encoded + 33, 32);
    sm3_final(&ctx, out);
}

/* GB/T 32918.4-2016 6.1. The cofactor is 1, so step A3's check is that P is a point at all. */
err sm2_encrypt_with_nonce(uint8_t *out, const uint8_t public_key[POINT_SIZE], bytes message, const scalar *k)
{
    shared_point shared = {{0}};
    point p, c1, product = point_infinity;
    uint8_t *c3 = out + POINT_SIZE, *c2 = out + SM2_CIPHER_OVERHEAD;
    err e = ERR_LENGTH;
    if (!length_fits(message.n))
        goto out;
    TRY_OUT(point_from_bytes(&p, public_key));
    point_mul_base(&c1, k);
    point_mul(&product, k, &p);
    e = ERR_SCALAR;
    if (point_to_bytes(out, &c1) != ERR_OK || point_to_bytes(shared.encoded, &product) != ERR_OK)
        goto out;
    if (!mask_text(c2, message.p, message.n, &shared)) {
        wipe(c2, message.n);
        goto out;
    }
    text_digest(c3, &shared, message.p, message.n);
    e = ERR_OK;
out:
    wipe(&shared, sizeof shared);
    wipe(&product, sizeof product);
    return e;
}

err sm2_encrypt(uint8_t *out, const uint8_t public_key[POINT_SIZE], bytes message, const entropy *rng)
{
    scalar k;
    err e;
    do {
        e = scalar_random(&k, rng);
        if (e == ERR_OK)
            e = sm2_encrypt_with_nonce(out, public_key, message, &k);
    } while (e == ERR_SCALAR);
    scalar_wipe(&k);
    return e;
}

/* GB/T 32918.4-2016 7.1. */
err sm2_decrypt(uint8_t *out, const sm2_private *key, bytes cipher)
{
    if (cipher.n <= SM2_CIPHER_OVERHEAD || !length_fits(cipher.n - SM2_CIPHER_OVERHEAD))
        return ERR_DECRYPT;
    size_t n = cipher.n - SM2_CIPHER_OVERHEAD;
    shared_point shared = {{0}};
    point c1, product = point_infinity;
    uint8_t digest[SM3_SIZE];
    err e = ERR_DECRYPT;
    if (point_from_bytes(&c1, cipher.p) != ERR_OK)
        goto out;
    point_mul(&product, &key->d, &c1);
    if (point_to_bytes(shared.encoded, &product) != ERR_OK)
        goto out;
    bool masked = mask_text(out, cipher.p + SM2_CIPHER_OVERHEAD, n, &shared);
    text_digest(digest, &shared, out, n);
    if (masked && ct_equal(digest, cipher.p + POINT_SIZE, sizeof digest))
        e = ERR_OK;
out:
    if (e != ERR_OK)
        wipe(out, n);
    wipe(&shared, sizeof shared);
    wipe(&product, sizeof product);
    wipe(digest, sizeof digest);
    return e;
}
