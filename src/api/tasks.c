#include "api/tasks.h"

#include <string.h>

#include "api/wait.h"
#include "asn1/ecsig.h"
#include "crypto/sm2.h"
#include "service/task.h"
#include "service/task_cms.h"

static json_t *signature_json(call *c, const task *t)
{
    const task_signature *g = &t->signature;
    uint8_t der[ECSIG_DER_MAX];
    size_t der_n;
    bytes chain[2];
    if (!t->has_signature)
        return json_null();
    if (ecsig_to_der(der, &der_n, g->rs) != ERR_OK)
        return NULL;
    service_chain(c->service, chain);
    return json_pack("{s:o, s:o, s:o, s:s, s:s, s:s, s:s, s:o, s:o, s:[o, o], s:o, s:o}", "rs", api_hex(g->rs, 64),
                     "der", api_base64(c->arena, bytes_of(der, der_n)), "e", api_hex(g->e, 32), "algorithm",
                     "SM2-with-SM3", "id", SM2_DEFAULT_ID, "form", t->form, "method", g->method, "serial",
                     api_hex(g->serial.p, g->serial.n), "certificate", api_base64(c->arena, g->certificate), "chain",
                     api_base64(c->arena, chain[0]), api_base64(c->arena, chain[1]), "signed_at",
                     api_time(g->signed_ms), "attributes",
                     g->attributes.p ? api_base64(c->arena, g->attributes) : json_null());
}

static json_t *task_json(call *c, const task *t)
{
    const char *state = task_state_at(t, c->now_ms);
    return json_pack("{s:o, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:s?, s:{s:o, s:s, s:s}, s:o, s:o, s:b, s:o}",
                     "task", api_uuid(t->id), "state", state, "form", t->form, "title", t->title, "description",
                     t->description, "reference", t->reference, "media_type", t->media_type, "digest",
                     api_hex(t->digest, 32), "document_size",
                     t->document_size < 0 ? json_null() : json_integer(t->document_size), "department", t->department,
                     "signer", "user", api_uuid(t->signer_id), "staff_no", t->signer_staff_no, "name", t->signer_name,
                     "created_at", api_time(t->created_ms), "expires_at", api_time(t->expires_ms),
                     "signature_may_exist", t->claimed_before && !t->has_signature, "signature", signature_json(c, t));
}

/* A media type as RFC 9110 8.3.1 has it, without parameters: it comes back as a Content-Type. */
static bool media_type_valid(const char *text)
{
    static const char token[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$&^_.+-";
    size_t n = strspn(text, token);
    if (n == 0 || text[n] != '/')
        return false;
    size_t m = strspn(text + n + 1, token);
    return m > 0 && text[n + 1 + m] == 0;
}

/* Visible ASCII, as an HTTP field may carry. */
static err check_idempotency_key(call *c, const char *key)
{
    if (!key)
        return ERR_OK;
    size_t n = 0;
    while (key[n] > ' ' && key[n] < 0x7f)
        n++;
    if (key[n])
        return fault_field(&c->fault, ERR_FIELD_VALUE, "Idempotency-Key");
    return n >= 1 && n <= 64 ? ERR_OK : fault_field(&c->fault, ERR_FIELD_LENGTH, "Idempotency-Key");
}

static err tasks_read(call *c, const http_request *request, task_request *out)
{
    static const json_field fields[] = {
        {"signer", JSON_TEXT_FIELD, true, 1, 64, offsetof(task_request, signer), JSON_NO_PRESENT},
        {"form", JSON_TEXT_FIELD, true, 1, 16, offsetof(task_request, form), JSON_NO_PRESENT},
        {"document", JSON_BASE64_FIELD, false, 1, TASK_DOCUMENT_MAX, offsetof(task_request, document), JSON_NO_PRESENT},
        {"digest", JSON_HEX_FIELD, false, 32, 32, offsetof(task_request, digest), offsetof(task_request, has_digest)},
        {"title", JSON_TEXT_FIELD, true, 1, 200, offsetof(task_request, title), JSON_NO_PRESENT},
        {"description", JSON_LINES_FIELD, false, 0, 2000, offsetof(task_request, description), JSON_NO_PRESENT},
        {"reference", JSON_TEXT_FIELD, false, 0, 128, offsetof(task_request, reference), JSON_NO_PRESENT},
        {"media_type", JSON_TEXT_FIELD, false, 3, 100, offsetof(task_request, media_type), JSON_NO_PRESENT},
        {"department", JSON_TEXT_FIELD, false, 1, 64, offsetof(task_request, department), JSON_NO_PRESENT},
        {"expires_in", JSON_INT_FIELD, false, TASK_EXPIRES_MIN, TASK_EXPIRES_MAX, offsetof(task_request, expires_in),
         JSON_NO_PRESENT}};
    json_t *body;
    *out = (task_request){.description = "",
                          .reference = "",
                          .media_type = "application/octet-stream",
                          .expires_in = TASK_EXPIRES_DEFAULT,
                          .once = {http_header(request, "Idempotency-Key"), request->body}};
    TRY(check_idempotency_key(c, out->once.key));
    TRY(json_body(request, &body, &c->fault));
    err e = json_read(c->arena, body, fields, sizeof fields / sizeof *fields, out, "", &c->fault);
    json_decref(body);
    if (e == ERR_OK && !media_type_valid(out->media_type))
        return fault_field(&c->fault, ERR_FIELD_VALUE, "media_type");
    return e;
}

err tasks_post(void *app, http_request *request, http_response *response)
{
    call *c = app;
    task_request input;
    task t;
    bool repeated;
    TRY(tasks_read(c, request, &input));
    TRY(task_create(c, &input, &t, &repeated));
    return json_respond(c->arena, response, repeated ? 200 : 201, task_json(c, &t));
}

/* Whether ?wait goes on: the task is in the state that the caller knows or, where it names none, in one that is not the last. */
static bool is_as_known(const call *c, const http_request *request, const task *t)
{
    const char *state = task_state_at(t, c->now_ms), *known = http_query(request, "state");
    if (known)
        return strcmp(state, known) == 0;
    err e = task_state_error(state);
    return e == ERR_OK || e == ERR_TASK_CLAIMED || e == ERR_TASK_WAITING;
}

err tasks_get(void *app, http_request *request, http_response *response)
{
    call *c = app;
    uint8_t id[16];
    task t;
    bool waiting;
    TRY(api_query_only(c, request, "state wait"));
    TRY(api_param_uuid(c, request, 0, ERR_TASK_NOT_FOUND, id));
    bytes cms;
    TRY(task_get(c, id, &t));
    TRY(api_wait(c, request, is_as_known(c, request, &t), id, 1, &waiting));
    if (waiting)
        return ERR_OK;
    TRY(task_cms(c, &t, &cms));
    json_t *answer = task_json(c, &t);
    /* Of one task only: in a list it would be too much. */
    if (cms.n > 0)
        (void)json_object_set_new(json_object_get(answer, "signature"), "cms", api_base64(c->arena, cms));
    return json_respond(c->arena, response, 200, answer);
}

err tasks_list(void *app, http_request *request, http_response *response)
{
    static const char *const states[] = {"pending", "claimed", "signed", "cancelled", "expired"};
    call *c = app;
    api_page page;
    const task *tasks;
    size_t n;
    TRY(api_query_only(c, request, "limit after state reference"));
    TRY(api_page_read(c, request, &page));
    task_filter filter = {.state = http_query(request, "state"),
                          .reference = http_query(request, "reference"),
                          .has_after = page.has_after,
                          .limit = page.limit < TASK_PAGE ? page.limit : TASK_PAGE};
    memcpy(filter.after, page.after, 16);
    bool known = !filter.state;
    for (size_t i = 0; !known && i < sizeof states / sizeof *states; i++)
        known = strcmp(filter.state, states[i]) == 0;
    if (!known)
        return fault_field(&c->fault, ERR_FIELD_VALUE, "state");
    TRY(task_list(c, &filter, &tasks, &n));
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(items, task_json(c, &tasks[i]));
    json_t *next = n > 0 && (int64_t)n == filter.limit ? api_uuid(tasks[n - 1].id) : json_null();
    return json_respond(c->arena, response, 200, json_pack("{s:o, s:o}", "items", items, "next", next));
}

err tasks_cancel(void *app, http_request *request, http_response *response)
{
    call *c = app;
    uint8_t id[16];
    task t;
    TRY(api_param_uuid(c, request, 0, ERR_TASK_NOT_FOUND, id));
    TRY(task_cancel(c, id, &t));
    return json_respond(c->arena, response, 200, task_json(c, &t));
}
