#include "service/alarm_decide.h"

alarm_step alarm_decide(alarm_trend *t, check_state state, bool is_open)
{
    if (state == CHECK_UNKNOWN)
        return ALARM_NOTHING;
    bool bad = state != CHECK_OK;
    t->bad = bad ? t->bad + 1 : 0;
    t->good = bad ? 0 : t->good + 1;
    if (is_open)
        return bad ? ALARM_SEE : t->good >= ALARM_GOOD_ROUNDS ? ALARM_CLOSE : ALARM_NOTHING;
    return state == CHECK_FAILED || t->bad >= ALARM_BAD_ROUNDS ? ALARM_OPEN : ALARM_NOTHING;
}

bool alarm_is_quiet(int64_t from, int64_t to, int64_t minute)
{
    return from <= to ? minute >= from && minute < to : minute >= from || minute < to;
}

int64_t alarm_backoff_ms(int64_t failures)
{
    enum { MINUTE_MS = 60000, DOUBLINGS = 6, HOUR_MS = 3600000 };
    if (failures < 1)
        return 0;
    int64_t ms = (int64_t)MINUTE_MS << (failures - 1 < DOUBLINGS ? failures - 1 : DOUBLINGS);
    return ms < HOUR_MS ? ms : HOUR_MS;
}
