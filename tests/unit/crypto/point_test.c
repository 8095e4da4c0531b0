#include "crypto/point.h"

#include "backends.h"
#include "peer.h"

static peer_curve curve;

static const int small[] = {0, 1, 2, 3, 4, 5, -1, -2, -3};
enum { SMALL = sizeof small / sizeof small[0] };

static void addition_is_right_for_all_pairs(void **state)
{
    (void)state;
    for (size_t i = 0; i < SMALL; i++) {
        for (size_t j = 0; j < SMALL; j++) {
            point a = small_point(small[i]), b = small_point(small[j]), r;
            EC_POINT *x = peer_point(&curve, &a), *y = peer_point(&curve, &b), *sum = EC_POINT_new(curve.group);
            a = rescaled(&a);
            b = rescaled(&b);
            assert_true(EC_POINT_add(curve.group, sum, x, y, curve.ctx));
            point_add_var(&r, &a, &b);
            assert_same_point(&curve, &r, sum);
            r = a;
            point_add_var(&r, &r, &b);
            assert_same_point(&curve, &r, sum);
            r = b;
            point_add_var(&r, &a, &r);
            assert_same_point(&curve, &r, sum);
            EC_POINT_free(x);
            EC_POINT_free(y);
            EC_POINT_free(sum);
        }
    }
}

static void double_and_negative(void **state)
{
    (void)state;
    for (size_t i = 0; i < SMALL; i++) {
        point a = small_point(small[i]), r;
        EC_POINT *x = peer_point(&curve, &a), *t = EC_POINT_new(curve.group);
        a = rescaled(&a);
        assert_true(EC_POINT_dbl(curve.group, t, x, curve.ctx));
        point_double(&r, &a);
        assert_same_point(&curve, &r, t);
        r = a;
        point_double(&r, &r);
        assert_same_point(&curve, &r, t);
        assert_true(EC_POINT_invert(curve.group, x, curve.ctx));
        point_neg(&r, &a);
        assert_same_point(&curve, &r, x);
        EC_POINT_free(x);
        EC_POINT_free(t);
    }
}

static void equality_ignores_z(void **state)
{
    (void)state;
    for (size_t i = 0; i < SMALL; i++) {
        for (size_t j = 0; j < SMALL; j++) {
            point a = small_point(small[i]), b = small_point(small[j]);
            a = rescaled(&a);
            assert_int_equal(point_equal_var(&a, &b), i == j);
        }
    }
}

static void bytes_of_points(void **state)
{
    (void)state;
    static const char g[] = "0432c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7"
                            "bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0";
    uint8_t expected[POINT_SIZE], out[POINT_SIZE];
    point p, generator = rescaled(&point_generator);
    from_hex(expected, sizeof expected, g);
    assert_int_equal(point_to_bytes(out, &generator), ERR_OK);
    assert_memory_equal(out, expected, sizeof out);
    assert_int_equal(point_from_bytes(&p, expected), ERR_OK);
    assert_true(point_equal_var(&p, &point_generator));
    assert_int_equal(point_to_bytes(out, &point_infinity), ERR_POINT);
}

static void what_is_not_a_point_is_refused(void **state)
{
    (void)state;
    uint8_t good[POINT_SIZE], bad[POINT_SIZE];
    point p;
    assert_int_equal(point_to_bytes(good, &point_generator), ERR_OK);
    for (int prefix = 0; prefix < 256; prefix++) {
        memcpy(bad, good, sizeof bad);
        bad[0] = (uint8_t)prefix;
        assert_int_equal(point_from_bytes(&p, bad), prefix == 4 ? ERR_OK : ERR_POINT);
    }
    for (size_t bit = 8; bit < 8 * POINT_SIZE; bit++) {
        memcpy(bad, good, sizeof bad);
        bad[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(point_from_bytes(&p, bad), ERR_POINT);
    }
    memset(bad, 0, sizeof bad);
    assert_int_equal(point_from_bytes(&p, bad), ERR_POINT);
    bad[0] = 4;
    assert_int_equal(point_from_bytes(&p, bad), ERR_POINT);
    memset(bad + 1, 0xff, sizeof bad - 1);
    assert_int_equal(point_from_bytes(&p, bad), ERR_POINT);
}

/* The first x >= from that is a coordinate, as a point. */
static void point_with_x_from(uint8_t out[POINT_SIZE], const BIGNUM *from)
{
    EC_POINT *t = EC_POINT_new(curve.group);
    BIGNUM *x = BN_dup(from);
    while (!EC_POINT_set_compressed_coordinates(curve.group, t, x, 0, curve.ctx))
        assert_true(BN_add_word(x, 1));
    assert_int_equal(EC_POINT_point2oct(curve.group, t, POINT_CONVERSION_UNCOMPRESSED, out, POINT_SIZE, curve.ctx),
                     POINT_SIZE);
    EC_POINT_free(t);
    BN_free(x);
}

/* A coordinate c < 2^256 - p has a second spelling, c + p, that names the same field element. */
static void coordinates_from_p_up_are_refused(void **state)
{
    (void)state;
    uint8_t encoded[POINT_SIZE];
    point p;
    BIGNUM *zero = BN_new();
    point_with_x_from(encoded, zero);
    assert_int_equal(point_from_bytes(&p, encoded), ERR_OK);
    BIGNUM *x = bn_of(encoded + 1, 32);
    assert_true(BN_add(x, x, curve.p));
    bn_bytes(encoded + 1, x);
    assert_int_equal(point_from_bytes(&p, encoded), ERR_POINT);
    BN_free(x);
    BN_free(zero);

    /* And a point with y = 1, for y + p fits too. */
    static const uint8_t low[POINT_SIZE] = {0x04, 0x9c, 0x17, 0x04, 0x3e, 0xff, 0xe1, 0xa8, 0x05, 0xa7,    0x4a, 0x9a,
                                            0x5e, 0x70, 0xb9, 0xd6, 0x59, 0x70, 0x5d, 0x32, 0x42, 0x09,    0x4a, 0x56,
                                            0x6d, 0xc0, 0x16, 0xf4, 0x93, 0x11, 0x17, 0x8d, 0x1f, [64] = 1};
    memcpy(encoded, low, sizeof encoded);
    assert_int_equal(point_from_bytes(&p, encoded), ERR_OK);
    BIGNUM *y = bn_of(encoded + 33, 32);
    assert_true(BN_add(y, y, curve.p));
    bn_bytes(encoded + 33, y);
    assert_int_equal(point_from_bytes(&p, encoded), ERR_POINT);
    BN_free(y);
}

static void many_points_at_once(void **state)
{
    (void)state;
    enum { MANY = 20 };
    point p[MANY];
    fe scratch[MANY];
    uint8_t many[MANY][POINT_SIZE], one[POINT_SIZE];
    for (int i = 0; i < MANY; i++) {
        p[i] = small_point(i + 1);
        p[i] = rescaled(&p[i]);
    }
    for (size_t n = 0; n <= MANY; n++) {
        memset(many, 0, sizeof many);
        assert_int_equal(point_to_bytes_many(many, p, n, scratch), ERR_OK);
        for (size_t i = 0; i < n; i++) {
            assert_int_equal(point_to_bytes(one, &p[i]), ERR_OK);
            assert_memory_equal(many[i], one, sizeof one);
        }
    }
    p[MANY / 2] = point_infinity;
    assert_int_equal(point_to_bytes_many(many, p, MANY, scratch), ERR_POINT);
}

/* x(p) mod n by OpenSSL. */
static BIGNUM *x_mod_n(const point *p)
{
    EC_POINT *t = peer_point(&curve, p);
    BIGNUM *x = BN_new();
    assert_true(EC_POINT_get_affine_coordinates(curve.group, t, x, NULL, curve.ctx));
    assert_true(BN_mod(x, x, curve.n, curve.ctx));
    EC_POINT_free(t);
    return x;
}

/* Both calls on x(p), which must agree with OpenSSL's. */
static void check_x(const point *given)
{
    point p = rescaled(given);
    BIGNUM *expected = x_mod_n(&p);
    scalar x, e = random_scalar(), r;
    assert_int_equal(point_x_scalar(&x, &p), ERR_OK);
    BIGNUM *ours = bn_scalar(&x);
    assert_int_equal(BN_cmp(ours, expected), 0);
    scalar_add(&r, &x, &e);
    assert_true(point_x_plus_equals_var(&p, &e, &r));
    scalar_add(&r, &r, &scalar_one);
    assert_false(point_x_plus_equals_var(&p, &e, &r));
    BN_free(ours);
    BN_free(expected);
}

static void x_of_small_multiples(void **state)
{
    (void)state;
    for (int i = 1; i < 50; i++) {
        point p = small_point(i);
        check_x(&p);
    }
}

/* About one x in 2^32 lies in [n, p), where x mod n is x - n. */
static void x_between_n_and_p(void **state)
{
    (void)state;
    uint8_t encoded[POINT_SIZE];
    BIGNUM *from = BN_dup(curve.n);
    for (int i = 0; i < 20; i++) {
        point p;
        point_with_x_from(encoded, from);
        assert_int_equal(point_from_bytes(&p, encoded), ERR_OK);
        check_x(&p);
        BIGNUM *x = bn_of(encoded + 1, 32);
        assert_true(BN_cmp(x, curve.n) >= 0 && BN_cmp(x, curve.p) < 0);
        assert_true(BN_add(from, x, BN_value_one()));
        BN_free(x);
    }
    BN_free(from);
}

/* For a small coordinate x, c = x + p - n and c = x + 2^256 - n: c + n is x mod p, or x in 256 bits, but c is not x mod n. */
static void no_second_candidate_from_p_up(void **state)
{
    (void)state;
    uint8_t encoded[POINT_SIZE], spelled[32];
    BIGNUM *zero = BN_new(), *top = BN_new();
    point p;
    scalar c, none = {{0, 0, 0, 0}};
    assert_true(BN_set_bit(top, 256));
    point_with_x_from(encoded, zero);
    assert_int_equal(point_from_bytes(&p, encoded), ERR_OK);
    for (int i = 0; i < 2; i++) {
        BIGNUM *x = bn_of(encoded + 1, 32);
        assert_true(BN_add(x, x, i == 0 ? curve.p : top));
        assert_true(BN_sub(x, x, curve.n));
        bn_bytes(spelled, x);
        assert_int_equal(scalar_from_bytes(&c, spelled), ERR_OK);
        assert_false(point_x_plus_equals_var(&p, &none, &c));
        BN_free(x);
    }
    BN_free(zero);
    BN_free(top);
}

static void infinity_has_no_x(void **state)
{
    (void)state;
    scalar x, none = {{0, 0, 0, 0}};
    assert_int_equal(point_x_scalar(&x, &point_infinity), ERR_POINT);
    assert_false(point_x_plus_equals_var(&point_infinity, &none, &none));
    assert_false(point_x_plus_equals_var(&point_infinity, &none, &scalar_one));
    const point zero_in_all = {fe_zero, fe_zero, fe_zero};
    assert_false(point_x_plus_equals_var(&zero_in_all, &none, &none));
}

static int prepare(void **state)
{
    (void)state;
    curve = peer_curve_create();
    return 0;
}

static int release(void **state)
{
    (void)state;
    peer_curve_destroy(&curve);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addition_is_right_for_all_pairs),
        cmocka_unit_test(double_and_negative),
        cmocka_unit_test(equality_ignores_z),
        cmocka_unit_test(bytes_of_points),
        cmocka_unit_test(what_is_not_a_point_is_refused),
        cmocka_unit_test(coordinates_from_p_up_are_refused),
        cmocka_unit_test(many_points_at_once),
        cmocka_unit_test(x_of_small_multiples),
        cmocka_unit_test(x_between_n_and_p),
        cmocka_unit_test(no_second_candidate_from_p_up),
        cmocka_unit_test(infinity_has_no_x),
    };
    return RUN_ON_EVERY_BACKEND(tests, prepare, release);
}
