/* That nothing can be written (a full disk) is an alarm that can be neither recorded nor queued, and just then nobody would hear of it: it is told out of
 * memory, over each channel once an hour, and once more when it is over. */
#ifndef YIQIAN_SERVICE_ALARM_UNRECORDED_H
#define YIQIAN_SERVICE_ALARM_UNRECORDED_H

#include <stdatomic.h>

#include "service/alarm_channel.h"

typedef struct alarm_unrecorded {
    _Atomic int why; /* an err; ERR_OK: alarms can be recorded */
    _Atomic int64_t since_ms;
    /* The rest is of the thread that tells it. */
    int told_why;
    uint8_t alarm_id[16];
    struct {
        bool used, told;
        uint8_t id[16];
        int64_t next_ms, failures;
    } channels[ALARM_CHANNELS_MAX];
} alarm_unrecorded;

/* What a round of alarms came to. */
void alarm_unrecorded_note(service *s, err outcome, int64_t now_ms);

/* Part of alarm_delivery_round. *sent grows by the messages that went out. */
MUST_CHECK err alarm_unrecorded_tell(service *s, arena *a, int64_t now_ms, size_t *sent);

#endif
