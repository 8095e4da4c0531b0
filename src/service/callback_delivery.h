/* Sends what is queued, in one thread of its own: many messages at once, few to one endpoint, and fewer to one that does not answer. No
 * worker and no signature waits for it. At least once: what left before a crash and was not noted is sent again, under the same id. */
#ifndef YIQIAN_SERVICE_CALLBACK_DELIVERY_H
#define YIQIAN_SERVICE_CALLBACK_DELIVERY_H

#include "service/service.h"

typedef struct callback_delivery callback_delivery;

/* Starts the thread; the service outlives it. ERR_MEMORY. Ownership: callback_delivery_stop, which breaks off what is under way; NULL is
 * fine. */
MUST_CHECK err callback_delivery_start(callback_delivery **out, service *s);
void callback_delivery_stop(callback_delivery *d);

#endif
