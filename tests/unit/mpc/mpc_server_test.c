#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>

#include "crypto/nonce.h"
#include "unit/mpc/pair.h"

/* ---- key generation ---- */

static void keygen_shares_make_the_key_of_the_certificate(void **state)
{
    (void)state;
    pair p;
    scalar d;
    point P;
    uint8_t encoded[POINT_SIZE];
    pair_make(&p, 1);
    pair_whole_key(&p, &d);
    point_mul_base(&P, &d);
    assert_int_equal(point_to_bytes(encoded, &P), ERR_OK);
    assert_memory_equal(encoded, p.share.P, POINT_SIZE);
    assert_memory_equal(p.answer.P, p.share.P, POINT_SIZE);
    assert_memory_equal(p.answer.key_id, p.key_id, MPC_ID);
    assert_memory_equal(p.keygen.P1, p.share.P1, POINT_SIZE);
}

static err keygen(pair *p, const mpc_keygen_request *request)
{
    mpc_keygen_answer answer;
    mpc_server_share share;
    memset(&share, 0xcc, sizeof share);
    err e = mpc_server_keygen(&share, &answer, request, p->key_id, &p->rng);
    assert_true(e == ERR_OK || pair_is_zero(&share, sizeof share));
    return e;
}

static void keygen_refuses_a_P1_that_is_no_point(void **state)
{
    (void)state;
    pair p;
    pair_make(&p, 2);
    for (size_t i = 0; i < PAIR_BAD_POINTS; i++) {
        mpc_keygen_request bad = p.keygen;
        pair_spoil_point(bad.P1, p.keygen.P1, i);
        assert_int_equal(keygen(&p, &bad), ERR_POINT);
    }
}

/* Without the proof a device could send a P1 made from somebody else's key, and a changed enrolment would pass. */
static void keygen_refuses_a_request_without_its_proof(void **state)
{
    (void)state;
    pair p, other;
    mpc_keygen_request bad;
    pair_make(&p, 3);
    pair_make(&other, 4);
    bad = p.keygen;
    memcpy(bad.P1, other.keygen.P1, POINT_SIZE);
    assert_int_equal(keygen(&p, &bad), ERR_PROOF);
    bad = p.keygen;
    bad.enrolment_id[0] ^= 1;
    assert_int_equal(keygen(&p, &bad), ERR_PROOF);
    bad = p.keygen;
    bad.proof.c[0] ^= 1;
    assert_int_equal(keygen(&p, &bad), ERR_PROOF);
    bad = p.keygen;
    bad.proof.z[31] ^= 1;
    assert_int_equal(keygen(&p, &bad), ERR_PROOF);
    for (size_t i = 0; i < PAIR_BAD_SCALARS; i++) {
        bad = p.keygen;
        pair_spoil_scalar(bad.proof.z, i);
        assert_int_equal(keygen(&p, &bad), ERR_SCALAR);
    }
    assert_int_equal(keygen(&p, &p.keygen), ERR_OK);
}

/* P = infinity for d2 = d1^-1, P = G for d2 = (2 * d1)^-1; P = -G would need an infinite P1. The first d2 drawn is that one:
 * 48 bytes of d2 - 1, which scalar_random raises by one. */
static void assert_d2_redrawn(pair *p, const scalar *d2)
{
    mpc_server_share share;
    mpc_keygen_answer answer;
    scalar less;
    uint8_t drawn[48] = {0};
    assert_int_equal(mpc_step_keygen_answer(&share, &answer, &p->keygen, p->key_id, d2), ERR_SCALAR);

    scalar_sub(&less, d2, &scalar_one);
    scalar_to_bytes(drawn + 16, &less);
    pair_rng generator = {.seed = 5, .first = drawn, .first_n = sizeof drawn};
    entropy rng = pair_entropy(&generator);
    assert_int_equal(mpc_server_keygen(&share, &answer, &p->keygen, p->key_id, &rng), ERR_OK);
    assert_int_equal(generator.drawn, 2);
    assert_false(scalar_equal(&share.d2, d2));
    assert_int_equal(mpc_step_keygen_check(&p->d1, &p->keygen, &answer), ERR_OK);
}

static void keygen_draws_again_where_P_is_infinity(void **state)
{
    (void)state;
    pair p;
    scalar d2;
    pair_make(&p, 6);
    scalar_inv(&d2, &p.d1);
    assert_d2_redrawn(&p, &d2);
}

static void keygen_draws_again_where_P_is_G(void **state)
{
    (void)state;
    pair p;
    scalar d2;
    pair_make(&p, 7);
    scalar_add(&d2, &p.d1, &p.d1);
    scalar_inv(&d2, &d2);
    assert_d2_redrawn(&p, &d2);
}

static void keygen_without_entropy_gives_no_share(void **state)
{
    (void)state;
    pair p;
    pair_make(&p, 8);
    p.generator.fail_at = 1;
    assert_int_equal(keygen(&p, &p.keygen), ERR_ENTROPY);
}

static void keygen_repeat_gives_the_same_answer(void **state)
{
    (void)state;
    pair p;
    mpc_keygen_answer again;
    pair_make(&p, 9);
    assert_int_equal(mpc_server_keygen_repeat(&again, &p.share, p.key_id), ERR_OK);
    assert_memory_equal(&again, &p.answer, sizeof again);
}

static void keygen_repeat_refuses_a_spoilt_share(void **state)
{
    (void)state;
    pair p;
    mpc_keygen_answer again;
    mpc_server_share bad;
    pair_make(&p, 10);
    bad = p.share;
    scalar_wipe(&bad.d2);
    assert_int_equal(mpc_server_keygen_repeat(&again, &bad, p.key_id), ERR_CORRUPT);
    bad = p.share;
    scalar_add(&bad.d2, &bad.d2, &scalar_one);
    assert_int_equal(mpc_server_keygen_repeat(&again, &bad, p.key_id), ERR_CORRUPT);
    bad = p.share;
    bad.P1[64] ^= 1;
    assert_int_equal(mpc_server_keygen_repeat(&again, &bad, p.key_id), ERR_CORRUPT);
    bad = p.share;
    bad.P[64] ^= 1;
    assert_int_equal(mpc_server_keygen_repeat(&again, &bad, p.key_id), ERR_CORRUPT);
}

static void share_wipe_leaves_nothing(void **state)
{
    (void)state;
    pair p;
    pair_make(&p, 11);
    mpc_server_share_wipe(&p.share);
    assert_true(pair_is_zero(&p.share, sizeof p.share));
}

/* ---- signing: round trips ---- */

static EVP_PKEY *openssl_key(const uint8_t P[POINT_SIZE])
{
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "SM2", NULL);
    char group[] = "SM2";
    uint8_t encoded[POINT_SIZE];
    memcpy(encoded, P, POINT_SIZE);
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
                           OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, encoded, sizeof encoded),
                           OSSL_PARAM_construct_end()};
    assert_int_equal(EVP_PKEY_fromdata_init(ctx), 1);
    assert_int_equal(EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params), 1);
    EVP_PKEY_CTX_free(ctx);
    return key;
}

/* OpenSSL hashes the message with Z itself: nothing of ours takes part. */
static bool openssl_verifies(EVP_PKEY *key, bytes message, const uint8_t rs[64])
{
    uint8_t *der = NULL;
    ECDSA_SIG *sig = ECDSA_SIG_new();
    assert_int_equal(ECDSA_SIG_set0(sig, BN_bin2bn(rs, 32, NULL), BN_bin2bn(rs + 32, 32, NULL)), 1);
    int der_n = i2d_ECDSA_SIG(sig, &der);
    assert_true(der_n > 0);
    EVP_PKEY_CTX *key_ctx = EVP_PKEY_CTX_new(key, NULL);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    assert_int_equal(EVP_PKEY_CTX_set1_id(key_ctx, SM2_DEFAULT_ID, 16), 1);
    EVP_MD_CTX_set_pkey_ctx(ctx, key_ctx);
    assert_int_equal(EVP_DigestVerifyInit(ctx, NULL, EVP_sm3(), NULL, key), 1);
    int ok = EVP_DigestVerify(ctx, der, (size_t)der_n, message.p, message.n);
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_CTX_free(key_ctx);
    ECDSA_SIG_free(sig);
    OPENSSL_free(der);
    return ok == 1;
}

static void round_trip(pair *p, size_t m)
{
    exchange x;
    EVP_PKEY *key = openssl_key(p->share.P);
    uint8_t message[40] = "record ";
    exchange_open(&x, p, m);
    for (uint32_t i = 0; i < m; i++) {
        store_u32be(message + 8, i);
        sm2_digest(x.request.items[i].e, p->share.P, bytes_of(message, sizeof message));
    }
    exchange_answer(&x, p);
    assert_int_equal(mpc_device_finish(x.session, x.signatures, x.answers, m), ERR_OK);
    for (uint32_t i = 0; i < m; i++) {
        store_u32be(message + 8, i);
        assert_int_equal(sm2_verify_bytes(p->share.P, x.request.items[i].e, x.signatures[i]), ERR_OK);
        assert_true(openssl_verifies(key, bytes_of(message, sizeof message), x.signatures[i]));
        message[39] ^= 1;
        if (i == 0)
            assert_false(openssl_verifies(key, bytes_of(message, sizeof message), x.signatures[i]));
        message[39] ^= 1;
    }
    exchange_close(&x);
    EVP_PKEY_free(key);
}

static void round_trips_of_one_and_two(void **state)
{
    (void)state;
    for (uint32_t seed = 20; seed < 28; seed++) {
        pair p;
        pair_make(&p, seed);
        round_trip(&p, 1);
        round_trip(&p, 2);
    }
}

static void round_trip_of_seventeen(void **state)
{
    (void)state;
    pair p;
    pair_make(&p, 28);
    round_trip(&p, 17);
}

static void round_trip_of_256(void **state)
{
    (void)state;
    pair p;
    pair_make(&p, 29);
    round_trip(&p, 256);
}

static void round_trip_of_a_full_batch(void **state)
{
    (void)state;
    pair p;
    pair_make(&p, 30);
    round_trip(&p, MPC_BATCH_MAX);
}

/* e may be any 32 bytes: 0, n, and more than n. */
static void round_trip_of_extreme_digests(void **state)
{
    (void)state;
    pair p;
    exchange x;
    pair_make(&p, 31);
    exchange_open(&x, &p, PAIR_BAD_SCALARS);
    for (size_t i = 0; i < PAIR_BAD_SCALARS; i++)
        pair_spoil_scalar(x.request.items[i].e, i);
    exchange_answer(&x, &p);
    assert_int_equal(mpc_device_finish(x.session, x.signatures, x.answers, x.m), ERR_OK);
    for (size_t i = 0; i < x.m; i++)
        assert_int_equal(sm2_verify_bytes(p.share.P, x.request.items[i].e, x.signatures[i]), ERR_OK);
    exchange_close(&x);
}

/* A device may relate its nonces; an addition that is wrong for equal or opposite points would tell it digits of d2^-1. */
static void round_trip_of_related_commitments(void **state)
{
    (void)state;
    enum { M = 6 };
    pair p;
    exchange x;
    mpc_step_nonces nonces[M];
    scalar k;
    pair_make(&p, 32);
    exchange_open(&x, &p, M);
    for (size_t i = 0; i < M; i++) {
        pair_random(&p, &nonces[i].a);
        nonces[i].b = nonces[i].a;
    }
    scalar_neg(&nonces[1].b, &nonces[1].a);
    scalar_add(&nonces[2].b, &nonces[2].a, &nonces[2].a);
    scalar_add(&nonces[3].a, &nonces[3].b, &nonces[3].b);
    nonces[4].a = nonces[4].b = scalar_one;
    scalar_neg(&nonces[5].a, &scalar_one);
    nonces[5].b = scalar_one;
    pair_random(&p, &k);
    assert_int_equal(mpc_step_sign_request(&x.session, &x.request, &p.d1, p.share.P, nonces, &k), ERR_OK);
    assert_int_equal(mpc_server_sign_check(&x.checked, x.points, &p.share, &x.request), ERR_OK);
    assert_int_equal(mpc_server_sign_answer(x.answers, &p.share, &x.request, &x.checked, &p.rng), ERR_OK);
    assert_int_equal(mpc_device_finish(x.session, x.signatures, x.answers, M), ERR_OK);
    exchange_close(&x);
}

/* ---- signing: the checks ---- */

static err sign_check(exchange *x, const pair *p)
{
    mpc_server_checked checked;
    err e = mpc_server_sign_check(&checked, x->points, &p->share, &x->request);
    assert_true(e == ERR_OK || pair_is_zero(checked.tr, sizeof checked.tr));
    return e;
}

static void sign_check_refuses_empty_and_oversized_batches(void **state)
{
    (void)state;
    pair p;
    exchange x;
    mpc_server_checked checked;
    pair_make(&p, 40);
    exchange_open(&x, &p, 1);
    exchange_request(&x, &p);
    static const size_t counts[] = {0, MPC_BATCH_MAX + 1, SIZE_MAX};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        x.request.m = counts[i];
        assert_int_equal(mpc_server_sign_check(&checked, x.points, &p.share, &x.request), ERR_LENGTH);
    }
    exchange_close(&x);
}

static void sign_check_refuses_commitments_that_are_no_points(void **state)
{
    (void)state;
    pair p;
    exchange x;
    pair_make(&p, 41);
    exchange_open(&x, &p, 3);
    exchange_request(&x, &p);
    for (size_t i = 0; i < x.m; i++)
        for (size_t variant = 0; variant < PAIR_BAD_POINTS; variant++) {
            mpc_sign_item *item = &x.request.items[i];
            const mpc_sign_item good = *item;
            pair_spoil_point(item->A, good.A, variant);
            assert_int_equal(sign_check(&x, &p), ERR_POINT);
            *item = good;
            pair_spoil_point(item->B, good.B, variant);
            assert_int_equal(sign_check(&x, &p), ERR_POINT);
            *item = good;
        }
    assert_int_equal(sign_check(&x, &p), ERR_OK);
    exchange_close(&x);
}

static void assert_bound_by_proof(exchange *x, const pair *p, uint8_t *field, size_t n)
{
    for (size_t bit = 0; bit < 8 * n; bit += 8 * n / 5) {
        field[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(sign_check(x, p), ERR_PROOF);
        field[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

static void sign_check_refuses_any_change_of_the_request(void **state)
{
    (void)state;
    pair p;
    exchange x;
    uint8_t other[POINT_SIZE];
    pair_make(&p, 42);
    exchange_open(&x, &p, 3);
    exchange_request(&x, &p);
    assert_int_equal(point_to_bytes(other, &point_generator), ERR_OK);
    assert_bound_by_proof(&x, &p, x.request.key_id, MPC_ID);
    assert_bound_by_proof(&x, &p, x.request.sid, MPC_ID);
    assert_bound_by_proof(&x, &p, x.request.proof.c, MPC_CHALLENGE);
    for (size_t bit = 64; bit < 256; bit += 9) {
        x.request.proof.z[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(sign_check(&x, &p), ERR_PROOF);
        x.request.proof.z[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t i = 0; i < x.m; i++) {
        mpc_sign_item *item = &x.request.items[i];
        const mpc_sign_item good = *item;
        assert_bound_by_proof(&x, &p, item->e, 32);
        memcpy(item->A, other, POINT_SIZE);
        assert_int_equal(sign_check(&x, &p), ERR_PROOF);
        *item = good;
        memcpy(item->B, other, POINT_SIZE);
        assert_int_equal(sign_check(&x, &p), ERR_PROOF);
        memcpy(item->A, good.B, POINT_SIZE);
        memcpy(item->B, good.A, POINT_SIZE);
        assert_int_equal(sign_check(&x, &p), ERR_PROOF);
        *item = good;
    }
    const mpc_sign_item first = x.request.items[0];
    x.request.items[0] = x.request.items[1];
    x.request.items[1] = first;
    assert_int_equal(sign_check(&x, &p), ERR_PROOF);
    x.request.items[1] = x.request.items[0];
    x.request.items[0] = first;
    x.request.m = 2;
    assert_int_equal(sign_check(&x, &p), ERR_PROOF);
    x.request.m = 3;
    assert_int_equal(sign_check(&x, &p), ERR_OK);
    exchange_close(&x);
}

static void sign_check_refuses_a_z_out_of_range(void **state)
{
    (void)state;
    pair p;
    exchange x;
    pair_make(&p, 43);
    exchange_open(&x, &p, 1);
    exchange_request(&x, &p);
    for (size_t i = 0; i < PAIR_BAD_SCALARS; i++) {
        pair_spoil_scalar(x.request.proof.z, i);
        assert_int_equal(sign_check(&x, &p), ERR_SCALAR);
    }
    exchange_close(&x);
}

/* A wrong PIN gives a wrong d1 and with it a P1 that is not the key's: the one thing the server sees. */
static void sign_check_refuses_a_wrong_pin(void **state)
{
    (void)state;
    pair p;
    mpc_device_blob blob;
    pair_make(&p, 44);
    assert_int_equal(mpc_device_mask(&blob, &p.d1, p.share.P, bytes_of_text(PAIR_PIN), MPC_ITERATIONS_MIN, &p.rng),
                     ERR_OK);
    static const char *const pins[] = {PAIR_PIN, "274951"};
    for (size_t i = 0; i < 2; i++) {
        exchange x;
        scalar d1;
        assert_int_equal(mpc_device_unmask(&d1, &blob, bytes_of_text(pins[i])), ERR_OK);
        exchange_open(&x, &p, 1);
        assert_int_equal(mpc_device_sign(&x.session, &x.request, &d1, blob.P, &p.rng), ERR_OK);
        assert_int_equal(sign_check(&x, &p), i == 0 ? ERR_OK : ERR_PROOF);
        exchange_close(&x);
    }
}

static void sign_check_refuses_the_share_of_another_key(void **state)
{
    (void)state;
    pair p, other;
    exchange x;
    pair_make(&p, 45);
    pair_make(&other, 46);
    exchange_open(&x, &p, 1);
    exchange_request(&x, &p);
    assert_int_equal(sign_check(&x, &other), ERR_PROOF);
    other.share = p.share;
    other.share.P[1] ^= 1;
    assert_int_equal(sign_check(&x, &other), ERR_PROOF);
    exchange_close(&x);
}

/* The right PIN does not do: whoever does not know the logarithms of A and B gets no multiple of them by d2^-1. */
static void sign_check_refuses_commitments_of_unknown_logarithm(void **state)
{
    (void)state;
    pair p;
    exchange x;
    scalar inverse, k;
    uint8_t tr[32];
    pair_make(&p, 46);
    exchange_open(&x, &p, 1);
    memcpy(x.request.items[0].A, p.share.P, POINT_SIZE);
    memcpy(x.request.items[0].B, p.answer.P2, POINT_SIZE);
    mpc_sign_transcript(tr, &x.request, p.share.P, p.share.P1);
    scalar_inv(&inverse, &p.d1);
    pair_random(&p, &k);
    assert_int_equal(mpc_prove(&x.request.proof, tr, &inverse, &k), ERR_OK);
    assert_int_equal(mpc_server_sign_check(&x.checked, x.points, &p.share, &x.request), ERR_PROOF);
    exchange_close(&x);
}

static void sign_refuses_a_spoilt_share(void **state)
{
    (void)state;
    pair p;
    exchange x;
    pair_make(&p, 47);
    exchange_open(&x, &p, 1);
    exchange_request(&x, &p);
    p.share.P1[64] ^= 1;
    assert_int_equal(sign_check(&x, &p), ERR_CORRUPT);
    scalar_wipe(&p.share.d2);
    memset(x.answers, 0xcc, sizeof *x.answers);
    assert_int_equal(mpc_server_sign_answer(x.answers, &p.share, &x.request, &x.checked, &p.rng), ERR_CORRUPT);
    assert_true(pair_is_zero(x.answers, sizeof *x.answers));
    exchange_close(&x);
}

/* ---- signing: the answer ---- */

static void repeated_request_gets_fresh_values(void **state)
{
    (void)state;
    pair p;
    exchange x;
    mpc_sign_answer again[2];
    pair_make(&p, 50);
    exchange_open(&x, &p, 2);
    exchange_answer(&x, &p);
    assert_int_equal(mpc_server_sign_answer(again, &p.share, &x.request, &x.checked, &p.rng), ERR_OK);
    for (size_t i = 0; i < 2; i++) {
        assert_memory_not_equal(again[i].W, x.answers[i].W, POINT_SIZE);
        assert_memory_not_equal(again[i].s1, x.answers[i].s1, 32);
    }
    /* And they are as good as the first. */
    assert_int_equal(mpc_device_finish(x.session, x.signatures, again, 2), ERR_OK);
    exchange_close(&x);
}

static void answer_nonces_differ_under_a_stuck_generator(void **state)
{
    (void)state;
    enum { M = 20 };
    pair p;
    exchange x, y;
    pair_make(&p, 51);
    exchange_open(&x, &p, M);
    exchange_open(&y, &p, M);
    p.generator.stuck = true;
    exchange_answer(&x, &p);
    exchange_answer(&y, &p);
    for (size_t i = 0; i < M; i++)
        for (size_t j = 0; j < M; j++) {
            assert_memory_not_equal(x.answers[i].W, y.answers[j].W, POINT_SIZE);
            if (i != j)
                assert_memory_not_equal(x.answers[i].W, x.answers[j].W, POINT_SIZE);
        }
    exchange_close(&x);
    exchange_close(&y);
}

static void answer_without_entropy_gives_nothing(void **state)
{
    (void)state;
    enum { M = 20 };
    pair p;
    exchange x;
    pair_make(&p, 52);
    exchange_open(&x, &p, M);
    exchange_request(&x, &p);
    uint32_t drawn = p.generator.drawn;
    for (uint32_t i = 1; i <= M; i++) {
        p.generator.drawn = drawn;
        p.generator.fail_at = drawn + i;
        memset(x.answers, 0xcc, M * sizeof *x.answers);
        assert_int_equal(mpc_server_sign_answer(x.answers, &p.share, &x.request, &x.checked, &p.rng), ERR_ENTROPY);
        assert_true(pair_is_zero(x.answers, M * sizeof *x.answers));
    }
    exchange_close(&x);
}

static point first_multiple(const point_odd *p)
{
    return (point){p->multiple[0].x, p->multiple[0].y, fe_one};
}

/* R of a known w, as the server forms it. */
static void x_of_R(scalar *x, const exchange *ex, const pair *p, const scalar *w)
{
    scalar rho, inverse;
    point W, R;
    uint8_t encoded[POINT_SIZE];
    point_mul_base(&W, w);
    assert_int_equal(point_to_bytes(encoded, &W), ERR_OK);
    mpc_sign_binding(&rho, ex->checked.tr, 0, encoded);
    scalar_inv(&inverse, &p->share.d2);
    const point A = first_multiple(&ex->checked.points[0]), B = first_multiple(&ex->checked.points[1]);
    point_mul(&R, &rho, &B);
    point_add_var(&R, &R, &A);
    point_mul(&R, &inverse, &R);
    point_add_var(&R, &R, &W);
    assert_int_equal(point_x_scalar(x, &R), ERR_OK);
}

/* The w that the public call draws first, by the mixing of docs/spec/two-party-sm2.md. */
static void first_w(scalar *w, const exchange *x, const pair *p)
{
    pair_rng ahead = p->generator;
    uint8_t fresh[32];
    static const uint8_t index[4] = {0};
    const bytes parts[] = {bytes_of(x->checked.tr, 32), bytes_of(index, 4)};
    assert_int_equal(pair_fill(&ahead, fresh, sizeof fresh), ERR_OK);
    nonce_hedged(w, fresh, &p->share.d2, "answer", parts, 2);
}

/* e is put where the first w would give r = 0 (kind 0) or s1 = 0 (kind 1): that w is refused, and the public call takes the
 * next. */
static void assert_w_redrawn(int kind)
{
    pair p;
    exchange x;
    scalar w, e, second;
    pair_make(&p, 53);
    exchange_open(&x, &p, 1);
    exchange_request(&x, &p);
    first_w(&w, &x, &p);
    x_of_R(&e, &x, &p, &w);
    if (kind == 1)
        scalar_add(&e, &e, &w);
    scalar_neg(&e, &e);
    scalar_to_bytes(x.request.items[0].e, &e);
    memset(x.answers, 0xcc, sizeof *x.answers);
    assert_int_equal(mpc_step_sign_answer(x.answers, &p.share, &x.request, &x.checked, &w), ERR_SCALAR);
    assert_true(pair_is_zero(x.answers, sizeof *x.answers));

    uint32_t drawn = p.generator.drawn;
    assert_int_equal(mpc_server_sign_answer(x.answers, &p.share, &x.request, &x.checked, &p.rng), ERR_OK);
    assert_int_equal(p.generator.drawn, drawn + 2);
    assert_int_equal(scalar_from_bytes(&second, x.answers[0].s1), ERR_OK);
    exchange_close(&x);
}

static void answer_draws_again_where_r_is_zero(void **state)
{
    (void)state;
    assert_w_redrawn(0);
}

static void answer_draws_again_where_s1_is_zero(void **state)
{
    (void)state;
    assert_w_redrawn(1);
}

/* A = -d2 * w * G - rho * B makes R infinity; no device can send it, for rho follows from it. */
static void answer_refuses_R_at_infinity(void **state)
{
    (void)state;
    pair p;
    exchange x;
    scalar w, rho, k;
    point W, A;
    uint8_t encoded[POINT_SIZE];
    pair_make(&p, 54);
    exchange_open(&x, &p, 1);
    exchange_request(&x, &p);
    pair_random(&p, &w);
    point_mul_base(&W, &w);
    assert_int_equal(point_to_bytes(encoded, &W), ERR_OK);
    mpc_sign_binding(&rho, x.checked.tr, 0, encoded);
    scalar_mul(&k, &w, &p.share.d2);
    point_mul_base(&W, &k);
    const point B = first_multiple(&x.points[1]);
    point_mul(&A, &rho, &B);
    point_add_var(&A, &A, &W);
    point_neg(&A, &A);
    point_odd_var(&x.points[0], &A, 1);
    assert_int_equal(mpc_step_sign_answer(x.answers, &p.share, &x.request, &x.checked, &w), ERR_SCALAR);
    scalar_wipe(&w);
    assert_int_equal(mpc_step_sign_answer(x.answers, &p.share, &x.request, &x.checked, &w), ERR_SCALAR);
    exchange_close(&x);
}

/* ---- refresh ---- */

typedef struct renewal {
    pair p;
    mpc_refresh_request request;
    mpc_refresh_confirm confirm;
    uint8_t u_server[32];
    scalar new_d1;
    mpc_server_share fresh;
} renewal;

static void renewal_make(renewal *r, uint32_t seed)
{
    memset(r, 0, sizeof *r);
    pair_make(&r->p, seed);
    memcpy(r->request.key_id, r->p.key_id, MPC_ID);
    pair_fresh(&r->p, r->request.sid, MPC_ID);
    pair_fresh(&r->p, r->request.rid, MPC_ID);
    pair_fresh(&r->p, r->request.u_device, 32);
    pair_fresh(&r->p, r->u_server, 32);
    assert_int_equal(mpc_device_refresh(&r->request, &r->p.d1, r->p.share.P, &r->p.rng), ERR_OK);
    assert_int_equal(mpc_server_refresh_check(&r->p.share, &r->request), ERR_OK);
    assert_int_equal(mpc_server_refresh(&r->fresh, &r->p.share, &r->request, r->u_server), ERR_OK);
    pair_fresh(&r->p, r->confirm.sid, MPC_ID);
    assert_int_equal(
        mpc_device_confirm(&r->confirm, &r->new_d1, &r->p.d1, &r->request, r->u_server, r->p.share.P, &r->p.rng),
        ERR_OK);
    assert_int_equal(mpc_server_confirm_check(&r->fresh, &r->confirm), ERR_OK);
}

static err sign_once(pair *p, const scalar *d1, const mpc_server_share *share)
{
    exchange x;
    exchange_open(&x, p, 1);
    assert_int_equal(mpc_device_sign(&x.session, &x.request, d1, p->share.P, &p->rng), ERR_OK);
    err e = mpc_server_sign_check(&x.checked, x.points, share, &x.request);
    if (e == ERR_OK)
        e = mpc_server_sign_answer(x.answers, share, &x.request, &x.checked, &p->rng);
    if (e == ERR_OK)
        e = mpc_device_finish(x.session, x.signatures, x.answers, 1);
    exchange_close(&x);
    return e;
}

/* The same key before and after, and the halves of before and after do not go together. */
static void refreshed_shares_sign_for_the_same_key(void **state)
{
    (void)state;
    renewal r;
    renewal_make(&r, 60);
    assert_memory_equal(r.fresh.P, r.p.share.P, POINT_SIZE);
    assert_memory_not_equal(r.fresh.P1, r.p.share.P1, POINT_SIZE);
    assert_int_equal(sign_once(&r.p, &r.new_d1, &r.fresh), ERR_OK);
    assert_int_equal(sign_once(&r.p, &r.p.d1, &r.p.share), ERR_OK);
    assert_int_equal(sign_once(&r.p, &r.p.d1, &r.fresh), ERR_PROOF);
    assert_int_equal(sign_once(&r.p, &r.new_d1, &r.p.share), ERR_PROOF);
}

/* Even past the proof, halves of different ages make no signature. */
static void shares_of_different_ages_make_no_signature(void **state)
{
    (void)state;
    renewal r;
    renewal_make(&r, 61);
    mpc_server_share mixed = r.p.share;
    mixed.d2 = r.fresh.d2;
    assert_int_equal(sign_once(&r.p, &r.p.d1, &mixed), ERR_ANSWER);
}

static void refresh_may_write_over_the_share(void **state)
{
    (void)state;
    renewal r;
    renewal_make(&r, 62);
    mpc_server_share share = r.p.share;
    assert_int_equal(mpc_server_refresh(&share, &share, &r.request, r.u_server), ERR_OK);
    assert_memory_equal(&share, &r.fresh, sizeof share);
}

static void refresh_check_refuses_any_change(void **state)
{
    (void)state;
    renewal r;
    renewal_make(&r, 63);
    uint8_t *const fields[] = {r.request.key_id,   r.request.sid,     r.request.rid,
                               r.request.u_device, r.request.proof.c, r.request.proof.z + 16};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        for (size_t at = 0; at < MPC_ID; at += 5) {
            fields[i][at] ^= 1;
            assert_int_equal(mpc_server_refresh_check(&r.p.share, &r.request), ERR_PROOF);
            fields[i][at] ^= 1;
        }
    for (size_t i = 0; i < PAIR_BAD_SCALARS; i++) {
        pair_spoil_scalar(r.request.proof.z, i);
        assert_int_equal(mpc_server_refresh_check(&r.p.share, &r.request), ERR_SCALAR);
    }
}

static void confirm_check_refuses_any_change(void **state)
{
    (void)state;
    renewal r;
    renewal_make(&r, 64);
    uint8_t *const fields[] = {r.confirm.key_id, r.confirm.sid, r.confirm.rid, r.confirm.proof.c,
                               r.confirm.proof.z + 16};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        for (size_t at = 0; at < MPC_ID; at += 5) {
            fields[i][at] ^= 1;
            assert_int_equal(mpc_server_confirm_check(&r.fresh, &r.confirm), ERR_PROOF);
            fields[i][at] ^= 1;
        }
    /* The old share: the device must prove that it holds the new one. */
    assert_int_equal(mpc_server_confirm_check(&r.p.share, &r.confirm), ERR_PROOF);
    for (size_t i = 0; i < PAIR_BAD_SCALARS; i++) {
        pair_spoil_scalar(r.confirm.proof.z, i);
        assert_int_equal(mpc_server_confirm_check(&r.fresh, &r.confirm), ERR_SCALAR);
    }
}

/* The proofs of one step are none in another: each has its own tag. */
static void proofs_of_one_step_are_none_in_another(void **state)
{
    (void)state;
    renewal r;
    renewal_make(&r, 65);
    mpc_refresh_confirm confirm = r.confirm;
    confirm.proof = r.request.proof;
    memcpy(confirm.sid, r.request.sid, MPC_ID);
    assert_int_equal(mpc_server_confirm_check(&r.p.share, &confirm), ERR_PROOF);
    mpc_keygen_request keygen_request = r.p.keygen;
    keygen_request.proof = r.request.proof;
    assert_int_equal(keygen(&r.p, &keygen_request), ERR_PROOF);
}

/* A copy of the phone from before the refresh: its proof fails under the share, and verifies under the retired P1 alone put in
 * its place, which is how a clone is told from a wrong PIN. */
static void clone_after_refresh_verifies_under_the_retired_P1(void **state)
{
    (void)state;
    renewal r;
    exchange x;
    renewal_make(&r, 66);
    exchange_open(&x, &r.p, 1);
    assert_int_equal(mpc_device_sign(&x.session, &x.request, &r.p.d1, r.p.share.P, &r.p.rng), ERR_OK);
    assert_int_equal(mpc_server_sign_check(&x.checked, x.points, &r.fresh, &x.request), ERR_PROOF);
    mpc_server_share retired = {.d2 = {{0}}};
    memcpy(retired.P1, r.p.share.P1, POINT_SIZE);
    memcpy(retired.P, r.p.share.P, POINT_SIZE);
    assert_int_equal(mpc_server_sign_check(&x.checked, x.points, &retired, &x.request), ERR_OK);
    assert_int_equal(mpc_server_refresh_check(&r.fresh, &r.request), ERR_PROOF);
    assert_int_equal(mpc_server_refresh_check(&retired, &r.request), ERR_OK);
    exchange_close(&x);
}

static void refresh_refuses_a_spoilt_share(void **state)
{
    (void)state;
    renewal r;
    mpc_server_share bad, out;
    renewal_make(&r, 67);
    bad = r.p.share;
    bad.P1[64] ^= 1;
    assert_int_equal(mpc_server_refresh_check(&bad, &r.request), ERR_CORRUPT);
    assert_int_equal(mpc_server_confirm_check(&bad, &r.confirm), ERR_CORRUPT);
    assert_int_equal(mpc_server_refresh(&out, &bad, &r.request, r.u_server), ERR_CORRUPT);
    bad = r.p.share;
    scalar_wipe(&bad.d2);
    assert_int_equal(mpc_server_refresh(&out, &bad, &r.request, r.u_server), ERR_CORRUPT);
}

/* ---- authorisation ---- */

typedef struct handover {
    pair p;
    uint8_t dW[32], sealed[MPC_SEALED];
    mpc_authorise_request request;
} handover;

static void handover_make(handover *h, uint32_t seed)
{
    scalar d;
    sm2_private workstation;
    memset(h, 0, sizeof *h);
    pair_make(&h->p, seed);
    pair_random(&h->p, &d);
    scalar_to_bytes(h->dW, &d);
    assert_int_equal(sm2_private_from_bytes(&workstation, h->dW), ERR_OK);
    memcpy(h->request.key_id, h->p.key_id, MPC_ID);
    pair_fresh(&h->p, h->request.sid, MPC_ID);
    pair_fresh(&h->p, h->request.auth_id, MPC_ID);
    memcpy(h->request.pkW, workstation.public_key, POINT_SIZE);
    h->request.scope = bytes_of_text("scope");
    assert_int_equal(mpc_device_authorise(&h->request, h->sealed, &h->p.d1, h->p.share.P, &h->p.rng), ERR_OK);
}

static err authorise(const handover *h, const mpc_authorise_request *request)
{
    mpc_server_share authorised;
    return mpc_server_authorise(&authorised, &h->p.share, request);
}

static void authorised_workstation_signs_for_the_key(void **state)
{
    (void)state;
    handover h;
    mpc_server_share authorised;
    scalar d1;
    exchange x;
    handover_make(&h, 70);
    assert_int_equal(mpc_server_authorise(&authorised, &h.p.share, &h.request), ERR_OK);
    assert_memory_equal(authorised.P, h.p.share.P, POINT_SIZE);
    assert_int_equal(
        mpc_device_authorised(&d1, h.request.sealed, h.dW, h.request.auth_id, h.p.share.P, h.request.scope), ERR_OK);

    exchange_open(&x, &h.p, 3);
    memcpy(x.request.key_id, h.request.auth_id, MPC_ID);
    assert_int_equal(mpc_device_sign(&x.session, &x.request, &d1, authorised.P, &h.p.rng), ERR_OK);
    assert_int_equal(mpc_server_sign_check(&x.checked, x.points, &authorised, &x.request), ERR_OK);
    assert_int_equal(mpc_server_sign_answer(x.answers, &authorised, &x.request, &x.checked, &h.p.rng), ERR_OK);
    assert_int_equal(mpc_device_finish(x.session, x.signatures, x.answers, 3), ERR_OK);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(sm2_verify_bytes(h.p.share.P, x.request.items[i].e, x.signatures[i]), ERR_OK);
    exchange_close(&x);

    /* The workstation's share is none for the key itself, nor the phone's for the authorisation. */
    assert_int_equal(sign_once(&h.p, &d1, &h.p.share), ERR_PROOF);
    assert_int_equal(sign_once(&h.p, &h.p.d1, &authorised), ERR_PROOF);
}

static void authorise_refuses_any_change(void **state)
{
    (void)state;
    handover h;
    handover_make(&h, 71);
    uint8_t *const fields[] = {
        h.request.key_id,  h.request.sid,          h.request.auth_id, h.request.t + 16,
        h.request.proof.c, h.request.proof.z + 16, h.sealed,          h.sealed + MPC_SEALED - 16};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        for (size_t at = 0; at < MPC_ID; at += 5) {
            fields[i][at] ^= 1;
            assert_int_equal(authorise(&h, &h.request), ERR_PROOF);
            fields[i][at] ^= 1;
        }
    mpc_authorise_request bad = h.request;
    bad.scope = bytes_of_text("scopf");
    assert_int_equal(authorise(&h, &bad), ERR_PROOF);
    bad.scope = bytes_of_text("");
    assert_int_equal(authorise(&h, &bad), ERR_PROOF);
    bad = h.request;
    assert_int_equal(point_to_bytes(bad.pkW, &point_generator), ERR_OK);
    assert_int_equal(authorise(&h, &bad), ERR_PROOF);
    assert_int_equal(authorise(&h, &h.request), ERR_OK);
}

static void authorise_refuses_a_pkW_that_is_no_point(void **state)
{
    (void)state;
    handover h;
    handover_make(&h, 72);
    for (size_t i = 0; i < PAIR_BAD_POINTS; i++) {
        mpc_authorise_request bad = h.request;
        pair_spoil_point(bad.pkW, h.request.pkW, i);
        assert_int_equal(authorise(&h, &bad), ERR_POINT);
    }
}

static void authorise_refuses_scalars_out_of_range(void **state)
{
    (void)state;
    handover h;
    handover_make(&h, 73);
    for (size_t i = 0; i < PAIR_BAD_SCALARS; i++) {
        mpc_authorise_request bad = h.request;
        pair_spoil_scalar(bad.t, i);
        assert_int_equal(authorise(&h, &bad), ERR_SCALAR);
        bad = h.request;
        pair_spoil_scalar(bad.proof.z, i);
        assert_int_equal(authorise(&h, &bad), ERR_SCALAR);
    }
}

static void authorise_refuses_a_sealed_text_of_another_length(void **state)
{
    (void)state;
    handover h;
    handover_make(&h, 74);
    static const size_t lengths[] = {0, MPC_SEALED - 1};
    for (size_t i = 0; i < 2; i++) {
        mpc_authorise_request bad = h.request;
        bad.sealed.n = lengths[i];
        assert_int_equal(authorise(&h, &bad), ERR_LENGTH);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keygen_shares_make_the_key_of_the_certificate),
        cmocka_unit_test(keygen_refuses_a_P1_that_is_no_point),
        cmocka_unit_test(keygen_refuses_a_request_without_its_proof),
        cmocka_unit_test(keygen_draws_again_where_P_is_infinity),
        cmocka_unit_test(keygen_draws_again_where_P_is_G),
        cmocka_unit_test(keygen_without_entropy_gives_no_share),
        cmocka_unit_test(keygen_repeat_gives_the_same_answer),
        cmocka_unit_test(keygen_repeat_refuses_a_spoilt_share),
        cmocka_unit_test(share_wipe_leaves_nothing),
        cmocka_unit_test(round_trips_of_one_and_two),
        cmocka_unit_test(round_trip_of_seventeen),
        cmocka_unit_test(round_trip_of_256),
        cmocka_unit_test(round_trip_of_a_full_batch),
        cmocka_unit_test(round_trip_of_extreme_digests),
        cmocka_unit_test(round_trip_of_related_commitments),
        cmocka_unit_test(sign_check_refuses_empty_and_oversized_batches),
        cmocka_unit_test(sign_check_refuses_commitments_that_are_no_points),
        cmocka_unit_test(sign_check_refuses_any_change_of_the_request),
        cmocka_unit_test(sign_check_refuses_a_z_out_of_range),
        cmocka_unit_test(sign_check_refuses_a_wrong_pin),
        cmocka_unit_test(sign_check_refuses_the_share_of_another_key),
        cmocka_unit_test(sign_check_refuses_commitments_of_unknown_logarithm),
        cmocka_unit_test(sign_refuses_a_spoilt_share),
        cmocka_unit_test(repeated_request_gets_fresh_values),
        cmocka_unit_test(answer_nonces_differ_under_a_stuck_generator),
        cmocka_unit_test(answer_without_entropy_gives_nothing),
        cmocka_unit_test(answer_draws_again_where_r_is_zero),
        cmocka_unit_test(answer_draws_again_where_s1_is_zero),
        cmocka_unit_test(answer_refuses_R_at_infinity),
        cmocka_unit_test(refreshed_shares_sign_for_the_same_key),
        cmocka_unit_test(shares_of_different_ages_make_no_signature),
        cmocka_unit_test(refresh_may_write_over_the_share),
        cmocka_unit_test(refresh_check_refuses_any_change),
        cmocka_unit_test(confirm_check_refuses_any_change),
        cmocka_unit_test(proofs_of_one_step_are_none_in_another),
        cmocka_unit_test(clone_after_refresh_verifies_under_the_retired_P1),
        cmocka_unit_test(refresh_refuses_a_spoilt_share),
        cmocka_unit_test(authorised_workstation_signs_for_the_key),
        cmocka_unit_test(authorise_refuses_any_change),
        cmocka_unit_test(authorise_refuses_a_pkW_that_is_no_point),
        cmocka_unit_test(authorise_refuses_scalars_out_of_range),
        cmocka_unit_test(authorise_refuses_a_sealed_text_of_another_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
