#include "service/check_internal.h"

#include <inttypes.h>
#include <string.h>

#include "os/clock.h"
#include "service/monitor_internal.h"

enum { REPORT_ARENA = 2 << 20, KIB = 1024 };

static const check_family *const families[] = {
    &check_database, &check_disk,  &check_machine,   &check_certificates, &check_clock,        &check_keys,
    &check_queues,   &check_audit, &check_callbacks, &check_backup,       &check_configuration};
enum { FAMILIES = sizeof families / sizeof *families };

const char *check_state_name(check_state state)
{
    static const char *const names[] = {"ok", "unknown", "warning", "failed"};
    return names[state];
}

const check_kind *check_find(const char *id)
{
    for (size_t i = 0; i < FAMILIES; i++)
        for (size_t j = 0; j < families[i]->n; j++)
            if (strcmp(families[i]->kinds[j].id, id) == 0)
                return &families[i]->kinds[j];
    return NULL;
}

/* Of those that are not known for a reason of their own. */
static const struct {
    const char *id;
    check_words words;
} not_known[] = {
    {"audit.log",
     {"本次启动后还没有全文校验过：在控制台“审计日志”页面开始校验，或等待定期校验。",
      "It was not verified as a whole since the start: begin that on the console's page of the audit log, or wait until "
      "it is verified by itself."}},
    {"backup.age",
     {"还没有完好的备份：在控制台“备份与恢复”页面或以 yiqian backup 设定定期备份；第一次备份之后才有结果。",
      "There is no good backup yet: have backups made regularly, on the console's page of backups or by yiqian backup. "
      "After the first one this says how old it is."}},
    {"clock.state",
     {"没有配置时间源，因而不知道时钟是否准确，时间戳仅供演示。以 time_sources 配置时间源，见 docs/operations/time.md。",
      "No time sources are configured: nobody knows whether the clock is right, and timestamps are a demonstration. Set "
      "time_sources; docs/operations/time.md."}},
};

const check_words *check_advice(const check_result *r)
{
    static const check_words
        nothing = {"", ""},
        unknown = {"现在无法得知，不表示有故障：可能刚启动、尚无数据或读取失败，稍后再检测；一直如此时查看服务器日志。",
                   "It is not known now, which is no failure: the server may have just started, there may be nothing to "
                   "measure yet, or it could not be read. Check again later; where it stays so, look at the log."};
    if (r->state == CHECK_OK)
        return &nothing;
    if (r->state != CHECK_UNKNOWN)
        return &r->kind->what_to_do;
    for (size_t i = 0; i < sizeof not_known / sizeof *not_known; i++)
        if (strcmp(not_known[i].id, r->kind->id) == 0)
            return &not_known[i].words;
    return &unknown;
}

/* ---- for the families ---- */

void check_add(checker *k, const check_kind *kind, const char *subject, check_state state, const char *value,
               const char *limit)
{
    check_result r = {kind, subject, state, value ? value : "", limit ? limit : ""};
    for (size_t i = 0; i < k->n; i++) {
        check_result *known = &k->results[i];
        if (known->kind != kind || strcmp(known->subject, subject) != 0)
            continue;
        if (state > known->state)
            *known = r;
        return;
    }
    if (k->n < CHECK_RESULTS_MAX)
        k->results[k->n++] = r;
}

check_state check_at_least(int64_t value, int64_t warning, int64_t failed)
{
    return value < 0 ? CHECK_UNKNOWN : value < failed ? CHECK_FAILED : value < warning ? CHECK_WARNING : CHECK_OK;
}

check_state check_at_most(int64_t value, int64_t warning, int64_t failed)
{
    return value < 0 ? CHECK_UNKNOWN : value > failed ? CHECK_FAILED : value > warning ? CHECK_WARNING : CHECK_OK;
}

static const char *some(const char *text)
{
    return text ? text : "";
}

const char *check_text_bytes(arena *a, int64_t size)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    enum { TENTH = 10 };
    int64_t tenths = size > INT64_MAX / TENTH ? INT64_MAX : size * TENTH;
    size_t unit = 0;
    if (size < 0)
        return "";
    for (; tenths >= (int64_t)KIB * TENTH; unit++)
        tenths /= KIB;
    return some(unit == 0 ? arena_printf(a, "%" PRId64 " B", size)
                          : arena_printf(a, "%" PRId64 ".%d %s", tenths / TENTH, (int)(tenths % TENTH), units[unit]));
}

const char *check_text_ms(arena *a, int64_t ms)
{
    static const struct {
        int64_t ms;
        const char *unit;
    } units[] = {{CHECK_DAY_MS, "d"}, {CHECK_HOUR_MS, "h"}, {CHECK_MINUTE_MS, "min"}, {1000, "s"}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (ms >= units[i].ms || ms <= -units[i].ms)
            return some(arena_printf(a, "%" PRId64 " %s", ms / units[i].ms, units[i].unit));
    return some(arena_printf(a, "%" PRId64 " ms", ms));
}

const char *check_text_percent(arena *a, int64_t part, int64_t whole)
{
    enum { HUNDRED = 100 };
    if (part < 0 || whole <= 0)
        return "";
    return some(arena_printf(a, "%.0f %%", (double)part * HUNDRED / (double)whole));
}

const char *check_text_time(arena *a, int64_t unix_ms)
{
    char text[CLOCK_TEXT];
    clock_text(text, unix_ms);
    return some(arena_text(a, text, strlen(text)));
}

const char *check_text_number(arena *a, int64_t number)
{
    return some(arena_printf(a, "%" PRId64, number));
}

/* ---- a run ---- */

static err copy_report(arena *a, const check_report *from, check_report *to)
{
    check_result *results = arena_alloc(a, (from->n + 1) * sizeof *results);
    if (!results)
        return ERR_MEMORY;
    for (size_t i = 0; i < from->n; i++) {
        const check_result *r = &from->results[i];
        results[i] =
            (check_result){r->kind, arena_text(a, r->subject, strlen(r->subject)), r->state,
                           arena_text(a, r->value, strlen(r->value)), arena_text(a, r->limit, strlen(r->limit))};
        if (!results[i].subject || !results[i].value || !results[i].limit)
            return ERR_MEMORY;
    }
    *to = *from;
    to->results = results;
    return ERR_OK;
}

static err keep(service *s, const check_report *report)
{
    struct monitor *m = s->monitor;
    arena *a = arena_create(REPORT_ARENA);
    check_report copy;
    err e = a ? copy_report(a, report, &copy) : ERR_MEMORY;
    if (e != ERR_OK) {
        arena_destroy(a);
        return e;
    }
    pthread_mutex_lock(&m->report_lock);
    arena *old = m->report_arena;
    m->report_arena = a;
    m->report = copy;
    pthread_mutex_unlock(&m->report_lock);
    arena_destroy(old);
    return ERR_OK;
}

err check_run(call *c, bool full, check_report *out)
{
    enum { NS_IN_MS = 1000000 };
    uint64_t began_ns = clock_monotonic_ns();
    checker k = {c, full, arena_alloc(c->arena, CHECK_RESULTS_MAX * sizeof *k.results), 0};
    if (!k.results)
        return ERR_MEMORY;
    for (size_t i = 0; i < FAMILIES; i++)
        families[i]->run(&k);
    *out = (check_report){.at_ms = c->now_ms, .full = full, .n = k.n, .results = k.results};
    out->took_ms = (int64_t)((clock_monotonic_ns() - began_ns) / NS_IN_MS);
    for (size_t i = 0; i < k.n; i++)
        if (k.results[i].state > out->state)
            out->state = k.results[i].state;
    return keep(c->service, out);
}

err check_run_now(call *c, check_report *out)
{
    size_t failed = 0, warnings = 0;
    TRY(check_run(c, true, out));
    for (size_t i = 0; i < out->n; i++) {
        failed += out->results[i].state == CHECK_FAILED;
        warnings += out->results[i].state == CHECK_WARNING;
    }
    c->detail = arena_printf(c->arena, "%s checks=%zu failed=%zu warnings=%zu", check_state_name(out->state), out->n,
                             failed, warnings);
    return c->detail ? call_commit(c, store_unit_begin(c->arena)) : ERR_MEMORY;
}

err check_last(call *c, check_report *out)
{
    struct monitor *m = c->service->monitor;
    pthread_mutex_lock(&m->report_lock);
    err e = copy_report(c->arena, &m->report, out);
    pthread_mutex_unlock(&m->report_lock);
    return e;
}
