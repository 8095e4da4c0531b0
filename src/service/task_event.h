/* What happens to a task, told to those who wait for it: every change of a task's state goes through here, in the unit that makes it; but that
 * it is claimed only wakes who waits for the task itself. Nothing outside src/service includes this. */
#ifndef YIQIAN_SERVICE_TASK_EVENT_H
#define YIQIAN_SERVICE_TASK_EVENT_H

#include "service/service.h"

typedef struct task_event {
    const uint8_t *task, *signer; /* ids */
    const char *state;            /* the new one; or "stamped": the signature has its timestamp now */
} task_event;

/* Adds to the unit what the event needs, and has the waiting woken when it is durable. ERR_MEMORY. */
MUST_CHECK err task_event_add(call *c, store_unit *unit, const task_event *event);

#endif
