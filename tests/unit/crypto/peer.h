/* What the tests of this module share: OpenSSL as the independent implementation, numbers at the edges, sources of bytes. */
#ifndef YIQIAN_TESTS_CRYPTO_PEER_H
#define YIQIAN_TESTS_CRYPTO_PEER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>

#include "base/text.h"
#include "crypto/point.h"
#include "crypto/scalar.h"

#define P_HEX "fffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffff"
#define N_HEX "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123"

/* The step of loops over many values against OpenSSL. The optimised builds, whose arithmetic is another for each compiler, take each; under a sanitizer, which is
 * five times slower and sees memory rather than values, every fourth is enough. */
#if defined(__SANITIZE_ADDRESS__)
#define PEER_STEP 4
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PEER_STEP 4
#endif
#endif
#ifndef PEER_STEP
#define PEER_STEP 1
#endif

/* A reproducible stream (splitmix64), and the same as a source of entropy. */
static uint64_t peer_state = 20240601;

static inline uint64_t peer_random(void)
{
    uint64_t z = peer_state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

static inline void peer_fill(uint8_t *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)peer_random();
}

static inline err peer_entropy_fill(void *ctx, uint8_t *out, size_t n)
{
    (void)ctx;
    peer_fill(out, n);
    return ERR_OK;
}

static inline err broken_entropy_fill(void *ctx, uint8_t *out, size_t n)
{
    (void)ctx;
    memset(out, 0, n);
    return ERR_IO;
}

/* The worst generator: every byte the same, that of *ctx. */
static inline err stuck_entropy_fill(void *ctx, uint8_t *out, size_t n)
{
    memset(out, *(const uint8_t *)ctx, n);
    return ERR_OK;
}

static const entropy peer_entropy = {peer_entropy_fill, NULL};
static const entropy broken_entropy = {broken_entropy_fill, NULL};

static inline void from_hex(uint8_t *out, size_t n, const char *text)
{
    assert_int_equal(hex_decode(out, n, text, strlen(text)), ERR_OK);
}

static inline BIGNUM *bn_hex(const char *text)
{
    BIGNUM *bn = NULL;
    assert_true(BN_hex2bn(&bn, text) > 0);
    return bn;
}

static inline BIGNUM *bn_of(const uint8_t *in, int n)
{
    BIGNUM *bn = BN_bin2bn(in, n, NULL);
    assert_non_null(bn);
    return bn;
}

static inline void bn_bytes(uint8_t out[32], const BIGNUM *bn)
{
    assert_int_equal(BN_bn2binpad(bn, out, 32), 32);
}

/* Numbers of 32 bytes where carries, borrows and reductions go wrong if they do: around 0, m, 2m - 2^256, 2^256, every
 * power of 2^32, and all patterns of limbs out of {0, 1, 2^64 - 1, 2^32, 2^64 - 2^32}. */
enum { EDGES = 5 * 5 * 5 * 5 + 8 * 5 + 4 * 7 };

static inline size_t edge_numbers(uint8_t out[EDGES][32], const char *modulus_hex)
{
    static const uint64_t limbs[5] = {0, 1, UINT64_MAX, UINT64_C(1) << 32, UINT64_MAX << 32};
    size_t n = 0;
    for (size_t i = 0; i < 625; i++, n++) {
        size_t pick = i;
        for (int j = 0; j < 4; j++, pick /= 5)
            store_u64be(out[n] + 8 * j, limbs[pick % 5]);
    }
    BIGNUM *m = bn_hex(modulus_hex), *top = BN_new(), *t = BN_new();
    assert_true(BN_set_bit(top, 256));
    for (int power = 0; power < 8; power++) {
        for (int d = -2; d <= 2; d++) {
            BN_zero(t);
            assert_true(BN_set_bit(t, 32 * power));
            assert_true(d < 0 ? BN_sub_word(t, (BN_ULONG)-d) : BN_add_word(t, (BN_ULONG)d));
            BN_set_negative(t, 0); /* 1 - 2 */
            bn_bytes(out[n++], t);
        }
    }
    for (int base = 0; base < 4; base++) {
        for (int d = -3; d <= 3; d++) {
            /* m, 2^256 - m, m / 2, and (2^512 mod m) */
            if (base == 0)
                assert_non_null(BN_copy(t, m));
            else if (base == 1)
                assert_true(BN_sub(t, top, m));
            else if (base == 2)
                assert_true(BN_rshift1(t, m));
            else {
                BN_CTX *ctx = BN_CTX_new();
                assert_true(BN_mod_sqr(t, top, m, ctx));
                BN_CTX_free(ctx);
            }
            assert_true(d < 0 ? BN_sub_word(t, (BN_ULONG)-d) : BN_add_word(t, (BN_ULONG)d));
            bn_bytes(out[n++], t);
        }
    }
    BN_free(m);
    BN_free(top);
    BN_free(t);
    assert_int_equal(n, EDGES);
    return n;
}

/* The curve at OpenSSL. */
typedef struct peer_curve {
    EC_GROUP *group;
    BN_CTX *ctx;
    BIGNUM *p, *n;
} peer_curve;

static inline peer_curve peer_curve_create(void)
{
    peer_curve c = {EC_GROUP_new_by_curve_name(NID_sm2), BN_CTX_new(), bn_hex(P_HEX), bn_hex(N_HEX)};
    assert_non_null(c.group);
    assert_non_null(c.ctx);
    return c;
}

static inline void peer_curve_destroy(peer_curve *c)
{
    EC_GROUP_free(c->group);
    BN_CTX_free(c->ctx);
    BN_free(c->p);
    BN_free(c->n);
}

/* Asserts that ours is OpenSSL's point. */
static inline void assert_same_point(peer_curve *c, const point *ours, const EC_POINT *theirs)
{
    uint8_t a[POINT_SIZE], b[POINT_SIZE];
    if (EC_POINT_is_at_infinity(c->group, theirs)) {
        assert_true(point_is_infinity(ours));
        return;
    }
    assert_int_equal(point_to_bytes(a, ours), ERR_OK);
    assert_int_equal(EC_POINT_point2oct(c->group, theirs, POINT_CONVERSION_UNCOMPRESSED, b, sizeof b, c->ctx),
                     sizeof b);
    assert_memory_equal(a, b, sizeof a);
}

static inline EC_POINT *peer_point(peer_curve *c, const point *ours)
{
    uint8_t encoded[POINT_SIZE];
    EC_POINT *p = EC_POINT_new(c->group);
    assert_non_null(p);
    if (point_is_infinity(ours)) {
        assert_true(EC_POINT_set_to_infinity(c->group, p));
    } else {
        assert_int_equal(point_to_bytes(encoded, ours), ERR_OK);
        assert_true(EC_POINT_oct2point(c->group, p, encoded, sizeof encoded, c->ctx));
    }
    return p;
}

static inline BIGNUM *bn_scalar(const scalar *k)
{
    uint8_t encoded[32];
    scalar_to_bytes(encoded, k);
    return bn_of(encoded, 32);
}

static inline scalar random_scalar(void)
{
    scalar k;
    assert_int_equal(scalar_random(&k, &peer_entropy), ERR_OK);
    return k;
}

/* A small integer, negative ones as n - |v|. */
static inline scalar small_scalar(int v)
{
    scalar k = {{(uint64_t)(v < 0 ? -v : v), 0, 0, 0}};
    if (v < 0)
        scalar_neg(&k, &k);
    return k;
}

/* v * G by additions only. */
static inline point small_point(int v)
{
    point p = point_infinity;
    for (int i = 0; i < (v < 0 ? -v : v); i++)
        point_add_var(&p, &p, &point_generator);
    if (v < 0)
        point_neg(&p, &p);
    return p;
}

/* The same point with another Z. */
static inline point rescaled(const point *p)
{
    uint8_t bytes32[32];
    fe z, zz;
    point r;
    do
        peer_fill(bytes32, sizeof bytes32);
    while (fe_from_bytes(&z, bytes32) != ERR_OK || fe_is_zero(&z));
    fe_sqr(&zz, &z);
    fe_mul(&r.x, &p->x, &zz);
    fe_mul(&zz, &zz, &z);
    fe_mul(&r.y, &p->y, &zz);
    fe_mul(&r.z, &p->z, &z);
    return r;
}

#endif
