#include "api/figures.h"

#include "os/clock.h"
#include "service/callback.h"
#include "service/health.h"
#include "service/selftest.h"
#include "service/time_watch.h"

/* What does not keep it from serving; the worst of it. */
static const char *warning(const call *c)
{
    return health_audit_damaged(c) ? "audit_damaged" : health_disk_low(c) ? "disk_low" : NULL;
}

err figures_health(void *app, http_request *request, http_response *response)
{
    enum { WELL = 200, UNWELL = 503 };
    call *c = app;
    (void)request;
    err e = health_check(c);
    return json_respond(c->arena, response, e == ERR_OK ? WELL : UNWELL,
                        json_pack("{s:s, s:s?, s:s, s:o, s:s, s:b}", "status", err_code(e), "warning",
                                  warning(c), "version", YIQIAN_VERSION, "time", api_time(c->now_ms), "clock", time_state_name(time_watch_state(c->service)),
                                  "sandbox", service_is_sandbox(c->service)));
}

err figures_get(void *app, http_request *request, http_response *response)
{
    api_call *ac = app;
    http_figures served = {0};
    service_figures figures;
    int64_t queued, oldest_due_ms;
    (void)request;
    TRY(callback_read_queue(&ac->call, &queued, &oldest_due_ms));
    if (ac->server)
        http_read_figures(ac->server, &served);
    service_read_figures(ac->call.service, &figures);
    return json_respond(
        ac->call.arena, response, 200,
        json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "process_cpu_ns",
                  (json_int_t)clock_process_cpu_ns(), "crypto_cpu_ns", (json_int_t)figures.crypto_cpu_ns,
                  "http_loops_cpu_ns", (json_int_t)served.loops_cpu_ns, "workers_cpu_ns",
                  (json_int_t)served.workers_cpu_ns, "store_writer_cpu_ns", (json_int_t)figures.store.writer_cpu_ns,
                  "requests", (json_int_t)served.requests, "requests_waiting", (json_int_t)served.waiting,
                  "store_units", (json_int_t)figures.store.units, "store_groups", (json_int_t)figures.store.groups,
                  "callbacks_queued", (json_int_t)queued, "callbacks_oldest_due", api_time(oldest_due_ms)));
}

static json_t *names_of(const selftest_report *tests, bool passed)
{
    json_t *names = json_array();
    for (size_t i = 0; i < tests->n; i++)
        if (tests->results[i].passed == passed)
            (void)json_array_append_new(names, json_string(tests->results[i].name));
    return names;
}

err figures_self_tests(void *app, http_request *request, http_response *response)
{
    call *c = app;
    selftest_report tests;
    (void)request;
    selftest_read(c->service, &tests);
    return json_respond(c->arena, response, 200,
                        json_pack("{s:s, s:o, s:I, s:o, s:o}", "state", tests.passed ? "passed" : "failed", "time",
                                  api_time(tests.at_ms), "duration_ns", (json_int_t)tests.duration_ns, "passed",
                                  names_of(&tests, true), "failed", names_of(&tests, false)));
}
