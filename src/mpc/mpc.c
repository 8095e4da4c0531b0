#include "mpc/mpc.h"

#include <string.h>

#include "base/ct.h"
#include "crypto/sm3.h"

static void hash_start(sm3_ctx *ctx, const char *tag)
{
    size_t n = strlen(tag);
    uint8_t length = (uint8_t)n;
    sm3_init(ctx);
    sm3_update(ctx, &length, 1);
    sm3_update(ctx, tag, n);
}

static void hash_part(sm3_ctx *ctx, const void *p, size_t n)
{
    uint8_t length[4];
    store_u32be(length, (uint32_t)n);
    sm3_update(ctx, length, sizeof length);
    if (n > 0)
        sm3_update(ctx, p, n);
}

void mpc_hash(uint8_t out[32], const char *tag, const bytes *parts, size_t n)
{
    sm3_ctx ctx;
    hash_start(&ctx, tag);
    for (size_t i = 0; i < n; i++)
        hash_part(&ctx, parts[i].p, parts[i].n);
    sm3_final(&ctx, out);
}

/* C(...): the first 16 bytes of H(...). */
static void hash_challenge(uint8_t out[MPC_CHALLENGE], const char *tag, const bytes *parts, size_t n)
{
    uint8_t h[32];
    mpc_hash(h, tag, parts, n);
    memcpy(out, h, MPC_CHALLENGE);
    wipe(h, sizeof h);
}

void mpc_sign_transcript(uint8_t tr[32], const mpc_sign_request *request, const uint8_t P[POINT_SIZE],
                         const uint8_t P1[POINT_SIZE])
{
    sm3_ctx ctx;
    hash_start(&ctx, "yiqian/sign-request/1");
    hash_part(&ctx, request->key_id, MPC_ID);
    hash_part(&ctx, request->sid, MPC_ID);
    hash_part(&ctx, P, POINT_SIZE);
    hash_part(&ctx, P1, POINT_SIZE);
    for (size_t i = 0; i < request->m; i++) {
        hash_part(&ctx, request->items[i].e, sizeof request->items[i].e);
        hash_part(&ctx, request->items[i].A, POINT_SIZE);
        hash_part(&ctx, request->items[i].B, POINT_SIZE);
    }
    sm3_final(&ctx, tr);
}

void mpc_sign_coefficient(uint8_t kappa[16], const uint8_t tr[32], uint32_t j)
{
    uint8_t index[4];
    store_u32be(index, j);
    const bytes parts[] = {bytes_of(tr, 32), bytes_of(index, sizeof index)};
    hash_challenge(kappa, "yiqian/sign-coef/1", parts, 2);
}

void mpc_sign_binding(scalar *rho, const uint8_t tr[32], uint32_t i, const uint8_t W[POINT_SIZE])
{
    uint8_t index[4], h[32];
    store_u32be(index, i);
    const bytes parts[] = {bytes_of(tr, 32), bytes_of(index, sizeof index), bytes_of(W, POINT_SIZE)};
    mpc_hash(h, "yiqian/sign-bind/1", parts, 3);
    scalar_from_digest(rho, h);
    wipe(h, sizeof h);
}

void mpc_refresh_factor(scalar *t, const uint8_t key_id[MPC_ID], const uint8_t rid[MPC_ID], const uint8_t u_device[32],
                        const uint8_t u_server[32])
{
    uint8_t half, wide[64];
    const bytes parts[] = {bytes_of(&half, 1), bytes_of(key_id, MPC_ID), bytes_of(rid, MPC_ID), bytes_of(u_device, 32),
                           bytes_of(u_server, 32)};
    for (half = 1; half <= 2; half++)
        mpc_hash(wide + 32 * (half - 1), "yiqian/refresh/1", parts, 5);
    scalar_from_wide(t, wide);
    wipe(wide, sizeof wide);
}

void mpc_keygen_transcript(uint8_t tr[32], const uint8_t enrolment_id[MPC_ID], const uint8_t P1[POINT_SIZE])
{
    const bytes parts[] = {bytes_of(enrolment_id, MPC_ID), bytes_of(P1, POINT_SIZE)};
    mpc_hash(tr, "yiqian/keygen/1", parts, 2);
}

void mpc_refresh_transcript(uint8_t tr[32], const mpc_refresh_request *request, const uint8_t P[POINT_SIZE],
                            const uint8_t P1[POINT_SIZE])
{
    const bytes parts[] = {bytes_of(request->key_id, MPC_ID), bytes_of(request->sid, MPC_ID),
                           bytes_of(P, POINT_SIZE),           bytes_of(P1, POINT_SIZE),
                           bytes_of(request->rid, MPC_ID),    bytes_of(request->u_device, sizeof request->u_device)};
    mpc_hash(tr, "yiqian/refresh-request/1", parts, 6);
}

void mpc_confirm_transcript(uint8_t tr[32], const mpc_refresh_confirm *confirm, const uint8_t P[POINT_SIZE],
                            const uint8_t new_P1[POINT_SIZE])
{
    const bytes parts[] = {bytes_of(confirm->key_id, MPC_ID), bytes_of(confirm->sid, MPC_ID), bytes_of(P, POINT_SIZE),
                           bytes_of(new_P1, POINT_SIZE), bytes_of(confirm->rid, MPC_ID)};
    mpc_hash(tr, "yiqian/refresh-confirm/1", parts, 5);
}

void mpc_authorise_transcript(uint8_t tr[32], const mpc_authorise_request *request, const uint8_t P[POINT_SIZE],
                              const uint8_t P1[POINT_SIZE])
{
    uint8_t sealed_digest[32];
    sm3(sealed_digest, request->sealed.p, request->sealed.n);
    const bytes parts[] = {bytes_of(request->key_id, MPC_ID),
                           bytes_of(request->sid, MPC_ID),
                           bytes_of(P, POINT_SIZE),
                           bytes_of(P1, POINT_SIZE),
                           bytes_of(request->auth_id, MPC_ID),
                           bytes_of(request->t, sizeof request->t),
                           request->scope,
                           bytes_of(request->pkW, POINT_SIZE),
                           bytes_of(sealed_digest, sizeof sealed_digest)};
    mpc_hash(tr, "yiqian/authorise/1", parts, sizeof parts / sizeof *parts);
}

static void proof_challenge(uint8_t c[MPC_CHALLENGE], const uint8_t tr[32], const uint8_t T[POINT_SIZE])
{
    const bytes parts[] = {bytes_of(tr, 32), bytes_of(T, POINT_SIZE)};
    hash_challenge(c, "yiqian/proof/1", parts, 2);
}

err mpc_prove(mpc_proof *proof, const uint8_t tr[32], const scalar *x, const scalar *k)
{
    err e;
    point T;
    scalar c, z;
    uint8_t encoded[POINT_SIZE];

    point_mul_base(&T, k);
    TRY_OUT(point_to_bytes(encoded, &T) == ERR_OK ? ERR_OK : ERR_SCALAR);
    proof_challenge(proof->c, tr, encoded);
    scalar_from_u128(&c, proof->c);
    scalar_mul(&z, &c, x);
    scalar_add(&z, &z, k);
    scalar_to_bytes(proof->z, &z);
    /* The checker takes no z = 0. */
    e = ct_public(scalar_is_zero(&z)) ? ERR_SCALAR : ERR_OK;
out:
    if (e != ERR_OK)
        wipe(proof, sizeof *proof);
    wipe(&T, sizeof T);
    wipe(encoded, sizeof encoded);
    scalar_wipe(&c);
    scalar_wipe(&z);
    return e;
}

err mpc_proof_check(const mpc_proof *proof, const uint8_t tr[32], const point *X)
{
    err e;
    scalar z;
    point T;
    point_term term;
    uint8_t encoded[POINT_SIZE], c[MPC_CHALLENGE];

    TRY_OUT(scalar_from_bytes(&z, proof->z));
    scalar_from_u128(&term.k, proof->c);
    point_neg(&term.p, X);
    point_multi_var(&T, &z, &term, 1);
    TRY_OUT(point_to_bytes(encoded, &T) == ERR_OK ? ERR_OK : ERR_PROOF);
    proof_challenge(c, tr, encoded);
    e = ct_equal(c, proof->c, MPC_CHALLENGE) ? ERR_OK : ERR_PROOF;
out:
    scalar_wipe(&z);
    wipe(&T, sizeof T);
    wipe(&term, sizeof term);
    wipe(encoded, sizeof encoded);
    wipe(c, sizeof c);
    return e;
}
