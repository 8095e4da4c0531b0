/* How many tokens were issued and how many requests refused, by hour. Hours that are over are counted once from the log, by housekeeping; the
 * one that runs, and one that is not counted yet, when somebody asks. */
#ifndef YIQIAN_SERVICE_TOKEN_HOUR_H
#define YIQIAN_SERVICE_TOKEN_HOUR_H

#include "service/service.h"

enum { TOKEN_HOUR_MS = 3600000, TOKEN_HOURS_MAX = 24 * 366 /* in one answer */ };

typedef struct token_hour {
    int64_t hour; /* since 1970-01-01 UTC */
    const char *unit, *client;
    int64_t tokens;
} token_hour;

typedef struct refusal_hour {
    int64_t hour;
    const char *client, *reason;
    int64_t refusals;
} refusal_hour;

typedef struct token_statistics {
    const token_hour *tokens;
    size_t tokens_n;
    const refusal_hour *refusals;
    size_t refusals_n;
} token_statistics;

/* Of the hours from..to, both among them, in their order; of refusals those that housekeeping has written. ERR_LIMIT: more rows than one
 * answer has. */
MUST_CHECK err token_hour_read(call *c, int64_t from, int64_t to, token_statistics *out);

/* Counts the hours that are over. Part of service_housekeeping. */
MUST_CHECK err token_hour_roll_up(service *s, arena *a, int64_t now_ms);

#endif
