/* That nothing can be written (a full disk) is an alarm that can be neither recorded nor queued, and just then nobody would hear of it: it is told out of
 * memory, over each channel once an hour, and once more when it is over. That it is over is tried again for a day, over each channel that was told: what gets these
 * messages may keep an incident open until it hears so. */
#ifndef YIQIAN_SERVICE_ALARM_UNRECORDED_H
#define YIQIAN_SERVICE_ALARM_UNRECORDED_H

#include <stdatomic.h>

#include "service/alarm_channel.h"

/* A channel. told: that it is so, and not yet that it is over. */
typedef struct alarm_told {
    bool used, told;
    uint8_t channel_id[16], alarm_id[16];
    int64_t since_ms, next_ms, failures;
} alarm_told;

typedef struct alarm_unrecorded {
    _Atomic int why; /* an err; ERR_OK: alarms can be recorded */
    _Atomic int64_t since_ms;
    /* The rest is of the thread that tells it. */
    int told_why;    /* ERR_OK: there is nothing to tell */
    int64_t over_ms; /* 0: it is not over */
    uint8_t alarm_id[16];
    alarm_told channels[ALARM_CHANNELS_MAX];
} alarm_unrecorded;

/* What a round of alarms came to. */
void alarm_unrecorded_note(service *s, err outcome, int64_t now_ms);

/* Part of alarm_delivery_round. *sent grows by the messages that went out. */
MUST_CHECK err alarm_unrecorded_tell(service *s, arena *a, int64_t now_ms, size_t *sent);

#endif
