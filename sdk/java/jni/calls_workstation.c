#include <stdlib.h>

#include "bridge.h"
#include "calls_device.h"
#include "calls_sign.h"
#include "values.h"

typedef struct station {
    yq_workstation *workstation;
    bridge *bridge;
} station;

static yq_workstation *workstation_of(const calls_call *call)
{
    const station *s = call->object;
    return s->workstation;
}

yq_status calls_workstation_open(calls_call *call)
{
    yq_options options;
    calls_read_options(call, &options);
    if (call->in.bad || !call->callback)
        return YQ_INVALID_ARGUMENT;
    station *s = calloc(1, sizeof *s);
    if (!s || !(s->bridge = bridge_create(call->env, call->callback))) {
        free(s);
        return YQ_OUT_OF_MEMORY;
    }
    const yq_platform platform = bridge_platform(s->bridge);
    yq_status status = yq_workstation_open(&s->workstation, &platform, &options);
    if (status == YQ_OK) {
        pack_write_i64(&call->out, (int64_t)(intptr_t)s);
        return YQ_OK;
    }
    bridge_destroy(call->env, s->bridge);
    free(s);
    return status;
}

yq_status calls_workstation_close(calls_call *call)
{
    station *s = call->object;
    yq_workstation_close(s->workstation);
    bridge_destroy(call->env, s->bridge);
    free(s);
    return YQ_OK;
}

yq_status calls_workstation_register(calls_call *call)
{
    const char *server = pack_read_text(&call->in);
    const char *name = pack_read_text(&call->in);
    const char *code = pack_read_text(&call->in);
    return call->in.bad ? YQ_INVALID_ARGUMENT
                        : yq_workstation_register(workstation_of(call), server, name, code, &call->problem);
}

yq_status calls_workstation_describe(calls_call *call)
{
    yq_workstation_info info;
    yq_status status = yq_workstation_describe(workstation_of(call), &info);
    if (status != YQ_OK)
        return status;
    pack_write_text(&call->out, info.workstation);
    pack_write_text(&call->out, info.name);
    pack_write_text(&call->out, info.place);
    pack_write_text(&call->out, info.server);
    return YQ_OK;
}

yq_status calls_workstation_forget(calls_call *call)
{
    return yq_workstation_forget(workstation_of(call));
}

yq_status calls_workstation_close_authorisation(calls_call *call)
{
    const char *id = pack_read_text(&call->in);
    return call->in.bad ? YQ_INVALID_ARGUMENT
                        : yq_workstation_close_authorisation(workstation_of(call), id, &call->problem);
}

/* ---- one authorisation ---- */

yq_status calls_offer(calls_call *call)
{
    yq_scope wish;
    yq_authorisation *made;
    bool wished = pack_read_bool(&call->in);
    if (wished)
        values_read_scope(&call->in, &wish);
    if (call->in.bad)
        return YQ_INVALID_ARGUMENT;
    yq_status status = yq_authorisation_offer(workstation_of(call), wished ? &wish : NULL, &made, &call->problem);
    if (status != YQ_OK)
        return status;
    pack_write_i64(&call->out, (int64_t)(intptr_t)made);
    pack_write_text(&call->out, yq_authorisation_code(made));
    return YQ_OK;
}

yq_status calls_offer_free(calls_call *call)
{
    yq_authorisation_free(call->object);
    return YQ_OK;
}

yq_status calls_offer_look(calls_call *call)
{
    yq_authorisation_status now;
    yq_status status = yq_authorisation_look(call->object, &now);
    if (status == YQ_OK)
        values_write_authorisation_status(&call->out, &now);
    return status;
}

yq_status calls_offer_wait(calls_call *call)
{
    yq_authorisation_status now;
    unsigned seconds = pack_read_u32(&call->in);
    if (call->in.bad)
        return YQ_INVALID_ARGUMENT;
    yq_status status = yq_authorisation_wait(call->object, seconds, &now, &call->problem);
    if (status == YQ_OK)
        values_write_authorisation_status(&call->out, &now);
    return status;
}

yq_status calls_offer_pull(calls_call *call)
{
    yq_tasks tasks;
    const char *after = pack_read_text(&call->in);
    size_t limit = pack_read_u32(&call->in);
    if (call->in.bad)
        return YQ_INVALID_ARGUMENT;
    yq_status status = yq_authorisation_pull(call->object, after, limit, &tasks, &call->problem);
    if (status != YQ_OK)
        return status;
    values_write_tasks(&call->out, &tasks);
    yq_tasks_free(&tasks);
    return YQ_OK;
}

yq_status calls_offer_document(calls_call *call)
{
    yq_document document;
    yq_task task;
    values_read_task(&call->in, &task);
    if (call->in.bad || !call->documents)
        return YQ_INVALID_ARGUMENT;
    yq_status status = yq_authorisation_document(call->object, &task, &document, &call->problem);
    return status == YQ_OK ? calls_give_document(call, &document) : status;
}

yq_status calls_offer_sign(calls_call *call)
{
    calls_items items;
    yq_status status = calls_items_read(&items, call);
    bool read = status == YQ_OK;
    if (read)
        status = yq_authorisation_sign(call->object, items.items, items.n, items.results, &call->problem);
    values_write_results(&call->out, items.results, read && status != YQ_INVALID_ARGUMENT ? items.n : 0);
    pack_write_u32(&call->out, 0);      /* no PIN, and so no failures before, */
    pack_write_bool(&call->out, false); /* and none due */
    calls_items_free(&items);
    return status;
}

yq_status calls_offer_close(calls_call *call)
{
    return yq_authorisation_close(call->object, &call->problem);
}
