/* The states of a task and who may move it from one to another (docs/spec/states.md has the same table). Every use case that moves a
 * task asks here first; the statement that moves it names the state again, so that what happens meanwhile is not overrun. */
#ifndef YIQIAN_SERVICE_TASK_STATE_H
#define YIQIAN_SERVICE_TASK_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

typedef enum task_act {
    TASK_CLAIM,                 /* a device's sign request */
    TASK_COMPLETE,              /* the signature of a claim */
    TASK_ABANDON,               /* the device gives its claim up, or the claim lapses */
    TASK_DECLINE,               /* the signer */
    TASK_CANCEL,                /* the business system */
    TASK_WITHDRAW,              /* likewise, after the signature */
    TASK_EXPIRE,                /* by time */
    TASK_PREDECESSOR_SIGNED,    /* the task that this one waits for is signed */
    TASK_PREDECESSOR_ENDED,     /* or never will be */
    TASK_PREDECESSOR_WITHDRAWN, /* it was signed, and that was taken back */
    TASK_ACT_COUNT
} task_act;

/* "waiting", "pending" ... in the order of a task's life; NULL after the last. */
extern const char *const task_states[];

bool task_state_known(const char *state);

/* *next: the state that the act leads to, which is the same one where the act finds nothing to do. Otherwise why it is refused:
 * ERR_TASK_*, ERR_CORRUPT for a state that there is not. */
MUST_CHECK err task_state_next(const char *state, task_act act, const char **next);

/* ERR_OK for "pending"; for every other state the error that says why the task cannot be acted on. */
MUST_CHECK err task_state_error(const char *state);

/* A stored state as it is at now: a lapsed claim is pending again, a task past its time that is waiting or pending is expired. */
const char *task_state_as_of(const char *state, int64_t claim_until, int64_t expires_ms, int64_t now_ms);

#endif
