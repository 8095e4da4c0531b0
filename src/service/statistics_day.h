/* How many signatures there were, by day and by what they were: days that are over are counted once from the log, by housekeeping, and kept in a
 * table; the day that runs is counted when somebody asks. Days are the hospital's (time_watch_zone): where that changes, all is counted anew. */
#ifndef YIQIAN_SERVICE_STATISTICS_DAY_H
#define YIQIAN_SERVICE_STATISTICS_DAY_H

#include "service/service.h"

enum {
    STATISTICS_DAY_MS = 86400000,
    STATISTICS_VALUES = 1000, /* of one kind on one day; what is rarer is counted together, as STATISTICS_OTHERS */
};
#define STATISTICS_OTHERS "…"

/* What signatures are counted by; of OUTCOME tasks, that ended in another way or whose signature was withdrawn. */
typedef enum statistics_kind {
    STATISTICS_HOUR, /* "00" to "23" */
    STATISTICS_DEPARTMENT,
    STATISTICS_SYSTEM, /* a UUID */
    STATISTICS_METHOD,
    STATISTICS_PLATFORM, /* of the phone; "workstation" of a signature under an authorisation */
    STATISTICS_RECORD_TYPE,
    STATISTICS_TASK_KIND, /* "document", "login" */
    STATISTICS_SECONDS,   /* of documents, from the task's creation: two significant digits, "000000120" */
    STATISTICS_OUTCOME,   /* "declined", "cancelled", "expired", "withdrawn" */
    STATISTICS_KINDS
} statistics_kind;

/* "hour", "department" ...: as in the table. */
const char *statistics_kind_name(statistics_kind kind);

typedef struct statistics_count {
    const char *value; /* "": none */
    int64_t n;
} statistics_count;

/* From the log, of one day. */
MUST_CHECK err statistics_day_count(const service *s, arena *a, statistics_kind kind, int64_t day,
                                    const statistics_count **out, size_t *n);

/* The day of a time, and the time at which a day begins. */
int64_t statistics_day_of(const service *s, int64_t unix_ms);
int64_t statistics_day_start(const service *s, int64_t day);

/* The first day that the table does not have, which is never after today; 0 where nothing was counted yet, or in another zone. */
MUST_CHECK err statistics_day_counted_until(const service *s, arena *a, int64_t now_ms, int64_t *day);

/* Counts days that are over, for a while. Part of service_housekeeping. */
MUST_CHECK err statistics_day_roll_up(service *s, int64_t now_ms);

#endif
