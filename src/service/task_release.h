/* Tasks given back: a claim that ends without a signature leaves its tasks pending, for every device of the person, and who waits is told.
 * That a signature may exist stays said (claim_key). Nothing outside src/service includes this. */
#ifndef YIQIAN_SERVICE_TASK_RELEASE_H
#define YIQIAN_SERVICE_TASK_RELEASE_H

#include "service/service.h"

/* Add to the unit what gives back the tasks of one claim, or all that was claimed with a key or under an
 * authorisation of it. ERR_MEMORY. */
MUST_CHECK err task_release_claim(call *c, store_unit *unit, const uint8_t key_id[16], const uint8_t sid[16]);
MUST_CHECK err task_release_key(call *c, store_unit *unit, const uint8_t key_id[16], const uint8_t user_id[16]);

/* The tasks whose claim lapsed, in units of their own, until none is left. Those past their own time are left to task_expire. */
MUST_CHECK err task_release_lapsed(call *c);

#endif
