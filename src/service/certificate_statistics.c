#include "service/certificate_statistics.h"

#include "os/clock.h"
#include "service/column.h"
#include "service/internal.h"

enum { CHINA_SECONDS = 8 * 3600 };

static err one_number(call *c, const char *sql, const store_value *params, size_t n, int64_t *out)
{
    const store_value *row;
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_INTERNAL, sql, params, n));
    *out = column_int(&row[0]);
    return ERR_OK;
}

static err counts_read(call *c, const store_result *rows, const certificate_count **out, size_t *n)
{
    certificate_count *counts = arena_alloc(c->arena, rows->rows * sizeof *counts);
    if (!counts)
        return ERR_MEMORY;
    for (size_t i = 0; i < rows->rows; i++) {
        const store_value *v = rows->values + i * rows->columns;
        counts[i] = (certificate_count){column_text(&v[0]), column_int(&v[1]), column_int(&v[2])};
        if (!counts[i].what)
            return ERR_CORRUPT;
    }
    *out = counts;
    *n = rows->rows;
    return ERR_OK;
}

/* The first second of the month that is so many before or after the present one. */
static int64_t month_start(int64_t now_s, int months)
{
    clock_civil civil;
    int64_t start = now_s + CHINA_SECONDS;
    for (; months > 0; months--)
        start = clock_month_end(start);
    for (;; months++) {
        clock_civil_of(&civil, start);
        start -= (int64_t)(civil.day - 1) * 86400 + civil.hour * 3600 + civil.minute * 60 + civil.second;
        if (months == 0)
            return start - CHINA_SECONDS;
        start--;
    }
}

static err issued_count(call *c, certificate_statistics *out)
{
    int64_t now_s = c->now_ms / 1000;
    for (int i = 0; i < CERTIFICATE_STATISTICS_PAST; i++) {
        int from = i - (CERTIFICATE_STATISTICS_PAST - 1);
        certificate_month *m = &out->issued[i];
        m->start_ms = month_start(now_s, from) * 1000;
        store_value params[] = {store_int(m->start_ms), store_int(month_start(now_s, from + 1) * 1000)};
        TRY(one_number(c, "SELECT count(*) FROM certificate WHERE created_at >= $1 AND created_at < $2", params, 2,
                       &m->certificates));
    }
    return ERR_OK;
}

static err ending(call *c, int64_t from_ms, int64_t until_ms, int64_t *out)
{
    store_value params[] = {store_int(from_ms), store_int(until_ms)};
    return one_number(
        c,
        "SELECT count(*) FROM certificate WHERE not_after >= $1 AND not_after < $2 AND state IN ('active', "
        "'frozen')",
        params, 2, out);
}

static err expiring_count(call *c, certificate_statistics *out)
{
    int64_t now_s = c->now_ms / 1000, day = INT64_C(86400000);
    for (int i = 0; i < CERTIFICATE_STATISTICS_COMING; i++) {
        certificate_month *m = &out->expiring[i];
        m->start_ms = month_start(now_s, i) * 1000;
        TRY(ending(c, i == 0 ? c->now_ms : m->start_ms, month_start(now_s, i + 1) * 1000, &m->certificates));
    }
    TRY(ending(c, c->now_ms, c->now_ms + 30 * day, &out->within_30_days));
    return ending(c, c->now_ms, c->now_ms + 90 * day, &out->within_90_days);
}

err certificate_statistics_get(call *c, certificate_statistics *out)
{
    store_result rows;
    store *s = c->service->options.store;
    store_value now[] = {store_int(c->now_ms)};
    /* The row of one that is over is brought up to date by housekeeping. */
    TRY(store_query(s, c->arena, &rows,
                    "SELECT CASE WHEN state = 'active' AND not_after < $1 THEN 'expired' ELSE state END AS what, 0, "
                    "count(*) FROM certificate GROUP BY what ORDER BY what LIMIT 1000",
                    now, 1));
    TRY(counts_read(c, &rows, &out->by_state, &out->by_state_n));
    TRY(store_query(
        s, c->arena, &rows,
        "SELECT profile, profile_version, count(*) FROM certificate WHERE state IN ('active', 'frozen') AND "
        "not_after >= $1 GROUP BY profile, profile_version ORDER BY profile, profile_version LIMIT 1000",
        now, 1));
    TRY(counts_read(c, &rows, &out->by_profile, &out->by_profile_n));
    TRY(one_number(
        c, "SELECT count(DISTINCT user_id) FROM certificate WHERE state IN ('active', 'frozen') AND not_after >= $1",
        now, 1, &out->people));
    TRY(issued_count(c, out));
    return expiring_count(c, out);
}
