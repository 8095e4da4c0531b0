/* What the queue of callbacks has to be sent now, and what becomes of it. The threads and the network are callback_delivery.c's. Nothing
 * outside src/service includes this. */
#ifndef YIQIAN_SERVICE_CALLBACK_DUE_H
#define YIQIAN_SERVICE_CALLBACK_DUE_H

#include "service/callback_message.h"
#include "service/service.h"

enum { CALLBACK_RETENTION_DAYS = 30 };

/* The pause after the given number of tries that came to nothing (1 or more): 1 s, 5 s, 30 s, 2 min, 10 min, 30 min, then an hour; and up to
 * a quarter more, as random says, so that what failed together does not come back together. */
int64_t callback_backoff_ms(int64_t tries, uint32_t random);

typedef struct callback_due {
    uint8_t id[16], endpoint_id[16];
    bool push;
    int64_t sequence, tries, queued_ms;
    const char *url;
    callback_message message;
    bytes sealed_secret, sealed_previous; /* p NULL: no secret before this one signs any more */
} callback_due;

/* At most `limit` messages of an active endpoint whose time has come, the oldest first: of one subject only the first that is not done
 * with, so that none overtakes another. */
MUST_CHECK err callback_due_list(service *s, arena *a, const uint8_t endpoint_id[16], int64_t now_ms, int64_t limit,
                                 callback_due **out, size_t *n);

typedef struct callback_try {
    uint8_t id[16];
    bool push;
    int64_t sequence, tries, queued_ms; /* as in callback_due */
    int status;                         /* 0: no answer */
    const char *message;                /* why; of the arena */
} callback_try;

/* Adds to the unit what became of a try: delivered (2xx), failed for good (410, or a day is over), to be tried again. random: for the
 * pause. ERR_ENTROPY, ERR_MEMORY. */
MUST_CHECK err callback_settle(arena *a, store_unit *unit, const callback_try *t, int64_t now_ms, uint32_t random);

/* Adds: all that waits for the endpoint is due, because it answers again. */
void callback_hurry(store_unit *unit, const uint8_t endpoint_id[16], int64_t now_ms);

/* Adds: a day after they were queued messages have failed; and those done with for retention_ms (0: the default) go, CALLBACK_SWEEP at the
 * most. *left: more are to go. */
enum { CALLBACK_SWEEP = 5000 };
void callback_sweep(store_unit *unit, int64_t now_ms, int64_t retention_ms);
MUST_CHECK err callback_sweep_left(service *s, arena *a, int64_t now_ms, int64_t retention_ms, bool *left);

#endif
