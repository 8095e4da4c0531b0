#include "mpc/mpc_server.h"

#include <string.h>

#include "base/ct.h"
#include "crypto/nonce.h"
#include "mpc/mpc_step.h"

/* Points encoded with one inversion. */
enum { CHUNK = 16 };

void mpc_server_share_wipe(mpc_server_share *share)
{
    wipe(share, sizeof *share);
}

/* A point of the share itself: not the device's mistake if it is none. */
static err stored_point(point *out, const uint8_t in[POINT_SIZE])
{
    return point_from_bytes(out, in) == ERR_OK ? ERR_OK : ERR_CORRUPT;
}

/* ---- key generation ---- */

/* P = d2^-1 * P1 - G and P2 = d2^-1 * G. */
static void public_points(point *P, point *P2, const scalar *d2, const point *P1)
{
    scalar inverse;
    point minus_generator;
    scalar_inv(&inverse, d2);
    point_mul_base(P2, &inverse);
    point_mul(P, &inverse, P1);
    ct_declassify(P, sizeof *P); /* P + G, of the public key */
    point_neg(&minus_generator, &point_generator);
    point_add_var(P, P, &minus_generator);
    scalar_wipe(&inverse);
}

static bool is_plus_or_minus_generator(const point *P)
{
    point minus;
    point_neg(&minus, P);
    return point_equal_var(P, &point_generator) || point_equal_var(&minus, &point_generator);
}

static err keygen_check(point *P1, const mpc_keygen_request *request)
{
    uint8_t tr[32];
    TRY(point_from_bytes(P1, request->P1));
    mpc_keygen_transcript(tr, request->enrolment_id, request->P1);
    err e = mpc_proof_check(&request->proof, tr, P1);
    wipe(tr, sizeof tr);
    return e;
}

static err keygen_answer(mpc_server_share *share, mpc_keygen_answer *answer, const mpc_keygen_request *request,
                         const point *P1, const uint8_t key_id[MPC_ID], const scalar *d2)
{
    err e;
    point P, P2;

    public_points(&P, &P2, d2, P1);
    TRY_OUT(point_is_infinity(&P) || is_plus_or_minus_generator(&P) ? ERR_SCALAR : ERR_OK);
    memcpy(answer->key_id, key_id, MPC_ID);
    TRY_OUT(point_to_bytes(answer->P, &P));
    TRY_OUT(point_to_bytes(answer->P2, &P2));
    share->d2 = *d2;
    memcpy(share->P1, request->P1, POINT_SIZE);
    memcpy(share->P, answer->P, POINT_SIZE);
out:
    wipe(&P2, sizeof P2);
    return e;
}

err mpc_step_keygen_answer(mpc_server_share *share, mpc_keygen_answer *answer, const mpc_keygen_request *request,
                           const uint8_t key_id[MPC_ID], const scalar *d2)
{
    point P1;
    TRY(keygen_check(&P1, request));
    return keygen_answer(share, answer, request, &P1, key_id, d2);
}

err mpc_server_keygen(mpc_server_share *share, mpc_keygen_answer *answer, const mpc_keygen_request *request,
                      const uint8_t key_id[MPC_ID], const entropy *rng)
{
    err e;
    scalar d2;
    point P1;

    TRY_OUT(keygen_check(&P1, request));
    do {
        TRY_OUT(scalar_random(&d2, rng));
        e = keygen_answer(share, answer, request, &P1, key_id, &d2);
    } while (e == ERR_SCALAR);
out:
    if (e != ERR_OK)
        mpc_server_share_wipe(share);
    scalar_wipe(&d2);
    return e;
}

err mpc_server_keygen_check(const mpc_keygen_request *request)
{
    point P1;
    return keygen_check(&P1, request);
}

err mpc_server_keygen_repeat(mpc_keygen_answer *answer, const mpc_server_share *share, const uint8_t key_id[MPC_ID])
{
    err e;
    point P1, stored, P, P2;

    TRY_OUT(ct_public(scalar_is_zero(&share->d2)) ? ERR_CORRUPT : ERR_OK);
    TRY_OUT(stored_point(&P1, share->P1));
    TRY_OUT(stored_point(&stored, share->P));
    public_points(&P, &P2, &share->d2, &P1);
    TRY_OUT(point_equal_var(&P, &stored) ? ERR_OK : ERR_CORRUPT);
    memcpy(answer->key_id, key_id, MPC_ID);
    memcpy(answer->P, share->P, POINT_SIZE);
    TRY_OUT(point_to_bytes(answer->P2, &P2));
out:
    wipe(&P1, sizeof P1);
    wipe(&P2, sizeof P2);
    return e;
}

/* ---- signing ---- */

/* The multiples of the points of the items. */
static err commitments_read(point_odd *out, const mpc_sign_request *request)
{
    point points[POINT_TERMS];
    for (size_t i = 0; i < 2 * request->m;) {
        size_t used = 0;
        for (; used < POINT_TERMS && i + used < 2 * request->m; used++) {
            const mpc_sign_item *item = &request->items[(i + used) / 2];
            TRY(point_from_bytes(&points[used], (i + used) % 2 == 0 ? item->A : item->B));
        }
        point_odd_var(out + i, points, used);
        i += used;
    }
    return ERR_OK;
}

/* X becomes X + sum of kappa_j * points[j]. */
static void add_commitments(point *X, const uint8_t tr[32], const point_odd *points, uint32_t n)
{
    scalar k[POINT_TERMS];
    point sum;
    uint8_t kappa[16];
    for (uint32_t j = 0; j < n;) {
        uint32_t used = 0;
        for (; used < POINT_TERMS && j + used < n; used++) {
            mpc_sign_coefficient(kappa, tr, j + used);
            scalar_from_u128(&k[used], kappa);
        }
        point_odd_sum_var(&sum, k, points + j, used);
        point_add_var(X, X, &sum);
        j += used;
    }
    wipe(k, sizeof k);
    wipe(&sum, sizeof sum);
    wipe(kappa, sizeof kappa);
}

err mpc_server_sign_check(mpc_server_checked *checked, point_odd *scratch, const mpc_server_share *share,
                          const mpc_sign_request *request)
{
    err e;
    point X;

    if (request->m < 1 || request->m > MPC_BATCH_MAX)
        return ERR_LENGTH;
    TRY_OUT(stored_point(&X, share->P1));
    TRY_OUT(commitments_read(scratch, request));
    mpc_sign_transcript(checked->tr, request, share->P, share->P1);
    add_commitments(&X, checked->tr, scratch, (uint32_t)(2 * request->m));
    TRY_OUT(mpc_proof_check(&request->proof, checked->tr, &X));
    checked->points = scratch;
out:
    if (e != ERR_OK)
        wipe(checked, sizeof *checked);
    wipe(&X, sizeof X);
    return e;
}

typedef struct sign_chunk {
    scalar w[CHUNK];
    point points[CHUNK]; /* W_i, then R_i */
    uint8_t encoded[CHUNK][POINT_SIZE];
    fe scratch[CHUNK];
} sign_chunk;

/* R = W + d2^-1 * (A + rho * B), as d2^-1 * A + (d2^-1 * rho) * B in one chain of doublings. The device chooses A and B and may
 * relate them: point_odd_mul_two is right for that too. The last sum may take its time, for the device knows both terms. */
static void add_device_nonce(point *R, const scalar *inverse, const uint8_t tr[32], uint32_t i,
                             const uint8_t W[POINT_SIZE], const point_odd *A, const point_odd *B)
{
    scalar rho;
    point sum;
    mpc_sign_binding(&rho, tr, i, W);
    scalar_mul(&rho, &rho, inverse);
    point_odd_mul_two(&sum, inverse, A, &rho, B);
    ct_declassify(R, sizeof *R);
    ct_declassify(&sum, sizeof sum);
    point_add_var(R, R, &sum);
    scalar_wipe(&rho);
    wipe(&sum, sizeof sum);
}

/* s1 = d2 * (w + r) for r = e + x(R). */
static err sign_share(uint8_t s1[32], const scalar *d2, const scalar *w, const uint8_t digest[32],
                      const uint8_t R[POINT_SIZE])
{
    scalar r, x, s;
    scalar_from_digest(&r, digest);
    scalar_from_digest(&x, R + 1);
    scalar_add(&r, &r, &x);
    scalar_add(&s, w, &r);
    scalar_mul(&s, &s, d2);
    err e = scalar_is_zero(&r) || ct_public(scalar_is_zero(&s)) ? ERR_SCALAR : ERR_OK;
    scalar_to_bytes(s1, &s);
    scalar_wipe(&r);
    scalar_wipe(&x);
    scalar_wipe(&s);
    return e;
}

/* The n <= CHUNK answers from `first`, with the chunk's w; ERR_SCALAR where one of these w must not be used. */
static err answer_chunk(mpc_sign_answer *answers, sign_chunk *chunk, uint32_t first, size_t n, const scalar *d2,
                        const scalar *inverse, const mpc_sign_request *request, const mpc_server_checked *checked)
{
    for (size_t i = 0; i < n; i++)
        point_mul_base(&chunk->points[i], &chunk->w[i]);
    if (point_to_bytes_many(chunk->encoded, chunk->points, n, chunk->scratch) != ERR_OK)
        return ERR_SCALAR;
    for (uint32_t i = 0; i < n; i++) {
        const point_odd *pair = checked->points + 2 * (first + i);
        memcpy(answers[first + i].W, chunk->encoded[i], POINT_SIZE);
        add_device_nonce(&chunk->points[i], inverse, checked->tr, first + i, answers[first + i].W, &pair[0], &pair[1]);
    }
    if (point_to_bytes_many(chunk->encoded, chunk->points, n, chunk->scratch) != ERR_OK)
        return ERR_SCALAR;
    for (size_t i = 0; i < n; i++)
        TRY(sign_share(answers[first + i].s1, d2, &chunk->w[i], request->items[first + i].e, chunk->encoded[i]));
    return ERR_OK;
}

/* w_i, each from 32 fresh bytes with d2, tr and i. */
static err draw_chunk(sign_chunk *chunk, uint32_t first, size_t n, const scalar *d2, const uint8_t tr[32],
                      const entropy *rng)
{
    uint8_t index[4];
    const bytes parts[] = {bytes_of(tr, 32), bytes_of(index, sizeof index)};
    for (uint32_t i = 0; i < n; i++) {
        store_u32be(index, first + i);
        TRY(nonce_draw(&chunk->w[i], rng, d2, "answer", parts, 2));
    }
    return ERR_OK;
}

/* S2 with the given nonces or, where that is NULL, fresh ones. */
static err sign_answer(mpc_sign_answer *answers, const mpc_server_share *share, const mpc_sign_request *request,
                       const mpc_server_checked *checked, const scalar *given, const entropy *rng)
{
    err e;
    sign_chunk chunk;
    scalar inverse;

    TRY_OUT(ct_public(scalar_is_zero(&share->d2)) ? ERR_CORRUPT : ERR_OK);
    scalar_inv(&inverse, &share->d2);
    for (size_t first = 0; first < request->m; first += CHUNK) {
        size_t n = request->m - first < CHUNK ? request->m - first : CHUNK;
        do {
            if (given != NULL)
                memcpy(chunk.w, given + first, n * sizeof *given);
            else
                TRY_OUT(draw_chunk(&chunk, (uint32_t)first, n, &share->d2, checked->tr, rng));
            e = answer_chunk(answers, &chunk, (uint32_t)first, n, &share->d2, &inverse, request, checked);
        } while (e == ERR_SCALAR && given == NULL);
        TRY_OUT(e);
    }
out:
    if (e != ERR_OK)
        wipe(answers, request->m * sizeof *answers);
    wipe(&chunk, sizeof chunk);
    scalar_wipe(&inverse);
    return e;
}

err mpc_step_sign_answer(mpc_sign_answer *answers, const mpc_server_share *share, const mpc_sign_request *request,
                         const mpc_server_checked *checked, const scalar *w)
{
    return sign_answer(answers, share, request, checked, w, NULL);
}

err mpc_server_sign_answer(mpc_sign_answer *answers, const mpc_server_share *share, const mpc_sign_request *request,
                           const mpc_server_checked *checked, const entropy *rng)
{
    return sign_answer(answers, share, request, checked, NULL, rng);
}

/* ---- refresh and authorisation ---- */

/* d2 * t^-1, t^-1 * P1 and the same P. */
static err divide_share(mpc_server_share *out, const mpc_server_share *share, const scalar *t)
{
    err e;
    scalar inverse;
    point P1;
    uint8_t encoded[POINT_SIZE];

    scalar_inv(&inverse, t);
    TRY_OUT(ct_public(scalar_is_zero(&share->d2)) ? ERR_CORRUPT : ERR_OK);
    TRY_OUT(stored_point(&P1, share->P1));
    point_mul(&P1, &inverse, &P1);
    TRY_OUT(point_to_bytes(encoded, &P1));
    scalar_mul(&out->d2, &share->d2, &inverse);
    memcpy(out->P1, encoded, POINT_SIZE);
    memmove(out->P, share->P, POINT_SIZE);
out:
    scalar_wipe(&inverse);
    wipe(&P1, sizeof P1);
    wipe(encoded, sizeof encoded);
    return e;
}

/* The proof of the discrete logarithm of the share's P1. */
static err check_share_proof(const mpc_server_share *share, const mpc_proof *proof, const uint8_t tr[32])
{
    err e;
    point P1;
    TRY_OUT(stored_point(&P1, share->P1));
    TRY_OUT(mpc_proof_check(proof, tr, &P1));
out:
    wipe(&P1, sizeof P1);
    return e;
}

err mpc_server_refresh_check(const mpc_server_share *share, const mpc_refresh_request *request)
{
    uint8_t tr[32];
    mpc_refresh_transcript(tr, request, share->P, share->P1);
    err e = check_share_proof(share, &request->proof, tr);
    wipe(tr, sizeof tr);
    return e;
}

err mpc_server_refresh(mpc_server_share *fresh, const mpc_server_share *share, const mpc_refresh_request *request,
                       const uint8_t u_server[32])
{
    scalar t;
    mpc_refresh_factor(&t, request->key_id, request->rid, request->u_device, u_server);
    err e = divide_share(fresh, share, &t);
    scalar_wipe(&t);
    return e;
}

err mpc_server_confirm_check(const mpc_server_share *fresh, const mpc_refresh_confirm *confirm)
{
    uint8_t tr[32];
    mpc_confirm_transcript(tr, confirm, fresh->P, fresh->P1);
    err e = check_share_proof(fresh, &confirm->proof, tr);
    wipe(tr, sizeof tr);
    return e;
}

/* The checks, and t. Ownership: the caller wipes *t. */
static err authorise_check(const mpc_server_share *share, const mpc_authorise_request *request, scalar *t)
{
    err e;
    point pkW;
    uint8_t tr[32];

    TRY_OUT(request->sealed.n == MPC_SEALED ? ERR_OK : ERR_LENGTH);
    TRY_OUT(point_from_bytes(&pkW, request->pkW));
    TRY_OUT(scalar_from_bytes(t, request->t));
    mpc_authorise_transcript(tr, request, share->P, share->P1);
    TRY_OUT(check_share_proof(share, &request->proof, tr));
out:
    wipe(tr, sizeof tr);
    return e;
}

err mpc_server_authorise_check(const mpc_server_share *share, const mpc_authorise_request *request)
{
    scalar t;
    err e = authorise_check(share, request, &t);
    scalar_wipe(&t);
    return e;
}

err mpc_server_authorise(mpc_server_share *authorised, const mpc_server_share *share,
                         const mpc_authorise_request *request)
{
    err e;
    scalar t;

    TRY_OUT(authorise_check(share, request, &t));
    TRY_OUT(divide_share(authorised, share, &t));
out:
    scalar_wipe(&t);
    return e;
}
