/* crypto/scalar.h against OpenSSL. */
#include "arith.h"

#include <string.h>

#include "base/bytes.h"
#include "crypto/scalar.h"

typedef struct results {
    scalar sum, difference, negative, product, inverse, from_bytes, from_digest, from_wide, from_u128;
    uint8_t bytes[32];
    err from_bytes_error;
    bool is_zero, equal;
} results;

static BIGNUM *a, *b, *expected, *t, *below_order;

static void compute(results *out, const scalar *x, const scalar *y, const uint8_t any[32], const uint8_t wide[48],
                    bool invert)
{
    memset(out, 0, sizeof *out);
    scalar_add(&out->sum, x, y);
    scalar_sub(&out->difference, x, y);
    scalar_neg(&out->negative, x);
    scalar_mul(&out->product, x, y);
    if (invert)
        scalar_inv(&out->inverse, x);
    scalar_to_bytes(out->bytes, x);
    out->from_bytes_error = scalar_from_bytes(&out->from_bytes, any);
    if (out->from_bytes_error != ERR_OK)
        scalar_wipe(&out->from_bytes);
    scalar_from_digest(&out->from_digest, any);
    scalar_from_wide(&out->from_wide, wide);
    scalar_from_u128(&out->from_u128, any + 16);
    out->is_zero = scalar_is_zero(x);
    out->equal = scalar_equal(x, y);
}

static void check_in_place(trial *made, const results *first, const scalar *x, const scalar *y)
{
    void (*const two[])(scalar *, const scalar *, const scalar *) = {scalar_add, scalar_sub, scalar_mul};
    const scalar *const of_two[] = {&first->sum, &first->difference, &first->product};
    for (size_t i = 0; i < 3; i++) {
        scalar in_place = *x;
        made->operation = "in the place of a";
        two[i](&in_place, &in_place, y);
        check_same(made, of_two[i], &in_place, sizeof in_place);
        made->operation = "in the place of b";
        in_place = *y;
        two[i](&in_place, x, &in_place);
        check_same(made, of_two[i], &in_place, sizeof in_place);
    }
    scalar in_place = *x;
    made->operation = "in its own place";
    scalar_neg(&in_place, &in_place);
    check_same(made, &first->negative, &in_place, sizeof in_place);
}

static void check_against_openssl(trial *made, const results *ours, const uint8_t any[32], const uint8_t wide[48],
                                  bool invert)
{
    bn_of_limbs(a, made->a);
    bn_of_limbs(b, made->b);
    made->operation = "scalar_add";
    NEED(BN_mod_add(expected, a, b, order.bn, ctx));
    check_limbs(made, ours->sum.v, expected);
    made->operation = "scalar_sub";
    NEED(BN_mod_sub(expected, a, b, order.bn, ctx));
    check_limbs(made, ours->difference.v, expected);
    made->operation = "scalar_neg";
    BN_zero(t);
    NEED(BN_mod_sub(expected, t, a, order.bn, ctx));
    check_limbs(made, ours->negative.v, expected);
    made->operation = "scalar_mul";
    NEED(BN_mod_mul(expected, a, b, order.bn, ctx));
    check_limbs(made, ours->product.v, expected);
    if (invert) {
        made->operation = "scalar_inv";
        bn_of_limbs(t, ours->inverse.v);
        check_true(made, BN_cmp(t, order.bn) < 0);
        NEED(BN_mod_mul(t, t, a, order.bn, ctx));
        check_true(made, BN_is_zero(a) ? BN_is_zero(t) : BN_is_one(t));
    }
    made->operation = "scalar_to_bytes";
    uint8_t encoded[32];
    bytes_of_limbs(encoded, made->a);
    check_same(made, encoded, ours->bytes, sizeof encoded);
    made->operation = "scalar_is_zero, scalar_equal";
    check_true(made, ours->is_zero == BN_is_zero(a) && ours->equal == (BN_cmp(a, b) == 0));

    /* Of bytes: `any` stands as a, the first 32 of `wide` as b. */
    NEED(BN_bin2bn(any, 32, t) != NULL);
    limbs_of_bn(made->a, t);
    made->operation = "scalar_from_bytes";
    bool good = !BN_is_zero(t) && BN_cmp(t, order.bn) < 0;
    check_true(made, ours->from_bytes_error == (good ? ERR_OK : ERR_SCALAR));
    if (good)
        check_limbs(made, ours->from_bytes.v, t);
    made->operation = "scalar_from_digest";
    NEED(BN_nnmod(expected, t, order.bn, ctx));
    check_limbs(made, ours->from_digest.v, expected);
    made->operation = "scalar_from_u128";
    NEED(BN_bin2bn(any + 16, 16, expected) != NULL);
    check_limbs(made, ours->from_u128.v, expected);
    made->operation = "scalar_from_wide";
    NEED(BN_bin2bn(wide, 32, t) != NULL);
    limbs_of_bn(made->b, t);
    NEED(BN_bin2bn(wide, 48, t) != NULL);
    NEED(BN_nnmod(expected, t, below_order, ctx));
    NEED(BN_add_word(expected, 1));
    check_limbs(made, ours->from_wide.v, expected);
}

/* 48 bytes; every other one a multiple of n - 1 with a remainder at an edge, so that an estimated quotient is off by one. */
static void draw_wide(uint8_t out[48])
{
    uint64_t v[4];
    if (draw_below(2)) {
        draw_any(v, &order);
        bytes_of_limbs(out, v);
        draw_any(v, &order);
        store_u64be(out + 32, v[draw_below(4)]);
        store_u64be(out + 40, v[draw_below(4)]);
        return;
    }
    uint8_t encoded[32];
    draw_any(v, &order);
    bytes_of_limbs(encoded, v);
    NEED(BN_bin2bn(encoded, 16, t) != NULL);
    NEED(BN_mul(t, t, below_order, ctx));
    draw_number(v, &order);
    bn_of_limbs(expected, v);
    NEED(draw_below(2) || BN_is_zero(t) ? BN_add(t, t, expected) : BN_sub_word(t, draw_below(3)));
    if (BN_num_bits(t) > 384)
        NEED(BN_mask_bits(t, 384));
    NEED(BN_bn2binpad(t, out, 48) == 48);
}

static void try_pair(const scalar *x, const scalar *y, bool invert)
{
    trial made = {.operation = "scalar"};
    results first, other;
    uint64_t any_limbs[4];
    uint8_t any[32], wide[48];
    draw_any(any_limbs, &order);
    bytes_of_limbs(any, any_limbs);
    draw_wide(wide);
    memcpy(made.a, x->v, sizeof made.a);
    memcpy(made.b, y->v, sizeof made.b);
    for (size_t i = 0; i < backend_count; i++) {
        use_backend(i);
        compute(i == 0 ? &first : &other, x, y, any, wide, invert);
        check_in_place(&made, i == 0 ? &first : &other, x, y);
        made.operation = "scalar";
        if (i > 0)
            check_same(&made, &first, &other, sizeof first);
    }
    check_against_openssl(&made, &first, any, wide, invert);
}

void scalar_trials(uint64_t count)
{
    a = BN_new();
    b = BN_new();
    expected = BN_new();
    t = BN_new();
    below_order = BN_dup(order.bn);
    NEED(BN_sub_word(below_order, 1));
    for (uint64_t i = 0; i < count; i++) {
        scalar x, y;
        draw_number(x.v, &order);
        draw_number(y.v, &order);
        switch (i % 16) {
        case 1: /* a product at an edge: y becomes y / x */
            bn_of_limbs(a, x.v);
            bn_of_limbs(b, y.v);
            if (BN_is_zero(a))
                break;
            NEED(BN_mod_inverse(a, a, order.bn, ctx) != NULL);
            NEED(BN_mod_mul(b, b, a, order.bn, ctx));
            limbs_of_bn(y.v, b);
            break;
        case 2:
            y = x;
            break;
        case 3:
            scalar_neg(&y, &x);
            break;
        }
        try_pair(&x, &y, i % 16 == 0);
    }
    BN_free(a);
    BN_free(b);
    BN_free(expected);
    BN_free(t);
    BN_free(below_order);
}
