#include "service/key_event.h"

#include "service/authorisation.h"

err key_event_add(call *c, store_unit *unit, const uint8_t key_id[16], const uint8_t user_id[16], key_happening what)
{
    /* Each of them ends what was authorised with the key, as the enumeration says. */
    (void)what;
    call_wake(c, user_id);
    return authorisation_close_of_key(c, unit, key_id, "key");
}
