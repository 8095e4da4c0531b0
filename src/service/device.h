/* Devices: enrolment with an activation code, and for whom a device may act. */
#ifndef YIQIAN_SERVICE_DEVICE_H
#define YIQIAN_SERVICE_DEVICE_H

#include "service/service.h"

/* Opens an enrolment: the code is used up, the device and its P-256 credential are recorded. The same code with the same credential
 * gives the same answer while there is no certificate. ERR_ACTIVATION (with tries_left, of this address; the same for a staff number that is nobody's), ERR_RATE (too many wrong codes
 * from there: nothing was counted), ERR_USER_SUSPENDED, ERR_POINT. The right code is taken however many were wrong before. */
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

/* The name that a certificate of this user carries, by the profile in use. ERR_USER_NOT_FOUND, ERR_PROFILE (he lacks what it requires, of an
 * extension, too). */
MUST_CHECK err device_subject(call *c, const uint8_t user_id[16], bytes *subject);

/* The person of the calling device, if the device may act for him now: the user is active, its key is, and so is its certificate.
 * ERR_UNAUTHENTICATED (not enrolled), ERR_USER_SUSPENDED, ERR_CERTIFICATE_EXPIRED, ERR_CERTIFICATE_FROZEN, ERR_CERTIFICATE_SUPERSEDED,
 * ERR_CERTIFICATE_REVOKED, ERR_KEY_LOCKED, ERR_KEY_STATE. */
MUST_CHECK err device_standing(call *c, uint8_t user_id[16]);

#endif
