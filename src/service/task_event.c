#include "service/task_event.h"

#include "service/callback_queue.h"

err task_event_add(call *c, store_unit *unit, const task_event *event)
{
    call_wake(c, event->task);
    call_wake(c, event->signer);
    return callback_queue_add(c, unit, event);
}
