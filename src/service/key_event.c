#include "service/key_event.h"

err key_event_add(call *c, store_unit *unit, const uint8_t key_id[16], const uint8_t user_id[16], key_happening what)
{
    (void)unit;
    (void)key_id;
    (void)what;
    call_wake(c, user_id);
    return ERR_OK;
}
