/* Field, scalars and points. */
#include "ct.h"

#include "crypto/point.h"

static void draw_fe(fe *a)
{
    uint8_t in[32];
    do
        public_bytes(in, sizeof in);
    while (fe_from_bytes(a, in) != ERR_OK);
}

static void field_of(const fe *a, const fe *b)
{
    fe x = *a, y = *b, r, sum;
    uint8_t out[32];
    SECRET(x);
    SECRET(y);
    fe_add(&sum, &x, &y);
    fe_sub(&r, &sum, &y);
    fe_neg(&r, &r);
    fe_half(&r, &r);
    fe_mul(&r, &r, &y);
    fe_sqr(&r, &r);
    fe_inv(&r, &r);
    uint64_t mask = 0 - (y.v[0] & 1);
    fe_select(&r, &x, mask);
    bool zero = fe_is_zero(&r), equal = fe_equal(&x, &y);
    PUBLIC(zero);
    PUBLIC(equal);
    fe_to_bytes(out, &r);
    NEED(outcome(fe_from_bytes(&sum, out)) == ERR_OK);
    equal = fe_equal(&sum, &r);
    PUBLIC(equal);
    NEED(equal);
}

void ct_field(void)
{
    fe a, b;
    for (int i = 0; i < 10; i++) {
        draw_fe(&a);
        draw_fe(&b);
        field_of(&a, &b);
    }
    field_of(&a, &a);
    field_of(&fe_zero, &a);
    field_of(&fe_one, &fe_zero);
    /* Bytes that are no field element are refused in the same time; that they are is public. */
    uint8_t all_ones[32];
    memset(all_ones, 0xff, sizeof all_ones);
    SECRET(all_ones);
    NEED(outcome(fe_from_bytes(&a, all_ones)) == ERR_RANGE);
}

static void scalar_of(const scalar *a, const scalar *b)
{
    scalar x = *a, y = *b, r, back;
    uint8_t out[32], wide[48];
    SECRET(x);
    SECRET(y);
    scalar_add(&r, &x, &y);
    scalar_sub(&r, &r, &x);
    scalar_neg(&r, &r);
    scalar_mul(&r, &r, &y);
    scalar_inv(&r, &r);
    scalar_to_bytes(out, &r);
    bool zero = scalar_is_zero(&r), equal = scalar_equal(&x, &y);
    PUBLIC(zero);
    PUBLIC(equal);
    NEED((outcome(scalar_from_bytes(&back, out)) == ERR_OK) == !zero);
    scalar_from_digest(&back, out);
    equal = scalar_equal(&back, &r);
    PUBLIC(equal);
    NEED(equal);
    scalar_from_u128(&r, out);
    memcpy(wide, out, 32);
    memcpy(wide + 32, out, 16);
    scalar_from_wide(&r, wide);
    zero = scalar_is_zero(&r);
    PUBLIC(zero);
    NEED(!zero);
}

void ct_scalar(void)
{
    const scalar zero = {{0, 0, 0, 0}};
    scalar a, b;
    for (int i = 0; i < 10; i++) {
        public_scalar(&a);
        public_scalar(&b);
        scalar_of(&a, &b);
    }
    scalar_of(&a, &a);
    scalar_of(&zero, &a);
    scalar_of(&scalar_one, &zero);
    NEED(scalar_random(&a, &secret_rng) == ERR_OK);
    uint8_t all_ones[48];
    memset(all_ones, 0xff, sizeof all_ones);
    SECRET(all_ones);
    NEED(outcome(scalar_from_bytes(&a, all_ones)) == ERR_SCALAR);
    scalar_from_digest(&a, all_ones);
    scalar_from_wide(&a, all_ones);
}

/* A multiple that was computed from a secret: encoded alone and among others, and its x. */
static void use_point(const point *secret, const point *expected)
{
    enum { MANY = 3 };
    point several[MANY], negative, twice;
    fe scratch[MANY];
    uint8_t many[MANY][POINT_SIZE], one[POINT_SIZE], known[POINT_SIZE];
    scalar x;
    NEED(outcome(point_to_bytes(one, secret)) == ERR_OK);
    NEED(outcome(point_x_scalar(&x, secret)) == ERR_OK);
    point_double(&twice, secret);
    point_neg(&negative, secret);
    several[0] = *secret;
    several[1] = twice;
    several[2] = negative;
    NEED(outcome(point_to_bytes_many(many, several, MANY, scratch)) == ERR_OK);
    PUBLIC(one);
    PUBLIC(many);
    NEED(point_to_bytes(known, expected) == ERR_OK);
    NEED(memcmp(known, one, sizeof one) == 0 && memcmp(known, many[0], sizeof known) == 0);
}

static void point_of(const scalar *given, const point *p, const point *q)
{
    scalar k = *given, j;
    point r, expected, sum;
    public_scalar(&j);

    point_mul_base(&expected, &k);
    SECRET(k);
    point_mul_base(&r, &k);
    use_point(&r, &expected);

    point_mul(&expected, given, p);
    point_mul(&r, &k, p);
    use_point(&r, &expected);

    point_mul(&sum, &j, q);
    point_add_var(&expected, &expected, &sum);
    SECRET(j);
    point_mul_two(&r, &k, p, &j, q);
    use_point(&r, &expected);
}

void ct_point(void)
{
    point p, q;
    scalar k, small = {{2, 0, 0, 0}}, large;
    public_point(&p);
    public_point(&q);
    public_scalar(&k);
    point_of(&k, &p, &q);
    point_of(&scalar_one, &p, &p);
    scalar_neg(&large, &small);
    point_of(&large, &q, &p);
    point_of(&small, &q, &p);
    /* Infinity is refused, and seen to be. */
    scalar zero = {{0, 0, 0, 0}};
    uint8_t encoded[POINT_SIZE];
    SECRET(zero);
    point_mul_base(&p, &zero);
    NEED(outcome(point_to_bytes(encoded, &p)) == ERR_POINT);
    NEED(outcome(point_x_scalar(&k, &p)) == ERR_POINT);
}
