#include "api/task_body.h"

#include <stdio.h>
#include <string.h>

#include "api/tsa_json.h"
#include "asn1/ecsig.h"
#include "crypto/sm2.h"
#include "service/task.h"

static const char *const priorities[] = {
    [TASK_NORMAL] = "normal", [TASK_HIGH] = "high", [TASK_URGENT] = "urgent", NULL};

json_t *task_body_signature(call *c, const task_signature *g, const char *form)
{
    uint8_t der[ECSIG_DER_MAX];
    size_t der_n;
    bytes chain[2];
    if (ecsig_to_der(der, &der_n, g->rs) != ERR_OK)
        return NULL;
    service_chain(c->service, chain);
    return json_pack("{s:o, s:o, s:o, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:[o, o], s:o, s:o}", "rs", api_hex(g->rs, 64),
                     "der", api_base64(c->arena, bytes_of(der, der_n)), "e", api_hex(g->e, 32), "algorithm",
                     "SM2-with-SM3", "id", SM2_DEFAULT_ID, "form", form, "method", g->method, "authorisation",
                     g->authorised ? api_uuid(g->authorisation) : json_null(), "serial",
                     api_hex(g->serial.p, g->serial.n), "certificate", api_base64(c->arena, g->certificate), "chain",
                     api_base64(c->arena, chain[0]), api_base64(c->arena, chain[1]), "signed_at",
                     api_time(g->signed_ms), "attributes",
                     g->attributes.p ? api_base64(c->arena, g->attributes) : json_null());
}

json_t *task_body_fields(const task *t)
{
    json_t *stored = json_loads(t->fields, 0, NULL), *fields = json_array();
    for (size_t i = 0; i < json_array_size(stored); i++) {
        const json_t *pair = json_array_get(stored, i);
        json_array_append_new(
            fields, json_pack("{s:O, s:O}", "label", json_array_get(pair, 0), "value", json_array_get(pair, 1)));
    }
    json_decref(stored);
    return fields;
}

const char *task_body_priority(const task *t)
{
    return t->priority >= TASK_NORMAL && t->priority <= TASK_URGENT ? priorities[t->priority] : "normal";
}

json_t *task_body_withdrawal(const task *t)
{
    if (strcmp(t->state, "withdrawn") != 0)
        return json_null();
    return json_pack("{s:o, s:s, s:s?}", "at", api_time(t->finished_ms), "system", t->system_name, "reason", t->reason);
}

const char *task_body_timestamp_state(const task *t)
{
    return !t->timestamp.wanted ? "none" : t->timestamp.serial.p ? "stamped" : "pending";
}

/* The token itself comes with one task only (api/tasks.c). */
static json_t *timestamp_json(const task *t)
{
    const task_timestamp *s = &t->timestamp;
    const char *state = task_body_timestamp_state(t);
    if (!s->serial.p)
        return json_pack("{s:s, s:n, s:n, s:n, s:n, s:n}", "state", state, "serial", "time", "accuracy_us", "policy",
                         "token");
    return json_pack("{s:s, s:o, s:o, s:I, s:o, s:n}", "state", state, "serial", api_hex(s->serial.p, s->serial.n),
                     "time", tsa_json_time(s->time_us), "accuracy_us", (json_int_t)s->accuracy_us, "policy",
                     tsa_json_oid(s->policy), "token");
}

json_t *task_body_json(call *c, const task *t)
{
    const char *state = task_state_at(t, c->now_ms);
    return json_pack(
        "{s:o, s:s, s:s, s:s, s:s, s:s, s:o, s:s, s:s, s:s, s:s, s:o, s:o, s:s?, s:{s:o, s:s, s:s}, s:o, s:o, s:o, "
        "s:o, "
        "s:o, s:s?, s:o, s:b, s:o, s:o}",
        "task", api_uuid(t->id), "kind", t->kind, "state", state, "form", t->form, "title", t->title, "description",
        t->description, "fields", task_body_fields(t), "record_type", t->record_type, "priority", task_body_priority(t),
        "reference", t->reference, "media_type", t->media_type, "digest", api_hex(t->digest, 32), "document_size",
        t->document_size < 0 ? json_null() : json_integer(t->document_size), "department", t->department, "signer",
        "user", api_uuid(t->signer_id), "staff_no", t->signer_staff_no, "name", t->signer_name, "batch",
        t->has_batch ? api_uuid(t->batch) : json_null(), "after_task", t->has_after ? api_uuid(t->after) : json_null(),
        "created_at", api_time(t->created_ms), "expires_at", api_time(t->expires_ms), "finished_at",
        api_time(t->finished_ms), "reason", t->reason, "withdrawal", task_body_withdrawal(t), "signature_may_exist",
        t->claimed_before && !t->has_signature, "signature",
        t->has_signature ? task_body_signature(c, &t->signature, t->form) : json_null(), "timestamp",
        timestamp_json(t));
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

static err read_priority(call *c, const char *word, const char *prefix, int64_t *out)
{
    *out = TASK_NORMAL;
    while (priorities[*out] && strcmp(priorities[*out], word) != 0)
        ++*out;
    return priorities[*out] ? ERR_OK : fault_field(&c->fault, ERR_FIELD_VALUE, "%spriority", prefix);
}

typedef struct labelled {
    const char *label, *value;
} labelled;

/* Checked, and as they are stored: [["label", "value"], ...]. */
static err read_fields(call *c, const json_t *array, const char *prefix, const char **out)
{
    static const json_field fields[] = {
        {"label", JSON_TEXT_FIELD, true, 1, TASK_LABEL_MAX, offsetof(labelled, label), JSON_NO_PRESENT},
        {"value", JSON_TEXT_FIELD, true, 0, TASK_VALUE_MAX, offsetof(labelled, value), JSON_NO_PRESENT}};
    err e = ERR_OK;
    json_t *pairs = json_array();
    for (size_t i = 0; e == ERR_OK && i < json_array_size(array); i++) {
        labelled pair;
        char place[64];
        (void)snprintf(place, sizeof place, "%sfields[%zu].", prefix, i);
        e = json_read(c->arena, json_array_get(array, i), fields, 2, &pair, place, &c->fault);
        if (e == ERR_OK)
            json_array_append_new(pairs, json_pack("[s, s]", pair.label, pair.value));
    }
    char *text = e == ERR_OK ? json_dumps(pairs, JSON_COMPACT) : NULL;
    json_decref(pairs);
    TRY(e);
    *out = text ? arena_text(c->arena, text, strlen(text)) : NULL;
    free(text);
    return *out ? ERR_OK : ERR_MEMORY;
}

typedef struct task_input {
    task_request request;
    const json_t *fields;
    const char *priority;
    int64_t after, document_at;
} task_input;

#define OWN(member) offsetof(task_input, request.member)

err task_body_read(call *c, const json_t *object, const char *prefix, task_request *out, int64_t *after,
                   int64_t *document_at)
{
    static const json_field fields[] = {
        {"signer", JSON_TEXT_FIELD, true, 1, 64, OWN(signer), JSON_NO_PRESENT},
        {"form", JSON_TEXT_FIELD, false, 1, 16, OWN(form), JSON_NO_PRESENT},
        {"document", JSON_BASE64_FIELD, false, 1, TASK_DOCUMENT_MAX, OWN(document), JSON_NO_PRESENT},
        {"digest", JSON_HEX_FIELD, false, 32, 32, OWN(digest), OWN(has_digest)},
        {"document_of", JSON_UUID_FIELD, false, 0, 0, OWN(document_of), OWN(has_document_of)},
        {"title", JSON_TEXT_FIELD, true, 1, 200, OWN(title), JSON_NO_PRESENT},
        {"description", JSON_LINES_FIELD, false, 0, 2000, OWN(description), JSON_NO_PRESENT},
        {"fields", JSON_ARRAY_FIELD, false, 0, TASK_FIELDS, offsetof(task_input, fields), JSON_NO_PRESENT},
        {"record_type", JSON_TEXT_FIELD, false, 0, TASK_RECORD_TYPE, OWN(record_type), JSON_NO_PRESENT},
        {"priority", JSON_TEXT_FIELD, false, 1, 16, offsetof(task_input, priority), JSON_NO_PRESENT},
        {"after_task", JSON_UUID_FIELD, false, 0, 0, OWN(after), OWN(has_after)},
        {"reference", JSON_TEXT_FIELD, false, 0, 128, OWN(reference), JSON_NO_PRESENT},
        {"media_type", JSON_TEXT_FIELD, false, 3, 100, OWN(media_type), JSON_NO_PRESENT},
        {"department", JSON_TEXT_FIELD, false, 1, 64, OWN(department), JSON_NO_PRESENT},
        {"expires_in", JSON_INT_FIELD, false, TASK_EXPIRES_MIN, TASK_EXPIRES_MAX, OWN(expires_in), JSON_NO_PRESENT},
        {"after", JSON_INT_FIELD, false, 0, INT32_MAX, offsetof(task_input, after), JSON_NO_PRESENT},
        {"document_at", JSON_INT_FIELD, false, 0, INT32_MAX, offsetof(task_input, document_at), JSON_NO_PRESENT}};
    const size_t n = sizeof fields / sizeof *fields, of_batches = 2;
    task_input in = {.request = {.description = "",
                                 .reference = "",
                                 .media_type = "application/octet-stream",
                                 .expires_in = TASK_EXPIRES_DEFAULT},
                     .priority = "normal",
                     .after = -1,
                     .document_at = -1};
    TRY(json_read(c->arena, object, fields, after ? n : n - of_batches, &in, prefix, &c->fault));
    task_request *r = &in.request;
    if (!r->form && !r->has_document_of && in.document_at < 0)
        return fault_field(&c->fault, ERR_FIELD_MISSING, "%sform", prefix);
    if (!media_type_valid(r->media_type))
        return fault_field(&c->fault, ERR_FIELD_VALUE, "%smedia_type", prefix);
    TRY(read_priority(c, in.priority, prefix, &r->priority));
    if (in.fields)
        TRY(read_fields(c, in.fields, prefix, &r->fields));
    *out = *r;
    if (after) {
        *after = in.after;
        *document_at = in.document_at;
    }
    return ERR_OK;
}

err task_body_reason(call *c, const http_request *request, bool required, const char **reason)
{
    const json_field fields[] = {{"reason", JSON_TEXT_FIELD, required, required, TASK_REASON_MAX, 0, JSON_NO_PRESENT}};
    json_t *body;
    *reason = NULL;
    if (request->body.n == 0 && !required)
        return ERR_OK;
    TRY(json_body(request, &body, &c->fault));
    err e = json_read(c->arena, body, fields, 1, reason, "", &c->fault);
    json_decref(body);
    if (*reason && !**reason)
        *reason = NULL;
    return e;
}
