#include "service/alarm_claim.h"

#include <string.h>

alarm_claim *alarm_claim_find(alarm_claim claims[ALARM_CHANNELS_MAX], const uint8_t id[16])
{
    for (size_t i = 0; i < ALARM_CHANNELS_MAX; i++)
        if (claims[i].used && memcmp(claims[i].channel_id, id, 16) == 0)
            return &claims[i];
    return NULL;
}

alarm_claim *alarm_claim_make(alarm_claim claims[ALARM_CHANNELS_MAX], const uint8_t id[16])
{
    alarm_claim *place = alarm_claim_find(claims, id);
    if (place)
        return place;
    place = &claims[0];
    for (size_t i = 1; i < ALARM_CHANNELS_MAX && place->used; i++)
        if (!claims[i].used || claims[i].next_ms < place->next_ms)
            place = &claims[i];
    *place = (alarm_claim){.used = true};
    memcpy(place->channel_id, id, 16);
    return place;
}
