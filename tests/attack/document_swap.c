/* A server that has another document signed than the one shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "attack/model.h"

static const char shown[] = "Paracetamol 500 mg, as needed", swapped[] = "Morphine 500 mg, at once";

typedef struct swap {
    pair p;
    exchange x;
    model device;
    mpc_step_nonces nonces;
    uint8_t e_shown[32], e_swapped[32], rs[64];
    mpc_sign_answer answer;
} swap;

static void swap_open(swap *s, unsigned rho_bits, uint32_t seed)
{
    scalar k;
    memset(s, 0, sizeof *s);
    pair_make(&s->p, seed);
    exchange_open(&s->x, &s->p, 1);
    sm2_digest(s->e_shown, s->p.share.P, bytes_of_text(shown));
    sm2_digest(s->e_swapped, s->p.share.P, bytes_of_text(swapped));
    memcpy(s->x.request.items[0].e, s->e_shown, 32);
    pair_random(&s->p, &s->nonces.a);
    pair_random(&s->p, &s->nonces.b);
    pair_random(&s->p, &k);
    model_open(&s->device, rho_bits, &s->p.d1, s->p.share.P, &s->x.request, &s->nonces, &k);
}

/* The server answers for the other document. */
static void swap_answer(swap *s, unsigned rho_bits, const uint8_t tr[32])
{
    scalar w, c;
    mpc_sign_item item = s->x.request.items[0];
    memcpy(item.e, s->e_swapped, 32);
    pair_random(&s->p, &w);
    model_answer(&s->answer, &c, rho_bits, &s->p.share.d2, tr, 0, &item, &w);
}

/* The device of the plain protocol takes e from the server's answer. */
static void who_signs_the_servers_digest_signs_another_document(void **state)
{
    (void)state;
    swap s;
    swap_open(&s, MODEL_PLAIN, 220);
    swap_answer(&s, MODEL_PLAIN, s.device.tr);
    assert_int_equal(model_finish_on(&s.device, 0, s.e_swapped, &s.answer, s.rs), ERR_OK);
    assert_int_equal(sm2_verify_bytes(s.p.share.P, s.e_swapped, s.rs), ERR_OK);
    exchange_close(&s.x);
}

/* Its own digest alone is not enough: what it would give out is no signature of its document, but from r + s the server, which knows
 * what r should have been, has the one of the other document. */
static void who_does_not_verify_gives_the_other_signature_away(void **state)
{
    (void)state;
    static const unsigned widths[] = {MODEL_PLAIN, MODEL_FULL};
    for (size_t n = 0; n < 2; n++) {
        swap s;
        scalar u, r, digest;
        swap_open(&s, widths[n], 221 + (uint32_t)n);
        swap_answer(&s, widths[n], s.device.tr);
        /* Computed, not verified: */
        assert_int_equal(model_finish_on(&s.device, 0, s.e_shown, &s.answer, s.rs), ERR_SIGNATURE);
        model_sum(&u, s.rs);
        /* r of the other document: e_swapped + x(R), where x(R) = r - e_shown. */
        scalar_from_digest(&r, s.rs);
        scalar_from_digest(&digest, s.e_shown);
        scalar_sub(&r, &r, &digest);
        scalar_from_digest(&digest, s.e_swapped);
        scalar_add(&r, &r, &digest);
        scalar_sub(&u, &u, &r);
        scalar_to_bytes(s.rs, &r);
        scalar_to_bytes(s.rs + 32, &u);
        assert_int_equal(sm2_verify_bytes(s.p.share.P, s.e_swapped, s.rs), ERR_OK);
        exchange_close(&s.x);
    }
}

/* Ours: its own digest, and nothing leaves before it is verified on that. */
static void our_device_gives_nothing_out(void **state)
{
    (void)state;
    swap s;
    uint8_t tr[32], untouched[64], signatures[1][64];
    memset(untouched, 0xa5, sizeof untouched);
    memset(signatures, 0xa5, sizeof signatures);
    swap_open(&s, MODEL_FULL, 223);
    assert_int_equal(mpc_device_sign(&s.x.session, &s.x.request, &s.p.d1, s.p.share.P, &s.p.rng), ERR_OK);
    mpc_sign_transcript(tr, &s.x.request, s.p.share.P, s.p.share.P1);
    swap_answer(&s, MODEL_FULL, tr);
    assert_int_equal(mpc_device_finish(s.x.session, signatures, &s.answer, 1), ERR_ANSWER);
    assert_memory_equal(signatures[0], untouched, sizeof untouched);
    exchange_close(&s.x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_signs_the_servers_digest_signs_another_document),
        cmocka_unit_test(who_does_not_verify_gives_the_other_signature_away),
        cmocka_unit_test(our_device_gives_nothing_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
