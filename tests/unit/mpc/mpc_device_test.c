#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "unit/mpc/pair.h"

/* ---- PIN ---- */

static void pin_of_six_to_twelve_digits_is_accepted(void **state)
{
    (void)state;
    static const char *const good[] = {"274950",     "7250436",     "90417263",    "837261904",
                                       "5028173946", "60293847150", "918273640572"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_int_equal(mpc_pin_check(bytes_of_text(good[i])), ERR_OK);
}

static void pin_that_is_malformed_or_common_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",           "27495",      "2749502749501", "27495a",       "27495 ",   " 274950",  "274950\n", "２７４９５０",
        "27495:",     "27495/",     "000000",        "999999999999", "123456",   "234567",   "345678",   "789012",
        "8901234567", "0123456789", "987654",        "543210",       "3210987",  "121212",   "2121212",  "123123",
        "123123123",  "12341234",   "274927492749",  "8686868",      "12312312", "147258",   "159753",   "5201314",
        "112233",     "123321",     "19491001",      "100000",       "110119",   "66668888",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(mpc_pin_check(bytes_of_text(bad[i])), ERR_WEAK_PIN);
    assert_int_equal(mpc_pin_check(bytes_of("274950\0", 7)), ERR_WEAK_PIN);
}

/* ---- masking ---- */

static void masked_share_comes_back_under_its_pin(void **state)
{
    (void)state;
    pair p;
    mpc_device_blob blob;
    scalar d1;
    pair_make(&p, 1);
    assert_int_equal(mpc_device_mask(&blob, &p.d1, p.share.P, bytes_of_text(PAIR_PIN), MPC_ITERATIONS_MIN, &p.rng),
                     ERR_OK);
    assert_int_equal(mpc_device_unmask(&d1, &blob, bytes_of_text(PAIR_PIN)), ERR_OK);
    assert_true(scalar_equal(&d1, &p.d1));
    assert_memory_equal(blob.P, p.share.P, POINT_SIZE);
}

/* A thief who tries PINs on the stored blob alone gets a share for every one of them, and nothing that tells them apart: each
 * makes requests that are well-formed. Only the server knows, and it counts. */
static void pin_guess_from_storage_alone_tells_nothing(void **state)
{
    (void)state;
    static const char *const guesses[] = {"000000", "111111", "274951", "384716", "x", "", "999999999999", PAIR_PIN};
    enum { GUESSES = sizeof guesses / sizeof *guesses };
    pair p;
    mpc_device_blob blob;
    scalar d1[GUESSES];
    size_t right = 0;
    pair_make(&p, 2);
    assert_int_equal(mpc_device_mask(&blob, &p.d1, p.share.P, bytes_of_text(PAIR_PIN), MPC_ITERATIONS_MIN, &p.rng),
                     ERR_OK);
    for (size_t i = 0; i < GUESSES; i++) {
        exchange x;
        assert_int_equal(mpc_device_unmask(&d1[i], &blob, bytes_of_text(guesses[i])), ERR_OK);
        assert_false(scalar_is_zero(&d1[i]));
        for (size_t j = 0; j < i; j++)
            assert_false(scalar_equal(&d1[i], &d1[j]));
        exchange_open(&x, &p, 1);
        assert_int_equal(mpc_device_sign(&x.session, &x.request, &d1[i], blob.P, &p.rng), ERR_OK);
        err judged = mpc_server_sign_check(&x.checked, x.points, &p.share, &x.request);
        assert_true(judged == ERR_OK || judged == ERR_PROOF);
        right += judged == ERR_OK;
        exchange_close(&x);
    }
    assert_int_equal(right, 1);
}

static void every_masking_has_a_fresh_salt(void **state)
{
    (void)state;
    pair p;
    mpc_device_blob first, second;
    const bytes pin = bytes_of_text(PAIR_PIN);
    pair_make(&p, 3);
    assert_int_equal(mpc_device_mask(&first, &p.d1, p.share.P, pin, MPC_ITERATIONS_MIN, &p.rng), ERR_OK);
    assert_int_equal(mpc_device_mask(&second, &p.d1, p.share.P, pin, MPC_ITERATIONS_MIN, &p.rng), ERR_OK);
    assert_memory_not_equal(first.salt, second.salt, MPC_SALT);
    assert_memory_not_equal(first.x, second.x, 32);
}

static void masking_refuses_weak_pins_and_few_iterations(void **state)
{
    (void)state;
    pair p;
    mpc_device_blob blob;
    const bytes pin = bytes_of_text(PAIR_PIN);
    pair_make(&p, 4);
    assert_int_equal(mpc_device_mask(&blob, &p.d1, p.share.P, bytes_of_text("123456"), MPC_ITERATIONS_MIN, &p.rng),
                     ERR_WEAK_PIN);
    assert_int_equal(mpc_device_mask(&blob, &p.d1, p.share.P, pin, MPC_ITERATIONS_MIN - 1, &p.rng), ERR_RANGE);
    assert_int_equal(mpc_device_mask(&blob, &p.d1, p.share.P, pin, MPC_ITERATIONS_MAX + 1, &p.rng), ERR_RANGE);
    p.generator.fail_at = 1;
    assert_int_equal(mpc_device_mask(&blob, &p.d1, p.share.P, pin, MPC_ITERATIONS_MIN, &p.rng), ERR_ENTROPY);
}

/* x = d1 - mask = 0 could never be read back. */
static void masking_refuses_a_share_equal_to_its_mask(void **state)
{
    (void)state;
    pair p;
    mpc_device_blob blob;
    scalar mask;
    uint8_t salt[MPC_SALT] = {1};
    const bytes pin = bytes_of_text(PAIR_PIN);
    pair_make(&p, 5);
    mpc_pin_mask(&mask, pin, salt, MPC_ITERATIONS_MIN);
    assert_int_equal(mpc_step_mask(&blob, &mask, p.share.P, pin, MPC_ITERATIONS_MIN, salt), ERR_SCALAR);
}

static void unmasking_refuses_a_blob_that_is_none(void **state)
{
    (void)state;
    pair p;
    mpc_device_blob blob, bad;
    scalar d1, mask;
    const bytes pin = bytes_of_text(PAIR_PIN);
    pair_make(&p, 6);
    assert_int_equal(mpc_device_mask(&blob, &p.d1, p.share.P, pin, MPC_ITERATIONS_MIN, &p.rng), ERR_OK);
    for (size_t i = 0; i < PAIR_BAD_SCALARS; i++) {
        bad = blob;
        pair_spoil_scalar(bad.x, i);
        assert_int_equal(mpc_device_unmask(&d1, &bad, pin), ERR_SCALAR);
    }
    static const uint32_t iterations[] = {0, 1, MPC_ITERATIONS_MIN - 1, MPC_ITERATIONS_MAX + 1, UINT32_MAX};
    for (size_t i = 0; i < sizeof iterations / sizeof *iterations; i++) {
        bad = blob;
        bad.iterations = iterations[i];
        assert_int_equal(mpc_device_unmask(&d1, &bad, pin), ERR_RANGE);
    }
    mpc_pin_mask(&mask, pin, blob.salt, blob.iterations);
    scalar_neg(&mask, &mask);
    bad = blob;
    scalar_to_bytes(bad.x, &mask);
    assert_int_equal(mpc_device_unmask(&d1, &bad, pin), ERR_SCALAR);
}

/* What a platform keeps for the person's finger. */
static void the_mask_alone_opens_its_blob(void **state)
{
    (void)state;
    pair p;
    mpc_device_blob blob, bad;
    scalar d1, mask, derived;
    const bytes pin = bytes_of_text(PAIR_PIN);
    pair_make(&p, 7);
    assert_int_equal(mpc_device_mask(&blob, &p.d1, p.share.P, pin, MPC_ITERATIONS_MIN, &p.rng), ERR_OK);
    mpc_pin_mask(&derived, pin, blob.salt, blob.iterations);
    assert_int_equal(mpc_device_mask_of(&mask, &blob, &p.d1), ERR_OK);
    assert_true(scalar_equal(&mask, &derived));
    assert_int_equal(mpc_device_unmask_with(&d1, &blob, &mask), ERR_OK);
    assert_true(scalar_equal(&d1, &p.d1));
    for (size_t i = 0; i < PAIR_BAD_SCALARS; i++) {
        bad = blob;
        pair_spoil_scalar(bad.x, i);
        assert_int_equal(mpc_device_unmask_with(&d1, &bad, &mask), ERR_SCALAR);
        assert_int_equal(mpc_device_mask_of(&derived, &bad, &p.d1), ERR_SCALAR);
    }
    bad = blob;
    scalar_to_bytes(bad.x, &p.d1);
    assert_int_equal(mpc_device_mask_of(&derived, &bad, &p.d1), ERR_SCALAR); /* a mask of 0 */
    scalar_neg(&derived, &mask);
    scalar_to_bytes(bad.x, &derived);
    assert_int_equal(mpc_device_unmask_with(&d1, &bad, &mask), ERR_SCALAR); /* d1 would be 0 */
}

/* ---- key generation ---- */

static err keep(pair *p, const mpc_keygen_answer *answer)
{
    mpc_device_blob blob;
    scalar d1 = p->d1;
    err e = mpc_device_keep(&blob, &d1, &p->keygen, answer, bytes_of_text(PAIR_PIN), MPC_ITERATIONS_MIN, &p->rng);
    assert_true(scalar_is_zero(&d1));
    return e;
}

static void keygen_proves_the_inverse_of_d1(void **state)
{
    (void)state;
    pair p;
    scalar x;
    point X;
    uint8_t P1[POINT_SIZE];
    pair_make(&p, 7);
    scalar_inv(&x, &p.d1);
    point_mul_base(&X, &x);
    assert_int_equal(point_to_bytes(P1, &X), ERR_OK);
    assert_memory_equal(P1, p.keygen.P1, POINT_SIZE);
}

static void keygen_without_entropy_gives_nothing(void **state)
{
    (void)state;
    uint8_t id[MPC_ID] = {0};
    mpc_keygen_request request;
    for (uint32_t fail_at = 1; fail_at <= 2; fail_at++) {
        pair_rng generator = {.seed = 8, .fail_at = fail_at};
        entropy rng = pair_entropy(&generator);
        scalar d1 = scalar_one;
        assert_int_equal(mpc_device_keygen(&d1, &request, id, &rng), ERR_ENTROPY);
        assert_true(scalar_is_zero(&d1));
    }
}

static void keep_masks_the_share_and_wipes_it(void **state)
{
    (void)state;
    pair p;
    mpc_device_blob blob;
    scalar d1, unmasked;
    pair_make(&p, 9);
    d1 = p.d1;
    assert_int_equal(
        mpc_device_keep(&blob, &d1, &p.keygen, &p.answer, bytes_of_text(PAIR_PIN), MPC_ITERATIONS_MIN, &p.rng), ERR_OK);
    assert_true(scalar_is_zero(&d1));
    assert_int_equal(mpc_device_unmask(&unmasked, &blob, bytes_of_text(PAIR_PIN)), ERR_OK);
    assert_true(scalar_equal(&unmasked, &p.d1));
    assert_memory_equal(blob.P, p.answer.P, POINT_SIZE);
}

static void keep_refuses_malformed_points(void **state)
{
    (void)state;
    pair p;
    pair_make(&p, 10);
    for (size_t i = 0; i < PAIR_BAD_POINTS; i++) {
        mpc_keygen_answer bad = p.answer;
        pair_spoil_point(bad.P, p.answer.P, i);
        assert_int_equal(keep(&p, &bad), ERR_POINT);
        bad = p.answer;
        pair_spoil_point(bad.P2, p.answer.P2, i);
        assert_int_equal(keep(&p, &bad), ERR_POINT);
    }
}

/* d1^-1 * P2 = P + G ties the certificate's key to the share: without it the server chooses a key of its own. */
static void keep_refuses_a_P_that_does_not_belong_to_P2(void **state)
{
    (void)state;
    pair p, other;
    pair_make(&p, 11);
    pair_make(&other, 12);
    mpc_keygen_answer bad = p.answer;
    memcpy(bad.P, other.answer.P, POINT_SIZE);
    assert_int_equal(keep(&p, &bad), ERR_ANSWER);
    bad = p.answer;
    memcpy(bad.P2, other.answer.P2, POINT_SIZE);
    assert_int_equal(keep(&p, &bad), ERR_ANSWER);
    /* The same points with y negated. */
    point negated;
    bad = p.answer;
    assert_int_equal(point_from_bytes(&negated, bad.P), ERR_OK);
    point_neg(&negated, &negated);
    assert_int_equal(point_to_bytes(bad.P, &negated), ERR_OK);
    assert_int_equal(keep(&p, &bad), ERR_ANSWER);
    assert_int_equal(keep(&p, &p.answer), ERR_OK);
}

/* P2 = d1 * (P + G) is made to fit, so that nothing but the check of P itself can refuse. */
static void keep_refuses_P_equal_to_G(void **state)
{
    (void)state;
    pair p;
    mpc_keygen_answer bad;
    point twice;
    pair_make(&p, 13);
    bad = p.answer;
    assert_int_equal(point_to_bytes(bad.P, &point_generator), ERR_OK);
    point_add_var(&twice, &point_generator, &point_generator);
    point_mul(&twice, &p.d1, &twice);
    assert_int_equal(point_to_bytes(bad.P2, &twice), ERR_OK);
    assert_int_equal(keep(&p, &bad), ERR_ANSWER);
}

static void keep_refuses_P_equal_to_minus_G(void **state)
{
    (void)state;
    pair p;
    mpc_keygen_answer bad;
    point minus;
    pair_make(&p, 14);
    bad = p.answer;
    point_neg(&minus, &point_generator);
    assert_int_equal(point_to_bytes(bad.P, &minus), ERR_OK);
    assert_int_equal(keep(&p, &bad), ERR_ANSWER);
}

static void keep_refuses_the_answer_to_another_enrolment(void **state)
{
    (void)state;
    pair p, other;
    mpc_device_blob blob;
    scalar d1;
    pair_make(&p, 15);
    pair_make(&other, 16);
    d1 = p.d1;
    assert_int_equal(
        mpc_device_keep(&blob, &d1, &other.keygen, &p.answer, bytes_of_text(PAIR_PIN), MPC_ITERATIONS_MIN, &p.rng),
        ERR_ARG);
    assert_true(scalar_is_zero(&d1));
}

/* ---- signing ---- */

static void sign_refuses_empty_and_oversized_batches(void **state)
{
    (void)state;
    pair p;
    exchange x;
    pair_make(&p, 20);
    exchange_open(&x, &p, 1);
    static const size_t counts[] = {0, MPC_BATCH_MAX + 1, SIZE_MAX};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        x.request.m = counts[i];
        assert_int_equal(mpc_device_sign(&x.session, &x.request, &p.d1, p.share.P, &p.rng), ERR_LENGTH);
        assert_null(x.session);
    }
    exchange_close(&x);
}

static void sign_refuses_a_key_that_is_no_point(void **state)
{
    (void)state;
    pair p;
    exchange x;
    uint8_t P[POINT_SIZE];
    pair_make(&p, 21);
    exchange_open(&x, &p, 1);
    for (size_t i = 0; i < PAIR_BAD_POINTS; i++) {
        pair_spoil_point(P, p.share.P, i);
        assert_int_equal(mpc_device_sign(&x.session, &x.request, &p.d1, P, &p.rng), ERR_POINT);
        assert_null(x.session);
    }
    exchange_close(&x);
}

static void sign_without_entropy_opens_no_session(void **state)
{
    (void)state;
    enum { M = 2, DRAWS = 2 * M + 1 };
    pair p;
    exchange x;
    pair_make(&p, 22);
    exchange_open(&x, &p, M);
    uint32_t drawn = p.generator.drawn;
    for (uint32_t i = 1; i <= DRAWS; i++) {
        p.generator.drawn = drawn;
        p.generator.fail_at = drawn + i;
        assert_int_equal(mpc_device_sign(&x.session, &x.request, &p.d1, p.share.P, &p.rng), ERR_ENTROPY);
        assert_null(x.session);
    }
    p.generator.drawn = drawn;
    p.generator.fail_at = drawn + DRAWS + 1;
    assert_int_equal(mpc_device_sign(&x.session, &x.request, &p.d1, p.share.P, &p.rng), ERR_OK);
    exchange_close(&x);
}

/* A generator that gives the same bytes for ever must not repeat a nonce over other digests, another sid or another item. */
static void sign_nonces_differ_under_a_stuck_generator(void **state)
{
    (void)state;
    pair p;
    exchange x, y, z;
    pair_make(&p, 23);
    exchange_open(&x, &p, 2);
    exchange_open(&y, &p, 2);
    exchange_open(&z, &p, 2);
    /* y: another sid only. z: the same sid, the last digest differs in one bit. */
    for (size_t i = 0; i < 2; i++) {
        memcpy(y.request.items[i].e, x.request.items[i].e, 32);
        memcpy(z.request.items[i].e, x.request.items[i].e, 32);
    }
    memcpy(z.request.sid, x.request.sid, MPC_ID);
    z.request.items[1].e[31] ^= 1;

    p.generator.stuck = true;
    exchange *const all[] = {&x, &y, &z};
    const uint8_t *commitments[12];
    for (size_t i = 0; i < 3; i++) {
        exchange_request(all[i], &p);
        for (size_t j = 0; j < 2; j++) {
            commitments[4 * i + 2 * j] = all[i]->request.items[j].A;
            commitments[4 * i + 2 * j + 1] = all[i]->request.items[j].B;
        }
    }
    for (size_t i = 0; i < 12; i++)
        for (size_t j = 0; j < i; j++)
            assert_memory_not_equal(commitments[i], commitments[j], POINT_SIZE);
    for (size_t i = 0; i < 3; i++)
        exchange_close(all[i]);
}

/* The answer as given is refused, gives nothing, and the session is spent: the right answer comes too late. */
static void assert_refused(exchange *x, const mpc_sign_answer *answers, size_t m, err expected)
{
    memset(x->signatures, 0xcc, x->m * sizeof *x->signatures);
    assert_int_equal(mpc_device_finish(x->session, x->signatures, answers, m), expected);
    assert_int_equal(mpc_device_finish(x->session, x->signatures, x->answers, x->m), ERR_CONSUMED);
    for (size_t i = 0; i < x->m; i++)
        for (size_t j = 0; j < 64; j++)
            assert_int_equal(x->signatures[i][j], 0xcc);
}

static void assert_answer_refused(pair *p, void (*spoil)(mpc_sign_answer *answer, size_t variant), size_t variant,
                                  err expected)
{
    exchange x;
    mpc_sign_answer bad;
    exchange_open(&x, p, 1);
    exchange_answer(&x, p);
    bad = x.answers[0];
    spoil(&bad, variant);
    assert_refused(&x, &bad, 1, expected);
    exchange_close(&x);
}

static void spoil_W(mpc_sign_answer *answer, size_t variant)
{
    uint8_t good[POINT_SIZE];
    memcpy(good, answer->W, POINT_SIZE);
    pair_spoil_point(answer->W, good, variant);
}

static void spoil_s1(mpc_sign_answer *answer, size_t variant)
{
    pair_spoil_scalar(answer->s1, variant);
}

static void negate_W(mpc_sign_answer *answer, size_t variant)
{
    (void)variant;
    point W;
    assert_int_equal(point_from_bytes(&W, answer->W), ERR_OK);
    point_neg(&W, &W);
    assert_int_equal(point_to_bytes(answer->W, &W), ERR_OK);
}

static void generator_as_W(mpc_sign_answer *answer, size_t variant)
{
    (void)variant;
    assert_int_equal(point_to_bytes(answer->W, &point_generator), ERR_OK);
}

static void flip_s1(mpc_sign_answer *answer, size_t bit)
{
    answer->s1[31 - bit / 8] ^= (uint8_t)(1 << bit % 8);
}

static void finish_refuses_a_W_that_is_no_point(void **state)
{
    (void)state;
    pair p;
    pair_make(&p, 24);
    for (size_t i = 0; i < PAIR_BAD_POINTS; i++)
        assert_answer_refused(&p, spoil_W, i, ERR_POINT);
}

static void finish_refuses_an_s1_out_of_range(void **state)
{
    (void)state;
    pair p;
    pair_make(&p, 25);
    for (size_t i = 0; i < PAIR_BAD_SCALARS; i++)
        assert_answer_refused(&p, spoil_s1, i, ERR_SCALAR);
}

static void finish_refuses_a_changed_answer(void **state)
{
    (void)state;
    pair p;
    pair_make(&p, 26);
    assert_answer_refused(&p, negate_W, 0, ERR_ANSWER);
    assert_answer_refused(&p, generator_as_W, 0, ERR_ANSWER);
    /* Below bit 224, where the flip stays below n. */
    for (size_t bit = 0; bit < 224; bit += 17)
        assert_answer_refused(&p, flip_s1, bit, ERR_ANSWER);
}

/* The server answers for a document of its own choice. */
static void finish_refuses_a_document_swapped_by_the_server(void **state)
{
    (void)state;
    pair p;
    exchange x;
    uint8_t shown[32];
    pair_make(&p, 27);
    exchange_open(&x, &p, 1);
    exchange_request(&x, &p);
    memcpy(shown, x.request.items[0].e, 32);
    pair_fresh(&p, x.request.items[0].e, 32);
    assert_int_equal(mpc_server_sign_answer(x.answers, &p.share, &x.request, &x.checked, &p.rng), ERR_OK);
    memcpy(x.request.items[0].e, shown, 32);
    assert_refused(&x, x.answers, 1, ERR_ANSWER);
    exchange_close(&x);
}

/* The request's items are the caller's memory: what happens to them after S1 changes nothing. */
static void finish_signs_the_digests_of_the_session(void **state)
{
    (void)state;
    pair p;
    exchange x;
    uint8_t shown[32];
    pair_make(&p, 28);
    exchange_open(&x, &p, 1);
    exchange_answer(&x, &p);
    memcpy(shown, x.request.items[0].e, 32);
    memset(x.request.items[0].e, 0, 32);
    assert_int_equal(mpc_device_finish(x.session, x.signatures, x.answers, 1), ERR_OK);
    assert_int_equal(sm2_verify_bytes(p.share.P, shown, x.signatures[0]), ERR_OK);
    exchange_close(&x);
}

/* s1 chosen by one who knows d1, a and b, so that s = 0 or r + s = n comes out. */
static void finish_refuses_degenerate_signatures(void **state)
{
    (void)state;
    pair p;
    pair_make(&p, 29);
    for (int sum = 0; sum < 2; sum++) {
        exchange x;
        mpc_step_nonces nonces;
        scalar k, rho, w1, r, s1, inverse;
        point R, W, base;
        mpc_sign_answer bad;
        pair_random(&p, &nonces.a);
        pair_random(&p, &nonces.b);
        pair_random(&p, &k);
        exchange_open(&x, &p, 1);
        assert_int_equal(mpc_step_sign_request(&x.session, &x.request, &p.d1, p.share.P, &nonces, &k), ERR_OK);
        assert_int_equal(mpc_server_sign_check(&x.checked, x.points, &p.share, &x.request), ERR_OK);
        assert_int_equal(mpc_server_sign_answer(x.answers, &p.share, &x.request, &x.checked, &p.rng), ERR_OK);

        bad = x.answers[0];
        mpc_sign_binding(&rho, x.checked.tr, 0, bad.W);
        scalar_mul(&w1, &rho, &nonces.b);
        scalar_add(&w1, &w1, &nonces.a);
        assert_int_equal(point_from_bytes(&base, p.share.P), ERR_OK);
        point_add_var(&base, &base, &point_generator);
        scalar_mul(&k, &w1, &p.d1);
        point_mul(&R, &k, &base);
        assert_int_equal(point_from_bytes(&W, bad.W), ERR_OK);
        point_add_var(&R, &R, &W);
        assert_int_equal(point_x_scalar(&r, &R), ERR_OK);
        scalar_from_digest(&k, x.request.items[0].e);
        scalar_add(&r, &r, &k);
        /* s = d1 * (s1 + w1) - r: s1 = r/d1 - w1 gives s = 0, s1 = -w1 gives s = -r. */
        scalar_inv(&inverse, &p.d1);
        scalar_mul(&s1, &r, &inverse);
        scalar_sub(&s1, &s1, &w1);
        if (sum)
            scalar_neg(&s1, &w1);
        scalar_to_bytes(bad.s1, &s1);
        assert_refused(&x, &bad, 1, ERR_ANSWER);
        exchange_close(&x);
    }
}

/* S3 leaves r = 0, s = 0 and r + s = n to the verification. Here each comes with the equation of GB/T 32918.2-2016 7.1 B6 and B7
 * fulfilled, so that only B1, B2 and B5 can refuse: s = (1+d)^-1 * (k - r*d), e = r - x(kG). */
static void verification_refuses_degenerate_signatures(void **state)
{
    (void)state;
    enum { R_ZERO, S_ZERO, SUM_ZERO, HARMLESS };
    pair p;
    scalar d, k, r, s, x, e;
    point R;
    pair_make(&p, 30);
    pair_whole_key(&p, &d);
    for (int kind = R_ZERO; kind <= HARMLESS; kind++) {
        uint8_t digest[32], rs[64];
        pair_random(&p, &k);
        point_mul_base(&R, &k);
        assert_int_equal(point_x_scalar(&x, &R), ERR_OK);
        pair_random(&p, &r);
        if (kind == R_ZERO)
            scalar_sub(&r, &r, &r);
        if (kind == S_ZERO) {
            scalar_inv(&r, &d);
            scalar_mul(&r, &r, &k);
        }
        if (kind == SUM_ZERO)
            scalar_neg(&r, &k);
        scalar_sub(&e, &r, &x);
        scalar_mul(&s, &r, &d);
        scalar_sub(&s, &k, &s);
        scalar_mul(&s, &s, &p.d1);
        scalar_mul(&s, &s, &p.share.d2);
        scalar_to_bytes(digest, &e);
        scalar_to_bytes(rs, &r);
        scalar_to_bytes(rs + 32, &s);
        assert_int_equal(sm2_verify_bytes(p.share.P, digest, rs), kind == HARMLESS ? ERR_OK : ERR_SIGNATURE);
    }
}

/* Batches are all or nothing: one wrong item anywhere and none of the others comes out. */
static void finish_of_a_batch_is_all_or_nothing(void **state)
{
    (void)state;
    enum { M = 5 };
    pair p;
    pair_make(&p, 31);
    for (size_t wrong = 0; wrong < M; wrong++) {
        exchange x;
        mpc_sign_answer bad[M];
        exchange_open(&x, &p, M);
        exchange_answer(&x, &p);
        memcpy(bad, x.answers, sizeof bad);
        bad[wrong].s1[31] ^= 1;
        assert_refused(&x, bad, M, ERR_ANSWER);
        exchange_close(&x);
    }
}

static void finish_refuses_answers_in_another_order(void **state)
{
    (void)state;
    pair p;
    exchange x;
    mpc_sign_answer swapped[2];
    pair_make(&p, 32);
    exchange_open(&x, &p, 2);
    exchange_answer(&x, &p);
    swapped[0] = x.answers[1];
    swapped[1] = x.answers[0];
    assert_refused(&x, swapped, 2, ERR_ANSWER);
    exchange_close(&x);
}

static void finish_refuses_another_number_of_answers(void **state)
{
    (void)state;
    pair p;
    pair_make(&p, 33);
    static const size_t counts[] = {0, 1, 3};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        exchange x;
        mpc_sign_answer answers[3];
        exchange_open(&x, &p, 2);
        exchange_answer(&x, &p);
        memcpy(answers, x.answers, 2 * sizeof *answers);
        answers[2] = answers[1];
        assert_refused(&x, answers, counts[i], ERR_ANSWER);
        exchange_close(&x);
    }
}

/* Two answers under one nonce give the share to the server. A session answers once, whatever the second answer is: the same, a
 * fresh one to the same request, or one after a failure. */
static void finish_consumes_the_session(void **state)
{
    (void)state;
    pair p;
    exchange x;
    uint8_t first[64];
    mpc_sign_answer second;
    pair_make(&p, 34);
    exchange_open(&x, &p, 1);
    exchange_answer(&x, &p);
    assert_int_equal(mpc_device_finish(x.session, x.signatures, x.answers, 1), ERR_OK);
    memcpy(first, x.signatures[0], 64);

    assert_int_equal(mpc_device_finish(x.session, x.signatures, x.answers, 1), ERR_CONSUMED);
    assert_int_equal(mpc_server_sign_answer(&second, &p.share, &x.request, &x.checked, &p.rng), ERR_OK);
    assert_memory_not_equal(second.W, x.answers[0].W, POINT_SIZE);
    assert_int_equal(mpc_device_finish(x.session, x.signatures, &second, 1), ERR_CONSUMED);
    assert_memory_equal(x.signatures[0], first, 64);
    exchange_close(&x);
}

static void session_destroy_takes_null(void **state)
{
    (void)state;
    mpc_device_session_destroy(NULL);
}

/* ---- refresh ---- */

static void refresh_without_entropy_gives_no_share(void **state)
{
    (void)state;
    pair p;
    mpc_refresh_request request = {0};
    mpc_refresh_confirm confirm = {0};
    uint8_t u_server[32] = {1};
    scalar new_d1 = scalar_one;
    pair_make(&p, 40);
    p.generator.fail_at = 1;
    assert_int_equal(mpc_device_refresh(&request, &p.d1, p.share.P, &p.rng), ERR_ENTROPY);
    assert_int_equal(mpc_device_confirm(&confirm, &new_d1, &p.d1, &request, u_server, p.share.P, &p.rng), ERR_ENTROPY);
    assert_true(scalar_is_zero(&new_d1));
}

static void confirm_takes_its_ids_from_the_request(void **state)
{
    (void)state;
    pair p;
    mpc_refresh_request request = {0};
    mpc_refresh_confirm confirm = {0};
    uint8_t u_server[32] = {1};
    scalar new_d1, t;
    pair_make(&p, 41);
    memcpy(request.key_id, p.key_id, MPC_ID);
    pair_fresh(&p, request.rid, MPC_ID);
    assert_int_equal(mpc_device_confirm(&confirm, &new_d1, &p.d1, &request, u_server, p.share.P, &p.rng), ERR_OK);
    assert_memory_equal(confirm.key_id, request.key_id, MPC_ID);
    assert_memory_equal(confirm.rid, request.rid, MPC_ID);
    mpc_refresh_factor(&t, request.key_id, request.rid, request.u_device, u_server);
    scalar_mul(&t, &t, &p.d1);
    assert_true(scalar_equal(&t, &new_d1));
}

/* ---- authorisation ---- */

typedef struct handover {
    pair p;
    sm2_private workstation;
    uint8_t dW[32];
    mpc_authorise_request request;
    uint8_t sealed[MPC_SEALED];
} handover;

static const char scope_text[] = "{\"systems\":[\"emr\"],\"count\":200}";

static void handover_make(handover *h, uint32_t seed)
{
    scalar d;
    memset(h, 0, sizeof *h);
    pair_make(&h->p, seed);
    pair_random(&h->p, &d);
    scalar_to_bytes(h->dW, &d);
    assert_int_equal(sm2_private_from_bytes(&h->workstation, h->dW), ERR_OK);
    memcpy(h->request.key_id, h->p.key_id, MPC_ID);
    pair_fresh(&h->p, h->request.sid, MPC_ID);
    pair_fresh(&h->p, h->request.auth_id, MPC_ID);
    memcpy(h->request.pkW, h->workstation.public_key, POINT_SIZE);
    h->request.scope = bytes_of_text(scope_text);
    assert_int_equal(mpc_device_authorise(&h->request, h->sealed, &h->p.d1, h->p.share.P, &h->p.rng), ERR_OK);
}

static err open_sealed(const handover *h, bytes sealed, scalar *d1)
{
    return mpc_device_authorised(d1, sealed, h->dW, h->request.auth_id, h->p.share.P, h->request.scope);
}

static void authorised_share_is_d1_times_t(void **state)
{
    (void)state;
    handover h;
    scalar d1, t;
    handover_make(&h, 50);
    assert_ptr_equal(h.request.sealed.p, h.sealed);
    assert_int_equal(h.request.sealed.n, MPC_SEALED);
    assert_int_equal(open_sealed(&h, h.request.sealed, &d1), ERR_OK);
    assert_int_equal(scalar_from_bytes(&t, h.request.t), ERR_OK);
    scalar_mul(&t, &t, &h.p.d1);
    assert_true(scalar_equal(&t, &d1));
    assert_false(scalar_equal(&h.p.d1, &d1));
}

static void authorise_refuses_a_workstation_key_that_is_no_point(void **state)
{
    (void)state;
    handover h;
    handover_make(&h, 51);
    for (size_t i = 0; i < PAIR_BAD_POINTS; i++) {
        pair_spoil_point(h.request.pkW, h.workstation.public_key, i);
        assert_int_equal(mpc_device_authorise(&h.request, h.sealed, &h.p.d1, h.p.share.P, &h.p.rng), ERR_POINT);
        assert_true(pair_is_zero(h.request.t, 32));
    }
}

static void authorise_without_entropy_gives_nothing(void **state)
{
    (void)state;
    handover h;
    handover_make(&h, 52);
    uint32_t drawn = h.p.generator.drawn;
    for (uint32_t i = 1; i <= 3; i++) {
        h.p.generator.drawn = drawn;
        h.p.generator.fail_at = drawn + i;
        memset(h.request.t, 0, 32);
        assert_int_equal(mpc_device_authorise(&h.request, h.sealed, &h.p.d1, h.p.share.P, &h.p.rng), ERR_ENTROPY);
        assert_true(pair_is_zero(h.request.t, 32));
    }
}

static void authorised_refuses_a_changed_cipher(void **state)
{
    (void)state;
    handover h;
    scalar d1;
    handover_make(&h, 53);
    for (size_t i = 0; i < MPC_SEALED; i += 11) {
        uint8_t bad[MPC_SEALED];
        memcpy(bad, h.sealed, sizeof bad);
        bad[i] ^= 0x10;
        d1 = scalar_one;
        assert_int_equal(open_sealed(&h, bytes_of(bad, sizeof bad), &d1), ERR_DECRYPT);
        assert_true(scalar_is_zero(&d1));
    }
}

static void authorised_refuses_a_cipher_of_another_length(void **state)
{
    (void)state;
    handover h;
    uint8_t longer[MPC_SEALED + 1], plain[MPC_SEAL_PLAIN + 1] = {0};
    scalar d1;
    handover_make(&h, 54);
    assert_int_equal(open_sealed(&h, bytes_of(NULL, 0), &d1), ERR_DECRYPT);
    assert_int_equal(open_sealed(&h, bytes_of(h.sealed, MPC_SEALED - 1), &d1), ERR_DECRYPT);
    /* Well encrypted, a byte too long: it would overrun the plain text's buffer. */
    assert_int_equal(sm2_encrypt(longer, h.request.pkW, bytes_of(plain, sizeof plain), &h.p.rng), ERR_OK);
    assert_int_equal(open_sealed(&h, bytes_of(longer, sizeof longer), &d1), ERR_DECRYPT);
}

static void authorised_refuses_the_wrong_key(void **state)
{
    (void)state;
    handover h;
    scalar d1;
    handover_make(&h, 55);
    h.dW[31] ^= 1;
    assert_int_equal(open_sealed(&h, h.request.sealed, &d1), ERR_DECRYPT);
    pair_spoil_scalar(h.dW, 1);
    assert_int_equal(open_sealed(&h, h.request.sealed, &d1), ERR_SCALAR);
}

/* Seals a text that anybody could seal, pkW being public: the right one changed at `at`. */
static err open_forged(handover *h, size_t at, const uint8_t *replacement, size_t n)
{
    uint8_t plain[MPC_SEAL_PLAIN], sealed[MPC_SEALED];
    scalar d1 = scalar_one;
    assert_int_equal(sm2_decrypt(plain, &h->workstation, h->request.sealed), ERR_OK);
    if (replacement != NULL)
        memcpy(plain + at, replacement, n);
    else
        plain[at] ^= 1;
    assert_int_equal(sm2_encrypt(sealed, h->request.pkW, bytes_of(plain, sizeof plain), &h->p.rng), ERR_OK);
    err e = open_sealed(h, bytes_of(sealed, sizeof sealed), &d1);
    assert_true(e == ERR_OK || scalar_is_zero(&d1));
    return e;
}

enum { SEAL_AUTH_ID = 23, SEAL_P = SEAL_AUTH_ID + 16, SEAL_SCOPE = SEAL_P + 65, SEAL_D1 = SEAL_SCOPE + 32 };

static void authorised_refuses_another_tag(void **state)
{
    (void)state;
    handover h;
    handover_make(&h, 56);
    assert_int_equal(open_forged(&h, 0, NULL, 0), ERR_ANSWER);
    assert_int_equal(open_forged(&h, SEAL_AUTH_ID - 1, NULL, 0), ERR_ANSWER);
    assert_int_equal(open_forged(&h, SEAL_D1 + 31, NULL, 0), ERR_OK);
}

static void authorised_refuses_another_auth_id(void **state)
{
    (void)state;
    handover h;
    handover_make(&h, 57);
    assert_int_equal(open_forged(&h, SEAL_AUTH_ID, NULL, 0), ERR_ANSWER);
    assert_int_equal(open_forged(&h, SEAL_P - 1, NULL, 0), ERR_ANSWER);
}

static void authorised_refuses_another_key(void **state)
{
    (void)state;
    handover h;
    handover_make(&h, 58);
    assert_int_equal(open_forged(&h, SEAL_P, NULL, 0), ERR_ANSWER);
    assert_int_equal(open_forged(&h, SEAL_SCOPE - 1, NULL, 0), ERR_ANSWER);
}

static void authorised_refuses_another_scope(void **state)
{
    (void)state;
    handover h;
    scalar d1;
    handover_make(&h, 59);
    assert_int_equal(open_forged(&h, SEAL_SCOPE, NULL, 0), ERR_ANSWER);
    assert_int_equal(open_forged(&h, SEAL_D1 - 1, NULL, 0), ERR_ANSWER);
    h.request.scope = bytes_of_text("{\"systems\":[\"emr\"],\"count\":999}");
    assert_int_equal(open_sealed(&h, h.request.sealed, &d1), ERR_ANSWER);
}

static void authorised_refuses_a_share_out_of_range(void **state)
{
    (void)state;
    handover h;
    handover_make(&h, 60);
    for (size_t i = 0; i < PAIR_BAD_SCALARS; i++) {
        uint8_t bad[32];
        pair_spoil_scalar(bad, i);
        assert_int_equal(open_forged(&h, SEAL_D1, bad, sizeof bad), ERR_ANSWER);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pin_of_six_to_twelve_digits_is_accepted),
        cmocka_unit_test(pin_that_is_malformed_or_common_is_refused),
        cmocka_unit_test(masked_share_comes_back_under_its_pin),
        cmocka_unit_test(pin_guess_from_storage_alone_tells_nothing),
        cmocka_unit_test(every_masking_has_a_fresh_salt),
        cmocka_unit_test(masking_refuses_weak_pins_and_few_iterations),
        cmocka_unit_test(masking_refuses_a_share_equal_to_its_mask),
        cmocka_unit_test(unmasking_refuses_a_blob_that_is_none),
        cmocka_unit_test(the_mask_alone_opens_its_blob),
        cmocka_unit_test(keygen_proves_the_inverse_of_d1),
        cmocka_unit_test(keygen_without_entropy_gives_nothing),
        cmocka_unit_test(keep_masks_the_share_and_wipes_it),
        cmocka_unit_test(keep_refuses_malformed_points),
        cmocka_unit_test(keep_refuses_a_P_that_does_not_belong_to_P2),
        cmocka_unit_test(keep_refuses_P_equal_to_G),
        cmocka_unit_test(keep_refuses_P_equal_to_minus_G),
        cmocka_unit_test(keep_refuses_the_answer_to_another_enrolment),
        cmocka_unit_test(sign_refuses_empty_and_oversized_batches),
        cmocka_unit_test(sign_refuses_a_key_that_is_no_point),
        cmocka_unit_test(sign_without_entropy_opens_no_session),
        cmocka_unit_test(sign_nonces_differ_under_a_stuck_generator),
        cmocka_unit_test(finish_refuses_a_W_that_is_no_point),
        cmocka_unit_test(finish_refuses_an_s1_out_of_range),
        cmocka_unit_test(finish_refuses_a_changed_answer),
        cmocka_unit_test(finish_refuses_a_document_swapped_by_the_server),
        cmocka_unit_test(finish_signs_the_digests_of_the_session),
        cmocka_unit_test(finish_refuses_degenerate_signatures),
        cmocka_unit_test(verification_refuses_degenerate_signatures),
        cmocka_unit_test(finish_of_a_batch_is_all_or_nothing),
        cmocka_unit_test(finish_refuses_answers_in_another_order),
        cmocka_unit_test(finish_refuses_another_number_of_answers),
        cmocka_unit_test(finish_consumes_the_session),
        cmocka_unit_test(session_destroy_takes_null),
        cmocka_unit_test(refresh_without_entropy_gives_no_share),
        cmocka_unit_test(confirm_takes_its_ids_from_the_request),
        cmocka_unit_test(authorised_share_is_d1_times_t),
        cmocka_unit_test(authorise_refuses_a_workstation_key_that_is_no_point),
        cmocka_unit_test(authorise_without_entropy_gives_nothing),
        cmocka_unit_test(authorised_refuses_a_changed_cipher),
        cmocka_unit_test(authorised_refuses_a_cipher_of_another_length),
        cmocka_unit_test(authorised_refuses_the_wrong_key),
        cmocka_unit_test(authorised_refuses_another_tag),
        cmocka_unit_test(authorised_refuses_another_auth_id),
        cmocka_unit_test(authorised_refuses_another_key),
        cmocka_unit_test(authorised_refuses_another_scope),
        cmocka_unit_test(authorised_refuses_a_share_out_of_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
