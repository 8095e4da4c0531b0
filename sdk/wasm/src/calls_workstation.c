/* The workstation's side. Its authorisations are named outside by where they stand here. */
#include <string.h>

#include "device.h"
#include "platform.h"
#include "values.h"

enum { AUTHORISATIONS = 64 };

static yq_workstation *workstation;
static yq_authorisation *authorisations[AUTHORISATIONS];

static yq_status open_workstation(call *c)
{
    yq_options options;
    if (workstation)
        return YQ_WRONG_STATE;
    YQ_TRY(device_options(c, &options));
    return yq_workstation_open(&workstation, &platform, &options);
}

static void write_info(json_writer *w, const void *value)
{
    const yq_workstation_info *info = value;
    json_writer_begin_object(w, NULL);
    json_writer_text(w, "workstation", info->workstation);
    json_writer_text(w, "name", info->name);
    json_writer_text(w, "place", info->place);
    json_writer_text(w, "server", info->server);
    json_writer_end_object(w);
}

static yq_status describe(call *c)
{
    yq_workstation_info info;
    YQ_TRY(yq_workstation_describe(workstation, &info));
    return call_give(c, write_info, &info);
}

static yq_status register_workstation(call *c)
{
    const char *server, *name, *code;
    YQ_TRY(call_text(c, &server, "server"));
    YQ_TRY(call_text(c, &name, "name"));
    YQ_TRY(call_text(c, &code, "code"));
    return yq_workstation_register(workstation, server, name, code, &c->problem);
}

static yq_status forget(call *c)
{
    (void)c;
    return yq_workstation_forget(workstation);
}

/* ---- one authorisation ---- */

typedef struct offered {
    size_t handle;
    const char *code;
} offered;

static void write_offered(json_writer *w, const void *value)
{
    const offered *o = value;
    json_writer_begin_object(w, NULL);
    json_writer_int(w, "handle", (int64_t)o->handle);
    json_writer_text(w, "code", o->code);
    json_writer_end_object(w);
}

static yq_status read_wish(call *c, yq_scope *wish, bool *given)
{
    json_value value;
    *given = json_reader_field(&value, c->in, "wish") == ERR_OK && !json_reader_is_null(value);
    if (!*given)
        return YQ_OK;
    return values_read_scope(c->memory, wish, value) == ERR_OK ? YQ_OK : YQ_INVALID_ARGUMENT;
}

/* The place is taken when the offer is there: calls may wait beside each other. */
static yq_status offer(call *c)
{
    yq_scope wish;
    bool given;
    yq_authorisation *made;
    offered out = {0, NULL};
    YQ_TRY(read_wish(c, &wish, &given));
    YQ_TRY(yq_authorisation_offer(workstation, given ? &wish : NULL, &made, &c->problem));
    while (out.handle < AUTHORISATIONS && authorisations[out.handle])
        out.handle++;
    if (out.handle == AUTHORISATIONS) {
        yq_authorisation_free(made);
        return YQ_LIMIT_REACHED;
    }
    authorisations[out.handle] = made;
    out.code = yq_authorisation_code(made);
    return call_give(c, write_offered, &out);
}

static yq_status authorisation_of(call *c, yq_authorisation **out)
{
    int64_t handle;
    YQ_TRY(call_int(c, &handle, "handle", 0, AUTHORISATIONS - 1));
    *out = authorisations[handle];
    return *out ? YQ_OK : YQ_CLOSED;
}

static void write_status(json_writer *w, const void *value)
{
    static const char *const states[] = {"offered", "active", "closed", "expired", "exhausted"};
    const yq_authorisation_status *s = value;
    json_writer_begin_object(w, NULL);
    json_writer_text(w, "authorisation", s->authorisation);
    json_writer_text(w, "state", states[s->state]);
    json_writer_int(w, "codeExpires", s->code_expires);
    json_writer_text(w, "staffNo", s->staff_no);
    json_writer_text(w, "name", s->name);
    values_scope(w, "scope", &s->scope);
    json_writer_int(w, "countLeft", s->count_left);
    json_writer_text(w, "closedBy", s->closed_by);
    json_writer_end_object(w);
}

static yq_status look(call *c)
{
    yq_authorisation *authorisation;
    yq_authorisation_status status;
    YQ_TRY(authorisation_of(c, &authorisation));
    YQ_TRY(yq_authorisation_look(authorisation, &status));
    return call_give(c, write_status, &status);
}

static yq_status wait_change(call *c)
{
    yq_authorisation *authorisation;
    yq_authorisation_status status;
    int64_t seconds;
    YQ_TRY(authorisation_of(c, &authorisation));
    YQ_TRY(call_int(c, &seconds, "seconds", 0, 60));
    YQ_TRY(yq_authorisation_wait(authorisation, (unsigned)seconds, &status, &c->problem));
    return call_give(c, write_status, &status);
}

static yq_status pull(call *c)
{
    yq_authorisation *authorisation;
    const char *after;
    int64_t limit;
    yq_tasks tasks;
    YQ_TRY(authorisation_of(c, &authorisation));
    YQ_TRY(call_text_or_null(c, &after, "after"));
    YQ_TRY(call_int(c, &limit, "limit", 1, 1000));
    YQ_TRY(yq_authorisation_pull(authorisation, after, (size_t)limit, &tasks, &c->problem));
    yq_status status = call_give(c, values_tasks, &tasks);
    yq_tasks_free(&tasks);
    return status;
}

static yq_status document(call *c)
{
    yq_authorisation *authorisation;
    yq_task task;
    yq_document fetched;
    YQ_TRY(authorisation_of(c, &authorisation));
    YQ_TRY(values_task_argument(c, &task));
    YQ_TRY(yq_authorisation_document(authorisation, &task, &fetched, &c->problem));
    c->content = (buffer){fetched.p, fetched.n, fetched.n, false}; /* handed over */
    return call_give(c, values_digest, fetched.digest);
}

static yq_status sign(call *c)
{
    yq_authorisation *authorisation;
    yq_sign_item *items;
    size_t n;
    values_signed done = {0};
    YQ_TRY(authorisation_of(c, &authorisation));
    YQ_TRY(values_items(c, 0, &items, &n));
    if (n == 0)
        return YQ_INVALID_ARGUMENT;
    yq_sign_result *results = arena_alloc(c->memory, n * sizeof *results);
    if (!results)
        return YQ_OUT_OF_MEMORY;
    done.results = results;
    done.n = n;
    return values_give_signed(c, yq_authorisation_sign(authorisation, items, n, results, &c->problem), &done);
}

static yq_status close_offered(call *c)
{
    yq_authorisation *authorisation;
    YQ_TRY(authorisation_of(c, &authorisation));
    return yq_authorisation_close(authorisation, &c->problem);
}

/* Outside it is seen to that no call on it is under way. */
static yq_status free_offered(call *c)
{
    int64_t handle;
    YQ_TRY(call_int(c, &handle, "handle", 0, AUTHORISATIONS - 1));
    yq_authorisation_free(authorisations[handle]);
    authorisations[handle] = NULL;
    return YQ_OK;
}

static yq_status close_by_id(call *c)
{
    const char *id;
    YQ_TRY(call_text(c, &id, "id"));
    return yq_workstation_close_authorisation(workstation, id, &c->problem);
}

const call_row calls_workstation[] = {
    {"openWorkstation", open_workstation},
    {"describe", describe},
    {"register", register_workstation},
    {"forget", forget},
    {"offer", offer},
    {"authorisationLook", look},
    {"authorisationWait", wait_change},
    {"authorisationPull", pull},
    {"authorisationDocument", document},
    {"authorisationSign", sign},
    {"authorisationClose", close_offered},
    {"authorisationFree", free_offered},
    {"closeById", close_by_id},
    {NULL, NULL},
};
