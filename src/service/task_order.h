/* The order of tasks: one that has an after_task waits until that one is signed, and is cancelled where it never will be. Nothing
 * outside src/service includes this.
 *
 * What waits is read before the unit that moves it and counted again in it: a task that joined or left in between fails the unit
 * with ERR_CONFLICT, and the use case begins anew (TASK_ORDER_TRIES). */
#ifndef YIQIAN_SERVICE_TASK_ORDER_H
#define YIQIAN_SERVICE_TASK_ORDER_H

#include "service/service.h"

enum { TASK_ORDER_TRIES = 4 };

/* The items of one claim in their order, the batches they are in and what waits for them: one query for a whole request. A row an item, and one
 * more for each further task that waits for it. */
enum {
    TASK_ORDER_SUBJECT,
    TASK_ORDER_BATCH,
    TASK_ORDER_FOLLOWER,
    TASK_ORDER_FOLLOWER_SIGNER,
    TASK_ORDER_FOLLOWER_BATCH,
    TASK_ORDER_E,
    TASK_ORDER_ATTRIBUTES,
    TASK_ORDER_METHOD,
    TASK_ORDER_STAMPED_FOR, /* the system, where it wants its finished signatures stamped; else NULL */
    TASK_ORDER_COLUMNS
};
typedef struct task_order {
    const store_value *rows; /* of TASK_ORDER_COLUMNS */
    size_t n, at;            /* at: where the next task's rows are likely to be */
} task_order;
MUST_CHECK err task_order_of_claim(call *c, const uint8_t key_id[16], const uint8_t sid[16], task_order *out);

/* Adds to the unit that signs the task: what waits for it is pending. */
MUST_CHECK err task_order_signed(call *c, store_unit *unit, task_order *order, const uint8_t id[16]);

/* Adds to the unit that ends the task without a signature ("declined", "cancelled", "expired") or takes its signature back ("withdrawn"): what
 * waits behind it, directly or not, is cancelled, with a reason that says so; after a withdrawal also what was to follow it and is pending by
 * now, for nobody countersigns what was taken back. What followed it and is signed stays. ERR_TASK_CLAIMED, with retry_after: a device is
 * signing one of these. Those of the batch `except` (NULL: none) are left to the caller. *n grows by how many. */
MUST_CHECK err task_order_ended(call *c, store_unit *unit, const uint8_t id[16], const char *state,
                                const uint8_t *except, size_t *n);

/* May another task wait for this one? followers: how many tasks of the same unit are to wait for it, too. ERR_LIMIT: TASK_FOLLOWERS wait for
 * it, or TASK_CHAIN behind the first of its chain. */
MUST_CHECK err task_order_check(call *c, const uint8_t id[16], size_t followers);

#endif
