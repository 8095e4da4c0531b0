/* How many certificates there are, of what kind, and when they were and will be issued and over. */
#ifndef YIQIAN_SERVICE_CERTIFICATE_STATISTICS_H
#define YIQIAN_SERVICE_CERTIFICATE_STATISTICS_H

#include "service/service.h"

enum {
    CERTIFICATE_STATISTICS_PAST = 12,   /* months, the present one among them */
    CERTIFICATE_STATISTICS_COMING = 24, /* likewise */
    CERTIFICATE_STATISTICS_ROWS = 1000
};

typedef struct certificate_month {
    int64_t start_ms; /* by the time of China (UTC+8) */
    int64_t certificates;
} certificate_month;

typedef struct certificate_count {
    const char *what; /* a state; a profile */
    int64_t version;  /* of the profile */
    int64_t certificates;
} certificate_count;

typedef struct certificate_statistics {
    const certificate_count *by_state, *by_profile; /* by_profile: valid ones (active and frozen) */
    size_t by_state_n, by_profile_n;
    certificate_month issued[CERTIFICATE_STATISTICS_PAST]; /* the oldest first; what became of them does not matter */
    certificate_month expiring[CERTIFICATE_STATISTICS_COMING]; /* valid ones */
    int64_t within_30_days, within_90_days;                    /* valid ones that end */
    int64_t people;                                            /* with a valid one */
} certificate_statistics;

MUST_CHECK err certificate_statistics_get(call *c, certificate_statistics *out);

#endif
