/* Steps with given nonces, for known-answer tests and the public calls of mpc_device.h and mpc_server.h, which draw the
 * nonces and are otherwise the same. A nonce used twice gives the share away: nothing but those two may call these.
 * ERR_SCALAR where a given value must not be used (the public calls draw another one). */
#ifndef YIQIAN_MPC_STEP_H
#define YIQIAN_MPC_STEP_H

#include "mpc/mpc_device.h"
#include "mpc/mpc_server.h"

typedef struct mpc_step_nonces {
    scalar a, b;
} mpc_step_nonces;

/* K1 with d1 and the proof's k. */
MUST_CHECK err mpc_step_keygen_request(mpc_keygen_request *request, const uint8_t enrolment_id[MPC_ID],
                                       const scalar *d1, const scalar *k);

/* K2 with d2; ERR_SCALAR where P would be infinity or +-G. */
MUST_CHECK err mpc_step_keygen_answer(mpc_server_share *share, mpc_keygen_answer *answer,
                                      const mpc_keygen_request *request, const uint8_t key_id[MPC_ID],
                                      const scalar *d2);

/* The checks of K3 alone: P is not +-G, and d1^-1 * P2 = P + G; errors as mpc_device_keep. */
MUST_CHECK err mpc_step_keygen_check(const scalar *d1, const mpc_keygen_request *request,
                                     const mpc_keygen_answer *answer);

/* The blob of d1 under a mask of the PIN with this salt; of any PIN. */
MUST_CHECK err mpc_step_mask(mpc_device_blob *blob, const scalar *d1, const uint8_t P[POINT_SIZE], bytes pin,
                             uint32_t iterations, const uint8_t salt[MPC_SALT]);

/* S1 with m pairs of nonces and the proof's k. */
MUST_CHECK err mpc_step_sign_request(mpc_device_session **session, mpc_sign_request *request, const scalar *d1,
                                     const uint8_t P[POINT_SIZE], const mpc_step_nonces *nonces, const scalar *k);

/* S2, second part, with m nonces w; ERR_SCALAR where R is infinity or r = 0 or s1 = 0. */
MUST_CHECK err mpc_step_sign_answer(mpc_sign_answer *answers, const mpc_server_share *share,
                                    const mpc_sign_request *request, const mpc_server_checked *checked,
                                    const scalar *w);

/* R1, R3 and the authorisation with the proof's k; kW is the nonce of the encryption. */
MUST_CHECK err mpc_step_refresh(mpc_refresh_request *request, const scalar *d1, const uint8_t P[POINT_SIZE],
                                const scalar *k);
MUST_CHECK err mpc_step_confirm(mpc_refresh_confirm *confirm, scalar *new_d1, const scalar *d1,
                                const mpc_refresh_request *request, const uint8_t u_server[32],
                                const uint8_t P[POINT_SIZE], const scalar *k);
MUST_CHECK err mpc_step_authorise(mpc_authorise_request *request, uint8_t sealed[MPC_SEALED], const scalar *d1,
                                  const uint8_t P[POINT_SIZE], const scalar *t, const scalar *kW, const scalar *k);

#endif
