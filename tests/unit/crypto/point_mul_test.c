/* src/crypto/point_mul.inc: multiples of points. */
#include "backends.h"
#include "peer.h"

static peer_curve curve;

/* Scalars whose digits are at their limits: around 0 and n (n - 6 is where k*P must double), powers of two and of the windows,
 * all digits greatest or least for windows of 5, 6 and 7 bits; and 30 * 2^252 - n and its opposite, where the sum in k*G meets
 * its last addend. */
enum { NEAR = 70, POWERS = 256, PATTERNS = 8, SCALARS = 2 * NEAR + 3 * POWERS + PATTERNS };

static size_t edge_scalars(scalar out[SCALARS])
{
    static const char *const patterns[PATTERNS] = {
        "7bdef7bdef7bdef7bdef7bdef7bdef7bdef7bdef7bdef7bdef7bdef7bdef7bdf",
        "8421084210842108421084210842108421084210842108421084210842108421",
        "8208208208208208208208208208208208208208208208208208208208208208",
        "7df7df7df7df7df7df7df7df7df7df7df7df7df7df7df7df7df7df7df7df7df7",
        "8102040810204081020408102040810204081020408102040810204081020409",
        "0102040810204081020408102040810204081020408102040810204081020401",
        "e00000010000000000000000000000008dfc2094de39fad4ac440bf6c62abedd",
        "1ffffffdfffffffffffffffffffffffee407bed6438c0a56a777e81273aa8246",
    };
    size_t n = 0;
    for (int i = 0; i < NEAR; i++) {
        out[n++] = small_scalar(i);
        out[n++] = small_scalar(-i);
    }
    for (int i = 0; i < POWERS; i++) {
        scalar power = {{0, 0, 0, 0}};
        power.v[i / 64] = UINT64_C(1) << i % 64;
        out[n++] = power;
        scalar_sub(&out[n++], &power, &scalar_one);
        scalar_neg(&out[n++], &power);
    }
    for (int i = 0; i < PATTERNS; i++) {
        uint8_t encoded[32];
        from_hex(encoded, sizeof encoded, patterns[i]);
        scalar_from_digest(&out[n++], encoded);
    }
    assert_int_equal(n, SCALARS);
    return n;
}

/* sum of k[i] * p[i] by OpenSSL. */
static void peer_sum(EC_POINT *r, const scalar *k, const point *p, size_t n)
{
    EC_POINT *product = EC_POINT_new(curve.group);
    assert_true(EC_POINT_set_to_infinity(curve.group, r));
    for (size_t i = 0; i < n; i++) {
        EC_POINT *factor = peer_point(&curve, &p[i]);
        BIGNUM *times = bn_scalar(&k[i]);
        assert_true(EC_POINT_mul(curve.group, product, NULL, factor, times, curve.ctx));
        assert_true(EC_POINT_add(curve.group, r, r, product, curve.ctx));
        EC_POINT_free(factor);
        BN_free(times);
    }
    EC_POINT_free(product);
}

static void assert_sum(const point *ours, const scalar *k, const point *p, size_t n)
{
    EC_POINT *theirs = EC_POINT_new(curve.group);
    peer_sum(theirs, k, p, n);
    assert_same_point(&curve, ours, theirs);
    EC_POINT_free(theirs);
}

static void base_at_the_edges(void **state)
{
    (void)state;
    scalar k[SCALARS];
    point r;
    for (size_t i = 0, n = edge_scalars(k); i < n; i += PEER_STEP) {
        point_mul_base(&r, &k[i]);
        assert_sum(&r, &k[i], &point_generator, 1);
    }
}

static void base_at_random(void **state)
{
    (void)state;
    point r;
    for (int i = 0; i < 1000; i += PEER_STEP) {
        scalar k = random_scalar();
        point_mul_base(&r, &k);
        assert_sum(&r, &k, &point_generator, 1);
    }
}

static point random_point(void)
{
    scalar k = random_scalar();
    point r;
    point_mul_base(&r, &k);
    return rescaled(&r);
}

static void any_point_at_the_edges(void **state)
{
    (void)state;
    scalar k[SCALARS];
    point p = random_point(), r;
    for (size_t i = 0, n = edge_scalars(k); i < n; i += PEER_STEP) {
        point_mul(&r, &k[i], &p);
        assert_sum(&r, &k[i], &p, 1);
    }
}

static void any_point_at_random(void **state)
{
    (void)state;
    for (int i = 0; i < 1000; i += PEER_STEP) {
        scalar k = random_scalar();
        point p = random_point(), r;
        point_mul(&r, &k, &p);
        assert_sum(&r, &k, &p, 1);
        point_mul(&p, &k, &p);
        assert_true(point_equal_var(&p, &r));
    }
}

static void multiples_of_infinity(void **state)
{
    (void)state;
    scalar k = random_scalar(), zero = {{0, 0, 0, 0}};
    point r, p = random_point();
    point_mul(&r, &k, &point_infinity);
    assert_true(point_is_infinity(&r));
    point_mul(&r, &zero, &p);
    assert_true(point_is_infinity(&r));
    point_mul_base(&r, &zero);
    assert_true(point_is_infinity(&r));
    point_mul_two(&r, &k, &point_infinity, &zero, &p);
    assert_true(point_is_infinity(&r));
    point_mul_two(&r, &k, &p, &k, &point_infinity);
    assert_sum(&r, &k, &p, 1);
    point_mul_two(&r, &k, &point_infinity, &k, &p);
    assert_sum(&r, &k, &p, 1);
}

static void check_two(const scalar k[2], const point p[2])
{
    point r;
    point_mul_two(&r, &k[0], &p[0], &k[1], &p[1]);
    assert_sum(&r, k, p, 2);
}

static void two_at_random(void **state)
{
    (void)state;
    for (int i = 0; i < 300; i += PEER_STEP) {
        const scalar k[2] = {random_scalar(), random_scalar()};
        const point p[2] = {random_point(), random_point()};
        check_two(k, p);
    }
}

/* Q a small multiple of P, with scalars that make the sum meet the addend or its opposite: at the first window, in the
 * middle (2^5i * c against c' * 2^5i) and at the last. */
static void two_that_are_related(void **state)
{
    (void)state;
    point p = random_point();
    for (int ratio = -17; ratio <= 17; ratio++) {
        scalar times = small_scalar(ratio);
        point q;
        point_mul(&q, &times, &p);
        q = rescaled(&q);
        for (int a = -3; a <= 17; a += 2) {
            for (int shift = 0; shift <= 200; shift += 100) {
                scalar power = {{0, 0, 0, 0}}, k[2], j = small_scalar(a), t;
                power.v[shift / 64] = UINT64_C(1) << shift % 64;
                scalar_mul(&j, &j, &power);
                k[0] = j;
                k[1] = power;
                point r;
                point_mul_two(&r, &k[0], &p, &k[1], &q);
                /* (j + k * ratio) * P */
                scalar_mul(&t, &k[1], &times);
                scalar_add(&t, &t, &k[0]);
                point expected;
                point_mul(&expected, &t, &p);
                assert_true(point_equal_var(&r, &expected));
            }
        }
        scalar same[2] = {random_scalar(), {{0, 0, 0, 0}}};
        same[1] = same[0];
        if (ratio == 1 || ratio == -1)
            check_two(same, (const point[2]){p, q});
    }
}

static void check_multi(const scalar *g, const scalar *k, const point *p, size_t n)
{
    point_term terms[POINT_TERMS] = {0};
    scalar all_k[POINT_TERMS + 1];
    point all_p[POINT_TERMS + 1], r;
    for (size_t i = 0; i < n; i++) {
        terms[i] = (point_term){k[i], p[i]};
        all_k[i] = k[i];
        all_p[i] = p[i];
    }
    point_multi_var(&r, g, terms, n);
    if (g) {
        all_k[n] = *g;
        all_p[n++] = point_generator;
    }
    assert_sum(&r, all_k, all_p, n);
}

static void many_terms_at_random(void **state)
{
    (void)state;
    for (int i = 0; i < 80; i += PEER_STEP) {
        for (size_t n = 0; n <= POINT_TERMS; n++) {
            scalar k[POINT_TERMS], g = random_scalar();
            point p[POINT_TERMS];
            for (size_t j = 0; j < n; j++) {
                k[j] = random_scalar();
                p[j] = random_point();
                if (i % 3 == 1)
                    k[j].v[2] = k[j].v[3] = 0; /* as challenges are */
            }
            check_multi(i % 2 == 0 ? &g : NULL, k, p, n);
        }
    }
}

static void many_terms_at_the_edges(void **state)
{
    (void)state;
    scalar k[SCALARS], zero = {{0, 0, 0, 0}};
    point p = random_point();
    for (size_t i = 0, n = edge_scalars(k); i < n; i += PEER_STEP) {
        check_multi(&k[i], NULL, NULL, 0);
        check_multi(&k[i], &k[n - 1 - i], &p, 1);
    }
    check_multi(&zero, &zero, &p, 1);
    check_multi(NULL, &zero, &p, 1);
    check_multi(NULL, NULL, NULL, 0);
}

static void many_terms_that_are_related(void **state)
{
    (void)state;
    scalar a = random_scalar(), opposite;
    scalar_neg(&opposite, &a);
    point p = random_point(), minus, g = point_generator;
    point_neg(&minus, &p);
    check_multi(NULL, (const scalar[]){a, a}, (const point[]){p, p}, 2);
    check_multi(NULL, (const scalar[]){a, a}, (const point[]){p, minus}, 2);
    check_multi(NULL, (const scalar[]){a, opposite}, (const point[]){p, p}, 2);
    check_multi(&a, (const scalar[]){a}, (const point[]){g}, 1);
    check_multi(&a, (const scalar[]){opposite}, (const point[]){g}, 1);
    check_multi(&a, (const scalar[]){a, a}, (const point[]){point_infinity, p}, 2);
}

/* P = v*G with k and g small: the sum of the terms meets the very entry of G's table that is added to it, or its opposite. */
static void a_term_that_meets_the_generator(void **state)
{
    (void)state;
    for (int v = -3; v <= 3; v++) {
        point p = small_point(v);
        p = rescaled(&p);
        for (int k = 0; k <= 3; k++) {
            for (int g = 0; g <= 7; g++) {
                scalar times = small_scalar(k), own = small_scalar(g);
                point r, expected = small_point(v * k + g);
                point_multi_var(&r, &own, &(point_term){times, p}, 1);
                assert_true(point_equal_var(&r, &expected));
            }
        }
    }
}

static void odd_multiples(void **state)
{
    (void)state;
    point p[POINT_TERMS + 3];
    point_odd odd[POINT_TERMS + 3];
    for (size_t i = 0; i < POINT_TERMS + 3; i++)
        p[i] = i == 0 ? point_generator : random_point();
    for (size_t n = 1; n <= POINT_TERMS + 3; n++) {
        memset(odd, 0, sizeof odd);
        point_odd_var(odd, p, n);
        for (size_t i = 0; i < n; i++) {
            for (int j = 0; j < POINT_ODD; j++) {
                scalar k = small_scalar(2 * j + 1);
                assert_sum(&(point){odd[i].multiple[j].x, odd[i].multiple[j].y, fe_one}, &k, &p[i], 1);
            }
        }
    }
    for (int i = 0; i < 100; i += PEER_STEP) {
        scalar k[POINT_TERMS];
        point r;
        for (size_t j = 0; j < POINT_TERMS; j++) {
            k[j] = random_scalar();
            if (i % 2 == 1)
                k[j].v[2] = k[j].v[3] = 0;
        }
        for (size_t n = 0; n <= POINT_TERMS; n++) {
            point_odd_sum_var(&r, k, odd, n);
            assert_sum(&r, k, p, n);
        }
        point_odd_mul_two(&r, &k[0], &odd[0], &k[1], &odd[1]);
        assert_sum(&r, k, p, 2);
    }
}

static void check_prepared(const scalar *g, const scalar *k, const point *p)
{
    point_prepared prepared;
    point r;
    point_prepare_var(&prepared, p);
    point_prepared_var(&r, g, k, &prepared);
    assert_sum(&r, (const scalar[]){*g, *k}, (const point[]){point_generator, *p}, 2);
}

static void prepared_points(void **state)
{
    (void)state;
    scalar k[SCALARS];
    point p = random_point();
    for (size_t i = 0, n = edge_scalars(k); i < n; i += PEER_STEP)
        check_prepared(&k[n - 1 - i], &k[i], i % 2 == 0 ? &p : &point_generator);
    for (int i = 0; i < 200; i += PEER_STEP) {
        const scalar g = random_scalar(), times = random_scalar();
        p = random_point();
        check_prepared(&g, &times, &p);
    }
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
        cmocka_unit_test(base_at_the_edges),
        cmocka_unit_test(base_at_random),
        cmocka_unit_test(any_point_at_the_edges),
        cmocka_unit_test(any_point_at_random),
        cmocka_unit_test(multiples_of_infinity),
        cmocka_unit_test(two_at_random),
        cmocka_unit_test(two_that_are_related),
        cmocka_unit_test(many_terms_at_random),
        cmocka_unit_test(many_terms_at_the_edges),
        cmocka_unit_test(many_terms_that_are_related),
        cmocka_unit_test(a_term_that_meets_the_generator),
        cmocka_unit_test(odd_multiples),
        cmocka_unit_test(prepared_points),
    };
    return RUN_ON_EVERY_BACKEND(tests, prepare, release);
}
