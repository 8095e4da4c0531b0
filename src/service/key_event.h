/* What happens to a key that others must hear of: every such change goes through here, in the unit that makes it. Nothing outside src/service
 * includes this. */
#ifndef YIQIAN_SERVICE_KEY_EVENT_H
#define YIQIAN_SERVICE_KEY_EVENT_H

#include "service/service.h"

/* Each of them ends what was authorised with the key. */
typedef enum key_happening {
    KEY_LOCKED,           /* by wrong PINs */
    KEY_FROZEN,           /* by an operator or a clone alarm */
    KEY_PIN_CHANGED,      /* refreshed under another PIN */
    KEY_DESTROYED,        /* its share is gone */
    KEY_CERTIFICATE_ENDED /* revoked, superseded or expired while the key stays */
} key_happening;

/* Adds to the unit what the event needs: the key's open authorisations are closed (service/authorisation.h). Called and committed under the
 * key's lock, so that none is approved in between. Has those who wait for the person woken when it is durable.
 * ERR_MEMORY, and those of the store. */
MUST_CHECK err key_event_add(call *c, store_unit *unit, const uint8_t key_id[16], const uint8_t user_id[16],
                             key_happening what);

#endif
