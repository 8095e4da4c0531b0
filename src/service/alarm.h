/* Alarms: what the checks of each minute find wrong, one a check and subject until it has been well for a while. They are told over channels
 * (service/alarm_channel.h). */
#ifndef YIQIAN_SERVICE_ALARM_H
#define YIQIAN_SERVICE_ALARM_H

#include "service/check.h"

typedef struct alarm_entry {
    uint8_t id[16];
    const char *kind, *subject;   /* of the check */
    const check_kind *check;      /* NULL: this program has no such check any more */
    const char *severity, *state; /* "warning", "critical"; "open", "acknowledged", "closed" */
    const char *value;            /* as the check last said */
    int64_t count;                /* rounds in which it was seen */
    int64_t opened_ms, seen_ms, acknowledged_ms, closed_ms; /* 0: not */
    const char *acknowledged_by;                            /* NULL: nobody */
} alarm_entry;

enum { ALARM_PAGE = 200, ALARM_RETENTION_DAYS = 366 };

typedef struct alarm_filter {
    const char *state; /* NULL: any; "unclosed": open or acknowledged */
    bool has_after;
    uint8_t after[16];
    int64_t limit;
} alarm_filter;

/* The newest first. ERR_FIELD_VALUE (state). */
MUST_CHECK err alarm_list(call *c, const alarm_filter *filter, const alarm_entry **out, size_t *n);

/* Somebody has it in hand: nothing is told of it again until it is over. ERR_NOT_FOUND, ERR_CONFLICT (closed). */
MUST_CHECK err alarm_acknowledge(call *c, const uint8_t id[16], alarm_entry *out);

/* Runs the checks and lets alarms follow. Part of a round of monitoring. */
MUST_CHECK err alarm_round(service *s, arena *a, int64_t now_ms);

/* The same of a given report; for tests. */
MUST_CHECK err alarm_follow(call *c, const check_report *report);

/* A row of "id, kind, subject, severity, state, value, count, opened_at, seen_at, acknowledged_at, acknowledged_by, closed_at". ERR_CORRUPT. */
#define ALARM_COLUMNS                                                                                                  \
    "alarm.id, alarm.kind, alarm.subject, alarm.severity, alarm.state, alarm.value, alarm.count, alarm.opened_at, "    \
    "alarm.seen_at, alarm.acknowledged_at, alarm.acknowledged_by, alarm.closed_at"
enum { ALARM_COLUMN_COUNT = 12 };
MUST_CHECK err alarm_read(const store_value *v, alarm_entry *out);

#endif
