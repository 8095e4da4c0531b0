/* crypto/fe.h against OpenSSL. Operands are given as limbs: what a limb holds, Montgomery form, is what carries and reductions
 * go wrong on. With R = 2^256 a product has the limbs a * b / R mod p. */
#include "arith.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "crypto/fe.h"

typedef struct results {
    fe sum, difference, negative, half, product, square, inverse;
    uint8_t bytes[32];
    fe from_bytes;
    err from_bytes_error;
    bool is_zero, equal;
} results;

/* How often the value of a product before its last subtraction lay below p, from p to 2^256, and above. The middle one has a
 * chance of 2^-32 where nothing aims at it. */
static struct {
    uint64_t below, between, above;
} seen;

static BIGNUM *a, *b, *expected, *t, *minus_p_inverse, *r;

static void compute(results *out, const fe *x, const fe *y, const uint8_t any[32], bool invert)
{
    memset(out, 0, sizeof *out);
    fe_add(&out->sum, x, y);
    fe_sub(&out->difference, x, y);
    fe_neg(&out->negative, x);
    fe_half(&out->half, x);
    fe_mul(&out->product, x, y);
    fe_sqr(&out->square, x);
    if (invert)
        fe_inv(&out->inverse, x);
    fe_to_bytes(out->bytes, x);
    out->from_bytes_error = fe_from_bytes(&out->from_bytes, any);
    if (out->from_bytes_error != ERR_OK)
        out->from_bytes = fe_zero;
    out->is_zero = fe_is_zero(x);
    out->equal = fe_equal(x, y);
}

/* Every result once more, in the place of an operand. */
static void check_in_place(trial *made, const results *first, const fe *x, const fe *y)
{
    void (*const two[])(fe *, const fe *, const fe *) = {fe_add, fe_sub, fe_mul};
    const fe *const of_two[] = {&first->sum, &first->difference, &first->product};
    for (size_t i = 0; i < 3; i++) {
        fe in_place = *x;
        made->operation = "in the place of a";
        two[i](&in_place, &in_place, y);
        check_same(made, of_two[i], &in_place, sizeof in_place);
        made->operation = "in the place of b";
        in_place = *y;
        two[i](&in_place, x, &in_place);
        check_same(made, of_two[i], &in_place, sizeof in_place);
    }
    void (*const one[])(fe *, const fe *) = {fe_neg, fe_half, fe_sqr};
    const fe *const of_one[] = {&first->negative, &first->half, &first->square};
    made->operation = "in its own place";
    for (size_t i = 0; i < 3; i++) {
        fe in_place = *x;
        one[i](&in_place, &in_place);
        check_same(made, of_one[i], &in_place, sizeof in_place);
    }
}

/* b such that a * b / R is `target` mod p. False for a = 0. */
static bool aim(fe *y, const fe *x, const BIGNUM *target)
{
    bn_of_limbs(t, x->v);
    if (BN_is_zero(t))
        return false;
    NEED(BN_mod_inverse(t, t, field.bn, ctx) != NULL);
    NEED(BN_mod_mul(t, t, target, field.bn, ctx));
    NEED(BN_mod_mul(t, t, field.r, field.bn, ctx));
    limbs_of_bn(y->v, t);
    return true;
}

/* Where a * b falls before the last subtraction: (a * b + (a * b * -1/p mod R) * p) / R. */
static void count_branch(void)
{
    NEED(BN_mul(expected, a, b, ctx));
    NEED(BN_mul(t, expected, minus_p_inverse, ctx));
    NEED(BN_mask_bits(t, 256) || BN_num_bits(t) <= 256);
    NEED(BN_mul(t, t, field.bn, ctx));
    NEED(BN_add(t, t, expected));
    NEED(BN_rshift(t, t, 256));
    if (BN_num_bits(t) > 256)
        seen.above++;
    else if (BN_cmp(t, field.bn) >= 0)
        seen.between++;
    else
        seen.below++;
}

static void check_against_openssl(trial *made, const results *ours, const uint64_t any[4], bool invert)
{
    bn_of_limbs(a, made->a);
    bn_of_limbs(b, made->b);

    made->operation = "fe_add";
    NEED(BN_mod_add(expected, a, b, field.bn, ctx));
    check_limbs(made, ours->sum.v, expected);
    made->operation = "fe_sub";
    NEED(BN_mod_sub(expected, a, b, field.bn, ctx));
    check_limbs(made, ours->difference.v, expected);
    made->operation = "fe_neg";
    BN_zero(t);
    NEED(BN_mod_sub(expected, t, a, field.bn, ctx));
    check_limbs(made, ours->negative.v, expected);
    made->operation = "fe_half";
    NEED(BN_copy(expected, a) != NULL);
    if (BN_is_odd(expected))
        NEED(BN_add(expected, expected, field.bn));
    NEED(BN_rshift1(expected, expected));
    check_limbs(made, ours->half.v, expected);

    made->operation = "fe_mul";
    NEED(BN_mod_mul(expected, a, b, field.bn, ctx));
    NEED(BN_mod_mul(expected, expected, field.r_inverse, field.bn, ctx));
    check_limbs(made, ours->product.v, expected);
    made->operation = "fe_sqr";
    NEED(BN_mod_sqr(expected, a, field.bn, ctx));
    NEED(BN_mod_mul(expected, expected, field.r_inverse, field.bn, ctx));
    check_limbs(made, ours->square.v, expected);

    if (invert) {
        made->operation = "fe_inv"; /* its limbs times a are R^2 */
        bn_of_limbs(t, ours->inverse.v);
        check_true(made, BN_cmp(t, field.bn) < 0);
        NEED(BN_mod_mul(t, t, a, field.bn, ctx));
        NEED(BN_mod_sqr(expected, field.r, field.bn, ctx));
        check_true(made, BN_is_zero(a) ? BN_is_zero(t) : BN_cmp(t, expected) == 0);
    }

    made->operation = "fe_to_bytes";
    uint8_t encoded[32];
    NEED(BN_mod_mul(expected, a, field.r_inverse, field.bn, ctx));
    NEED(BN_bn2binpad(expected, encoded, sizeof encoded) == sizeof encoded);
    check_same(made, encoded, ours->bytes, sizeof encoded);

    made->operation = "fe_from_bytes";
    memcpy(made->a, any, sizeof made->a);
    bn_of_limbs(t, any);
    bool is_below = BN_cmp(t, field.bn) < 0;
    check_true(made, ours->from_bytes_error == (is_below ? ERR_OK : ERR_RANGE));
    if (is_below) {
        NEED(BN_mod_mul(expected, t, field.r, field.bn, ctx));
        check_limbs(made, ours->from_bytes.v, expected);
    }
    made->operation = "fe_is_zero, fe_equal";
    check_true(made, ours->is_zero == BN_is_zero(a) && ours->equal == (BN_cmp(a, b) == 0));
}

static void try_pair(const fe *x, const fe *y, bool invert)
{
    trial made = {.operation = "field"};
    results first, other;
    uint64_t any[4];
    uint8_t any_bytes[32];
    draw_any(any, &field);
    bytes_of_limbs(any_bytes, any);
    memcpy(made.a, x->v, sizeof made.a);
    memcpy(made.b, y->v, sizeof made.b);
    for (size_t i = 0; i < backend_count; i++) {
        use_backend(i);
        compute(i == 0 ? &first : &other, x, y, any_bytes, invert);
        check_in_place(&made, i == 0 ? &first : &other, x, y);
        made.operation = "field";
        if (i > 0)
            check_same(&made, &first, &other, sizeof first);
    }
    check_against_openssl(&made, &first, any, invert);
    count_branch();
}

void field_trials(uint64_t count)
{
    a = BN_new();
    b = BN_new();
    expected = BN_new();
    t = BN_new();
    r = BN_new();
    BIGNUM *target = BN_new();
    NEED(BN_set_bit(r, 256));
    NEED((minus_p_inverse = BN_mod_inverse(NULL, field.bn, r, ctx)) != NULL);
    NEED(BN_sub(minus_p_inverse, r, minus_p_inverse));

    for (uint64_t i = 0; i < count; i++) {
        fe x, y;
        draw_number(x.v, &field);
        draw_number(y.v, &field);
        switch (i % 16) {
        case 1: /* a result below 2^256 - p, of large operands: in half of the cases p is added to it before the last step */
            for (int j = 0; j < 4; j++)
                y.v[j] = j == 3 ? draw() >> 32 : draw();
            bn_of_limbs(target, y.v);
            (void)aim(&y, &x, target);
            break;
        case 2: /* a result at an edge */
            bn_of_limbs(target, y.v);
            (void)aim(&y, &x, target);
            break;
        case 3:
            y = x;
            break;
        case 4:
            fe_neg(&y, &x);
            break;
        }
        try_pair(&x, &y, i % 16 == 0);
    }
    printf("products before their last subtraction: %" PRIu64 " below p, %" PRIu64 " from p to 2^256, %" PRIu64
           " above\n",
           seen.below, seen.between, seen.above);
    need(count < 1000 || (seen.below > 0 && seen.between > 0 && seen.above > 0), "each branch of the reduction");
    BN_free(a);
    BN_free(b);
    BN_free(expected);
    BN_free(t);
    BN_free(r);
    BN_free(target);
    BN_free(minus_p_inverse);
}
