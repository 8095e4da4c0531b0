/* Ending tasks: by the business system, by the signer, by time. Each is an act on the table of service/task_state.h. A repeat of an act
 * that was done, with the same reason, gives the same result: its answer may have been lost. Where the reason is another, it is
 * ERR_TASK_CANCELLED, ERR_TASK_DECLINED, ERR_TASK_WITHDRAWN. What waits behind an ended task is cancelled (service/task_order.h). */
#ifndef YIQIAN_SERVICE_TASK_END_H
#define YIQIAN_SERVICE_TASK_END_H

#include "service/task.h"

/* A task of the calling system that is waiting or pending. reason: NULL for none. ERR_TASK_NOT_FOUND, ERR_TASK_SIGNED, ERR_TASK_CLAIMED (a
 * signature may be on its way), ERR_TASK_*. */
MUST_CHECK err task_cancel(call *c, const uint8_t id[16], const char *reason, task *out);

/* A signed task of the calling system: its signature stays readable, and is marked. What was to follow it and is not signed is cancelled.
 * ERR_TASK_NOT_FOUND, ERR_TASK_NOT_SIGNED, ERR_TASK_CLAIMED (a device is signing what follows it: with retry_after), ERR_TASK_*. */
MUST_CHECK err task_withdraw(call *c, const uint8_t id[16], const char *reason, task *out);

/* The calling device's person will not sign it: waiting or pending; not while a device has it claimed. ERR_TASK_NOT_FOUND,
 * ERR_TASK_NOT_YOURS, ERR_TASK_CLAIMED (with retry_after), ERR_TASK_*, and what device_standing gives. */
MUST_CHECK err task_decline(call *c, const uint8_t id[16], const char *reason, task *out);

/* For service/task_batch.c: adds to the unit what ends one task; ERR_CONFLICT at the commit where it moved on. */
MUST_CHECK err task_end_add(call *c, store_unit *unit, const task *t, const char *state, const char *reason);

/* Writes down what time has done: lapsed claims end; tasks past their time expire, in units of their own, until none is left. */
MUST_CHECK err task_expire(call *c);

#endif
