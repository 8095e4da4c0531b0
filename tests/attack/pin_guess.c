/* Guessing the PIN from what is stored on a stolen device: alone it tells nothing; with any one of the values that must never be logged
 * the right PIN stands out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "attack/pins.h"

/* A theft: the blob, what each PIN makes of it, and one session of the owner's that somebody logged. */
typedef struct theft {
    pair p;
    mpc_device_blob blob;
    scalar d1[PINS];
    exchange x;
} theft;

static theft t;

static int setup(void **state)
{
    (void)state;
    pair_make(&t.p, 240);
    pins_mask(&t.blob, &t.p, &t.p.d1, PINS_RIGHT);
    pins_try(t.d1, &t.blob);
    exchange_open(&t.x, &t.p, 1);
    exchange_answer(&t.x, &t.p);
    assert_int_equal(mpc_device_finish(t.x.session, t.x.signatures, t.x.answers, 1), ERR_OK);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    exchange_close(&t.x);
    return 0;
}

static void P1_of(uint8_t P1[POINT_SIZE], const scalar *d1)
{
    scalar x;
    point X;
    scalar_inv(&x, d1);
    point_mul_base(&X, &x);
    assert_int_equal(point_to_bytes(P1, &X), ERR_OK);
}

/* For each d1 there is a server's share with which it signs under the P that is stored: no PIN is less likely than another. */
static void storage_alone_tells_nothing(void **state)
{
    (void)state;
    scalar whole;
    scalar_mul(&whole, &t.p.d1, &t.p.share.d2);
    for (size_t i = 0; i < PINS; i++) {
        exchange x;
        pair other = t.p;
        other.d1 = t.d1[i];
        scalar_inv(&other.share.d2, &other.d1);
        scalar_mul(&other.share.d2, &other.share.d2, &whole);
        P1_of(other.share.P1, &other.d1);
        for (size_t j = 0; j < i; j++)
            assert_false(scalar_equal(&t.d1[i], &t.d1[j]));
        exchange_open(&x, &other, 1);
        exchange_answer(&x, &other);
        assert_int_equal(mpc_device_finish(x.session, x.signatures, x.answers, 1), ERR_OK);
        exchange_close(&x);
    }
}

/* Does a logged value fit this d1? */
typedef bool fits(const scalar *d1);

static void only_the_right_one_fits(fits *f)
{
    for (size_t i = 0; i < PINS; i++)
        assert_int_equal(f(&t.d1[i]), i == PINS_RIGHT);
}

static bool P1_fits(const scalar *d1)
{
    uint8_t P1[POINT_SIZE];
    P1_of(P1, d1);
    return memcmp(P1, t.p.share.P1, POINT_SIZE) == 0;
}

/* key_id, sid, e, A, B, c and z: the check of S2 needs nothing of the server's but P1, which the guess gives. */
static bool request_fits(const scalar *d1)
{
    mpc_server_share guess = t.p.share;
    mpc_server_checked checked;
    point_odd points[2];
    guess.d2 = scalar_one;
    P1_of(guess.P1, d1);
    return mpc_server_sign_check(&checked, points, &guess, &t.x.request) == ERR_OK;
}

/* W and s1 with the signature, which is public: s1 * d2^-1 * G = W + r * G, and d2^-1 * G = d1 * (P + G). */
static bool answer_fits(const scalar *d1)
{
    scalar s1, r;
    point left, right, rG;
    assert_int_equal(scalar_from_bytes(&s1, t.x.answers[0].s1), ERR_OK);
    assert_int_equal(scalar_from_bytes(&r, t.x.signatures[0]), ERR_OK);
    assert_int_equal(point_from_bytes(&left, t.p.share.P), ERR_OK);
    assert_int_equal(point_from_bytes(&right, t.x.answers[0].W), ERR_OK);
    point_add_var(&left, &left, &point_generator);
    scalar_mul(&s1, &s1, d1);
    point_mul(&left, &s1, &left);
    point_mul_base(&rG, &r);
    point_add_var(&right, &right, &rG);
    return point_equal_var(&left, &right);
}

/* P2 = d2^-1 * G = d1 * (P + G), of the key generation's answer. */
static bool P2_fits(const scalar *d1)
{
    point left, P2;
    assert_int_equal(point_from_bytes(&left, t.p.share.P), ERR_OK);
    assert_int_equal(point_from_bytes(&P2, t.p.answer.P2), ERR_OK);
    point_add_var(&left, &left, &point_generator);
    point_mul(&left, d1, &left);
    return point_equal_var(&left, &P2);
}

static void one_P1_gives_the_pin(void **state)
{
    (void)state;
    only_the_right_one_fits(P1_fits);
}

static void one_P2_gives_the_pin(void **state)
{
    (void)state;
    only_the_right_one_fits(P2_fits);
}

static void one_logged_request_gives_the_pin(void **state)
{
    (void)state;
    only_the_right_one_fits(request_fits);
}

static void one_logged_answer_gives_the_pin(void **state)
{
    (void)state;
    only_the_right_one_fits(answer_fits);
}

/* The device's storage of before and after a refresh under one PIN, and u_device and u_server of it. */
static void a_logged_refresh_gives_the_pin(void **state)
{
    (void)state;
    mpc_device_blob later;
    scalar new_d1[PINS], factor, product;
    uint8_t rid[MPC_ID], u_device[32], u_server[32];
    pair_fresh(&t.p, rid, sizeof rid);
    pair_fresh(&t.p, u_device, sizeof u_device);
    pair_fresh(&t.p, u_server, sizeof u_server);
    mpc_refresh_factor(&factor, t.p.key_id, rid, u_device, u_server);
    scalar_mul(&product, &t.p.d1, &factor);
    pins_mask(&later, &t.p, &product, PINS_RIGHT);
    pins_try(new_d1, &later);
    for (size_t i = 0; i < PINS; i++) {
        scalar_mul(&product, &t.d1[i], &factor);
        assert_int_equal(scalar_equal(&product, &new_d1[i]), i == PINS_RIGHT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(storage_alone_tells_nothing),
        cmocka_unit_test(one_P1_gives_the_pin),
        cmocka_unit_test(one_P2_gives_the_pin),
        cmocka_unit_test(one_logged_request_gives_the_pin),
        cmocka_unit_test(one_logged_answer_gives_the_pin),
        cmocka_unit_test(a_logged_refresh_gives_the_pin),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
