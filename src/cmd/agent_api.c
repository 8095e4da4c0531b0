#include "cmd/agent_api.h"

#include <stdlib.h>
#include <string.h>

#include "base/ct.h"
#include "base/text.h"
#include "cmd/agent_code.h"
#include "cmd/agent_json.h"
#include "cmd/agent_problem.h"
#include "cmd/agent_sign.h"
#include "crypto/sm3.h"
#include "mpc/mpc_scope.h"
#include "os/clock.h"
#include "os/entropy.h"
#include "os/log.h"

/* DEFAULT_SECONDS, DEFAULT_COUNT: what is asked for where the page names nothing. */
enum { WAIT_MAX = 60, DEFAULT_SECONDS = 8 * 3600, DEFAULT_COUNT = 100, OFFER_BODY = 64 * 1024, SIGN_BODY = 64 * 1024 };

/* What tells whoever asked for an authorisation from all others at the same workstation: shown once, kept here as a digest. */
enum { HANDLE = 32 };
static const char handle_header[] = AGENT_HANDLE_HEADER;

/* A handler's own: the agent and where a fault's words go. */
typedef struct agent_call {
    agent *agent;
    fault fault;
    agent_entry *entry; /* held until the answer is made */
} agent_call;

/* ---- what stays within limits ---- */

static bool call_begin(agent *a)
{
    if (atomic_fetch_add(&a->calls, 1) < AGENT_CALLS)
        return true;
    atomic_fetch_sub(&a->calls, 1);
    return false;
}

static void call_end(agent *a)
{
    atomic_fetch_sub(&a->calls, 1);
}

/* An unknown id and another's are told apart for nobody. */
static err hold(agent_call *c, const http_request *request)
{
    uint8_t id[16], digest[SM3_SIZE];
    const char *text = request->params[0], *handle = http_header(request, handle_header);
    if (!text || !handle || uuid_decode(id, text, strlen(text)) != ERR_OK)
        return ERR_AUTHORISATION_NOT_FOUND;
    sm3(digest, handle, strlen(handle));
    c->entry = agent_book_hold(c->agent->book, id, digest);
    return c->entry ? ERR_OK : ERR_AUTHORISATION_NOT_FOUND;
}

static err respond_status(agent_call *c, const http_request *request, http_response *response, int http_status)
{
    yq_authorisation_status status;
    agent_book_status(c->agent->book, c->entry, &status);
    return json_respond(request->arena, response, http_status, agent_json_authorisation(&status));
}

/* ---- GET /v1/status ---- */

static err get_status(void *app, http_request *request, http_response *response)
{
    agent_call *c = app;
    agent_entry *all[AGENT_BOOK_MAX];
    const yq_workstation_info *info = &c->agent->info;
    json_t *list = json_array();
    size_t n = agent_book_hold_all(c->agent->book, all);
    for (size_t i = 0; i < n; i++) {
        yq_authorisation_status status;
        agent_book_status(c->agent->book, all[i], &status);
        if (status.state == YQ_AUTHORISATION_ACTIVE)
            (void)json_array_append_new(list, agent_json_open(&status));
        agent_book_release(c->agent->book, all[i]);
    }
    return json_respond(request->arena, response, 200,
                        json_pack("{s:s, s:{s:s, s:s, s:s}, s:s, s:o}", "server", info->server, "workstation", "id",
                                  info->workstation, "name", info->name, "place", info->place, "version",
                                  YIQIAN_VERSION, "authorisations", list));
}

/* ---- POST /v1/authorisations ---- */

typedef struct offer_input {
    json_t *systems, *record_types;
    const char *until;
    int64_t count;
} offer_input;

enum { NAME_ROOM = 1024 /* a scope of one name of the longest, escaped */ };

/* What the protocol takes as a name, so that it is said here which one is none. */
static err check_name(const char *name)
{
    uint8_t room[NAME_ROOM];
    buffer b = buffer_over(room, sizeof room);
    const mpc_scope one = {.systems = {name}, .systems_n = 1, .until = 1, .count = 1};
    return utf8_length(name, strlen(name)) > MPC_SCOPE_NAME_MAX ? ERR_FIELD_LENGTH : mpc_scope_build(&b, &one);
}

static err read_names(agent_call *c, arena *a, const char *field, const json_t *array, const char **out, size_t *out_n)
{
    size_t i;
    json_t *item;
    *out_n = json_array_size(array);
    json_array_foreach(array, i, item)
    {
        if (!json_is_string(item))
            return fault_field(&c->fault, ERR_FIELD_TYPE, "%s[%zu]", field, i);
        out[i] = arena_text(a, json_string_value(item), json_string_length(item));
        if (!out[i])
            return ERR_MEMORY;
        err e = check_name(out[i]);
        for (size_t k = 0; e == ERR_OK && k < i; k++)
            e = strcmp(out[k], out[i]) == 0 ? ERR_FIELD_VALUE : ERR_OK;
        if (e != ERR_OK)
            return fault_field(&c->fault, e, "%s[%zu]", field, i);
    }
    return ERR_OK;
}

static err read_offer(agent_call *c, const http_request *request, const json_t *body, yq_scope *out)
{
    static const json_field fields[] = {
        {"systems", JSON_ARRAY_FIELD, false, 0, YQ_SCOPE_NAMES, offsetof(offer_input, systems), JSON_NO_PRESENT},
        {"record_types", JSON_ARRAY_FIELD, false, 0, YQ_SCOPE_NAMES, offsetof(offer_input, record_types),
         JSON_NO_PRESENT},
        {"until", JSON_TEXT_FIELD, false, 20, 40, offsetof(offer_input, until), JSON_NO_PRESENT},
        {"count", JSON_INT_FIELD, false, 1, YQ_SCOPE_COUNT, offsetof(offer_input, count), JSON_NO_PRESENT}};
    offer_input in = {.count = DEFAULT_COUNT};
    const int64_t now = clock_unix_ms() / 1000;
    TRY(json_read(request->arena, body, fields, sizeof fields / sizeof *fields, &in, "", &c->fault));
    *out = (yq_scope){.until = now + DEFAULT_SECONDS, .count = (int)in.count};
    TRY(read_names(c, request->arena, "systems", in.systems, out->systems, &out->systems_n));
    TRY(read_names(c, request->arena, "record_types", in.record_types, out->record_types, &out->record_types_n));
    if (!in.until)
        return ERR_OK;
    int64_t until_ms;
    if (!clock_read(&until_ms, in.until) || until_ms / 1000 <= now)
        return fault_field(&c->fault, ERR_FIELD_VALUE, "until");
    out->until = until_ms / 1000;
    return ERR_OK;
}

static err draw_handle(arena *a, const char **text, uint8_t digest[SM3_SIZE])
{
    uint8_t handle[HANDLE];
    TRY(os_entropy_fill(NULL, handle, sizeof handle));
    *text = base64url_text(a, handle, sizeof handle);
    wipe(handle, sizeof handle);
    if (!*text)
        return ERR_MEMORY;
    sm3(digest, *text, strlen(*text));
    return ERR_OK;
}

/* In: the scope, out: the answer. A code whose authorisation cannot be kept is closed again. */
static err offer(agent_call *c, http_request *request, http_response *response, const yq_scope *scope)
{
    yq_authorisation *handle;
    yq_problem problem;
    uint8_t id[16], digest[SM3_SIZE];
    const char *secret;
    TRY(draw_handle(request->arena, &secret, digest));
    yq_status status = yq_authorisation_offer(c->agent->workstation, scope, &handle, &problem);
    if (status != YQ_OK) {
        agent_problem_respond(request->arena, response, status, &problem);
        return ERR_OK;
    }
    const char *code = arena_printf(request->arena, "%s", yq_authorisation_code(handle));
    err e = code ? agent_book_add(c->agent->book, handle, digest, id) : ERR_MEMORY;
    if (e != ERR_OK) {
        status = yq_authorisation_close(handle, NULL);
        yq_authorisation_free(handle);
        return e;
    }
    yq_authorisation_status known;
    c->entry = agent_book_hold(c->agent->book, id, digest);
    if (!c->entry)
        return ERR_BUSY;
    agent_book_status(c->agent->book, c->entry, &known);
    json_t *answer = agent_json_authorisation(&known);
    if (answer) {
        (void)json_object_set_new(answer, "code", json_string(code));
        (void)json_object_set_new(answer, "handle", json_string(secret));
    }
    return json_respond(request->arena, response, 201, answer);
}

static err post_authorisation(void *app, http_request *request, http_response *response)
{
    agent_call *c = app;
    yq_scope scope;
    json_t *body;
    TRY(json_body(request, &body, &c->fault));
    err e = read_offer(c, request, body, &scope);
    json_decref(body);
    TRY(e);
    if (!agent_book_has_room(c->agent->book))
        return ERR_LIMIT;
    if (!call_begin(c->agent))
        return ERR_BUSY;
    e = offer(c, request, response, &scope);
    call_end(c->agent);
    return e;
}

/* ---- GET /v1/authorisations/{id} ---- */

static err read_wait(agent_call *c, const http_request *request, int64_t *left)
{
    const char *text = http_query(request, "wait");
    *left = 0;
    if (!text)
        return ERR_OK;
    size_t digits = strspn(text, "0123456789");
    long seconds = digits > 0 && digits <= 2 && !text[digits] ? strtol(text, NULL, 10) : -1;
    if (seconds < 0 || seconds > WAIT_MAX)
        return fault_field(&c->fault, ERR_FIELD_VALUE, "wait");
    *left = (int64_t)seconds * 1000 - request->waited_ms;
    return ERR_OK;
}

static err get_authorisation(void *app, http_request *request, http_response *response)
{
    agent_call *c = app;
    yq_authorisation_status status;
    uint8_t topic[16];
    int64_t left;
    TRY(hold(c, request));
    TRY(read_wait(c, request, &left));
    const char *known = http_query(request, "state");
    agent_book_status(c->agent->book, c->entry, &status);
    if (left > 0 && strcmp(agent_json_state(status.state), known ? known : "offered") == 0) {
        TRY(uuid_decode(topic, status.authorisation, strlen(status.authorisation)));
        return http_wait(request, &(http_waiting){.topics = topic, .n = 1, .ms = left, .owner = topic});
    }
    return respond_status(c, request, response, 200);
}

/* ---- the code as a picture ---- */

static err draw_code(agent_call *c, http_request *request, http_response *response,
                     err (*draw)(arena *a, const char *text, bytes *out), const char *media_type)
{
    yq_authorisation_status status;
    TRY(hold(c, request));
    agent_book_status(c->agent->book, c->entry, &status);
    if (status.state != YQ_AUTHORISATION_OFFERED)
        return ERR_AUTHORISATION_CLOSED;
    TRY(draw(request->arena, yq_authorisation_code(agent_entry_handle(c->entry)), &response->body));
    response->status = 200;
    response->content_type = media_type;
    return ERR_OK;
}

static err get_svg(void *app, http_request *request, http_response *response)
{
    return draw_code(app, request, response, agent_code_svg, "image/svg+xml");
}

static err get_bmp(void *app, http_request *request, http_response *response)
{
    return draw_code(app, request, response, agent_code_bmp, "image/bmp");
}

/* ---- POST /v1/authorisations/{id}/close ---- */

static err post_close(void *app, http_request *request, http_response *response)
{
    agent_call *c = app;
    yq_problem problem;
    TRY(hold(c, request));
    if (!call_begin(c->agent))
        return ERR_BUSY;
    yq_status status = agent_book_close(c->agent->book, c->entry, &problem);
    call_end(c->agent);
    if (status == YQ_OK)
        return respond_status(c, request, response, 200);
    /* The share is gone; the server, which was not reached, ends it at its time. */
    agent_problem_respond(request->arena, response, status, &problem);
    return ERR_OK;
}

/* ---- POST /v1/authorisations/{id}/signatures ---- */

static int by_id(const void *a, const void *b)
{
    return memcmp(a, b, 16);
}

static err read_ids(agent_call *c, arena *a, const json_t *tasks, uint8_t (**out)[16])
{
    size_t i, n = json_array_size(tasks);
    json_t *item;
    uint8_t(*ids)[16] = arena_alloc(a, n * sizeof *ids), (*sorted)[16] = arena_alloc(a, n * sizeof *sorted);
    if (!ids || !sorted)
        return ERR_MEMORY;
    json_array_foreach(tasks, i, item)
    {
        const char *text = json_string_value(item);
        if (!text || uuid_decode(ids[i], text, json_string_length(item)) != ERR_OK)
            return fault_field(&c->fault, ERR_FIELD_VALUE, "tasks[%zu]", i);
    }
    memcpy(sorted, ids, n * sizeof *ids);
    qsort(sorted, n, sizeof *sorted, by_id);
    for (i = 1; i < n; i++)
        if (memcmp(sorted[i - 1], sorted[i], 16) == 0)
            return fault_field(&c->fault, ERR_FIELD_VALUE, "tasks");
    *out = ids;
    return ERR_OK;
}

static err read_sign(agent_call *c, const http_request *request, uint8_t (**ids)[16], size_t *n)
{
    typedef struct input {
        json_t *tasks;
    } input;
    static const json_field fields[] = {
        {"tasks", JSON_ARRAY_FIELD, true, 1, YQ_SIGN_MAX, offsetof(input, tasks), JSON_NO_PRESENT}};
    input in = {0};
    json_t *body;
    TRY(json_body(request, &body, &c->fault));
    err e = json_read(request->arena, body, fields, 1, &in, "", &c->fault);
    if (e == ERR_OK)
        e = read_ids(c, request->arena, in.tasks, ids);
    *n = json_array_size(in.tasks);
    json_decref(body);
    return e;
}

static err post_signatures(void *app, http_request *request, http_response *response)
{
    agent_call *c = app;
    uint8_t(*ids)[16] = NULL;
    size_t n;
    yq_problem problem;
    json_t *results;
    TRY(hold(c, request));
    TRY(read_sign(c, request, &ids, &n));
    if (!call_begin(c->agent))
        return ERR_BUSY;
    yq_status status =
        agent_sign(request->arena, agent_entry_handle(c->entry), (const uint8_t(*)[16])ids, n, &results, &problem);
    call_end(c->agent);
    agent_book_look(c->agent->book, c->entry);
    if (status == YQ_OK)
        return json_respond(request->arena, response, 200, json_pack("{s:o}", "results", results));
    agent_problem_respond(request->arena, response, status, &problem);
    return ERR_OK;
}

/* ---- the table ---- */

static err preflight(void *app, http_request *request, http_response *response)
{
    agent_call *c = app;
    return agent_gate_preflight(&c->agent->gate, request, response);
}

/* clang-format off */
const http_route agent_routes[] = {
    {"GET",     "/v1/status",                                   0, NULL, 0,          get_status},
    {"OPTIONS", "/v1/status",                                   0, NULL, 0,          preflight},
    {"POST",    "/v1/authorisations",                           0, NULL, OFFER_BODY, post_authorisation},
    {"OPTIONS", "/v1/authorisations",                           0, NULL, 0,          preflight},
    {"GET",     "/v1/authorisations/{authorisation}",           0, NULL, 0,          get_authorisation},
    {"OPTIONS", "/v1/authorisations/{authorisation}",           0, NULL, 0,          preflight},
    {"POST",    "/v1/authorisations/{authorisation}/close",     0, NULL, 0,          post_close},
    {"OPTIONS", "/v1/authorisations/{authorisation}/close",     0, NULL, 0,          preflight},
    {"GET",     "/v1/authorisations/{authorisation}/code.bmp",  0, NULL, 0,          get_bmp},
    {"OPTIONS", "/v1/authorisations/{authorisation}/code.bmp",  0, NULL, 0,          preflight},
    {"GET",     "/v1/authorisations/{authorisation}/code.svg",  0, NULL, 0,          get_svg},
    {"OPTIONS", "/v1/authorisations/{authorisation}/code.svg",  0, NULL, 0,          preflight},
    {"POST",    "/v1/authorisations/{authorisation}/signatures", 0, NULL, SIGN_BODY, post_signatures},
    {"OPTIONS", "/v1/authorisations/{authorisation}/signatures", 0, NULL, 0,         preflight},
};
/* clang-format on */
const size_t agent_routes_n = sizeof agent_routes / sizeof *agent_routes;

void agent_dispatch(void *app, http_request *request, http_response *response)
{
    agent_call c = {.agent = app};
    fault_clear(&c.fault);
    err e = strcmp(request->method, "OPTIONS") == 0 ? ERR_OK : agent_gate_check(&c.agent->gate, request, &c.fault);
    if (e == ERR_OK)
        e = request->route->handler(&c, request, response);
    agent_book_release(c.agent->book, c.entry);
    if (e != ERR_OK) {
        log_write(LOG_INFO, "agent", "%s %s refused code=%s", request->method, request->route->pattern, err_code(e));
        agent_gate_hint hint;
        if (agent_gate_explain(&c.agent->gate, e, &c.fault, request->arena, &hint))
            agent_problem_refuse(request->arena, response, e, &c.fault, &hint);
        else
            problem_respond(request->arena, response, e, &c.fault);
    }
    if (response->status != 0)
        agent_gate_headers(&c.agent->gate, request, response);
}
