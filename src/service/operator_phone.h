/* The phones that log an operator in to the console. A phone from before somebody was made an operator may be anybody's who had an activation code of his: it
 * goes on signing records, and opens no console until he says himself that it is his. */
#ifndef YIQIAN_SERVICE_OPERATOR_PHONE_H
#define YIQIAN_SERVICE_OPERATOR_PHONE_H

#include "service/enrolment_offer.h"
#include "service/operator.h"

typedef struct operator_phone {
    uint8_t id[16]; /* of its enrolment */
    const char *name, *platform;
    const char *key_state; /* as docs/spec/states.md */
    int64_t enrolled_ms;
    const char *how;  /* why it logs him in: "enrolled", "confirmed", "earlier"; NULL: it does not */
    int64_t added_ms; /* since when; 0: it does not */
} operator_phone;

/* Those of the call's person that are enrolled, newest first. */
MUST_CHECK err operator_phone_list(call *c, const operator_phone **out, size_t *n);

/* An activation code for a phone of the call's person, which will log him in. ERR_FORBIDDEN (he logged in long ago), and as enrolment_offer_create. */
MUST_CHECK err operator_phone_offer(call *c, int64_t ttl_seconds, enrolment_offer *out);

/* The call's person says that this phone is his, shortly after he logged in: from now on it logs him in. Again it is ERR_OK. ERR_NOT_FOUND (not enrolled, or
 * another's), ERR_FORBIDDEN (he logged in long ago). */
MUST_CHECK err operator_phone_confirm(call *c, const uint8_t id[16]);

/* It logs him in no more, and sessions that were begun by a scan end. ERR_NOT_FOUND. */
MUST_CHECK err operator_phone_remove(call *c, const uint8_t id[16]);

/* Nothing outside src/service uses what follows. */

/* Adds to a unit in which operator_guard_phone stands, or which makes him an operator: what is enrolled here will log in whoever this user is an operator as;
 * nothing where he is none. */
void operator_phone_add_enrolment(const call *c, store_unit *unit, const uint8_t user_id[16],
                                  const uint8_t enrolment_id[16]);

/* The same of an enrolment by scan: noted with the scan, and for what then scans it. */
void operator_phone_add_scan(store_unit *unit, const uint8_t user_id[16], const uint8_t scan_id[16]);
void operator_phone_add_scanned(const call *c, store_unit *unit, const uint8_t scan_id[16],
                                const uint8_t enrolment_id[16]);

/* Adds to the unit that completes the enrolment of a phone's new key: it logs in where the key that it replaces does now, and not where that did when the
 * re-keying began: it may have been taken off since. */
void operator_phone_add_rekeyed(store_unit *unit, const uint8_t key_id[16], const uint8_t enrolment_id[16]);

/* Whether the calling device logs this operator in. ERR_FORBIDDEN. */
MUST_CHECK err operator_phone_check(call *c, const uint8_t operator_id[16]);

/* Adds to a unit that the phone which signed this login logs this operator in; fails it with ERR_UNAUTHENTICATED. */
void operator_phone_require(store_unit *unit, const uint8_t operator_id[16], const uint8_t login_id[16]);

#endif
