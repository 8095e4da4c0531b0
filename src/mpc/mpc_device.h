/* Two-party SM2, the device half (docs/spec/two-party-sm2.md): the phone's part, and a workstation's under an authorisation.
 * The whole private key never exists here or anywhere. Constant-time in d1, the mask, a, b and k; all of them are wiped. */
#ifndef YIQIAN_MPC_DEVICE_H
#define YIQIAN_MPC_DEVICE_H

#include "mpc/mpc.h"

/* The upper bound keeps a spoilt blob from holding the device for hours. */
enum { MPC_SALT = 16, MPC_ITERATIONS_MIN = 10000, MPC_ITERATIONS_MAX = 10000000, MPC_PIN_MIN = 6, MPC_PIN_MAX = 12 };

/* What the device keeps of a key: nothing in it tells a right PIN from a wrong one. Still it is kept wrapped by a platform
 * key, and outside backups: with one logged request the PIN could be tried offline. */
typedef struct mpc_device_blob {
    uint8_t x[32]; /* d1 - mask mod n */
    uint8_t salt[MPC_SALT];
    uint32_t iterations;
    uint8_t P[POINT_SIZE];
} mpc_device_blob;

/* 6 to 12 ASCII digits, none of the common ones (one digit repeated, ascending, descending, 123123 ...); ERR_WEAK_PIN for
 * everything else. */
MUST_CHECK err mpc_pin_check(bytes pin);

/* mask = PBKDF2-HMAC-SM3(PIN, salt, iterations, 48 bytes) mod (n-1) + 1. */
void mpc_pin_mask(scalar *mask, bytes pin, const uint8_t salt[MPC_SALT], uint32_t iterations);

/* K1: draws d1 and makes the request; `d1` is secret, in memory only, and goes into K3. ERR_ENTROPY. */
MUST_CHECK err mpc_device_keygen(scalar *d1, mpc_keygen_request *request, const uint8_t enrolment_id[MPC_ID],
                                 const entropy *rng);

/* K3: checks the answer (ERR_POINT, ERR_ANSWER) and masks d1 with the PIN under a fresh salt as mpc_device_mask does, with
 * its errors; wipes d1 in every case. ERR_ARG where request is not the one made with this d1: of two enrolments open at once
 * neither takes the other's answer. */
MUST_CHECK err mpc_device_keep(mpc_device_blob *blob, scalar *d1, const mpc_keygen_request *request,
                               const mpc_keygen_answer *answer, bytes pin, uint32_t iterations, const entropy *rng);

/* d1 from the blob and the PIN: any PIN gives some d1. ERR_RANGE where iterations is out of bounds, ERR_SCALAR where x is not
 * in [1, n-1] or d1 would be 0. */
MUST_CHECK err mpc_device_unmask(scalar *d1, const mpc_device_blob *blob, bytes pin);

/* The same where the mask itself is at hand (a platform kept it for the person's finger). */
MUST_CHECK err mpc_device_unmask_with(scalar *d1, const mpc_device_blob *blob, const scalar *mask);

/* The mask that lies between a share and its blob: secret, the caller's to wipe. ERR_SCALAR where x is not in [1, n-1], or d1 is x. */
MUST_CHECK err mpc_device_mask_of(scalar *mask, const mpc_device_blob *blob, const scalar *d1);

/* An open signing session: d1 and the nonces, in memory only. It is used for one answer and then holds nothing. */
typedef struct mpc_device_session mpc_device_session;

/* S1 over m digests. The session copies what it needs of request; request->items are the caller's m items with e set, whose
 * A and B are filled here. Ownership: the caller frees *session with mpc_device_session_destroy (which wipes it).
 * key_id and sid are set in request by the caller; sid is 16 fresh bytes. ERR_LENGTH (m), ERR_POINT (P), ERR_ENTROPY,
 * ERR_MEMORY; *session is NULL then. */
MUST_CHECK err mpc_device_sign(mpc_device_session **session, mpc_sign_request *request, const scalar *d1,
                               const uint8_t P[POINT_SIZE], const entropy *rng);

/* S3: consumes the session's nonces whatever the answer (a second call gives ERR_CONSUMED), and gives m signatures r || s,
 * each verified on the session's own e under P. ERR_POINT (W) and ERR_SCALAR (s1) for a malformed answer, ERR_ANSWER for a false
 * one or another m: signatures is not touched then. Of two threads with one session one gets ERR_CONSUMED. */
MUST_CHECK err mpc_device_finish(mpc_device_session *session, uint8_t (*signatures)[64], const mpc_sign_answer *answers,
                                 size_t m);

/* Wipes it. NULL is fine. */
void mpc_device_session_destroy(mpc_device_session *session);

/* R1. The caller sets the ids and u_device (32 fresh bytes) in the request. ERR_ENTROPY. */
MUST_CHECK err mpc_device_refresh(mpc_refresh_request *request, const scalar *d1, const uint8_t P[POINT_SIZE],
                                  const entropy *rng);

/* R3. The caller sets confirm->sid; key_id and rid are taken from the request of R1. new_d1 = d1 * t: it is masked under a
 * fresh salt and stored beside the old blob before confirm is sent. new_d1 is secret and the caller's to wipe. ERR_ENTROPY. */
MUST_CHECK err mpc_device_confirm(mpc_refresh_confirm *confirm, scalar *new_d1, const scalar *d1,
                                  const mpc_refresh_request *request, const uint8_t u_server[32],
                                  const uint8_t P[POINT_SIZE], const entropy *rng);

/* R3 again, after its answer was lost or the device restarted: d1 is the share of that refresh, d1 * t. The caller sets the ids. ERR_ENTROPY. */
MUST_CHECK err mpc_device_confirm_again(mpc_refresh_confirm *confirm, const scalar *d1, const uint8_t P[POINT_SIZE],
                                        const entropy *rng);

/* A share masked under a PIN with a fresh salt; only ever once for one d1 (two maskings reveal both PINs). ERR_WEAK_PIN,
 * ERR_RANGE (iterations), ERR_ENTROPY. */
MUST_CHECK err mpc_device_mask(mpc_device_blob *blob, const scalar *d1, const uint8_t P[POINT_SIZE], bytes pin,
                               uint32_t iterations, const entropy *rng);

/* Authorisation, on the phone: the caller sets the ids, pkW (only ever from the QR) and scope; t, sealed and the proof are set
 * here, and request->sealed points to `sealed`. ERR_POINT (pkW), ERR_ENTROPY. */
MUST_CHECK err mpc_device_authorise(mpc_authorise_request *request, uint8_t sealed[MPC_SEALED], const scalar *d1,
                                    const uint8_t P[POINT_SIZE], const entropy *rng);

/* Authorisation, on the workstation: opens the sealed share with the one-time key dW and checks tag, auth_id, P and scope.
 * d1 is secret and the caller's to wipe. ERR_SCALAR (dW), ERR_DECRYPT, ERR_ANSWER; d1 is wiped then. */
MUST_CHECK err mpc_device_authorised(scalar *d1, bytes sealed, const uint8_t dW[32], const uint8_t auth_id[MPC_ID],
                                     const uint8_t P[POINT_SIZE], bytes scope);

#endif
