/* A bounded queue between event loops, which never wait, and workers, which do. */
#ifndef YIQIAN_HTTP_QUEUE_H
#define YIQIAN_HTTP_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

typedef struct queue queue;

/* Holds up to `max` items. ERR_MEMORY. Ownership: queue_destroy, when nobody uses it any more; NULL is fine. */
MUST_CHECK err queue_create(queue **out, size_t max);
void queue_destroy(queue *q);

/* Room for one item, to be followed by queue_push at once (there is work between the two that may be done only when room is sure).
 * False: full or closed. */
bool queue_reserve(queue *q);
void queue_push(queue *q, void *item);

/* The oldest item; waits for one. NULL: closed, and nothing is left or reserved. */
void *queue_take(queue *q);

/* Takes no more; what is in it is still given out. */
void queue_close(queue *q);

#endif
