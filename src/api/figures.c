#include "api/figures.h"

#include "os/clock.h"

err figures_health(void *app, http_request *request, http_response *response)
{
    call *c = app;
    (void)request;
    return json_respond(
        c->arena, response, 200,
        json_pack("{s:s, s:s, s:o}", "status", "ok", "version", YIQIAN_VERSION, "time", api_time(c->now_ms)));
}

err figures_get(void *app, http_request *request, http_response *response)
{
    api_call *ac = app;
    http_figures served = {0};
    service_figures figures;
    (void)request;
    if (ac->server)
        http_read_figures(ac->server, &served);
    service_read_figures(ac->call.service, &figures);
    return json_respond(ac->call.arena, response, 200,
                        json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "process_cpu_ns",
                                  (json_int_t)clock_process_cpu_ns(), "crypto_cpu_ns",
                                  (json_int_t)figures.crypto_cpu_ns, "http_loops_cpu_ns",
                                  (json_int_t)served.loops_cpu_ns, "workers_cpu_ns", (json_int_t)served.workers_cpu_ns,
                                  "store_writer_cpu_ns", (json_int_t)figures.store.writer_cpu_ns, "requests",
                                  (json_int_t)served.requests, "store_units", (json_int_t)figures.store.units,
                                  "store_groups", (json_int_t)figures.store.groups));
}
