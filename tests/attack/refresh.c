/* Share refresh under loss and theft, as far as the two halves decide it: which proof verifies under which share, when messages are lost,
 * late or doubled, and how a cloned device is told from a wrong PIN. What is recorded when, the issue of sids and the freezing of a
 * key are the service's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "attack/model.h"

typedef struct parties {
    pair p;
    mpc_refresh_request request;
    uint8_t u_server[32];
    mpc_server_share pending;
} parties;

/* R1 and R2, with a new rid. */
static void ask(parties *s)
{
    memcpy(s->request.key_id, s->p.key_id, MPC_ID);
    pair_fresh(&s->p, s->request.sid, MPC_ID);
    pair_fresh(&s->p, s->request.rid, MPC_ID);
    pair_fresh(&s->p, s->request.u_device, 32);
    pair_fresh(&s->p, s->u_server, 32);
    assert_int_equal(mpc_device_refresh(&s->request, &s->p.d1, s->p.share.P, &s->p.rng), ERR_OK);
    assert_int_equal(mpc_server_refresh_check(&s->p.share, &s->request), ERR_OK);
    assert_int_equal(mpc_server_refresh(&s->pending, &s->p.share, &s->request, s->u_server), ERR_OK);
}

static void begin(parties *s, uint32_t seed)
{
    memset(s, 0, sizeof *s);
    pair_make(&s->p, seed);
    ask(s);
}

/* R3 under a fresh sid. */
static void confirm(parties *s, mpc_refresh_confirm *c, scalar *new_d1)
{
    memset(c, 0, sizeof *c);
    pair_fresh(&s->p, c->sid, MPC_ID);
    assert_int_equal(mpc_device_confirm(c, new_d1, &s->p.d1, &s->request, s->u_server, s->p.share.P, &s->p.rng),
                     ERR_OK);
}

/* S1 by d1 checked under a share, and where it passes S2 and S3. */
static err sign(parties *s, const scalar *d1, const mpc_server_share *share)
{
    exchange x;
    exchange_open(&x, &s->p, 1);
    assert_int_equal(mpc_device_sign(&x.session, &x.request, d1, s->p.share.P, &s->p.rng), ERR_OK);
    err e = mpc_server_sign_check(&x.checked, x.points, share, &x.request);
    if (e == ERR_OK)
        e = mpc_server_sign_answer(x.answers, share, &x.request, &x.checked, &s->p.rng);
    if (e == ERR_OK)
        e = mpc_device_finish(x.session, x.signatures, x.answers, 1);
    exchange_close(&x);
    return e;
}

/* The device asks again with the same rid and gets the same u_server: both sides end at the same shares. */
static void a_lost_answer_is_asked_for_again(void **state)
{
    (void)state;
    parties s;
    mpc_server_share again;
    mpc_refresh_confirm c;
    scalar new_d1;
    begin(&s, 260);
    /* Nothing has happened yet: the old shares sign. */
    assert_int_equal(sign(&s, &s.p.d1, &s.p.share), ERR_OK);
    pair_fresh(&s.p, s.request.sid, MPC_ID);
    assert_int_equal(mpc_device_refresh(&s.request, &s.p.d1, s.p.share.P, &s.p.rng), ERR_OK);
    assert_int_equal(mpc_server_refresh_check(&s.p.share, &s.request), ERR_OK);
    assert_int_equal(mpc_server_refresh(&again, &s.p.share, &s.request, s.u_server), ERR_OK);
    assert_true(scalar_equal(&again.d2, &s.pending.d2));
    assert_memory_equal(again.P1, s.pending.P1, POINT_SIZE);
    assert_memory_equal(again.P, s.pending.P, POINT_SIZE);
    confirm(&s, &c, &new_d1);
    assert_int_equal(mpc_server_confirm_check(&s.pending, &c), ERR_OK);
    assert_int_equal(sign(&s, &new_d1, &s.pending), ERR_OK);
}

/* Two answers to two attempts that cross: what the device made of the late one is confirmed by no proof, and nothing is committed. */
static void a_late_answer_confirms_nothing(void **state)
{
    (void)state;
    parties s, first;
    mpc_refresh_confirm c;
    scalar new_d1;
    begin(&s, 261);
    first = s;
    ask(&s);
    confirm(&first, &c, &new_d1);
    assert_int_equal(mpc_server_confirm_check(&s.pending, &c), ERR_PROOF);
    /* The second rid with the first one's u_server. */
    memcpy(first.u_server, s.u_server, 32);
    confirm(&first, &c, &new_d1);
    assert_int_equal(mpc_server_confirm_check(&s.pending, &c), ERR_PROOF);
    /* Not relabelled either. */
    memcpy(c.rid, s.request.rid, MPC_ID);
    assert_int_equal(mpc_server_confirm_check(&s.pending, &c), ERR_PROOF);
    assert_int_equal(sign(&s, &s.p.d1, &s.p.share), ERR_OK);
    confirm(&s, &c, &new_d1);
    assert_int_equal(mpc_server_confirm_check(&s.pending, &c), ERR_OK);
}

/* The acknowledgement is lost: the device, which has both blobs, confirms again under a fresh sid, and what is now the current P1 verifies
 * it. A recorded confirmation under the new sid does not. */
static void a_doubled_confirmation_verifies_under_the_current_share(void **state)
{
    (void)state;
    parties s;
    mpc_refresh_confirm c, again, replayed;
    scalar new_d1, same_d1;
    begin(&s, 262);
    confirm(&s, &c, &new_d1);
    assert_int_equal(mpc_server_confirm_check(&s.pending, &c), ERR_OK);
    confirm(&s, &again, &same_d1);
    assert_true(scalar_equal(&new_d1, &same_d1));
    assert_int_equal(mpc_server_confirm_check(&s.pending, &again), ERR_OK);
    replayed = c;
    memcpy(replayed.sid, again.sid, MPC_ID);
    assert_int_equal(mpc_server_confirm_check(&s.pending, &replayed), ERR_PROOF);
    /* Before R4 only: afterwards the old half is of no use with the new one. */
    assert_int_equal(sign(&s, &s.p.d1, &s.pending), ERR_PROOF);
}

/* Whoever copied the device before the refresh proves the retired P1, in place of P1 in both tr and X; a wrong PIN proves neither. */
static void a_clone_is_told_from_a_wrong_pin(void **state)
{
    (void)state;
    parties s;
    scalar wrong;
    mpc_server_share retired;
    mpc_refresh_request request;
    begin(&s, 263);
    retired = s.pending;
    memcpy(retired.P1, s.p.share.P1, POINT_SIZE);
    pair_random(&s.p, &wrong);
    const scalar *const devices[] = {&s.p.d1, &wrong};
    for (size_t i = 0; i < 2; i++) {
        exchange x;
        err verdict = i == 0 ? ERR_OK : ERR_PROOF;
        exchange_open(&x, &s.p, 2);
        assert_int_equal(mpc_device_sign(&x.session, &x.request, devices[i], s.p.share.P, &s.p.rng), ERR_OK);
        assert_int_equal(mpc_server_sign_check(&x.checked, x.points, &s.pending, &x.request), ERR_PROOF);
        assert_int_equal(mpc_server_sign_check(&x.checked, x.points, &retired, &x.request), verdict);
        exchange_close(&x);
        request = s.request;
        pair_fresh(&s.p, request.sid, MPC_ID);
        assert_int_equal(mpc_device_refresh(&request, devices[i], s.p.share.P, &s.p.rng), ERR_OK);
        assert_int_equal(mpc_server_refresh_check(&s.pending, &request), ERR_PROOF);
        assert_int_equal(mpc_server_refresh_check(&retired, &request), verdict);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lost_answer_is_asked_for_again),
        cmocka_unit_test(a_late_answer_confirms_nothing),
        cmocka_unit_test(a_doubled_confirmation_verifies_under_the_current_share),
        cmocka_unit_test(a_clone_is_told_from_a_wrong_pin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
