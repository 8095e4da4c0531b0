/* Workstations: installations that sign for people who authorised them. An operator offers a registration code; the installation uses it
 * once, with a key of its own, which the CA certifies. */
#ifndef YIQIAN_SERVICE_WORKSTATION_H
#define YIQIAN_SERVICE_WORKSTATION_H

#include "service/device_session.h"
#include "service/enrolment_offer.h"
#include "service/idempotency.h"
#include "service/service.h"

enum {
    WORKSTATION_NAME_MAX = 64, /* characters; ub-common-name */
    WORKSTATION_PLACE_MAX = 64,
    WORKSTATION_CODE_SECONDS = 86400,
    WORKSTATION_TRIES = 200 /* wrong codes, of all addresses together, until the offer is closed */
};

typedef struct workstation {
    uint8_t id[16];
    const char *name, *place, *state; /* "offered", "active", "removed" */
    bytes certificate;                /* DER; p NULL until it is registered */
    uint8_t public_key[65];
    int64_t created_ms, expires_ms; /* of the code */
    bool repeated;                  /* the answer to a create is of an earlier one with this idempotency key */
} workstation;

typedef struct workstation_request {
    const char *name, *place;
    idempotency once;
} workstation_request;

/* The code is given out here once. Repeated under its idempotency key it gives the workstation, with a new code in place of the first if that was
 * not used yet, else with "". ERR_EXISTS (name), ERR_FIELD_LENGTH, ERR_ENTROPY, ERR_IDEMPOTENCY, ERR_WORKSTATION_NOT_FOUND (repeated, and
 * it was removed). */
MUST_CHECK err workstation_create(call *c, const workstation_request *request, workstation *out,
                                  char code[ENROLMENT_CODE_SHOWN]);

/* In the order of their creation, the removed ones too; after may be NULL; limit 1..1000. */
MUST_CHECK err workstation_list(call *c, const uint8_t *after, int64_t limit, const workstation **out, size_t *n);

/* ERR_WORKSTATION_NOT_FOUND, also of removed ones. */
MUST_CHECK err workstation_get(call *c, const uint8_t id[16], workstation *out);

/* Closes its authorisations, and it opens no session any more. ERR_WORKSTATION_NOT_FOUND. */
MUST_CHECK err workstation_remove(call *c, const uint8_t id[16]);

/* The installation registers. proof: SM2 signature by its key over "yiqian/workstation-registration/1" || public key || SM3(name). One
 * error, ERR_ACTIVATION, for an unknown name, a wrong, used or late code; ERR_RATE after too many; ERR_POINT, ERR_SIGNATURE (the proof).
 * The same code and key again give the same certificate. */
typedef struct workstation_registration {
    const char *name, *code;
    uint8_t public_key[65], proof[64];
} workstation_registration;
MUST_CHECK err workstation_register(call *c, const workstation_registration *request, workstation *out);

/* Sessions, as a device's: a challenge; the answer to it is an SM2 signature by the installation's key over "yiqian/workstation-session/1" || workstation
 * id || challenge. ERR_UNAUTHENTICATED. */
MUST_CHECK err workstation_session_challenge(call *c, const uint8_t id[16], uint8_t out[DEVICE_CHALLENGE]);
MUST_CHECK err workstation_session_begin(call *c, const uint8_t id[16], bytes challenge, const uint8_t signature[64],
                                         const char **token, int64_t *expires_ms);

/* The workstation that a token speaks for; ERR_UNAUTHENTICATED, also for one that was removed, ERR_SESSION_EXPIRED. */
MUST_CHECK err workstation_session_check(const service *s, arena *a, const char *token, int64_t now_ms, uint8_t id[16]);

/* The calling workstation, which may have been removed since its session began: ERR_UNAUTHENTICATED. */
MUST_CHECK err workstation_calling(call *c, workstation *out);

#endif
