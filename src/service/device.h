/* Devices: enrolment with an activation code, sessions by challenge, the joint key, and what a device may see of its keys. */
#ifndef YIQIAN_SERVICE_DEVICE_H
#define YIQIAN_SERVICE_DEVICE_H

#include "mpc/mpc.h"
#include "service/service.h"

/* The table of used challenges; part of service_open and service_close. */
MUST_CHECK err device_open(service *s);
void device_close(service *s);

/* Opens an enrolment: the code is used up, the device and its P-256 credential are recorded. The same code with the same credential
 * gives the same answer while there is no certificate. ERR_ACTIVATION (with tries_left), ERR_USER_SUSPENDED, ERR_POINT. */
typedef struct device_enrol_request {
    const char *staff_no, *activation_code, *platform, *name;
    uint8_t credential[65];
} device_enrol_request;

typedef struct device_enrolment {
    uint8_t id[16], user_id[16];
    const char *staff_no, *name, *organisation;
    bytes subject; /* DER of the Name that the certificate will carry */
} device_enrolment;

MUST_CHECK err device_enrol(call *c, const device_enrol_request *request, device_enrolment *out);

/* The name a certificate of this user carries: C, O, OU (first department), CN (name), serialNumber (staff number). */
MUST_CHECK err device_subject(call *c, const uint8_t user_id[16], bytes *subject);

/* A challenge for the credential: good for 60 s, once, and only for this enrolment. */
enum { DEVICE_CHALLENGE = 40, DEVICE_CHALLENGE_SECONDS = 60, DEVICE_SESSION_SECONDS = 600 };
MUST_CHECK err device_challenge(call *c, const uint8_t enrolment_id[16], uint8_t out[DEVICE_CHALLENGE]);

/* Checks the answer and gives a session token (text in the arena). ERR_UNAUTHENTICATED. */
MUST_CHECK err device_session(call *c, const uint8_t enrolment_id[16], bytes challenge, const uint8_t signature[64],
                              const char **token, int64_t *expires_ms);

/* The enrolment that a token speaks for; ERR_UNAUTHENTICATED, ERR_SESSION_EXPIRED. */
MUST_CHECK err device_authenticate(const service *s, arena *a, const char *token, int64_t now_ms,
                                   uint8_t enrolment_id[16]);

/* K2 (docs/spec/two-party-sm2.md). ERR_PROOF, ERR_POINT, ERR_SCALAR, ERR_ENROLMENT_CLOSED. */
MUST_CHECK err device_keygen(call *c, const mpc_keygen_request *request, mpc_keygen_answer *answer);

/* The person of the calling device, if the device may act for him now: the user is active, its key is, and so is its certificate.
 * ERR_UNAUTHENTICATED (not enrolled), ERR_USER_SUSPENDED, ERR_CERTIFICATE_EXPIRED, ERR_CERTIFICATE_REVOKED, ERR_KEY_LOCKED, ERR_KEY_STATE. */
MUST_CHECK err device_standing(call *c, uint8_t user_id[16]);

/* Destroys the server's share and revokes the certificate (cessationOfOperation). ERR_KEY_NOT_FOUND. */
MUST_CHECK err device_key_remove(call *c, const uint8_t key_id[16]);

/* The keys of an enrolment (of the calling device), or of a user. */
typedef struct device_key_view {
    uint8_t id[16], enrolment_id[16];
    const char *state, *device_name, *platform;
    int tries_left;
    int64_t created_ms;
    bool has_certificate;
    bytes serial, certificate;
    const char *certificate_state;
    int64_t not_before_ms, not_after_ms;
} device_key_view;

MUST_CHECK err device_keys_of_enrolment(call *c, const device_key_view **out, size_t *n);
MUST_CHECK err device_keys_of_user(call *c, const uint8_t user_id[16], const device_key_view **out, size_t *n);

/* An operator lets a locked key be used again: the counters of failed PINs start anew. ERR_KEY_NOT_FOUND, ERR_KEY_STATE. */
MUST_CHECK err device_key_unlock(call *c, const uint8_t key_id[16]);

#endif
