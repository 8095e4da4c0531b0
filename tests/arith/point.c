/* crypto/point.h against OpenSSL. Every point of a trial is a known multiple of G, made by OpenSSL: so what a call must give is
 * one multiple of G, whose factor OpenSSL's numbers give. */
#include "arith.h"

#include <string.h>

#include <openssl/ec.h>
#include <openssl/obj_mac.h>

#include "crypto/point.h"

static EC_GROUP *group;
static EC_POINT *theirs;
static BIGNUM *factor, *t;

/* A point with another Z than 1, and its factor. */
typedef struct known {
    scalar k;
    point p;
} known;

static void bn_of_scalar(BIGNUM *r, const scalar *k)
{
    bn_of_limbs(r, k->v);
}

static void draw_scalar(scalar *k)
{
    draw_number(k->v, &order);
}

static void rescale(point *p)
{
    fe z, zz;
    do
        draw_number(z.v, &field);
    while (fe_is_zero(&z));
    fe_sqr(&zz, &z);
    fe_mul(&p->x, &p->x, &zz);
    fe_mul(&zz, &zz, &z);
    fe_mul(&p->y, &p->y, &zz);
    fe_mul(&p->z, &p->z, &z);
}

/* Fills expected with factor * G; false where that is infinity. */
static bool expect(uint8_t expected[POINT_SIZE])
{
    memset(expected, 0, POINT_SIZE);
    NEED(EC_POINT_mul(group, theirs, factor, NULL, NULL, ctx));
    if (EC_POINT_is_at_infinity(group, theirs))
        return false;
    NEED(EC_POINT_point2oct(group, theirs, POINT_CONVERSION_UNCOMPRESSED, expected, POINT_SIZE, ctx) == POINT_SIZE);
    return true;
}

static void known_of(known *out, const scalar *k)
{
    uint8_t encoded[POINT_SIZE];
    out->k = *k;
    bn_of_scalar(factor, k);
    if (!expect(encoded)) {
        out->p = point_infinity;
        return;
    }
    NEED(point_from_bytes(&out->p, encoded) == ERR_OK);
    rescale(&out->p);
}

static void draw_known(known *out)
{
    scalar k;
    draw_scalar(&k);
    known_of(out, &k);
}

/* factor += k * of, or k itself where `of` is NULL. */
static void add_product(const scalar *k, const scalar *of)
{
    BIGNUM *product = BN_new();
    bn_of_scalar(product, k);
    if (of != NULL) {
        bn_of_scalar(t, of);
        NEED(BN_mod_mul(product, product, t, order.bn, ctx));
    }
    NEED(BN_mod_add(factor, factor, product, order.bn, ctx));
    BN_free(product);
}

static void check_point(const trial *made, const uint8_t expected[POINT_SIZE], bool finite, const point *ours)
{
    uint8_t encoded[POINT_SIZE] = {0};
    check_true(made, point_is_infinity(ours) == !finite);
    check_true(made, (point_to_bytes(encoded, ours) == ERR_OK) == finite);
    if (finite)
        check_same(made, expected, encoded, sizeof encoded);
}

static trial trial_of(const char *operation, const scalar *j, const scalar *k)
{
    trial made = {.operation = operation};
    memcpy(made.a, j->v, sizeof made.a);
    memcpy(made.b, k->v, sizeof made.b);
    return made;
}

static void try_base(const scalar *k)
{
    uint8_t expected[POINT_SIZE];
    point r;
    BN_zero(factor);
    add_product(k, NULL);
    bool finite = expect(expected);
    const trial made = trial_of("point_mul_base", k, k);
    for (size_t i = 0; i < backend_count; i++) {
        use_backend(i);
        point_mul_base(&r, k);
        check_point(&made, expected, finite, &r);
        if (!finite)
            continue;
        scalar x, x_expected;
        NEED(point_x_scalar(&x, &r) == ERR_OK);
        scalar_from_digest(&x_expected, expected + 1);
        check_same(&made, &x_expected, &x, sizeof x);
    }
}

static void try_mul(const scalar *k, const known *p)
{
    uint8_t expected[POINT_SIZE];
    point r;
    BN_zero(factor);
    add_product(k, &p->k);
    bool finite = expect(expected);
    const trial made = trial_of("point_mul", k, &p->k);
    for (size_t i = 0; i < backend_count; i++) {
        use_backend(i);
        point_mul(&r, k, &p->p);
        check_point(&made, expected, finite, &r);
        r = p->p;
        point_mul(&r, k, &r);
        check_point(&made, expected, finite, &r);
    }
}

static void try_two(const scalar *j, const known *p, const scalar *k, const known *q)
{
    uint8_t expected[POINT_SIZE];
    point r;
    BN_zero(factor);
    add_product(j, &p->k);
    add_product(k, &q->k);
    bool finite = expect(expected);
    const trial made = trial_of("point_mul_two", j, k);
    for (size_t i = 0; i < backend_count; i++) {
        use_backend(i);
        point_mul_two(&r, j, &p->p, k, &q->p);
        check_point(&made, expected, finite, &r);
    }
}

static void try_multi(const scalar *g, const scalar *k, const known *p, size_t n)
{
    uint8_t expected[POINT_SIZE];
    point_term terms[POINT_TERMS];
    point r;
    BN_zero(factor);
    if (g != NULL)
        add_product(g, NULL);
    for (size_t i = 0; i < n; i++) {
        terms[i] = (point_term){k[i], p[i].p};
        add_product(&k[i], &p[i].k);
    }
    bool finite = expect(expected);
    const trial made = trial_of("point_multi_var", g != NULL ? g : &k[0], &k[0]);
    for (size_t i = 0; i < backend_count; i++) {
        use_backend(i);
        point_multi_var(&r, g, terms, n);
        check_point(&made, expected, finite, &r);
    }
}

/* A prepared point is of one back end; all have the same. */
static void try_prepared(const scalar *g, const scalar *k, const known *p)
{
    uint8_t expected[POINT_SIZE];
    point_prepared prepared, first;
    point r;
    if (point_is_infinity(&p->p))
        return;
    BN_zero(factor);
    add_product(g, NULL);
    add_product(k, &p->k);
    bool finite = expect(expected);
    const trial made = trial_of("point_prepared_var", g, k);
    for (size_t i = 0; i < backend_count; i++) {
        use_backend(i);
        point_prepare_var(&prepared, &p->p);
        if (i == 0)
            first = prepared;
        check_same(&made, &first, &prepared, sizeof prepared);
        point_prepared_var(&r, g, k, &prepared);
        check_point(&made, expected, finite, &r);
    }
}

static void try_sum(const known *p, const known *q)
{
    uint8_t sum[POINT_SIZE], twice[POINT_SIZE], negative[POINT_SIZE];
    point r;
    BN_zero(factor);
    add_product(&p->k, NULL);
    add_product(&q->k, NULL);
    bool sum_finite = expect(sum);
    BN_zero(factor);
    add_product(&p->k, NULL);
    add_product(&p->k, NULL);
    bool twice_finite = expect(twice);
    bn_of_scalar(t, &p->k);
    BN_zero(factor);
    NEED(BN_mod_sub(factor, factor, t, order.bn, ctx));
    bool negative_finite = expect(negative);
    trial made = trial_of("", &p->k, &q->k);
    for (size_t i = 0; i < backend_count; i++) {
        use_backend(i);
        made.operation = "point_add_var";
        point_add_var(&r, &p->p, &q->p);
        check_point(&made, sum, sum_finite, &r);
        r = p->p;
        point_add_var(&r, &r, &q->p);
        check_point(&made, sum, sum_finite, &r);
        r = q->p;
        point_add_var(&r, &p->p, &r);
        check_point(&made, sum, sum_finite, &r);
        made.operation = "point_double";
        point_double(&r, &p->p);
        check_point(&made, twice, twice_finite, &r);
        r = p->p;
        point_double(&r, &r);
        check_point(&made, twice, twice_finite, &r);
        made.operation = "point_neg";
        point_neg(&r, &p->p);
        check_point(&made, negative, negative_finite, &r);
        made.operation = "point_equal_var";
        check_true(&made, point_equal_var(&p->p, &q->p) == scalar_equal(&p->k, &q->k));
    }
}

/* Every call with this scalar, on points that are related in one of the ways a sender could choose. */
static void try_scalar(const scalar *k)
{
    known p, q, more[POINT_TERMS];
    scalar j, ratio = {{draw_below(18), 0, 0, 0}};
    draw_known(&p);
    draw_scalar(&j);
    switch (draw_below(6)) {
    case 0:
        q = p;
        break;
    case 1: /* q = ratio * p with ratio from -17 to 17 */
        if (draw_below(2))
            scalar_neg(&ratio, &ratio);
        scalar_mul(&ratio, &ratio, &p.k);
        known_of(&q, &ratio);
        break;
    case 2: /* the sum is infinity: j = -k * q / p */
        draw_known(&q);
        scalar_inv(&j, &p.k);
        scalar_mul(&j, &j, &q.k);
        scalar_mul(&j, &j, k);
        scalar_neg(&j, &j);
        break;
    case 3: /* a small multiple of G, as what meets the table of G's multiples */
        known_of(&q, &ratio);
        break;
    case 4:
        q = (known){.p = point_infinity};
        break;
    default:
        draw_known(&q);
    }
    try_base(k);
    try_mul(k, &p);
    try_two(&j, &p, k, &q);
    try_two(k, &p, k, &q);
    const scalar two[2] = {j, *k};
    more[0] = p;
    more[1] = q;
    try_multi(draw_below(2) ? k : NULL, two, more, 2);
    scalar many[POINT_TERMS];
    for (size_t i = 0; i < POINT_TERMS; i++) {
        draw_known(&more[i]);
        draw_scalar(&many[i]);
        if (draw_below(2)) /* as challenges are */
            many[i].v[2] = many[i].v[3] = 0;
    }
    try_multi(&j, many, more, draw_below(POINT_TERMS + 1));
    try_prepared(&j, k, &q);
    try_prepared(k, k, &p);
    try_sum(&p, &q);
    try_sum(&q, &p);
}

/* The number the limbs hold, brought below n. */
static void try_limbs(const uint64_t v[4], bool negative)
{
    uint8_t encoded[32];
    scalar k;
    bytes_of_limbs(encoded, v);
    scalar_from_digest(&k, encoded);
    if (negative)
        scalar_neg(&k, &k);
    known p;
    draw_known(&p);
    try_base(&k);
    try_mul(&k, &p);
    try_two(&k, &p, &k, &p);
    try_prepared(&k, &k, &p);
}

/* Around 0 and n; all powers of two and what lies beside them; all windows of 4 to 8 bits with one digit throughout. */
static void every_edge(void)
{
    for (uint64_t i = 0; i < 40; i++) {
        const uint64_t v[4] = {i, 0, 0, 0};
        try_limbs(v, false);
        try_limbs(v, true);
    }
    for (int i = 0; i < 256; i++) {
        uint64_t v[4] = {0};
        v[i / 64] = UINT64_C(1) << i % 64;
        try_limbs(v, i % 2);
        for (int j = 0; j < i / 64; j++)
            v[j] = UINT64_MAX;
        v[i / 64]--;
        try_limbs(v, i % 3 == 0);
    }
    for (int width = 4; width <= 8; width++)
        for (uint64_t digit = 1; digit < UINT64_C(1) << width; digit++) {
            if (width > 6 && digit % 8 > 1 && digit % 8 < 7 && digit != UINT64_C(1) << (width - 1))
                continue;
            uint64_t v[4] = {0};
            for (int at = 0; at < 256; at += width) {
                v[at / 64] |= digit << at % 64;
                if (at % 64 + width > 64 && at / 64 < 3)
                    v[at / 64 + 1] |= digit >> (64 - at % 64);
            }
            try_limbs(v, false);
        }
}

void point_trials(uint64_t count)
{
    group = EC_GROUP_new_by_curve_name(NID_sm2);
    NEED(group != NULL);
    theirs = EC_POINT_new(group);
    factor = BN_new();
    t = BN_new();
    every_edge();
    for (uint64_t i = 0; i < count; i++) {
        scalar k;
        draw_scalar(&k);
        try_scalar(&k);
    }
    BN_free(factor);
    BN_free(t);
    EC_POINT_free(theirs);
    EC_GROUP_free(group);
}
