/* The ROS attack (Benhamouda, Lepoint, Loss, Orru, Raykova: On the (in)security of ROS, Eurocrypt 2021) by the server on the device:
 * from 256 answers of its choice a signature on a document that was never shown. README.md says why it works and why it stops. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "attack/model.h"

/* 256 >= log2 n; candidates for a pair of W whose rho agree in its last 16 bits: about 320 are needed, and 4000 are too few
 * once in 10^53. */
enum { N = 256, BUCKETS = 1 << 16, CANDIDATES = 4000, CHUNK = 50 };

/* ---- the devices: N open signatures, in N sessions or in one batch ---- */

typedef struct devices {
    pair p;
    bool real; /* mpc_device.h, else the model */
    unsigned rho_bits;
    size_t sessions, m; /* sessions * m = N */
    mpc_step_nonces nonces[N];
    mpc_sign_item items[N];
    mpc_sign_request requests[N];
    mpc_device_session *open[N];
    model models[N];
} devices;

/* S1 of all: every request is on the table before the server answers one. */
static devices *devices_open(bool real, unsigned rho_bits, size_t sessions, uint32_t seed)
{
    devices *d = calloc(1, sizeof *d);
    assert_non_null(d);
    d->real = real;
    d->rho_bits = rho_bits;
    d->sessions = sessions;
    d->m = N / sessions;
    pair_make(&d->p, seed);
    for (size_t i = 0; i < N; i++) {
        pair_fresh(&d->p, d->items[i].e, 32);
        pair_random(&d->p, &d->nonces[i].a);
        pair_random(&d->p, &d->nonces[i].b);
    }
    for (size_t j = 0; j < sessions; j++) {
        scalar k;
        mpc_sign_request *request = &d->requests[j];
        request->m = d->m;
        request->items = d->items + j * d->m;
        memcpy(request->key_id, d->p.key_id, MPC_ID);
        pair_fresh(&d->p, request->sid, MPC_ID);
        if (real) {
            assert_int_equal(mpc_device_sign(&d->open[j], request, &d->p.d1, d->p.share.P, &d->p.rng), ERR_OK);
            continue;
        }
        pair_random(&d->p, &k);
        model_open(&d->models[j], rho_bits, &d->p.d1, d->p.share.P, request, d->nonces + j * d->m, &k);
        request->proof = d->models[j].request.proof;
    }
    return d;
}

/* S3 of all. */
static void devices_finish(devices *d, uint8_t (*signatures)[64], const mpc_sign_answer *answers)
{
    for (size_t j = 0; j < d->sessions; j++) {
        size_t first = j * d->m;
        err e = d->real ? mpc_device_finish(d->open[j], signatures + first, answers + first, d->m)
                        : model_finish(&d->models[j], signatures + first, answers + first);
        assert_int_equal(e, ERR_OK);
    }
}

static void devices_close(devices *d)
{
    for (size_t j = 0; j < d->sessions; j++)
        mpc_device_session_destroy(d->open[j]);
    free(d);
}

/* ---- the server: it knows its share and what was sent, and nothing of d1, a and b ---- */

typedef struct choice {
    mpc_sign_answer answers[2];
    scalar c[2];      /* w + r of either */
    point commitment; /* what the device's nonce is the logarithm of, for answers[0] */
} choice;

typedef struct server {
    scalar d2;
    uint8_t P[POINT_SIZE];
    unsigned rho_bits;
    choice choices[N];
    scalar coefficients[N];
    uint8_t forged[64];
} server;

/* Two w whose rho agree in the last 16 bits: all there is of rho where it is cut, and more than is needed where there is none. */
static void find_pair(scalar w[2], const scalar *start, const uint8_t tr[32], uint32_t i)
{
    static uint16_t seen[BUCKETS];
    point W[CHUNK];
    fe scratch[CHUNK];
    uint8_t encoded[CHUNK][POINT_SIZE], rho_bytes[32];
    scalar rho, step = *start;
    memset(seen, 0, sizeof seen);
    for (uint16_t n = 0; n < CANDIDATES; n += CHUNK) {
        point_mul_base(&W[0], &step);
        for (size_t k = 1; k < CHUNK; k++)
            point_add_var(&W[k], &W[k - 1], &point_generator);
        assert_int_equal(point_to_bytes_many(encoded, W, CHUNK, scratch), ERR_OK);
        for (uint16_t k = 0; k < CHUNK; k++) {
            mpc_sign_binding(&rho, tr, i, encoded[k]);
            scalar_to_bytes(rho_bytes, &rho);
            uint16_t *place = &seen[rho_bytes[30] << 8 | rho_bytes[31]];
            if (*place != 0) {
                uint8_t offset[16] = {0};
                store_u32be(offset + 12, *place - 1u);
                scalar_from_u128(&w[0], offset);
                scalar_add(&w[0], &w[0], start);
                w[1] = step;
                return;
            }
            *place = (uint16_t)(n + k + 1);
            scalar_add(&step, &step, &scalar_one);
        }
    }
    fail_msg("no two W with the same last 16 bits of rho");
}

/* Two answers ready for each item. */
static void prepare(server *s, pair_rng *generator, const mpc_sign_request *request, const uint8_t P1[POINT_SIZE],
                    choice *choices)
{
    uint8_t tr[32];
    const entropy rng = pair_entropy(generator);
    mpc_sign_transcript(tr, request, s->P, P1);
    for (uint32_t i = 0; i < request->m; i++) {
        scalar w[2], rho, start;
        assert_int_equal(scalar_random(&start, &rng), ERR_OK);
        find_pair(w, &start, tr, i);
        for (size_t b = 0; b < 2; b++)
            model_answer(&choices[i].answers[b], &choices[i].c[b], s->rho_bits, &s->d2, tr, i, &request->items[i],
                         &w[b]);
        model_rho(&rho, s->rho_bits, tr, i, choices[i].answers[0].W);
        model_commitment(&choices[i].commitment, &s->d2, &rho, &request->items[i]);
    }
}

/* The forged r, fixed before any answer goes out, and with it the one answer of each pair that makes the challenges add up. */
static void choose(server *s, const uint8_t e[32], const scalar *w, mpc_sign_answer *answers)
{
    scalar power = scalar_one, target, r, x;
    uint8_t bits[32];
    point R, term;
    scalar constant = {{0}};
    point_mul_base(&R, w);
    for (size_t i = 0; i < N; i++) {
        choice *c = &s->choices[i];
        scalar_sub(&x, &c->c[1], &c->c[0]);
        scalar_inv(&x, &x);
        scalar_mul(&s->coefficients[i], &power, &x);
        scalar_mul(&x, &s->coefficients[i], &c->c[0]);
        scalar_sub(&constant, &constant, &x);
        point_mul(&term, &s->coefficients[i], &c->commitment);
        point_add_var(&R, &R, &term);
        scalar_add(&power, &power, &power);
    }
    assert_int_equal(point_x_scalar(&x, &R), ERR_OK);
    scalar_from_digest(&r, e);
    scalar_add(&r, &r, &x);
    scalar_to_bytes(s->forged, &r);
    scalar_add(&target, w, &r);
    scalar_add(&target, &target, &constant);
    scalar_to_bytes(bits, &target);
    for (size_t i = 0; i < N; i++)
        answers[i] = s->choices[i].answers[bits[31 - i / 8] >> i % 8 & 1];
}

/* The forged s, from the signatures that the device gave out. */
static void combine(server *s, uint8_t (*signatures)[64])
{
    scalar sum = {{0}}, u, r;
    for (size_t i = 0; i < N; i++) {
        model_sum(&u, signatures[i]);
        scalar_mul(&u, &u, &s->coefficients[i]);
        scalar_add(&sum, &sum, &u);
    }
    scalar_from_digest(&r, s->forged);
    scalar_sub(&sum, &sum, &r);
    scalar_to_bytes(s->forged + 32, &sum);
}

/* Carries the attack out; ERR_OK where the forged signature verifies. */
static err attack(bool real, unsigned rho_bits, size_t sessions, uint32_t seed)
{
    static const char document[] = "Discharge with 500 mg morphine. Never shown to the signer.";
    static mpc_sign_answer answers[N];
    static uint8_t signatures[N][64];
    pair_rng generator = {.seed = seed + 1000};
    const entropy rng = pair_entropy(&generator);
    uint8_t e[32];
    scalar w;
    devices *d = devices_open(real, rho_bits, sessions, seed);
    server *s = calloc(1, sizeof *s);
    assert_non_null(s);
    s->d2 = d->p.share.d2;
    s->rho_bits = rho_bits;
    memcpy(s->P, d->p.share.P, POINT_SIZE);
    for (size_t j = 0; j < sessions; j++)
        prepare(s, &generator, &d->requests[j], d->p.share.P1, s->choices + j * d->m);
    sm2_digest(e, s->P, bytes_of_text(document));
    assert_int_equal(scalar_random(&w, &rng), ERR_OK);
    choose(s, e, &w, answers);
    devices_finish(d, signatures, answers);
    /* What the device gave out is on its own digests. */
    for (size_t i = 0; i < N; i++) {
        assert_int_equal(sm2_verify_bytes(s->P, d->items[i].e, signatures[i]), ERR_OK);
        assert_memory_not_equal(d->items[i].e, e, 32);
    }
    combine(s, signatures);
    err result = sm2_verify_bytes(s->P, e, s->forged);
    devices_close(d);
    free(s);
    return result;
}

static void the_model_at_full_width_is_the_device(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 3, 40};
    for (size_t n = 0; n < sizeof sizes / sizeof *sizes; n++) {
        pair p;
        exchange x;
        model d;
        scalar k;
        size_t m = sizes[n];
        pair_make(&p, 200 + (uint32_t)n);
        exchange_open(&x, &p, m);
        mpc_step_nonces *nonces = calloc(m, sizeof *nonces);
        mpc_sign_item *items = calloc(m, sizeof *items);
        uint8_t(*signatures)[64] = calloc(m, sizeof *signatures);
        assert_true(nonces && items && signatures);
        for (size_t i = 0; i < m; i++) {
            pair_random(&p, &nonces[i].a);
            pair_random(&p, &nonces[i].b);
            memcpy(items[i].e, x.request.items[i].e, 32);
        }
        pair_random(&p, &k);
        assert_int_equal(mpc_step_sign_request(&x.session, &x.request, &p.d1, p.share.P, nonces, &k), ERR_OK);
        mpc_sign_request request = x.request;
        request.items = items;
        model_open(&d, MODEL_FULL, &p.d1, p.share.P, &request, nonces, &k);
        assert_memory_equal(items, x.request.items, m * sizeof *items);
        assert_memory_equal(&d.request.proof, &x.request.proof, sizeof x.request.proof);
        assert_int_equal(mpc_server_sign_check(&x.checked, x.points, &p.share, &x.request), ERR_OK);
        assert_int_equal(mpc_server_sign_answer(x.answers, &p.share, &x.request, &x.checked, &p.rng), ERR_OK);
        assert_int_equal(mpc_device_finish(x.session, x.signatures, x.answers, m), ERR_OK);
        assert_int_equal(model_finish(&d, signatures, x.answers), ERR_OK);
        assert_memory_equal(signatures, x.signatures, m * sizeof *signatures);
        free(nonces);
        free(items);
        free(signatures);
        exchange_close(&x);
    }
}

static void sessions_of_the_plain_protocol_give_a_forgery(void **state)
{
    (void)state;
    assert_int_equal(attack(false, MODEL_PLAIN, N, 210), ERR_OK);
}

static void a_batch_of_the_plain_protocol_gives_a_forgery(void **state)
{
    (void)state;
    assert_int_equal(attack(false, MODEL_PLAIN, 1, 211), ERR_OK);
}

static void sessions_with_rho_cut_to_16_bits_give_a_forgery(void **state)
{
    (void)state;
    assert_int_equal(attack(false, MODEL_CUT, N, 212), ERR_OK);
}

static void a_batch_with_rho_cut_to_16_bits_gives_a_forgery(void **state)
{
    (void)state;
    assert_int_equal(attack(false, MODEL_CUT, 1, 213), ERR_OK);
}

/* The same attacker, on the real device. */
static void sessions_at_full_width_give_none(void **state)
{
    (void)state;
    assert_int_equal(attack(true, MODEL_FULL, N, 214), ERR_SIGNATURE);
    assert_int_equal(attack(false, MODEL_FULL, N, 215), ERR_SIGNATURE);
}

static void a_batch_at_full_width_gives_none(void **state)
{
    (void)state;
    assert_int_equal(attack(true, MODEL_FULL, 1, 216), ERR_SIGNATURE);
    assert_int_equal(attack(false, MODEL_FULL, 1, 217), ERR_SIGNATURE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_model_at_full_width_is_the_device),
        cmocka_unit_test(sessions_of_the_plain_protocol_give_a_forgery),
        cmocka_unit_test(a_batch_of_the_plain_protocol_gives_a_forgery),
        cmocka_unit_test(sessions_with_rho_cut_to_16_bits_give_a_forgery),
        cmocka_unit_test(a_batch_with_rho_cut_to_16_bits_gives_a_forgery),
        cmocka_unit_test(sessions_at_full_width_give_none),
        cmocka_unit_test(a_batch_at_full_width_gives_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
