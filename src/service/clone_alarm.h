/* The clone alarm (docs/spec/two-party-sm2.md, Share refresh): a proof that is right under a share which a refresh replaced comes from a copy of
 * the device. Nothing outside src/service includes this. */
#ifndef YIQIAN_SERVICE_CLONE_ALARM_H
#define YIQIAN_SERVICE_CLONE_ALARM_H

#include "service/signing_key.h"

/* Whether the failed proof is right with a retired P1 in place of the key's. All of them are tried, so that the time tells nothing. */
MUST_CHECK err clone_alarm_check(call *c, const signing_key *key, const signing_key_proof *proof, bool *alarm);

/* Adds to the unit of the failure: the key is frozen, and the operator has an audit row of its own. ERR_MEMORY. */
MUST_CHECK err clone_alarm_add(call *c, store_unit *unit, const signing_key *key);

#endif
