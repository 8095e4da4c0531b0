/* Statistics of the hospital's signatures, tasks, people and timestamps: days that are over from what housekeeping counted
 * (service/statistics_day.h), later ones from the log. */
#ifndef YIQIAN_SERVICE_STATISTICS_H
#define YIQIAN_SERVICE_STATISTICS_H

#include "service/statistics_day.h"

enum {
    STATISTICS_DAYS_MAX = 3 * 366, /* in one answer */
    STATISTICS_PERSON_DAYS = 31,   /* of people: these are counted from the log each time */
    STATISTICS_PERSONS = 100
};

/* Days from..to, both among them. complete: all of them are counted; else what is after the first `until` days is missing but for today's and
 * yesterday's: the table is being made anew. */
typedef struct statistics_span {
    int64_t from, to, until;
    bool complete;
} statistics_span;

typedef struct statistics_entry {
    int64_t day;       /* of statistics_by_day */
    const char *value; /* of statistics_by_value */
    const char *name;  /* of a system or a person, or NULL */
    int64_t n;
} statistics_entry;

typedef struct statistics_table {
    statistics_span span;
    const statistics_entry *entries;
    size_t n;
    int64_t total;
} statistics_table;

/* How many on each day that has any, in their order. value NULL: all. */
MUST_CHECK err statistics_by_day(call *c, statistics_kind kind, const char *value, int64_t from, int64_t to,
                                 statistics_table *out);

/* How many of each value: the most frequent first, of HOUR and SECONDS in the order of the values. */
MUST_CHECK err statistics_by_value(call *c, statistics_kind kind, int64_t from, int64_t to, statistics_table *out);

/* The people who signed most often, at most limit (1..STATISTICS_PERSONS); to - from < STATISTICS_PERSON_DAYS: ERR_LIMIT. value: the staff
 * number. total: of all people's. */
MUST_CHECK err statistics_by_person(call *c, int64_t from, int64_t to, int64_t limit, statistics_table *out);

/* The median of the buckets of a table of SECONDS; -1 of an empty one. */
int64_t statistics_median(const statistics_table *seconds);

/* Timestamps: by day, unit (its name) or client. Hours that are over from token_hour, later ones from the log of tokens. */
typedef enum statistics_of_tokens {
    STATISTICS_TOKEN_DAY,
    STATISTICS_TOKEN_UNIT,
    STATISTICS_TOKEN_CLIENT
} statistics_of_tokens;
MUST_CHECK err statistics_tokens(call *c, statistics_of_tokens by, int64_t from, int64_t to, statistics_table *out);

/* What there is now. */
typedef enum statistics_stock {
    STATISTICS_PEOPLE,       /* by state */
    STATISTICS_ENROLLED,     /* people with a key that may sign: one entry */
    STATISTICS_DEPARTMENTS,  /* people by department; one who is in two counts in both */
    STATISTICS_PLATFORMS,    /* devices by platform */
    STATISTICS_CERTIFICATES, /* by state */
    STATISTICS_TASKS_OPEN,   /* by state */
    STATISTICS_STOCKS
} statistics_stock;
MUST_CHECK err statistics_stock_read(call *c, statistics_stock of, statistics_table *out);

#endif
