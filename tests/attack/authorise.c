/* Misuse of an authorisation, as far as the two halves decide it: a swapped workstation key, a wider scope, another authorisation's
 * messages, and requests after closing. That an auth_id is used once and closed for good, the QR's signature and the workstation's
 * limits are the service's and the client's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "attack/model.h"

typedef struct handing_over {
    pair p;
    sm2_private workstation;
    mpc_authorise_request request;
    uint8_t sealed[MPC_SEALED], dW[32];
} handing_over;

static const char scope[] = "{\"systems\":[\"emr\"],\"until\":\"18:00\",\"count\":50}";

static void authorise(handing_over *h)
{
    pair_fresh(&h->p, h->request.sid, MPC_ID);
    pair_fresh(&h->p, h->request.auth_id, MPC_ID);
    assert_int_equal(mpc_device_authorise(&h->request, h->sealed, &h->p.d1, h->p.share.P, &h->p.rng), ERR_OK);
}

static void begin(handing_over *h, uint32_t seed)
{
    memset(h, 0, sizeof *h);
    pair_make(&h->p, seed);
    memcpy(h->request.key_id, h->p.key_id, MPC_ID);
    assert_int_equal(sm2_private_generate(&h->workstation, &h->p.rng), ERR_OK);
    scalar_to_bytes(h->dW, &h->workstation.d);
    memcpy(h->request.pkW, h->workstation.public_key, POINT_SIZE);
    h->request.scope = bytes_of_text(scope);
    authorise(h);
}

static err server_takes(const handing_over *h, const mpc_authorise_request *request, mpc_server_share *share)
{
    return mpc_server_authorise(share, &h->p.share, request);
}

static err workstation_takes(const handing_over *h, scalar *d1)
{
    return mpc_device_authorised(d1, h->request.sealed, h->dW, h->request.auth_id, h->p.share.P, h->request.scope);
}

/* In flight: the server, or a proxy before it, puts its own key and a text sealed to that in place. */
static void a_workstation_key_swapped_in_flight_is_refused(void **state)
{
    (void)state;
    handing_over h;
    sm2_private thief;
    mpc_server_share share;
    uint8_t plain[MPC_SEAL_PLAIN] = {0}, sealed[MPC_SEALED];
    begin(&h, 270);
    assert_int_equal(sm2_private_generate(&thief, &h.p.rng), ERR_OK);
    assert_int_equal(sm2_encrypt(sealed, thief.public_key, bytes_of(plain, sizeof plain), &h.p.rng), ERR_OK);
    mpc_authorise_request swapped = h.request;
    memcpy(swapped.pkW, thief.public_key, POINT_SIZE);
    assert_int_equal(server_takes(&h, &swapped, &share), ERR_PROOF);
    swapped = h.request;
    swapped.sealed = bytes_of(sealed, sizeof sealed);
    assert_int_equal(server_takes(&h, &swapped, &share), ERR_PROOF);
    assert_int_equal(server_takes(&h, &h.request, &share), ERR_OK);
}

/* On the screen: the phone took the thief's key from a QR that it failed to check. The share is the thief's then, which is why the phone
 * takes pkW from a signed QR only; the workstation whose code was covered sees that it got nothing. */
static void a_swapped_qr_gives_the_share_to_whom_it_names(void **state)
{
    (void)state;
    handing_over h;
    sm2_private thief;
    scalar d1;
    uint8_t dT[32];
    begin(&h, 271);
    assert_int_equal(sm2_private_generate(&thief, &h.p.rng), ERR_OK);
    memcpy(h.request.pkW, thief.public_key, POINT_SIZE);
    authorise(&h);
    assert_int_equal(workstation_takes(&h, &d1), ERR_DECRYPT);
    scalar_to_bytes(dT, &thief.d);
    assert_int_equal(mpc_device_authorised(&d1, h.request.sealed, dT, h.request.auth_id, h.p.share.P, h.request.scope),
                     ERR_OK);
}

/* The scope that was shown is the scope that is sealed and proved. */
static void a_wider_scope_is_refused(void **state)
{
    (void)state;
    handing_over h;
    mpc_server_share share;
    scalar d1;
    begin(&h, 272);
    h.request.scope = bytes_of_text("{\"systems\":[\"emr\"],\"until\":\"23:59\",\"count\":5000}");
    assert_int_equal(server_takes(&h, &h.request, &share), ERR_PROOF);
    assert_int_equal(workstation_takes(&h, &d1), ERR_ANSWER);
}

/* A closed authorisation's messages say nothing under another auth_id, and its halves do not go with another's. */
static void a_closed_one_is_not_replayed_as_another(void **state)
{
    (void)state;
    handing_over h;
    mpc_server_share closed, current;
    scalar old_d1, d1;
    begin(&h, 273);
    assert_int_equal(server_takes(&h, &h.request, &closed), ERR_OK);
    assert_int_equal(workstation_takes(&h, &old_d1), ERR_OK);
    mpc_authorise_request replayed = h.request;
    uint8_t old_sealed[MPC_SEALED];
    memcpy(old_sealed, h.sealed, sizeof old_sealed);
    replayed.sealed = bytes_of(old_sealed, sizeof old_sealed);

    authorise(&h);
    assert_int_equal(server_takes(&h, &h.request, &current), ERR_OK);
    memcpy(replayed.auth_id, h.request.auth_id, MPC_ID);
    memcpy(replayed.sid, h.request.sid, MPC_ID);
    assert_int_equal(server_takes(&h, &replayed, &current), ERR_PROOF);
    assert_int_equal(mpc_device_authorised(&d1, replayed.sealed, h.dW, h.request.auth_id, h.p.share.P, h.request.scope),
                     ERR_ANSWER);
    assert_int_equal(workstation_takes(&h, &d1), ERR_OK);
    assert_false(scalar_equal(&d1, &old_d1));

    exchange x;
    exchange_open(&x, &h.p, 1);
    memcpy(x.request.key_id, h.request.auth_id, MPC_ID);
    assert_int_equal(mpc_device_sign(&x.session, &x.request, &old_d1, h.p.share.P, &h.p.rng), ERR_OK);
    assert_int_equal(server_takes(&h, &h.request, &current), ERR_OK);
    assert_int_equal(mpc_server_sign_check(&x.checked, x.points, &current, &x.request), ERR_PROOF);
    assert_int_equal(mpc_server_sign_check(&x.checked, x.points, &h.p.share, &x.request), ERR_PROOF);
    exchange_close(&x);
}

/* A request recorded under one authorisation is none under another, nor for the key itself. */
static void a_request_is_bound_to_its_authorisation(void **state)
{
    (void)state;
    handing_over h;
    mpc_server_share share;
    scalar d1;
    exchange x;
    begin(&h, 274);
    assert_int_equal(server_takes(&h, &h.request, &share), ERR_OK);
    assert_int_equal(workstation_takes(&h, &d1), ERR_OK);
    exchange_open(&x, &h.p, 1);
    memcpy(x.request.key_id, h.request.auth_id, MPC_ID);
    assert_int_equal(mpc_device_sign(&x.session, &x.request, &d1, h.p.share.P, &h.p.rng), ERR_OK);
    assert_int_equal(mpc_server_sign_check(&x.checked, x.points, &share, &x.request), ERR_OK);
    memcpy(x.request.key_id, h.p.key_id, MPC_ID);
    assert_int_equal(mpc_server_sign_check(&x.checked, x.points, &share, &x.request), ERR_PROOF);
    exchange_close(&x);
}

/* Closing destroys d2': a request that was checked before gets no answer from what is left. */
static void a_closed_share_answers_nothing(void **state)
{
    (void)state;
    handing_over h;
    mpc_server_share share;
    scalar d1;
    exchange x;
    begin(&h, 275);
    assert_int_equal(server_takes(&h, &h.request, &share), ERR_OK);
    assert_int_equal(workstation_takes(&h, &d1), ERR_OK);
    exchange_open(&x, &h.p, 1);
    memcpy(x.request.key_id, h.request.auth_id, MPC_ID);
    assert_int_equal(mpc_device_sign(&x.session, &x.request, &d1, h.p.share.P, &h.p.rng), ERR_OK);
    assert_int_equal(mpc_server_sign_check(&x.checked, x.points, &share, &x.request), ERR_OK);
    mpc_server_share_wipe(&share);
    assert_int_equal(mpc_server_sign_answer(x.answers, &share, &x.request, &x.checked, &h.p.rng), ERR_CORRUPT);
    assert_true(pair_is_zero(x.answers, sizeof *x.answers));
    exchange_close(&x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_workstation_key_swapped_in_flight_is_refused),
        cmocka_unit_test(a_swapped_qr_gives_the_share_to_whom_it_names),
        cmocka_unit_test(a_wider_scope_is_refused),
        cmocka_unit_test(a_closed_one_is_not_replayed_as_another),
        cmocka_unit_test(a_request_is_bound_to_its_authorisation),
        cmocka_unit_test(a_closed_share_answers_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
