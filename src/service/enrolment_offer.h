/* Activation codes: an operator's or a business system's offer that a user enrols one device. */
#ifndef YIQIAN_SERVICE_ENROLMENT_OFFER_H
#define YIQIAN_SERVICE_ENROLMENT_OFFER_H

#include "service/service.h"

enum {
    ENROLMENT_CODE_LENGTH = 12,                           /* characters of 5 bits */
    ENROLMENT_CODE_TEXT = ENROLMENT_CODE_LENGTH + 1,      /* normalised, with its terminator */
    ENROLMENT_CODE_SHOWN = ENROLMENT_CODE_LENGTH + 2 + 1, /* "7KQF-3M9X-2TWB" and its terminator */
    ENROLMENT_OFFERS = 5,                                 /* open at once for one user; older ones are closed */
    ENROLMENT_TTL_MIN = 60,                               /* seconds */
    ENROLMENT_TTL_MAX = 30 * 86400,
    ENROLMENT_TTL_DEFAULT = 86400
};

typedef struct enrolment_offer {
    uint8_t id[16]; /* of the enrolment */
    char code[ENROLMENT_CODE_SHOWN];
    int64_t expires_ms;
    uint8_t hash[32]; /* what is stored of the code */
} enrolment_offer;

/* The code is given out here once; the database keeps enrolment_code_hash of it. ERR_USER_NOT_FOUND, ERR_USER_SUSPENDED, ERR_RANGE
 * (ttl_seconds), ERR_ENTROPY. */
MUST_CHECK err enrolment_offer_create(call *c, const uint8_t user_id[16], int64_t ttl_seconds, enrolment_offer *out);

/* The same in steps, for a use case whose unit offers among other things: who may be offered a code, a fresh offer (not stored), its rows. */
MUST_CHECK err enrolment_user_check(call *c, const uint8_t user_id[16]);
MUST_CHECK err enrolment_offer_make(call *c, int64_t ttl_seconds, enrolment_offer *out);
void enrolment_offer_add(call *c, store_unit *unit, const uint8_t user_id[16], const enrolment_offer *offer);

/* What is stored of a normalised code: HMAC-SM3 under a key of the server's, so that the database alone does not let the 60 bits
 * be searched. */
void enrolment_code_hash(const service *s, const uint8_t enrolment_id[16], const char *code, uint8_t out[32]);

/* A code as typed (case, hyphens and spaces do not matter; O is 0, I and L are 1). ERR_ENCODING. */
MUST_CHECK err enrolment_code_normalise(const char *text, char out[ENROLMENT_CODE_TEXT]);

#endif
