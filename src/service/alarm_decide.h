/* When a check's finding becomes an alarm, and when that is over: pure functions, so that what comes and goes from one minute to the next neither
 * wakes anybody twice nor hides. */
#ifndef YIQIAN_SERVICE_ALARM_DECIDE_H
#define YIQIAN_SERVICE_ALARM_DECIDE_H

#include "service/check.h"

enum {
    ALARM_BAD_ROUNDS = 2, /* a warning opens an alarm when it is found so often in a row; what has failed at once */
    ALARM_GOOD_ROUNDS = 5 /* an alarm ends when nothing is wrong so often in a row */
};

typedef enum alarm_step {
    ALARM_NOTHING,
    ALARM_OPEN,
    ALARM_SEE, /* it is open, and seen again */
    ALARM_CLOSE
} alarm_step;

/* How a check of one subject has been. Zeros at first. */
typedef struct alarm_trend {
    const check_kind *kind;
    char subject[520];
    unsigned bad, good; /* rounds in a row */
    bool seen;          /* in this round */
    alarm_step said;    /* in the log: where nothing can be recorded each round comes to the same */
} alarm_trend;

/* One more round. What is not known is neither good nor bad. */
alarm_step alarm_decide(alarm_trend *t, check_state state, bool is_open);

/* Whether a minute of the day (0..1439) lies in the quiet time; it may go over midnight, and from = to is none. */
bool alarm_is_quiet(int64_t from, int64_t to, int64_t minute);

/* How long a channel that failed so often in a row (from 1) waits: a minute, then twice as long each time, up to an hour. */
int64_t alarm_backoff_ms(int64_t failures);

#endif
