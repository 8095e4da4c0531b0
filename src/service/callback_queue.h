/* The way into the queue of callbacks: what happens to a task is queued for every endpoint that wants it, in the unit of work that makes it
 * happen. In memory is only which places (callback_endpoint.place) want which events, so that without endpoints nothing is added. Outside
 * src/service only the events are of use. */
#ifndef YIQIAN_SERVICE_CALLBACK_QUEUE_H
#define YIQIAN_SERVICE_CALLBACK_QUEUE_H

#include "service/task_event.h"

/* The bits stand in the database: they are never renumbered. */
typedef enum callback_event {
    CALLBACK_SIGNED,
    CALLBACK_DECLINED,
    CALLBACK_CANCELLED,
    CALLBACK_EXPIRED,
    CALLBACK_WITHDRAWN,
    CALLBACK_PENDING, /* a system hears of it only if it asks for it */
    CALLBACK_WAITING, /* of push endpoints: for somebody a task is there to be signed */
    CALLBACK_STAMPED, /* the timestamp of a signature came later than it */
    CALLBACK_EVENTS
} callback_event;

enum {
    CALLBACK_PLACES = 4, /* endpoints of one system, and push endpoints */
    CALLBACK_SYSTEM_EVENTS = ((1 << CALLBACK_EVENTS) - 1) & ~(1 << CALLBACK_WAITING),
    CALLBACK_DEFAULT_EVENTS = CALLBACK_SYSTEM_EVENTS & ~(1 << CALLBACK_PENDING),
    CALLBACK_PUSH_EVENTS = 1 << CALLBACK_WAITING
};

/* "task.signed" ... and back: its bit, 0 for none. */
const char *callback_event_name(callback_event event);
uint32_t callback_event_bit(const char *name);

typedef struct callback_queue callback_queue;

/* Ownership: callback_queue_destroy; NULL is fine. */
callback_queue *callback_queue_create(void);
void callback_queue_destroy(callback_queue *q);

/* Reads anew which places want what: at the start, after every change of an endpoint, and now and then. */
MUST_CHECK err callback_queue_refresh(service *s, arena *a);

/* Adds to the unit what the event's endpoints are to be told. ERR_MEMORY, ERR_ENTROPY. */
MUST_CHECK err callback_queue_add(call *c, store_unit *unit, const task_event *event);

/* Who is called, from any thread, when something was queued and is durable; NULL: nobody. When it returns, the one before it is not called
 * any more. */
void callback_queue_set_wake(service *s, void (*wake)(void *), void *ctx);
void callback_queue_wake(service *s);

#endif
