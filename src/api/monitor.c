#include "api/monitor.h"

#include "api/input.h"
#include "service/monitor.h"

enum { HOUR_MS = 3600000, STEP_MAX_S = 366 * 86400 };

static err read_query(call *c, const http_request *request, monitor_query *q)
{
    const char *from = http_query(request, "from"), *to = http_query(request, "to"),
               *step = http_query(request, "step");
    TRY(api_query_only(c, request, "from to step node"));
    *q = (monitor_query){.node = http_query(request, "node"), .from_ms = c->now_ms - HOUR_MS, .to_ms = c->now_ms};
    if (to)
        TRY(input_time(c, "to", to, &q->to_ms));
    if (from)
        TRY(input_time(c, "from", from, &q->from_ms));
    else
        q->from_ms = q->to_ms - HOUR_MS;
    return step ? input_number(c, "step", step, STEP_MAX_S, &q->step_s) : ERR_OK;
}

/* One array a metric, as charts want them; null: not known. */
static json_t *series_json(const monitor_history *h, monitor_metric metric)
{
    json_t *values = json_array();
    for (size_t i = 0; i < h->n; i++) {
        int64_t value = h->points[i].value[metric];
        (void)json_array_append_new(values, value < 0 ? json_null() : json_integer((json_int_t)value));
    }
    return values;
}

err monitor_history_get(void *app, http_request *request, http_response *response)
{
    call *c = app;
    monitor_query q;
    monitor_history h;
    TRY(read_query(c, request, &q));
    TRY(monitor_read_history(c, &q, &h));
    json_t *series = json_object(), *times = json_array(), *nodes = json_array();
    for (size_t i = 0; i < h.n; i++)
        (void)json_array_append_new(times, api_time(h.points[i].at_ms));
    for (size_t i = 0; i < h.nodes_n; i++)
        (void)json_array_append_new(nodes, json_string(h.nodes[i]));
    for (unsigned i = 0; i < MONITOR_METRIC_COUNT; i++)
        (void)json_object_set_new(series, monitor_metric_name(i), series_json(&h, i));
    return json_respond(c->arena, response, 200,
                        json_pack("{s:s, s:o, s:o, s:o, s:I, s:o, s:o}", "node",
                                  q.node ? q.node : monitor_node(c->service), "nodes", nodes, "from",
                                  api_time(q.from_ms), "to", api_time(q.to_ms), "step", (json_int_t)h.step_s, "times",
                                  times, "series", series));
}
