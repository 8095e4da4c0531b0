#include "mpc/mpc_device.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/ct.h"
#include "crypto/nonce.h"
#include "crypto/sm3.h"
#include "mpc/mpc_step.h"

/* Points encoded with one inversion. */
enum { CHUNK = 32 };

typedef struct session_item {
    uint8_t e[32];
    scalar a, b;
    uint8_t rs[64];
} session_item;

struct mpc_device_session {
    atomic_flag consumed;
    size_t m;
    scalar d1;
    point P;
    uint8_t tr[32];
    session_item items[];
};

/* ---- PIN ---- */

/* Those of the commonest PINs (keypad paths, pairs, lucky numbers, dates) that are neither a run nor a repeated pattern. */
static const char *const common_pins[] = {
    "000001",   "001122",   "010203",    "100000",    "100200",     "102030",    "110119",   "111222",   "111333",
    "112233",   "112358",   "113355",    "121314",    "123321",     "123654",    "123789",   "131420",   "142536",
    "147258",   "147369",   "147852",    "159357",    "159753",     "192837",    "223344",   "258369",   "321654",
    "334455",   "369258",   "445566",    "456852",    "520131",     "556677",    "654123",   "667788",   "741852",
    "753951",   "778899",   "789456",    "852456",    "963852",     "987321",    "998877",   "1314520",  "1472583",
    "5201314",  "7758258",  "7758521",   "11112222",  "11223344",   "12344321",  "14725836", "19491001", "20080808",
    "66668888", "88886666", "123456780", "147258369", "1122334455", "1472580369"};

static bool is_run(bytes pin, uint8_t step)
{
    for (size_t i = 1; i < pin.n; i++)
        if ((pin.p[i] - '0') != (pin.p[i - 1] - '0' + step) % 10)
            return false;
    return true;
}

static bool is_periodic(bytes pin, size_t period)
{
    for (size_t i = period; i < pin.n; i++)
        if (pin.p[i] != pin.p[i - period])
            return false;
    return true;
}

err mpc_pin_check(bytes pin)
{
    if (pin.n < MPC_PIN_MIN || pin.n > MPC_PIN_MAX)
        return ERR_WEAK_PIN;
    for (size_t i = 0; i < pin.n; i++)
        if (pin.p[i] < '0' || pin.p[i] > '9')
            return ERR_WEAK_PIN;
    if (is_run(pin, 1) || is_run(pin, 9))
        return ERR_WEAK_PIN;
    for (size_t period = 1; period <= pin.n / 2; period++)
        if (is_periodic(pin, period))
            return ERR_WEAK_PIN;
    for (size_t i = 0; i < sizeof common_pins / sizeof *common_pins; i++)
        if (bytes_equal(pin, bytes_of_text(common_pins[i])))
            return ERR_WEAK_PIN;
    return ERR_OK;
}

void mpc_pin_mask(scalar *mask, bytes pin, const uint8_t salt[MPC_SALT], uint32_t iterations)
{
    uint8_t wide[48];
    pbkdf2_hmac_sm3(wide, sizeof wide, pin.p, pin.n, salt, MPC_SALT, iterations);
    scalar_from_wide(mask, wide);
    wipe(wide, sizeof wide);
}

err mpc_step_mask(mpc_device_blob *blob, const scalar *d1, const uint8_t P[POINT_SIZE], bytes pin, uint32_t iterations,
                  const uint8_t salt[MPC_SALT])
{
    if (iterations < MPC_ITERATIONS_MIN || iterations > MPC_ITERATIONS_MAX)
        return ERR_RANGE;
    scalar mask, x;
    mpc_pin_mask(&mask, pin, salt, iterations);
    scalar_sub(&x, d1, &mask);
    err e = ct_public(scalar_is_zero(&x)) ? ERR_SCALAR : ERR_OK;
    scalar_to_bytes(blob->x, &x);
    memcpy(blob->salt, salt, MPC_SALT);
    blob->iterations = iterations;
    memcpy(blob->P, P, POINT_SIZE);
    scalar_wipe(&mask);
    scalar_wipe(&x);
    return e;
}

err mpc_device_mask(mpc_device_blob *blob, const scalar *d1, const uint8_t P[POINT_SIZE], bytes pin,
                    uint32_t iterations, const entropy *rng)
{
    uint8_t salt[MPC_SALT];
    TRY(mpc_pin_check(pin));
    TRY(rng->fill(rng->ctx, salt, sizeof salt));
    return mpc_step_mask(blob, d1, P, pin, iterations, salt);
}

err mpc_device_unmask_with(scalar *d1, const mpc_device_blob *blob, const scalar *mask)
{
    scalar x;
    err e;
    TRY_OUT(scalar_from_bytes(&x, blob->x));
    scalar_add(d1, &x, mask);
    e = ct_public(scalar_is_zero(d1)) ? ERR_SCALAR : ERR_OK;
out:
    scalar_wipe(&x);
    return e;
}

err mpc_device_unmask(scalar *d1, const mpc_device_blob *blob, bytes pin)
{
    if (blob->iterations < MPC_ITERATIONS_MIN || blob->iterations > MPC_ITERATIONS_MAX)
        return ERR_RANGE;
    scalar mask;
    mpc_pin_mask(&mask, pin, blob->salt, blob->iterations);
    err e = mpc_device_unmask_with(d1, blob, &mask);
    scalar_wipe(&mask);
    return e;
}

err mpc_device_mask_of(scalar *mask, const mpc_device_blob *blob, const scalar *d1)
{
    scalar x;
    err e;
    TRY_OUT(scalar_from_bytes(&x, blob->x));
    scalar_sub(mask, d1, &x);
    e = ct_public(scalar_is_zero(mask)) ? ERR_SCALAR : ERR_OK;
out:
    scalar_wipe(&x);
    return e;
}

/* ---- what several steps share ---- */

static err encode_multiple(uint8_t out[POINT_SIZE], const scalar *k)
{
    point kG;
    point_mul_base(&kG, k);
    err e = point_to_bytes(out, &kG);
    wipe(&kG, sizeof kG);
    return e;
}

/* PROVE(tr, x), with the given k or, where that is NULL, a fresh one. A fresh k is hedged with tr, which binds everything the
 * request says: two different challenges never meet one k. */
static err prove(mpc_proof *proof, const uint8_t tr[32], const scalar *x, const scalar *d1, const scalar *given,
                 const entropy *rng)
{
    if (given != NULL)
        return mpc_prove(proof, tr, x, given);

    scalar k;
    const bytes context = bytes_of(tr, 32);
    err e;
    TRY_OUT(nonce_draw(&k, rng, d1, "proof", &context, 1));
    TRY_OUT(mpc_prove(proof, tr, x, &k));
out:
    scalar_wipe(&k);
    return e;
}

/* ---- key generation ---- */

static err keygen_request(mpc_keygen_request *request, const uint8_t enrolment_id[MPC_ID], const scalar *d1,
                          const scalar *k, const entropy *rng)
{
    err e;
    scalar x;
    uint8_t tr[32];

    scalar_inv(&x, d1);
    memcpy(request->enrolment_id, enrolment_id, MPC_ID);
    TRY_OUT(encode_multiple(request->P1, &x));
    mpc_keygen_transcript(tr, request->enrolment_id, request->P1);
    TRY_OUT(prove(&request->proof, tr, &x, d1, k, rng));
out:
    scalar_wipe(&x);
    wipe(tr, sizeof tr);
    return e;
}

err mpc_step_keygen_request(mpc_keygen_request *request, const uint8_t enrolment_id[MPC_ID], const scalar *d1,
                            const scalar *k)
{
    return keygen_request(request, enrolment_id, d1, k, NULL);
}

err mpc_device_keygen(scalar *d1, mpc_keygen_request *request, const uint8_t enrolment_id[MPC_ID], const entropy *rng)
{
    err e;
    TRY_OUT(scalar_random(d1, rng));
    TRY_OUT(keygen_request(request, enrolment_id, d1, NULL, rng));
out:
    if (e != ERR_OK)
        scalar_wipe(d1);
    return e;
}

err mpc_step_keygen_check(const scalar *d1, const mpc_keygen_request *request, const mpc_keygen_answer *answer)
{
    err e;
    scalar x;
    point P, P2, share, expected;
    uint8_t P1[POINT_SIZE];

    scalar_inv(&x, d1);
    TRY_OUT(encode_multiple(P1, &x) == ERR_OK ? ERR_OK : ERR_ARG);
    TRY_OUT(ct_equal(P1, request->P1, POINT_SIZE) ? ERR_OK : ERR_ARG);
    TRY_OUT(point_from_bytes(&P, answer->P));
    TRY_OUT(point_from_bytes(&P2, answer->P2));
    point_neg(&expected, &point_generator);
    TRY_OUT(point_equal_var(&P, &point_generator) || point_equal_var(&P, &expected) ? ERR_ANSWER : ERR_OK);
    point_add_var(&expected, &P, &point_generator);
    point_mul(&share, &x, &P2);
    /* The server chose P2 and P, and learns whether they are taken. */
    ct_declassify(&share, sizeof share);
    e = point_equal_var(&share, &expected) ? ERR_OK : ERR_ANSWER;
out:
    scalar_wipe(&x);
    wipe(&P2, sizeof P2);
    wipe(&share, sizeof share);
    wipe(P1, sizeof P1);
    return e;
}

err mpc_device_keep(mpc_device_blob *blob, scalar *d1, const mpc_keygen_request *request,
                    const mpc_keygen_answer *answer, bytes pin, uint32_t iterations, const entropy *rng)
{
    err e;
    TRY_OUT(mpc_step_keygen_check(d1, request, answer));
    TRY_OUT(mpc_device_mask(blob, d1, answer->P, pin, iterations, rng));
out:
    scalar_wipe(d1);
    return e;
}

/* ---- signing ---- */

static size_t session_size(size_t m)
{
    return sizeof(mpc_device_session) + m * sizeof(session_item);
}

void mpc_device_session_destroy(mpc_device_session *session)
{
    if (session == NULL)
        return;
    wipe(session, session_size(session->m));
    free(session);
}

static err session_create(mpc_device_session **session, const mpc_sign_request *request, const scalar *d1,
                          const uint8_t P[POINT_SIZE])
{
    point key;
    *session = NULL;
    if (request->m < 1 || request->m > MPC_BATCH_MAX)
        return ERR_LENGTH;
    TRY(point_from_bytes(&key, P));
    mpc_device_session *s = calloc(1, session_size(request->m));
    if (s == NULL)
        return ERR_MEMORY;
    atomic_flag_clear(&s->consumed);
    s->m = request->m;
    s->d1 = *d1;
    s->P = key;
    for (size_t i = 0; i < s->m; i++)
        memcpy(s->items[i].e, request->items[i].e, sizeof s->items[i].e);
    *session = s;
    return ERR_OK;
}

/* a_i and b_i, each from 32 fresh bytes with d1, key_id, sid, all e and its index. */
static err session_draw(mpc_device_session *s, const mpc_sign_request *request, const entropy *rng)
{
    sm3_ctx ctx;
    uint8_t digests[32], index[4];
    sm3_init(&ctx);
    for (size_t i = 0; i < s->m; i++)
        sm3_update(&ctx, s->items[i].e, sizeof s->items[i].e);
    sm3_final(&ctx, digests);

    const bytes parts[] = {bytes_of(request->key_id, MPC_ID), bytes_of(request->sid, MPC_ID),
                           bytes_of(digests, sizeof digests), bytes_of(index, sizeof index)};
    for (uint32_t j = 0; j < 2 * s->m; j++) {
        session_item *item = &s->items[j / 2];
        store_u32be(index, j);
        TRY(nonce_draw(j % 2 == 0 ? &item->a : &item->b, rng, &s->d1, "sign", parts, 4));
    }
    return ERR_OK;
}

/* A_i and B_i of the n <= CHUNK / 2 items from `first`. */
static err commit_chunk(mpc_sign_request *request, const mpc_device_session *s, size_t first, size_t n)
{
    point points[CHUNK] = {0};
    fe scratch[CHUNK];
    uint8_t encoded[CHUNK][POINT_SIZE];
    for (size_t i = 0; i < n; i++) {
        point_mul_base(&points[2 * i], &s->items[first + i].a);
        point_mul_base(&points[2 * i + 1], &s->items[first + i].b);
    }
    err e = point_to_bytes_many(encoded, points, 2 * n, scratch);
    if (e == ERR_OK)
        for (size_t i = 0; i < n; i++) {
            memcpy(request->items[first + i].A, encoded[2 * i], POINT_SIZE);
            memcpy(request->items[first + i].B, encoded[2 * i + 1], POINT_SIZE);
        }
    wipe(points, sizeof points);
    wipe(scratch, sizeof scratch);
    return e == ERR_OK ? ERR_OK : ERR_SCALAR;
}

/* x becomes x + sum of kappa_2i * a_i + kappa_2i+1 * b_i. */
static void add_nonces(scalar *x, const mpc_device_session *s)
{
    uint8_t kappa[16];
    scalar coefficient, product;
    for (uint32_t j = 0; j < 2 * s->m; j++) {
        mpc_sign_coefficient(kappa, s->tr, j);
        scalar_from_u128(&coefficient, kappa);
        scalar_mul(&product, &coefficient, j % 2 == 0 ? &s->items[j / 2].a : &s->items[j / 2].b);
        scalar_add(x, x, &product);
    }
    wipe(kappa, sizeof kappa);
    scalar_wipe(&coefficient);
    scalar_wipe(&product);
}

/* S1 over the session's nonces. */
static err session_request(mpc_device_session *s, mpc_sign_request *request, const uint8_t P[POINT_SIZE],
                           const scalar *k, const entropy *rng)
{
    err e;
    scalar x;
    uint8_t P1[POINT_SIZE];

    scalar_inv(&x, &s->d1);
    TRY_OUT(encode_multiple(P1, &x));
    for (size_t i = 0; i < s->m; i += CHUNK / 2)
        TRY_OUT(commit_chunk(request, s, i, s->m - i < CHUNK / 2 ? s->m - i : CHUNK / 2));
    mpc_sign_transcript(s->tr, request, P, P1);
    add_nonces(&x, s);
    TRY_OUT(prove(&request->proof, s->tr, &x, &s->d1, k, rng));
out:
    scalar_wipe(&x);
    wipe(P1, sizeof P1);
    return e;
}

err mpc_step_sign_request(mpc_device_session **session, mpc_sign_request *request, const scalar *d1,
                          const uint8_t P[POINT_SIZE], const mpc_step_nonces *nonces, const scalar *k)
{
    err e;
    TRY_OUT(session_create(session, request, d1, P));
    for (size_t i = 0; i < request->m; i++) {
        (*session)->items[i].a = nonces[i].a;
        (*session)->items[i].b = nonces[i].b;
    }
    TRY_OUT(session_request(*session, request, P, k, NULL));
    return ERR_OK;
out:
    mpc_device_session_destroy(*session);
    *session = NULL;
    return e;
}

err mpc_device_sign(mpc_device_session **session, mpc_sign_request *request, const scalar *d1,
                    const uint8_t P[POINT_SIZE], const entropy *rng)
{
    err e;
    TRY_OUT(session_create(session, request, d1, P));
    TRY_OUT(session_draw(*session, request, rng));
    TRY_OUT(session_request(*session, request, P, NULL, rng));
    return ERR_OK;
out:
    mpc_device_session_destroy(*session);
    *session = NULL;
    return e;
}

/* S3 of one item: r || s into the session, verified. base = P + G. */
static err finish_item(mpc_device_session *s, uint32_t i, const mpc_sign_answer *answer, const point *base)
{
    session_item *item = &s->items[i];
    err e;
    scalar rho, w1, x, r, digest, sum;
    point W, R;

    TRY_OUT(point_from_bytes(&W, answer->W));
    TRY_OUT(scalar_from_bytes(&sum, answer->s1));
    mpc_sign_binding(&rho, s->tr, i, answer->W);
    scalar_mul(&w1, &rho, &item->b);
    scalar_add(&w1, &w1, &item->a);

    /* Both terms of this sum are known to the server, so addition may take its time. */
    scalar_mul(&x, &w1, &s->d1);
    point_mul(&R, &x, base);
    ct_declassify(&R, sizeof R);
    point_add_var(&R, &R, &W);
    TRY_OUT(point_x_scalar(&x, &R) == ERR_OK ? ERR_OK : ERR_ANSWER);
    scalar_from_digest(&digest, item->e);
    scalar_add(&r, &digest, &x);
    scalar_add(&sum, &sum, &w1);
    scalar_mul(&sum, &sum, &s->d1);
    scalar_sub(&sum, &sum, &r);
    scalar_to_bytes(item->rs, &r);
    scalar_to_bytes(item->rs + 32, &sum);
    /* GB/T 32918.2-2016 7.1 refuses r = 0, s = 0 and r + s = 0 as well. It may take its time: s hides d1 behind d1 * w1, and this
     * w1 is never used again. */
    ct_declassify(item->rs, sizeof item->rs);
    TRY_OUT(sm2_verify(&s->P, item->e, item->rs) == ERR_OK ? ERR_OK : ERR_ANSWER);
out:
    scalar_wipe(&rho);
    scalar_wipe(&w1);
    scalar_wipe(&x);
    scalar_wipe(&r);
    scalar_wipe(&sum);
    wipe(&W, sizeof W);
    wipe(&R, sizeof R);
    return e;
}

static void session_wipe_secrets(mpc_device_session *s)
{
    scalar_wipe(&s->d1);
    wipe(s->tr, sizeof s->tr);
    for (size_t i = 0; i < s->m; i++) {
        scalar_wipe(&s->items[i].a);
        scalar_wipe(&s->items[i].b);
    }
}

err mpc_device_finish(mpc_device_session *session, uint8_t (*signatures)[64], const mpc_sign_answer *answers, size_t m)
{
    if (atomic_flag_test_and_set(&session->consumed))
        return ERR_CONSUMED;
    err e;
    point base;
    point_add_var(&base, &session->P, &point_generator);
    TRY_OUT(m == session->m ? ERR_OK : ERR_ANSWER);
    for (uint32_t i = 0; i < m; i++)
        TRY_OUT(finish_item(session, i, &answers[i], &base));
out:
    session_wipe_secrets(session);
    if (e == ERR_OK)
        for (size_t i = 0; i < m; i++)
            memcpy(signatures[i], session->items[i].rs, sizeof signatures[i]);
    for (size_t i = 0; i < session->m; i++)
        wipe(session->items[i].rs, sizeof session->items[i].rs);
    return e;
}

/* ---- refresh ---- */

static err refresh(mpc_refresh_request *request, const scalar *d1, const uint8_t P[POINT_SIZE], const scalar *k,
                   const entropy *rng)
{
    err e;
    scalar x;
    uint8_t P1[POINT_SIZE], tr[32];

    scalar_inv(&x, d1);
    TRY_OUT(encode_multiple(P1, &x));
    mpc_refresh_transcript(tr, request, P, P1);
    TRY_OUT(prove(&request->proof, tr, &x, d1, k, rng));
out:
    scalar_wipe(&x);
    wipe(P1, sizeof P1);
    wipe(tr, sizeof tr);
    return e;
}

err mpc_step_refresh(mpc_refresh_request *request, const scalar *d1, const uint8_t P[POINT_SIZE], const scalar *k)
{
    return refresh(request, d1, P, k, NULL);
}

err mpc_device_refresh(mpc_refresh_request *request, const scalar *d1, const uint8_t P[POINT_SIZE], const entropy *rng)
{
    return refresh(request, d1, P, NULL, rng);
}

/* The proof of R3 for the share d1 * t. */
static err prove_confirm(mpc_refresh_confirm *confirm, const scalar *new_d1, const uint8_t P[POINT_SIZE],
                         const scalar *k, const entropy *rng)
{
    err e;
    scalar x;
    uint8_t P1[POINT_SIZE], tr[32];

    scalar_inv(&x, new_d1);
    TRY_OUT(encode_multiple(P1, &x));
    mpc_confirm_transcript(tr, confirm, P, P1);
    TRY_OUT(prove(&confirm->proof, tr, &x, new_d1, k, rng));
out:
    scalar_wipe(&x);
    wipe(P1, sizeof P1);
    wipe(tr, sizeof tr);
    return e;
}

static err confirm_refresh(mpc_refresh_confirm *confirm, scalar *new_d1, const scalar *d1,
                           const mpc_refresh_request *request, const uint8_t u_server[32], const uint8_t P[POINT_SIZE],
                           const scalar *k, const entropy *rng)
{
    scalar t;

    mpc_refresh_factor(&t, request->key_id, request->rid, request->u_device, u_server);
    scalar_mul(new_d1, d1, &t);
    memcpy(confirm->key_id, request->key_id, MPC_ID);
    memcpy(confirm->rid, request->rid, MPC_ID);
    err e = prove_confirm(confirm, new_d1, P, k, rng);
    if (e != ERR_OK)
        scalar_wipe(new_d1);
    scalar_wipe(&t);
    return e;
}

err mpc_step_confirm(mpc_refresh_confirm *confirm, scalar *new_d1, const scalar *d1, const mpc_refresh_request *request,
                     const uint8_t u_server[32], const uint8_t P[POINT_SIZE], const scalar *k)
{
    return confirm_refresh(confirm, new_d1, d1, request, u_server, P, k, NULL);
}

err mpc_device_confirm(mpc_refresh_confirm *confirm, scalar *new_d1, const scalar *d1,
                       const mpc_refresh_request *request, const uint8_t u_server[32], const uint8_t P[POINT_SIZE],
                       const entropy *rng)
{
    return confirm_refresh(confirm, new_d1, d1, request, u_server, P, NULL, rng);
}

err mpc_device_confirm_again(mpc_refresh_confirm *confirm, const scalar *d1, const uint8_t P[POINT_SIZE],
                             const entropy *rng)
{
    return prove_confirm(confirm, d1, P, NULL, rng);
}

/* ---- authorisation ---- */

/* MPC_SEAL_TAG || auth_id || P || SM3(scope): what the sealed text says about the share that follows. */
enum { SEAL_HEAD = MPC_SEAL_PLAIN - 32 };

static void seal_head(uint8_t head[SEAL_HEAD], const uint8_t auth_id[MPC_ID], const uint8_t P[POINT_SIZE], bytes scope)
{
    uint8_t digest[32];
    buffer b = buffer_over(head, SEAL_HEAD);
    sm3(digest, scope.p, scope.n);
    buffer_put(&b, MPC_SEAL_TAG, MPC_SEAL_TAG_SIZE);
    buffer_put(&b, auth_id, MPC_ID);
    buffer_put(&b, P, POINT_SIZE);
    buffer_put(&b, digest, sizeof digest);
}

static err authorise(mpc_authorise_request *request, uint8_t sealed[MPC_SEALED], const scalar *d1,
                     const uint8_t P[POINT_SIZE], const scalar *t, const scalar *kW, const scalar *k,
                     const entropy *rng)
{
    err e;
    scalar x, handed;
    uint8_t P1[POINT_SIZE], tr[32], plain[MPC_SEAL_PLAIN];

    scalar_mul(&handed, d1, t);
    seal_head(plain, request->auth_id, P, request->scope);
    scalar_to_bytes(plain + SEAL_HEAD, &handed);
    TRY_OUT(sm2_encrypt_with_nonce(sealed, request->pkW, bytes_of(plain, sizeof plain), kW));
    request->sealed = bytes_of(sealed, MPC_SEALED);
    scalar_to_bytes(request->t, t);

    scalar_inv(&x, d1);
    TRY_OUT(encode_multiple(P1, &x));
    mpc_authorise_transcript(tr, request, P, P1);
    TRY_OUT(prove(&request->proof, tr, &x, d1, k, rng));
out:
    if (e != ERR_OK)
        wipe(request->t, sizeof request->t);
    scalar_wipe(&x);
    scalar_wipe(&handed);
    wipe(P1, sizeof P1);
    wipe(tr, sizeof tr);
    wipe(plain, sizeof plain);
    return e;
}

err mpc_step_authorise(mpc_authorise_request *request, uint8_t sealed[MPC_SEALED], const scalar *d1,
                       const uint8_t P[POINT_SIZE], const scalar *t, const scalar *kW, const scalar *k)
{
    return authorise(request, sealed, d1, P, t, kW, k, NULL);
}

err mpc_device_authorise(mpc_authorise_request *request, uint8_t sealed[MPC_SEALED], const scalar *d1,
                         const uint8_t P[POINT_SIZE], const entropy *rng)
{
    err e;
    scalar t, kW;
    const bytes parts[] = {bytes_of(request->auth_id, MPC_ID), bytes_of(request->pkW, POINT_SIZE), request->scope};
    TRY_OUT(nonce_draw(&t, rng, d1, "authorise", parts, 3));
    /* Hedged with t, so that two plain texts never meet one kW. */
    TRY_OUT(nonce_draw(&kW, rng, &t, "seal", parts, 3));
    TRY_OUT(authorise(request, sealed, d1, P, &t, &kW, NULL, rng));
out:
    scalar_wipe(&t);
    scalar_wipe(&kW);
    return e;
}

err mpc_device_authorised(scalar *d1, bytes sealed, const uint8_t dW[32], const uint8_t auth_id[MPC_ID],
                          const uint8_t P[POINT_SIZE], bytes scope)
{
    err e;
    sm2_private key;
    uint8_t plain[MPC_SEAL_PLAIN], head[SEAL_HEAD];

    TRY_OUT(sm2_private_from_bytes(&key, dW));
    TRY_OUT(sealed.n == MPC_SEALED ? ERR_OK : ERR_DECRYPT);
    TRY_OUT(sm2_decrypt(plain, &key, sealed));
    seal_head(head, auth_id, P, scope);
    TRY_OUT(ct_equal(plain, head, SEAL_HEAD) ? ERR_OK : ERR_ANSWER);
    TRY_OUT(scalar_from_bytes(d1, plain + SEAL_HEAD) == ERR_OK ? ERR_OK : ERR_ANSWER);
out:
    if (e != ERR_OK)
        scalar_wipe(d1);
    sm2_private_wipe(&key);
    wipe(plain, sizeof plain);
    return e;
}
