/* Two-party SM2, version 1 (docs/spec/two-party-sm2.md): what both halves share. Every value of a message is kept as it
 * travels: scalars and digests 32 bytes big-endian, points 65 bytes 04 || X || Y, ids 16 bytes, challenges 16 bytes.
 * The step names K1..K3, S1..S3, R1..R4 are the specification's. */
#ifndef YIQIAN_MPC_MPC_H
#define YIQIAN_MPC_MPC_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"
#include "crypto/entropy.h"
#include "crypto/point.h"
#include "crypto/scalar.h"
#include "crypto/sm2.h"

enum { MPC_VERSION = 1, MPC_ID = 16, MPC_CHALLENGE = 16, MPC_BATCH_MAX = 1000 };

typedef struct mpc_proof {
    uint8_t c[MPC_CHALLENGE], z[32];
} mpc_proof;

/* K1, device to server. */
typedef struct mpc_keygen_request {
    uint8_t enrolment_id[MPC_ID], P1[POINT_SIZE];
    mpc_proof proof;
} mpc_keygen_request;

/* K2, server to device. */
typedef struct mpc_keygen_answer {
    uint8_t key_id[MPC_ID], P[POINT_SIZE], P2[POINT_SIZE];
} mpc_keygen_answer;

/* S1, device to server: m items, 1 <= m <= MPC_BATCH_MAX. */
typedef struct mpc_sign_item {
    uint8_t e[32], A[POINT_SIZE], B[POINT_SIZE];
} mpc_sign_item;

typedef struct mpc_sign_request {
    uint8_t key_id[MPC_ID], sid[MPC_ID];
    size_t m;
    mpc_sign_item *items; /* m of them, the caller's */
    mpc_proof proof;
} mpc_sign_request;

/* S2, server to device, an item. */
typedef struct mpc_sign_answer {
    uint8_t W[POINT_SIZE], s1[32];
} mpc_sign_answer;

/* R1 and R3, device to server. */
typedef struct mpc_refresh_request {
    uint8_t key_id[MPC_ID], sid[MPC_ID], rid[MPC_ID], u_device[32];
    mpc_proof proof;
} mpc_refresh_request;

typedef struct mpc_refresh_confirm {
    uint8_t key_id[MPC_ID], sid[MPC_ID], rid[MPC_ID];
    mpc_proof proof;
} mpc_refresh_confirm;

/* The authorisation, phone to server; scope is the exact bytes shown, sealed is for the workstation: MPC_SEALED bytes, the SM2
 * encryption C1 || C3 || C2 of MPC_SEAL_TAG || auth_id || P || SM3(scope) || d1'. */
#define MPC_SEAL_TAG "yiqian/authorise-seal/1"
enum {
    MPC_SEAL_TAG_SIZE = sizeof MPC_SEAL_TAG - 1,
    MPC_SEAL_PLAIN = MPC_SEAL_TAG_SIZE + MPC_ID + POINT_SIZE + 32 + 32,
    MPC_SEALED = SM2_CIPHER_OVERHEAD + MPC_SEAL_PLAIN
};
typedef struct mpc_authorise_request {
    uint8_t key_id[MPC_ID], sid[MPC_ID], auth_id[MPC_ID], t[32], pkW[POINT_SIZE];
    bytes scope, sealed;
    mpc_proof proof;
} mpc_authorise_request;

/* H(tag, x1 .. xk) = SM3(u8(len tag) || tag || u32be(len x1) || x1 || ...). */
void mpc_hash(uint8_t out[32], const char *tag, const bytes *parts, size_t n);

/* The transcript tr of S1; P and P1 are the key's. */
void mpc_sign_transcript(uint8_t tr[32], const mpc_sign_request *request, const uint8_t P[POINT_SIZE],
                         const uint8_t P1[POINT_SIZE]);

/* kappa_j = C("yiqian/sign-coef/1", tr, u32be(j)). */
void mpc_sign_coefficient(uint8_t kappa[16], const uint8_t tr[32], uint32_t j);

/* rho = H("yiqian/sign-bind/1", tr, u32be(i), W) mod n, at its full width. */
void mpc_sign_binding(scalar *rho, const uint8_t tr[32], uint32_t i, const uint8_t W[POINT_SIZE]);

/* The refresh factor t. */
void mpc_refresh_factor(scalar *t, const uint8_t key_id[MPC_ID], const uint8_t rid[MPC_ID], const uint8_t u_device[32],
                        const uint8_t u_server[32]);

/* Transcripts of the other proofs. */
void mpc_keygen_transcript(uint8_t tr[32], const uint8_t enrolment_id[MPC_ID], const uint8_t P1[POINT_SIZE]);
void mpc_refresh_transcript(uint8_t tr[32], const mpc_refresh_request *request, const uint8_t P[POINT_SIZE],
                            const uint8_t P1[POINT_SIZE]);
void mpc_confirm_transcript(uint8_t tr[32], const mpc_refresh_confirm *confirm, const uint8_t P[POINT_SIZE],
                            const uint8_t new_P1[POINT_SIZE]);
void mpc_authorise_transcript(uint8_t tr[32], const mpc_authorise_request *request, const uint8_t P[POINT_SIZE],
                              const uint8_t P1[POINT_SIZE]);

/* PROVE(tr, x) with the nonce k. Constant-time in x and k. ERR_SCALAR for a k that must not be used (z would be 0). */
MUST_CHECK err mpc_prove(mpc_proof *proof, const uint8_t tr[32], const scalar *x, const scalar *k);

/* Its check for X = x*G; ERR_PROOF, ERR_SCALAR for z outside [1, n-1]. */
MUST_CHECK err mpc_proof_check(const mpc_proof *proof, const uint8_t tr[32], const point *X);

#endif
