/* A device of the tests' own: the protocol's S1 and S3 with the width of rho as a parameter, and without the rule that a session takes one
 * answer. Width 256 is the protocol (ros.c shows it byte for byte against mpc_device.h); 0 is the plain two-message protocol,
 * whose nonce is a alone. Even so it computes its digests itself and verifies what it gives out: what an attack shows is
 * owed to the missing part only. */
#ifndef TESTS_ATTACK_MODEL_H
#define TESTS_ATTACK_MODEL_H

#include "unit/mpc/pair.h"

enum { MODEL_PLAIN = 0, MODEL_CUT = 16, MODEL_FULL = 256 };

typedef struct model {
    unsigned rho_bits;
    scalar d1;
    uint8_t P[POINT_SIZE], tr[32];
    mpc_step_nonces *nonces;
    mpc_sign_request request;
} model;

/* rho of item i, cut to its last `bits` bits: 0, 16 or 256. */
static inline void model_rho(scalar *rho, unsigned bits, const uint8_t tr[32], uint32_t i, const uint8_t W[POINT_SIZE])
{
    uint8_t full[32], cut[32] = {0};
    mpc_sign_binding(rho, tr, i, W);
    scalar_to_bytes(full, rho);
    memcpy(cut + 32 - bits / 8, full + 32 - bits / 8, bits / 8);
    scalar_from_digest(rho, cut);
}

static inline void model_point(uint8_t out[POINT_SIZE], const scalar *k)
{
    point kG;
    point_mul_base(&kG, k);
    assert_int_equal(point_to_bytes(out, &kG), ERR_OK);
}

/* S1 for the m digests in the request, whose key_id, sid and items are the caller's, with given nonces. */
static inline void model_open(model *d, unsigned rho_bits, const scalar *d1, const uint8_t P[POINT_SIZE],
                              const mpc_sign_request *request, mpc_step_nonces *nonces, const scalar *k)
{
    scalar x, kappa, product;
    uint8_t P1[POINT_SIZE], bytes16[16];
    *d = (model){.rho_bits = rho_bits, .d1 = *d1, .nonces = nonces, .request = *request};
    memcpy(d->P, P, POINT_SIZE);
    scalar_inv(&x, d1);
    model_point(P1, &x);
    for (size_t i = 0; i < request->m; i++) {
        model_point(request->items[i].A, &nonces[i].a);
        model_point(request->items[i].B, &nonces[i].b);
    }
    mpc_sign_transcript(d->tr, &d->request, P, P1);
    for (uint32_t j = 0; j < 2 * request->m; j++) {
        mpc_sign_coefficient(bytes16, d->tr, j);
        scalar_from_u128(&kappa, bytes16);
        scalar_mul(&product, &kappa, j % 2 == 0 ? &nonces[j / 2].a : &nonces[j / 2].b);
        scalar_add(&x, &x, &product);
    }
    assert_int_equal(mpc_prove(&d->request.proof, d->tr, &x, k), ERR_OK);
}

/* S3 of item i on the digest e. */
static inline err model_finish_on(const model *d, uint32_t i, const uint8_t e[32], const mpc_sign_answer *answer,
                                  uint8_t rs[64])
{
    scalar w1, t, x, r, s;
    point P, W, R;
    TRY(point_from_bytes(&P, d->P));
    TRY(point_from_bytes(&W, answer->W));
    TRY(scalar_from_bytes(&s, answer->s1));
    model_rho(&w1, d->rho_bits, d->tr, i, answer->W);
    scalar_mul(&w1, &w1, &d->nonces[i].b);
    scalar_add(&w1, &w1, &d->nonces[i].a);
    scalar_mul(&t, &w1, &d->d1);
    point_add_var(&R, &P, &point_generator);
    point_mul(&R, &t, &R);
    point_add_var(&R, &R, &W);
    TRY(point_x_scalar(&x, &R));
    scalar_from_digest(&r, e);
    scalar_add(&r, &r, &x);
    scalar_add(&s, &s, &w1);
    scalar_mul(&s, &s, &d->d1);
    scalar_sub(&s, &s, &r);
    scalar_to_bytes(rs, &r);
    scalar_to_bytes(rs + 32, &s);
    return sm2_verify(&P, e, rs);
}

/* S3, as often as it is asked. */
static inline err model_finish(const model *d, uint8_t (*signatures)[64], const mpc_sign_answer *answers)
{
    for (uint32_t i = 0; i < d->request.m; i++)
        TRY(model_finish_on(d, i, d->request.items[i].e, &answers[i], signatures[i]));
    return ERR_OK;
}

/* The server's side of one item, with a w of its choice: d2^-1 * (A + rho * B), the point of which the device's nonce is the
 * logarithm to the base P + G. */
static inline void model_commitment(point *out, const scalar *d2, const scalar *rho, const mpc_sign_item *item)
{
    scalar inverse;
    point A, B;
    assert_int_equal(point_from_bytes(&A, item->A), ERR_OK);
    assert_int_equal(point_from_bytes(&B, item->B), ERR_OK);
    scalar_inv(&inverse, d2);
    point_mul(out, rho, &B);
    point_add_var(out, out, &A);
    point_mul(out, &inverse, out);
}

/* S2 of item i as any server can compute it, for a w of its choice: the answer, and c = w + r. */
static inline void model_answer(mpc_sign_answer *answer, scalar *c, unsigned rho_bits, const scalar *d2,
                                const uint8_t tr[32], uint32_t i, const mpc_sign_item *item, const scalar *w)
{
    scalar rho, x;
    point R, wG;
    point_mul_base(&wG, w);
    assert_int_equal(point_to_bytes(answer->W, &wG), ERR_OK);
    model_rho(&rho, rho_bits, tr, i, answer->W);
    model_commitment(&R, d2, &rho, item);
    point_add_var(&R, &R, &wG);
    assert_int_equal(point_x_scalar(&x, &R), ERR_OK);
    scalar_from_digest(c, item->e);
    scalar_add(c, c, &x);
    scalar_add(c, c, w);
    scalar_mul(&x, d2, c);
    scalar_to_bytes(answer->s1, &x);
}

/* u = r + s of a signature: d1 * (s1 + w1). */
static inline void model_sum(scalar *u, const uint8_t rs[64])
{
    scalar r, s;
    assert_int_equal(scalar_from_bytes(&r, rs), ERR_OK);
    assert_int_equal(scalar_from_bytes(&s, rs + 32), ERR_OK);
    scalar_add(u, &r, &s);
}

#endif
