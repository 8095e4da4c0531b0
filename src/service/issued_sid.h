/* Session ids that the server issues, each for one request of R1, R3 or an authorisation (docs/spec/two-party-sm2.md, Share refresh): a recorded
 * one is worth nothing. A key has one at a time. Outside src/service only issued_sid_make is of use. */
#ifndef YIQIAN_SERVICE_ISSUED_SID_H
#define YIQIAN_SERVICE_ISSUED_SID_H

#include "service/signing_key.h"

enum { ISSUED_SID_SECONDS = 60 };

typedef struct issued_sid {
    uint8_t sid[16];
    int64_t expires_ms;
} issued_sid;

/* For the calling device's key; the one before is worth nothing any more. ERR_KEY_NOT_FOUND, ERR_KEY_STATE (enrolling), and as
 * signing_key_load. */
MUST_CHECK err issued_sid_make(call *c, const uint8_t key_id[16], issued_sid *out);

/* Draws one for the unit that stores it. ERR_ENTROPY. */
MUST_CHECK err issued_sid_draw(call *c, issued_sid *out);

/* Whether the sid is the one issued for this key and not too old: ERR_SID, which is no PIN failure. It is used up by the unit that records
 * the outcome of the request's proof, whichever that is. */
MUST_CHECK err issued_sid_check(const call *c, const signing_key *key, const uint8_t sid[16]);

#endif
