/* Keys of devices: made jointly with the device, listed, removed. */
#ifndef YIQIAN_SERVICE_DEVICE_KEY_H
#define YIQIAN_SERVICE_DEVICE_KEY_H

#include "mpc/mpc.h"
#include "service/service.h"

/* K2 (docs/spec/two-party-sm2.md). ERR_PROOF, ERR_POINT, ERR_SCALAR, ERR_ENROLMENT_CLOSED. */
MUST_CHECK err device_key_generate(call *c, const mpc_keygen_request *request, mpc_keygen_answer *answer);

/* Destroys the server's share and revokes the certificate (cessationOfOperation). ERR_KEY_NOT_FOUND. */
MUST_CHECK err device_key_remove(call *c, const uint8_t key_id[16]);

/* The keys of an enrolment (of the calling device), or of a user. */
typedef struct device_key_view {
    uint8_t id[16], enrolment_id[16];
    const char *state, *device_name, *platform;
    int tries_left;
    int64_t created_ms, refreshed_ms;
    int64_t alarmed_ms; /* of a clone alarm; 0: none */
    int64_t used_ms;    /* when the device last finished a signature with it; 0: never */
    bool has_certificate;
    bytes serial, certificate;
    const char *certificate_state;
    int64_t not_before_ms, not_after_ms;
    bool renewal_due; /* its certificate may be renewed now (service/renewal.h) */
} device_key_view;

MUST_CHECK err device_key_list_of_enrolment(call *c, const device_key_view **out, size_t *n);
/* The other keys of the calling device's person that are not destroyed, on whatever device: of which one may be reported lost. As
 * device_standing. */
MUST_CHECK err device_key_list_others(call *c, const device_key_view **out, size_t *n);
MUST_CHECK err device_key_list_of_user(call *c, const uint8_t user_id[16], const device_key_view **out, size_t *n);

enum { DEVICE_KEY_Q_MAX = 64 /* characters */ };

/* NULL: any. */
typedef struct device_key_filter {
    const char *q;                    /* a part of the person's name or staff number or of the device's name */
    const char *state;                /* NULL: all that are not destroyed */
    const char *platform, *department; /* exactly */
    int64_t unused_since_ms;          /* neither made nor used since; 0: whenever */
    const uint8_t *after;             /* NULL: from the newest on */
    int64_t limit;
} device_key_filter;

/* With its person. */
typedef struct device_key_held {
    device_key_view key; /* without the certificate's octets */
    uint8_t user_id[16];
    const char *staff_no, *user_name, *user_state;
    const char *department; /* the first of them; NULL: none */
} device_key_held;

/* Keys of everybody, newest first. ERR_FIELD_LENGTH (q). */
MUST_CHECK err device_key_list(call *c, const device_key_filter *filter, const device_key_held **out, size_t *n);

#endif
