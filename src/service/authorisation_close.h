/* How authorisations end. Every ending goes through one statement: the share is gone from the row with the state, and the pad with the file
 * after the commit. Nothing outside src/service includes this. */
#ifndef YIQIAN_SERVICE_AUTHORISATION_CLOSE_H
#define YIQIAN_SERVICE_AUTHORISATION_CLOSE_H

#include "service/authorisation.h"

/* Adds to the unit: the authorisation ends in `state` ("closed", "expired", "exhausted") if it is open, with its audit row; those who wait for
 * it are woken. rows: 1 where it must be open (ERR_AUTHORISATION_CLOSED), STORE_ANY. */
MUST_CHECK err authorisation_end(call *c, store_unit *unit, const uint8_t auth_id[16], const char *state,
                                 const char *by, int64_t rows);

/* The person whose phone is calling, whatever the state of its key: closing must always be possible. ERR_UNAUTHENTICATED. */
MUST_CHECK err authorisation_person_of_device(call *c, uint8_t user_id[16]);

#endif
