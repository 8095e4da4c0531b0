/* What is told of alarms: a mail's subject and text, a webhook's JSON (docs/operations/alarms.md). */
#ifndef YIQIAN_SERVICE_ALARM_MESSAGE_H
#define YIQIAN_SERVICE_ALARM_MESSAGE_H

#include "service/alarm.h"

enum { ALARM_TOLD_MAX = 50 /* alarms in one message; of more, how many */ };

typedef struct alarm_news {
    const char *event; /* "opened", "closed" */
    alarm_entry alarm;
} alarm_news;

typedef struct alarm_message {
    const uint8_t *id; /* 16 */
    const char *organisation, *node, *console_url;
    const alarm_news *news;
    size_t n;
    int64_t total; /* n, or more */
    int64_t at_ms;
    int zone_minutes; /* of the times in a mail */
    bool test;        /* the test button's: no alarm */
} alarm_message;

/* chinese or English. ERR_MEMORY. */
MUST_CHECK err alarm_message_mail(arena *a, const alarm_message *m, bool chinese, const char **subject,
                                  const char **text);
MUST_CHECK err alarm_message_json(arena *a, const alarm_message *m, bytes *out);

#endif
