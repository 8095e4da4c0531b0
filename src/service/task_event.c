#include "service/task_event.h"

#include "service/callback_queue.h"

err task_event_add(call *c, store_unit *unit, const task_event *event)
{
    call_wake(c, event->task);
    call_wake(c, event->signer);
    return callback_queue_add(c, unit, event);
}

err task_event_wake(call *c, const store_value *task, const store_value *person)
{
    uint8_t id[16];
    TRY(store_column_id(id, task));
    call_wake(c, id);
    TRY(store_column_id(id, person));
    call_wake(c, id);
    return ERR_OK;
}
