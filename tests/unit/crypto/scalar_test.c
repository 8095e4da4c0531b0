#include "crypto/scalar.h"

#include "backends.h"
#include "peer.h"

static uint8_t edges[EDGES][32];
static BIGNUM *n, *n_minus_1;
static BN_CTX *ctx;

static void check(const scalar *ours, const BIGNUM *theirs)
{
    uint8_t a[32], b[32];
    scalar_to_bytes(a, ours);
    bn_bytes(b, theirs);
    assert_memory_equal(a, b, sizeof a);
}

static void check_pair(const scalar *a, const scalar *b)
{
    BIGNUM *x = bn_scalar(a), *y = bn_scalar(b), *t = BN_new();
    scalar r;
    scalar_add(&r, a, b);
    assert_true(BN_mod_add(t, x, y, n, ctx));
    check(&r, t);
    scalar_sub(&r, a, b);
    assert_true(BN_mod_sub(t, x, y, n, ctx));
    check(&r, t);
    scalar_mul(&r, a, b);
    assert_true(BN_mod_mul(t, x, y, n, ctx));
    check(&r, t);
    assert_int_equal(scalar_equal(a, b), BN_cmp(x, y) == 0);
    BN_free(x);
    BN_free(y);
    BN_free(t);
}

static void check_one(const scalar *a)
{
    BIGNUM *x = bn_scalar(a), *t = BN_new(), *zero = BN_new();
    scalar r;
    scalar_neg(&r, a);
    assert_true(BN_mod_sub(t, zero, x, n, ctx));
    check(&r, t);
    scalar_inv(&r, a);
    if (BN_is_zero(x))
        BN_zero(t);
    else
        assert_non_null(BN_mod_inverse(t, x, n, ctx));
    check(&r, t);
    assert_int_equal(scalar_is_zero(a), BN_is_zero(x));
    BN_free(x);
    BN_free(t);
    BN_free(zero);
}

static void edges_of_all_kinds(void **state)
{
    (void)state;
    scalar a, b;
    for (size_t i = 0; i < EDGES; i++) {
        scalar_from_digest(&a, edges[i]);
        check_one(&a);
        for (size_t j = i < 625 ? i % 11 : 625; j < EDGES; j += i < 625 ? 11 : 1) {
            scalar_from_digest(&b, edges[j]);
            check_pair(&a, &b);
        }
    }
}

static void random_numbers(void **state)
{
    (void)state;
    for (int i = 0; i < 20000; i++) {
        scalar a = random_scalar(), b = random_scalar();
        check_pair(&a, &b);
        if (i % 10 == 0)
            check_one(&a);
    }
}

static void result_may_be_an_operand(void **state)
{
    (void)state;
    scalar a = random_scalar(), b = random_scalar(), expected, r;
    void (*const two[])(scalar *, const scalar *, const scalar *) = {scalar_add, scalar_sub, scalar_mul};
    for (size_t i = 0; i < 3; i++) {
        two[i](&expected, &a, &b);
        r = a;
        two[i](&r, &r, &b);
        assert_true(scalar_equal(&r, &expected));
        r = b;
        two[i](&r, &a, &r);
        assert_true(scalar_equal(&r, &expected));
        two[i](&expected, &a, &a);
        r = a;
        two[i](&r, &r, &r);
        assert_true(scalar_equal(&r, &expected));
    }
    void (*const one[])(scalar *, const scalar *) = {scalar_neg, scalar_inv};
    for (size_t i = 0; i < 2; i++) {
        one[i](&expected, &a);
        r = a;
        one[i](&r, &r);
        assert_true(scalar_equal(&r, &expected));
    }
}

static void received_scalars_lie_between_0_and_n(void **state)
{
    (void)state;
    for (size_t i = 0; i < EDGES; i++) {
        BIGNUM *value = bn_of(edges[i], 32);
        uint8_t back[32];
        scalar a;
        bool good = !BN_is_zero(value) && BN_cmp(value, n) < 0;
        assert_int_equal(scalar_from_bytes(&a, edges[i]), good ? ERR_OK : ERR_SCALAR);
        if (good) {
            scalar_to_bytes(back, &a);
            assert_memory_equal(back, edges[i], sizeof back);
        }
        BN_free(value);
    }
}

static void digests_are_reduced(void **state)
{
    (void)state;
    for (size_t i = 0; i < EDGES; i++) {
        BIGNUM *value = bn_of(edges[i], 32);
        scalar a;
        scalar_from_digest(&a, edges[i]);
        assert_true(BN_mod(value, value, n, ctx));
        check(&a, value);
        BN_free(value);
    }
}

static void check_wide(const uint8_t in[48])
{
    BIGNUM *value = bn_of(in, 48);
    scalar a;
    scalar_from_wide(&a, in);
    assert_true(BN_mod(value, value, n_minus_1, ctx));
    assert_true(BN_add_word(value, 1));
    check(&a, value);
    BN_free(value);
}

static void wide_numbers(void **state)
{
    (void)state;
    uint8_t in[48];
    for (int i = 0; i < 20000; i++) {
        peer_fill(in, sizeof in);
        check_wide(in);
    }
    static const uint64_t limbs[5] = {0, 1, UINT64_MAX, UINT64_C(1) << 32, UINT64_MAX << 32};
    for (int i = 0; i < 15625; i++) {
        for (int j = 0, pick = i; j < 6; j++, pick /= 5)
            store_u64be(in + 8 * j, limbs[pick % 5]);
        check_wide(in);
    }
}

/* q * (n-1) + d for quotients at every edge: the estimate of the quotient is off most near a multiple. */
static void wide_numbers_near_multiples(void **state)
{
    (void)state;
    uint8_t in[48];
    BIGNUM *limit = BN_new(), *t = BN_new();
    assert_true(BN_set_bit(limit, 384));
    for (int i = 0; i < 3000; i++) {
        uint8_t q_bytes[16];
        peer_fill(q_bytes, sizeof q_bytes);
        if (i % 3 == 0)
            memset(q_bytes, 0xff, (size_t)(i / 3 % 17));
        if (i % 3 == 1)
            memset(q_bytes, 0, (size_t)(i / 3 % 17));
        BIGNUM *q = bn_of(q_bytes, sizeof q_bytes);
        for (int d = -2; d <= 2; d++) {
            assert_true(BN_mul(t, q, n_minus_1, ctx));
            assert_true(d < 0 ? BN_sub_word(t, (BN_ULONG)-d) : BN_add_word(t, (BN_ULONG)d));
            if (BN_is_negative(t) || BN_cmp(t, limit) >= 0)
                continue;
            assert_int_equal(BN_bn2binpad(t, in, 48), 48);
            check_wide(in);
        }
        BN_free(q);
    }
    BN_free(limit);
    BN_free(t);
}

static void challenges_are_plain_integers(void **state)
{
    (void)state;
    static const uint8_t in[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    uint8_t out[32], expected[32] = {0};
    scalar a;
    scalar_from_u128(&a, in);
    scalar_to_bytes(out, &a);
    memcpy(expected + 16, in, sizeof in);
    assert_memory_equal(out, expected, sizeof out);
}

static err counting_fill(void *context, uint8_t *out, size_t size)
{
    *(size_t *)context += size;
    memset(out, 0, size);
    return ERR_OK;
}

static void a_fresh_scalar_takes_48_bytes(void **state)
{
    (void)state;
    size_t drawn = 0;
    const entropy counting = {counting_fill, &drawn};
    scalar a;
    assert_int_equal(scalar_random(&a, &counting), ERR_OK);
    assert_int_equal(drawn, 48);
    assert_true(scalar_equal(&a, &scalar_one)); /* (0 mod (n-1)) + 1 */
    assert_int_equal(scalar_random(&a, &broken_entropy), ERR_ENTROPY);
}

static void wiped_is_zero(void **state)
{
    (void)state;
    scalar a = random_scalar();
    assert_false(scalar_is_zero(&a));
    scalar_wipe(&a);
    assert_true(scalar_is_zero(&a));
}

static int prepare(void **state)
{
    (void)state;
    (void)edge_numbers(edges, N_HEX);
    n = bn_hex(N_HEX);
    n_minus_1 = bn_hex(N_HEX);
    ctx = BN_CTX_new();
    return BN_sub_word(n_minus_1, 1) ? 0 : -1;
}

static int release(void **state)
{
    (void)state;
    BN_free(n);
    BN_free(n_minus_1);
    BN_CTX_free(ctx);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(edges_of_all_kinds),
        cmocka_unit_test(random_numbers),
        cmocka_unit_test(result_may_be_an_operand),
        cmocka_unit_test(received_scalars_lie_between_0_and_n),
        cmocka_unit_test(digests_are_reduced),
        cmocka_unit_test(wide_numbers),
        cmocka_unit_test(wide_numbers_near_multiples),
        cmocka_unit_test(challenges_are_plain_integers),
        cmocka_unit_test(a_fresh_scalar_takes_48_bytes),
        cmocka_unit_test(wiped_is_zero),
    };
    return RUN_ON_EVERY_BACKEND(tests, prepare, release);
}
