/* More than one answer under one nonce: each gives the server u = r + s = d1 * (s1 + a + rho * b), a linear equation in d1, d1 * a
 * and d1 * b. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "attack/model.h"

enum { ANSWERS = 3 };

/* One open item, answered several times. */
typedef struct reuse {
    pair p;
    exchange x;
    uint8_t tr[32];
    mpc_sign_answer answers[ANSWERS];
    scalar u[ANSWERS], s1[ANSWERS], rho[ANSWERS];
} reuse;

static void reuse_open(reuse *r, uint32_t seed)
{
    memset(r, 0, sizeof *r);
    pair_make(&r->p, seed);
    exchange_open(&r->x, &r->p, 1);
}

/* The server's answers for the open request, each right, each with another w. */
static void reuse_answer(reuse *r, unsigned rho_bits)
{
    scalar w, c;
    mpc_sign_transcript(r->tr, &r->x.request, r->p.share.P, r->p.share.P1);
    for (size_t j = 0; j < ANSWERS; j++) {
        pair_random(&r->p, &w);
        model_answer(&r->answers[j], &c, rho_bits, &r->p.share.d2, r->tr, 0, &r->x.request.items[0], &w);
    }
}

/* A device that answers as often as it is asked, and verifies each time. */
static void ask_a_forgetful_device(reuse *r, unsigned rho_bits, size_t times)
{
    model device;
    mpc_step_nonces nonces;
    scalar k;
    uint8_t signatures[1][64];
    pair_random(&r->p, &nonces.a);
    pair_random(&r->p, &nonces.b);
    pair_random(&r->p, &k);
    model_open(&device, rho_bits, &r->p.d1, r->p.share.P, &r->x.request, &nonces, &k);
    reuse_answer(r, rho_bits);
    for (size_t j = 0; j < times; j++) {
        assert_int_equal(model_finish(&device, signatures, &r->answers[j]), ERR_OK);
        model_sum(&r->u[j], signatures[0]);
        assert_int_equal(scalar_from_bytes(&r->s1[j], r->answers[j].s1), ERR_OK);
        model_rho(&r->rho[j], rho_bits, r->tr, 0, r->answers[j].W);
    }
}

/* The device's share makes the whole key, and that signs anything. */
static void the_whole_key_signs(const reuse *r, const scalar *d1)
{
    pair broken = r->p;
    scalar d;
    uint8_t bytes32[32], e[32], rs[64];
    sm2_private key;
    broken.d1 = *d1;
    pair_whole_key(&broken, &d);
    scalar_to_bytes(bytes32, &d);
    assert_int_equal(sm2_private_from_bytes(&key, bytes32), ERR_OK);
    sm2_digest(e, r->p.share.P, bytes_of_text("a document never shown"));
    assert_int_equal(sm2_sign(rs, &key, e, &r->p.rng), ERR_OK);
    assert_int_equal(sm2_verify_bytes(r->p.share.P, e, rs), ERR_OK);
}

/* d1 = (u0 - u1) / (s1_0 - s1_1), where both have one nonce. */
static void from_two(scalar *d1, const reuse *r)
{
    scalar du, ds;
    scalar_sub(&du, &r->u[0], &r->u[1]);
    scalar_sub(&ds, &r->s1[0], &r->s1[1]);
    scalar_inv(&ds, &ds);
    scalar_mul(d1, &du, &ds);
}

static void two_answers_in_the_plain_protocol_reveal_the_share(void **state)
{
    (void)state;
    reuse r;
    scalar d1;
    reuse_open(&r, 230);
    ask_a_forgetful_device(&r, MODEL_PLAIN, 2);
    from_two(&d1, &r);
    assert_true(scalar_equal(&d1, &r.p.d1));
    the_whole_key_signs(&r, &d1);
    exchange_close(&r.x);
}

/* With rho two answers have different nonces, but a third makes as many equations as unknowns. */
static void three_answers_reveal_it_in_any_case(void **state)
{
    (void)state;
    reuse r;
    scalar d1, du[2], ds[2], drho[2], x, above, below;
    reuse_open(&r, 231);
    ask_a_forgetful_device(&r, MODEL_FULL, 3);
    from_two(&d1, &r);
    assert_false(scalar_equal(&d1, &r.p.d1));
    for (size_t j = 0; j < 2; j++) {
        scalar_sub(&du[j], &r.u[j + 1], &r.u[0]);
        scalar_sub(&ds[j], &r.s1[j + 1], &r.s1[0]);
        scalar_sub(&drho[j], &r.rho[j + 1], &r.rho[0]);
    }
    /* Cramer's rule for du = d1 * ds + (d1 * b) * drho. */
    scalar_mul(&above, &du[0], &drho[1]);
    scalar_mul(&x, &du[1], &drho[0]);
    scalar_sub(&above, &above, &x);
    scalar_mul(&below, &ds[0], &drho[1]);
    scalar_mul(&x, &ds[1], &drho[0]);
    scalar_sub(&below, &below, &x);
    scalar_inv(&below, &below);
    scalar_mul(&d1, &above, &below);
    assert_true(scalar_equal(&d1, &r.p.d1));
    the_whole_key_signs(&r, &d1);
    exchange_close(&r.x);
}

/* Ours takes one answer, good or bad, and no second. */
static void our_device_takes_one(void **state)
{
    (void)state;
    for (int bad = 0; bad < 2; bad++) {
        reuse r;
        uint8_t signatures[ANSWERS][64], untouched[64];
        memset(untouched, 0xa5, sizeof untouched);
        memset(signatures, 0xa5, sizeof signatures);
        reuse_open(&r, 232);
        assert_int_equal(mpc_device_sign(&r.x.session, &r.x.request, &r.p.d1, r.p.share.P, &r.p.rng), ERR_OK);
        reuse_answer(&r, MODEL_FULL);
        if (bad)
            r.answers[0].s1[31] ^= 1;
        assert_int_equal(mpc_device_finish(r.x.session, signatures, r.answers, 1), bad ? ERR_ANSWER : ERR_OK);
        if (bad)
            assert_memory_equal(signatures[0], untouched, sizeof untouched);
        for (size_t j = 1; j < ANSWERS; j++) {
            assert_int_equal(mpc_device_finish(r.x.session, signatures + j, r.answers + j, 1), ERR_CONSUMED);
            assert_memory_equal(signatures[j], untouched, sizeof untouched);
        }
        exchange_close(&r.x);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_answers_in_the_plain_protocol_reveal_the_share),
        cmocka_unit_test(three_answers_reveal_it_in_any_case),
        cmocka_unit_test(our_device_takes_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
