/* What could not be noted of a channel's messages, as on a full disk: that one goes out now, or that it went. Remembered until it can be noted, so that what was
 * queued before is told all the same, and once. Of the thread that tells alarms. */
#ifndef YIQIAN_SERVICE_ALARM_CLAIM_H
#define YIQIAN_SERVICE_ALARM_CLAIM_H

#include "service/alarm_channel.h"

typedef struct alarm_claim {
    bool used;
    uint8_t channel_id[16];
    int64_t next_ms, failures; /* until then nothing is tried */
    bool sent, quiet;          /* what was queued up to `last` went out, in quiet time what is critical of that */
    uint8_t last[16];
} alarm_claim;

/* NULL: nothing is remembered of the channel. */
alarm_claim *alarm_claim_find(alarm_claim claims[ALARM_CHANNELS_MAX], const uint8_t id[16]);

/* The channel's, made where there is none: in the place of the oldest, which is a removed channel's, where all are taken. */
alarm_claim *alarm_claim_make(alarm_claim claims[ALARM_CHANNELS_MAX], const uint8_t id[16]);

#endif
