#include "crypto/fe.h"

#include "backends.h"
#include "peer.h"

static uint8_t edges[EDGES][32];
static BIGNUM *p;
static BN_CTX *ctx;

static void check(const fe *ours, const BIGNUM *theirs)
{
    uint8_t a[32], b[32];
    fe_to_bytes(a, ours);
    bn_bytes(b, theirs);
    assert_memory_equal(a, b, sizeof a);
}

static BIGNUM *bn_fe(const fe *a)
{
    uint8_t encoded[32];
    fe_to_bytes(encoded, a);
    return bn_of(encoded, 32);
}

static void check_pair(const fe *a, const fe *b)
{
    BIGNUM *x = bn_fe(a), *y = bn_fe(b), *t = BN_new();
    fe r;
    fe_add(&r, a, b);
    assert_true(BN_mod_add(t, x, y, p, ctx));
    check(&r, t);
    fe_sub(&r, a, b);
    assert_true(BN_mod_sub(t, x, y, p, ctx));
    check(&r, t);
    fe_mul(&r, a, b);
    assert_true(BN_mod_mul(t, x, y, p, ctx));
    check(&r, t);
    assert_int_equal(fe_equal(a, b), BN_cmp(x, y) == 0);
    BN_free(x);
    BN_free(y);
    BN_free(t);
}

static void check_one(const fe *a)
{
    BIGNUM *x = bn_fe(a), *t = BN_new(), *zero = BN_new();
    fe r;
    fe_sqr(&r, a);
    assert_true(BN_mod_sqr(t, x, p, ctx));
    check(&r, t);
    fe_neg(&r, a);
    assert_true(BN_mod_sub(t, zero, x, p, ctx));
    check(&r, t);
    fe_half(&r, a);
    BIGNUM *half = bn_fe(&r);
    assert_true(BN_mod_lshift1(t, half, p, ctx));
    assert_int_equal(BN_cmp(t, x), 0);
    BN_free(half);
    fe_inv(&r, a);
    if (BN_is_zero(x))
        BN_zero(t);
    else
        assert_non_null(BN_mod_inverse(t, x, p, ctx));
    check(&r, t);
    assert_int_equal(fe_is_zero(a), BN_is_zero(x));
    BN_free(x);
    BN_free(t);
    BN_free(zero);
}

/* The edge as a value, and the edge as the limbs that stand for a value; false where it is not below p. */
static bool as_value(fe *r, size_t i)
{
    return fe_from_bytes(r, edges[i]) == ERR_OK;
}

static bool as_limbs(fe *r, size_t i)
{
    fe below;
    for (int j = 0; j < 4; j++)
        r->v[j] = load_u64be(edges[i] + 24 - 8 * j);
    return fe_from_bytes(&below, edges[i]) == ERR_OK;
}

static void every_edge_alone(void **state)
{
    (void)state;
    fe a;
    for (size_t i = 0; i < EDGES; i++) {
        if (as_value(&a, i))
            check_one(&a);
        if (as_limbs(&a, i))
            check_one(&a);
    }
}

static void edges_in_pairs(void **state)
{
    (void)state;
    fe a, b;
    for (size_t i = 0; i < EDGES; i += 3) {
        for (size_t j = i % 7; j < EDGES; j += 7) {
            if (as_value(&a, i) && as_value(&b, j))
                check_pair(&a, &b);
            if (as_limbs(&a, i) && as_limbs(&b, j))
                check_pair(&a, &b);
        }
    }
}

/* The last numbers of the list lie around p, 2^256 - p, p / 2 and 2^512 mod p: each with each. */
static void edges_of_p_in_pairs(void **state)
{
    (void)state;
    fe a, b;
    for (size_t i = 625; i < EDGES; i++) {
        for (size_t j = 625; j < EDGES; j++) {
            if (as_value(&a, i) && as_value(&b, j))
                check_pair(&a, &b);
            if (as_limbs(&a, i) && as_limbs(&b, j))
                check_pair(&a, &b);
        }
    }
}

static void random_numbers(void **state)
{
    (void)state;
    uint8_t in[32];
    fe a, b;
    for (int i = 0; i < 20000; i++) {
        peer_fill(in, sizeof in);
        if (fe_from_bytes(&a, in) != ERR_OK)
            continue;
        peer_fill(in, sizeof in);
        if (fe_from_bytes(&b, in) != ERR_OK)
            continue;
        check_pair(&a, &b);
        if (i % 10 == 0)
            check_one(&a);
    }
}

static void result_may_be_an_operand(void **state)
{
    (void)state;
    uint8_t in[32];
    fe a, b, expected, r;
    peer_fill(in, sizeof in);
    in[0] = 0x7f;
    assert_int_equal(fe_from_bytes(&a, in), ERR_OK);
    in[31] ^= 1;
    assert_int_equal(fe_from_bytes(&b, in), ERR_OK);
    void (*const two[])(fe *, const fe *, const fe *) = {fe_add, fe_sub, fe_mul};
    for (size_t i = 0; i < 3; i++) {
        two[i](&expected, &a, &b);
        r = a;
        two[i](&r, &r, &b);
        assert_memory_equal(&r, &expected, sizeof r);
        r = b;
        two[i](&r, &a, &r);
        assert_memory_equal(&r, &expected, sizeof r);
        two[i](&expected, &a, &a);
        r = a;
        two[i](&r, &r, &r);
        assert_memory_equal(&r, &expected, sizeof r);
    }
    void (*const one[])(fe *, const fe *) = {fe_sqr, fe_neg, fe_half, fe_inv};
    for (size_t i = 0; i < 4; i++) {
        one[i](&expected, &a);
        r = a;
        one[i](&r, &r);
        assert_memory_equal(&r, &expected, sizeof r);
    }
}

static void only_numbers_below_p_are_taken(void **state)
{
    (void)state;
    for (size_t i = 0; i < EDGES; i++) {
        BIGNUM *value = bn_of(edges[i], 32);
        uint8_t back[32];
        fe a;
        bool below = BN_cmp(value, p) < 0;
        assert_int_equal(fe_from_bytes(&a, edges[i]), below ? ERR_OK : ERR_RANGE);
        if (below) {
            fe_to_bytes(back, &a);
            assert_memory_equal(back, edges[i], sizeof back);
        }
        BN_free(value);
    }
}

static void constants(void **state)
{
    (void)state;
    check(&fe_one, BN_value_one());
    assert_true(fe_is_zero(&fe_zero));
    assert_false(fe_is_zero(&fe_one));
    assert_false(fe_equal(&fe_zero, &fe_one));
}

static void select_takes_all_or_nothing(void **state)
{
    (void)state;
    fe a = {{1, 2, 3, 4}}, b = {{5, 6, 7, 8}}, r = a;
    fe_select(&r, &b, 0);
    assert_memory_equal(&r, &a, sizeof r);
    fe_select(&r, &b, UINT64_MAX);
    assert_memory_equal(&r, &b, sizeof r);
}

static int prepare(void **state)
{
    (void)state;
    (void)edge_numbers(edges, P_HEX);
    p = bn_hex(P_HEX);
    ctx = BN_CTX_new();
    return 0;
}

static int release(void **state)
{
    (void)state;
    BN_free(p);
    BN_CTX_free(ctx);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_edge_alone),
        cmocka_unit_test(edges_in_pairs),
        cmocka_unit_test(edges_of_p_in_pairs),
        cmocka_unit_test(random_numbers),
        cmocka_unit_test(result_may_be_an_operand),
        cmocka_unit_test(only_numbers_below_p_are_taken),
        cmocka_unit_test(constants),
        cmocka_unit_test(select_takes_all_or_nothing),
    };
    return RUN_ON_EVERY_BACKEND(tests, prepare, release);
}
