/* Requests that wait for something to happen, without a worker and with next to no memory. Each waits for topics (16-byte ids) and a
 * deadline; the first of them that comes puts it into the queue of the workers again. No wake is lost between a handler's look at
 * the database and the parking: the handler's run takes a ticket first, and who parks with a ticket older than the last wake of one of
 * its topics is due at once. One thread looks after deadlines, and after clients that went away. */
#ifndef YIQIAN_HTTP_PARKING_H
#define YIQIAN_HTTP_PARKING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/err.h"
#include "http/queue.h"

typedef struct parking parking;

enum { PARKING_TOPICS_MAX = 128 };

/* What waits; a part of its item. */
typedef struct parked {
    void *item; /* for the queue */
    int fd;     /* of its connection */
    uint64_t ticket, until_ns;
    struct parked_topic *topics; /* the next parking's, then those it is parked under */
    size_t topics_n;
    /* The parking's, under its lock. */
    TAILQ_ENTRY(parked) all; /* parked or due */
    LIST_ENTRY(parked) timed;
    LIST_ENTRY(parked) owned;
    uint8_t owner[16];
    bool admitted, running; /* running: one of the share of the workers that parked requests may take */
} parked;

typedef enum parking_end {
    PARKING_GONE,   /* the client is */
    PARKING_STOPPED /* the server stops */
} parking_end;

typedef struct parking_options {
    queue *queue;
    size_t waiting_max; /* admitted at once */
    size_t
        running_max; /* of these, at most so many in the queue and at workers: other requests find room beside a herd */
    /* Takes what will not run again; called without a lock held, by the parking's thread or by parking_park. */
    void (*end)(void *context, void *item, parking_end why);
    void *context;
} parking_options;

/* ERR_MEMORY. Ownership: parking_destroy, after parking_close and when nothing is admitted any more; NULL is fine for both. */
MUST_CHECK err parking_create(parking **out, const parking_options *options);
void parking_close(parking *p); /* ends all that is parked, and whatever parks from now on */
void parking_destroy(parking *p);

/* Before a handler's run. */
uint64_t parking_ticket(parking *p);

/* Counts w as waiting, once and until parking_leave. ERR_BUSY: too many are; ERR_RATE: the owner has owner_max already (0: no limit of
 * its own). */
MUST_CHECK err parking_admit(parking *p, parked *w, const uint8_t owner[16], unsigned owner_max);
void parking_leave(parking *p, parked *w);

/* The topics (n ids of 16 bytes) of the next parking, copied. ERR_ARG (none, or more than PARKING_TOPICS_MAX), ERR_MEMORY. */
MUST_CHECK err parked_topics(parked *w, const uint8_t *topics, size_t n);

/* Parks; from here on w is the parking's, until it comes out of the queue or is ended. */
void parking_park(parking *p, parked *w);

/* Runs what waits for the topic. Never waits for anything but a lock held for moments. */
void parking_wake(parking *p, const uint8_t topic[16]);

/* What came out of the queue has run. */
void parking_ran(parking *p, parked *w);

/* How many wait (parked, or being served after having been). */
size_t parking_waiting(parking *p);

#endif
