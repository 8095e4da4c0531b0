/* Two-party SM2, the server half (docs/spec/two-party-sm2.md). Nothing here keeps state between messages and nothing reads a
 * clock, a row or a counter: what must be checked and recorded durably before an answer leaves is the service's part.
 * Constant-time in d2, w and t. A share whose P1 is no point or whose d2 is 0 gives ERR_CORRUPT where they are used. */
#ifndef YIQIAN_MPC_SERVER_H
#define YIQIAN_MPC_SERVER_H

#include "mpc/mpc.h"

/* What the server keeps of a key. d2 and P1 are kept sealed; P is the certificate's public key. Wiped by the owner, with
 * mpc_server_share_wipe. */
typedef struct mpc_server_share {
    scalar d2;
    uint8_t P1[POINT_SIZE], P[POINT_SIZE];
} mpc_server_share;

void mpc_server_share_wipe(mpc_server_share *share);

/* K2. ERR_POINT, ERR_SCALAR, ERR_PROOF (none of them a PIN failure), ERR_ENTROPY. key_id is the caller's choice. share is
 * secret and wiped on an error. */
MUST_CHECK err mpc_server_keygen(mpc_server_share *share, mpc_keygen_answer *answer, const mpc_keygen_request *request,
                                 const uint8_t key_id[MPC_ID], const entropy *rng);

/* The checks of mpc_server_keygen alone. */
MUST_CHECK err mpc_server_keygen_check(const mpc_keygen_request *request);

/* K2 again for a share that exists (an answer that was lost), after mpc_server_keygen_check. ERR_CORRUPT if the share is not one. */
MUST_CHECK err mpc_server_keygen_repeat(mpc_keygen_answer *answer, const mpc_server_share *share,
                                        const uint8_t key_id[MPC_ID]);

/* S2, first part: the checks. On ERR_OK the request proves the PIN, and `checked` is what the second part needs.
 * ERR_PROOF is a failed PIN attempt; ERR_POINT, ERR_SCALAR, ERR_LENGTH (m out of bounds) are malformed requests and none.
 * scratch: room for the 2m points' multiples, m being the request's as the caller has looked at it; they are of A_i and B_i and
 * must live until the second part is done. checked is PIN-sensitive: the caller wipes it. */
typedef struct mpc_server_checked {
    uint8_t tr[32];
    const point_odd *points; /* of A_0, B_0, A_1, B_1, ... */
} mpc_server_checked;

MUST_CHECK err mpc_server_sign_check(mpc_server_checked *checked, point_odd *scratch, const mpc_server_share *share,
                                     const mpc_sign_request *request);

/* S2, second part: the m answers, with fresh w. Called only after the claim is durable; ERR_ENTROPY, with answers wiped. */
MUST_CHECK err mpc_server_sign_answer(mpc_sign_answer *answers, const mpc_server_share *share,
                                      const mpc_sign_request *request, const mpc_server_checked *checked,
                                      const entropy *rng);

/* R2: checks the proof (ERR_PROOF is a failed PIN attempt; ERR_SCALAR none). u_server is drawn by the caller and kept for a repeated rid. */
MUST_CHECK err mpc_server_refresh_check(const mpc_server_share *share, const mpc_refresh_request *request);

/* The share after the refresh. */
MUST_CHECK err mpc_server_refresh(mpc_server_share *fresh, const mpc_server_share *share,
                                  const mpc_refresh_request *request, const uint8_t u_server[32]);

/* R4: checks the confirmation under the fresh share's P1. ERR_PROOF is a failed PIN attempt where the rid is known. */
MUST_CHECK err mpc_server_confirm_check(const mpc_server_share *fresh, const mpc_refresh_confirm *confirm);

/* The checks of mpc_server_authorise alone, with P and P1 of the share only: also for a retired P1. */
MUST_CHECK err mpc_server_authorise_check(const mpc_server_share *share, const mpc_authorise_request *request);

/* Authorisation: checks the proof (ERR_PROOF is a failed PIN attempt; ERR_POINT, ERR_SCALAR and ERR_LENGTH, of pkW, t or z and
 * sealed, none) and gives the share kept under auth_id. The caller wipes request->t at once, and never writes it. */
MUST_CHECK err mpc_server_authorise(mpc_server_share *authorised, const mpc_server_share *share,
                                    const mpc_authorise_request *request);

#endif
