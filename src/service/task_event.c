#include "service/task_event.h"

err task_event_add(call *c, store_unit *unit, const task_event *event)
{
    (void)unit;
    call_wake(c, event->task);
    call_wake(c, event->signer);
    return ERR_OK;
}
