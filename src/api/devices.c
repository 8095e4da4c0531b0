#include "api/devices.h"

#include <stdio.h>
#include <string.h>

#include "api/auth.h"
#include "api/input.h"
#include "api/policies.h"
#include "api/task_body.h"
#include "api/wait.h"
#include "base/text.h"
#include "service/device.h"
#include "service/device_channel.h"
#include "service/device_key.h"
#include "service/policy.h"
#include "service/sign.h"
#include "service/task_end.h"

/* 1. Enrolment */

err devices_enrol(void *app, http_request *request, http_response *response)
{
    typedef struct input {
        int64_t protocol;
        const char *staff_no, *activation_code, *platform, *device_name;
        uint8_t credential[65];
    } input;
    static const json_field fields[] = {
        FIELD(input, protocol, JSON_INT_FIELD, 0, INT32_MAX),  FIELD(input, staff_no, JSON_TEXT_FIELD, 1, 64),
        FIELD(input, activation_code, JSON_TEXT_FIELD, 1, 64), FIELD(input, platform, JSON_TEXT_FIELD, 1, 32),
        FIELD(input, device_name, JSON_TEXT_FIELD, 1, 64),     FIELD(input, credential, JSON_HEX_FIELD, 65, 65)};
    call *c = app;
    input in = {0};
    device_enrolment done;
    const superseded *goes;
    size_t n;
    TRY(auth_secure(request));
    TRY(input_message(c, request, fields, COUNT(fields), &in, &in.protocol));
    device_enrol_request wish = {.staff_no = in.staff_no,
                                 .activation_code = in.activation_code,
                                 .platform = in.platform,
                                 .name = in.device_name};
    memcpy(wish.credential, in.credential, sizeof wish.credential);
    TRY(device_enrol(c, &wish, &done));
    TRY(supersession_list(c, done.user_id, NULL, &goes, &n));
    return json_respond(c->arena, response, 201,
                        json_pack("{s:i, s:o, s:{s:s, s:s}, s:o, s:s, s:o}", "protocol", MPC_VERSION, "enrolment_id",
                                  api_uuid(done.id), "user", "staff_no", done.staff_no, "name", done.name, "subject",
                                  api_base64(c->arena, done.subject), "organisation", done.organisation, "supersedes",
                                  policies_supersedes_json(goes, n)));
}

/* 3. The key */

err devices_keygen(void *app, http_request *request, http_response *response)
{
    typedef struct input {
        int64_t protocol;
        uint8_t enrolment_id[16], P1[POINT_SIZE], c[MPC_CHALLENGE], z[32];
    } input;
    static const json_field fields[] = {
        FIELD(input, protocol, JSON_INT_FIELD, 0, INT32_MAX), FIELD(input, enrolment_id, JSON_UUID_FIELD, 0, 0),
        FIELD(input, P1, JSON_HEX_FIELD, POINT_SIZE, POINT_SIZE),
        FIELD(input, c, JSON_HEX_FIELD, MPC_CHALLENGE, MPC_CHALLENGE), FIELD(input, z, JSON_HEX_FIELD, 32, 32)};
    call *c = app;
    input in = {0};
    mpc_keygen_request keygen;
    mpc_keygen_answer answer;
    TRY(input_message(c, request, fields, COUNT(fields), &in, &in.protocol));
    memcpy(keygen.enrolment_id, in.enrolment_id, 16);
    memcpy(keygen.P1, in.P1, POINT_SIZE);
    memcpy(keygen.proof.c, in.c, MPC_CHALLENGE);
    memcpy(keygen.proof.z, in.z, 32);
    TRY(device_key_generate(c, &keygen, &answer));
    return json_respond(c->arena, response, 201,
                        json_pack("{s:i, s:o, s:o, s:o}", "protocol", MPC_VERSION, "key_id", api_uuid(answer.key_id),
                                  "P", api_hex(answer.P, POINT_SIZE), "P2", api_hex(answer.P2, POINT_SIZE)));
}

/* 4. Tasks */

json_t *devices_task_json(const task *t)
{
    return json_pack("{s:o, s:s, s:s, s:s, s:o, s:s, s:s, s:s, s:s, s:o, s:s, s:o, s:s, s:o, s:o, s:o}", "task",
                     api_uuid(t->id), "kind", t->kind, "title", t->title, "description", t->description, "fields",
                     task_body_fields(t), "record_type", t->record_type, "priority", task_body_priority(t), "reference",
                     t->reference, "form", t->form, "digest", api_hex(t->digest, 32), "media_type", t->media_type,
                     "document_size", t->document_size < 0 ? json_null() : json_integer(t->document_size), "system",
                     t->system_name, "batch", t->has_batch ? api_uuid(t->batch) : json_null(), "created_at",
                     api_time(t->created_ms), "expires_at", api_time(t->expires_ms));
}

/* ?known=SET, and whether the set of tasks is still that one: then the request waits, if it may. set: NULL where the caller does not follow it. */
static err set_read(call *c, http_request *request, bool *waiting, const char **set)
{
    device_channel channel;
    uint8_t known[DEVICE_CHANNEL_FINGERPRINT];
    char hex[2 * DEVICE_CHANNEL_FINGERPRINT + 1];
    const char *text = http_query(request, "known");
    *waiting = false;
    *set = NULL;
    if (!text)
        return ERR_OK;
    if (*text && hex_decode(known, sizeof known, text, strlen(text)) != ERR_OK)
        return fault_field(&c->fault, ERR_FIELD_VALUE, "known");
    TRY(device_channel_read(c, &channel));
    bool unchanged = *text && memcmp(known, channel.fingerprint, sizeof known) == 0;
    hex_encode(hex, channel.fingerprint, sizeof channel.fingerprint);
    *set = arena_text(c->arena, hex, sizeof hex - 1);
    return *set ? api_wait(c, request, unchanged, channel.user_id, 1, waiting) : ERR_MEMORY;
}

/* Without known: waits while there is no task. */
static err first_wait(call *c, http_request *request, bool *waiting)
{
    uint8_t user_id[16];
    TRY(device_standing(c, user_id));
    return api_wait(c, request, true, user_id, 1, waiting);
}

err devices_tasks(void *app, http_request *request, http_response *response)
{
    call *c = app;
    api_page page;
    const task *tasks;
    size_t n;
    const char *set;
    bool waiting;
    TRY(api_query_only(c, request, "limit after wait known"));
    TRY(api_page_read(c, request, &page));
    task_filter filter = {.has_after = page.has_after, .limit = page.limit < TASK_PAGE ? page.limit : TASK_PAGE};
    memcpy(filter.after, page.after, 16);
    TRY(set_read(c, request, &waiting, &set));
    if (waiting)
        return ERR_OK;
    TRY(task_list_for_device(c, &filter, &tasks, &n));
    if (!set && n == 0)
        TRY(first_wait(c, request, &waiting));
    if (waiting)
        return ERR_OK;
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(items, devices_task_json(&tasks[i]));
    json_t *next = n > 0 && (int64_t)n == filter.limit ? api_uuid(tasks[n - 1].id) : json_null();
    json_t *answer = json_pack("{s:i, s:o, s:o}", "protocol", MPC_VERSION, "tasks", items, "next", next);
    if (set)
        (void)json_object_set_new(answer, "set", json_string(set));
    return json_respond(c->arena, response, 200, answer);
}

err devices_document(void *app, http_request *request, http_response *response)
{
    call *c = app;
    uint8_t id[16];
    TRY(api_param_uuid(c, request, 0, ERR_TASK_NOT_FOUND, id));
    TRY(task_document_for_device(c, id, &response->body, &response->content_type));
    response->status = 200;
    return ERR_OK;
}

err devices_decline(void *app, http_request *request, http_response *response)
{
    typedef struct input {
        int64_t protocol;
        const char *reason;
    } input;
    static const json_field fields[] = {FIELD(input, protocol, JSON_INT_FIELD, 0, INT32_MAX),
                                        FIELD(input, reason, JSON_TEXT_FIELD, 1, TASK_REASON_MAX)};
    call *c = app;
    uint8_t id[16];
    input in = {0};
    task t;
    TRY(api_param_uuid(c, request, 0, ERR_TASK_NOT_FOUND, id));
    TRY(input_message(c, request, fields, COUNT(fields), &in, &in.protocol));
    TRY(task_decline(c, id, in.reason, &t));
    return json_respond(c->arena, response, 200,
                        json_pack("{s:i, s:o, s:s, s:o, s:s}", "protocol", MPC_VERSION, "task", api_uuid(t.id), "state",
                                  t.state, "declined_at", api_time(t.finished_ms), "reason", t.reason));
}

/* 5. Sign request */

typedef struct sign_input {
    int64_t protocol;
    uint8_t sid[MPC_ID], c[MPC_CHALLENGE], z[32];
    const char *method;
    const json_t *items;
} sign_input;

typedef struct sign_input_item {
    uint8_t task[16], e[32], A[POINT_SIZE], B[POINT_SIZE];
    const char *signing_time; /* of form cms only */
} sign_input_item;

static err signing_time_read(call *c, const char *text, size_t i, int64_t *out)
{
    char field[64];
    (void)snprintf(field, sizeof field, "items[%zu].signing_time", i);
    return text ? input_time(c, field, text, out) : ERR_OK;
}

static err sign_items_read(call *c, const json_t *items, sign_request *out)
{
    static const json_field fields[] = {
        FIELD(sign_input_item, task, JSON_UUID_FIELD, 0, 0),
        FIELD(sign_input_item, e, JSON_HEX_FIELD, 32, 32),
        FIELD(sign_input_item, A, JSON_HEX_FIELD, POINT_SIZE, POINT_SIZE),
        FIELD(sign_input_item, B, JSON_HEX_FIELD, POINT_SIZE, POINT_SIZE),
        {"signing_time", JSON_TEXT_FIELD, false, 20, 40, offsetof(sign_input_item, signing_time), JSON_NO_PRESENT}};
    size_t m = json_array_size(items);
    out->mpc.m = m;
    out->mpc.items = arena_alloc(c->arena, m * sizeof *out->mpc.items);
    out->subjects = arena_alloc(c->arena, m * sizeof *out->subjects);
    out->signing_times = arena_alloc(c->arena, m * sizeof *out->signing_times);
    if (!out->mpc.items || !out->subjects || !out->signing_times)
        return ERR_MEMORY;
    for (size_t i = 0; i < m; i++) {
        sign_input_item item = {0};
        char prefix[40];
        (void)snprintf(prefix, sizeof prefix, "items[%zu].", i);
        TRY(json_read(c->arena, json_array_get(items, i), fields, COUNT(fields), &item, prefix, &c->fault));
        memcpy(out->subjects[i], item.task, 16);
        memcpy(out->mpc.items[i].e, item.e, 32);
        memcpy(out->mpc.items[i].A, item.A, POINT_SIZE);
        memcpy(out->mpc.items[i].B, item.B, POINT_SIZE);
        TRY(signing_time_read(c, item.signing_time, i, &out->signing_times[i]));
    }
    return ERR_OK;
}

static err sign_request_read(call *c, const http_request *request, sign_request *out)
{
    static const json_field fields[] = {
        FIELD(sign_input, protocol, JSON_INT_FIELD, 0, INT32_MAX),
        FIELD(sign_input, sid, JSON_HEX_FIELD, MPC_ID, MPC_ID),
        {"method", JSON_TEXT_FIELD, false, 1, 16, offsetof(sign_input, method), JSON_NO_PRESENT},
        FIELD(sign_input, items, JSON_ARRAY_FIELD, 1, MPC_BATCH_MAX),
        FIELD(sign_input, c, JSON_HEX_FIELD, MPC_CHALLENGE, MPC_CHALLENGE),
        FIELD(sign_input, z, JSON_HEX_FIELD, 32, 32)};
    json_t *body;
    sign_input in = {0};
    TRY(api_param_uuid(c, request, 0, ERR_KEY_NOT_FOUND, out->mpc.key_id));
    TRY(json_body(request, &body, &c->fault));
    err e = json_read(c->arena, body, fields, COUNT(fields), &in, "", &c->fault);
    if (e == ERR_OK && in.protocol != MPC_VERSION)
        e = fault_field(&c->fault, ERR_PROTOCOL, "protocol");
    if (e == ERR_OK)
        e = input_method(c, in.method, &out->by_fingerprint);
    if (e == ERR_OK) {
        memcpy(out->mpc.sid, in.sid, MPC_ID);
        memcpy(out->mpc.proof.c, in.c, MPC_CHALLENGE);
        memcpy(out->mpc.proof.z, in.z, 32);
        e = sign_items_read(c, in.items, out);
    }
    json_decref(body);
    return e;
}

err devices_sign_request(void *app, http_request *request, http_response *response)
{
    call *c = app;
    sign_request wish;
    TRY(sign_request_read(c, request, &wish));
    mpc_sign_answer *answers = arena_alloc(c->arena, wish.mpc.m * sizeof *answers);
    if (!answers)
        return ERR_MEMORY;
    TRY(sign_open(c, &wish, answers));
    json_t *items = json_array();
    for (size_t i = 0; i < wish.mpc.m; i++)
        json_array_append_new(
            items, json_pack("{s:o, s:o}", "W", api_hex(answers[i].W, POINT_SIZE), "s1", api_hex(answers[i].s1, 32)));
    return json_respond(c->arena, response, 200, json_pack("{s:i, s:o}", "protocol", MPC_VERSION, "answers", items));
}

/* 6. Signatures */

typedef struct signatures_input {
    int64_t protocol;
    uint8_t sid[MPC_ID];
    const json_t *signatures;
} signatures_input;

typedef struct signature_input {
    uint8_t task[16], rs[64];
} signature_input;

static err signatures_read(call *c, const http_request *request, uint8_t sid[MPC_ID], sign_result **out, size_t *n)
{
    static const json_field fields[] = {FIELD(signatures_input, protocol, JSON_INT_FIELD, 0, INT32_MAX),
                                        FIELD(signatures_input, sid, JSON_HEX_FIELD, MPC_ID, MPC_ID),
                                        FIELD(signatures_input, signatures, JSON_ARRAY_FIELD, 1, MPC_BATCH_MAX)};
    static const json_field item_fields[] = {FIELD(signature_input, task, JSON_UUID_FIELD, 0, 0),
                                             FIELD(signature_input, rs, JSON_HEX_FIELD, 64, 64)};
    json_t *body;
    signatures_input in = {0};
    TRY(json_body(request, &body, &c->fault));
    err e = json_read(c->arena, body, fields, COUNT(fields), &in, "", &c->fault);
    if (e == ERR_OK && in.protocol != MPC_VERSION)
        e = fault_field(&c->fault, ERR_PROTOCOL, "protocol");
    *n = e == ERR_OK ? json_array_size(in.signatures) : 0;
    *out = arena_alloc(c->arena, *n * sizeof **out);
    if (e == ERR_OK && !*out)
        e = ERR_MEMORY;
    for (size_t i = 0; e == ERR_OK && i < *n; i++) {
        signature_input item = {0};
        char prefix[40];
        (void)snprintf(prefix, sizeof prefix, "signatures[%zu].", i);
        e = json_read(c->arena, json_array_get(in.signatures, i), item_fields, COUNT(item_fields), &item, prefix,
                      &c->fault);
        memcpy((*out)[i].subject, item.task, 16);
        memcpy((*out)[i].rs, item.rs, 64);
    }
    if (e == ERR_OK)
        memcpy(sid, in.sid, MPC_ID);
    json_decref(body);
    return e;
}

static json_t *issued_json(call *c, const sign_completion *done)
{
    bytes chain[2];
    if (!done->certificate.p)
        return json_null();
    service_chain(c->service, chain);
    return json_pack("{s:o, s:o, s:[o, o], s:o, s:o}", "serial", api_hex(done->serial.p, done->serial.n), "certificate",
                     api_base64(c->arena, done->certificate), "chain", api_base64(c->arena, chain[0]),
                     api_base64(c->arena, chain[1]), "not_before", api_time(done->not_before_ms), "not_after",
                     api_time(done->not_after_ms));
}

err devices_signatures(void *app, http_request *request, http_response *response)
{
    call *c = app;
    uint8_t key_id[16], sid[MPC_ID];
    sign_result *results;
    size_t n;
    sign_completion done;
    TRY(api_param_uuid(c, request, 0, ERR_KEY_NOT_FOUND, key_id));
    TRY(signatures_read(c, request, sid, &results, &n));
    TRY(sign_complete(c, key_id, sid, results, n, &done));
    json_t *completed = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(completed, json_pack("{s:o, s:o}", "task", api_uuid(results[i].subject), "signed_at",
                                                   api_time(done.signed_ms)));
    return json_respond(c->arena, response, 200,
                        json_pack("{s:i, s:o, s:i, s:b, s:o}", "protocol", MPC_VERSION, "completed", completed,
                                  "failures_before", done.failures_before, "refresh_due", done.refresh_due,
                                  "certificate", issued_json(c, &done)));
}

/* 7. Failures */

err devices_sign_failure(void *app, http_request *request, http_response *response)
{
    typedef struct input {
        int64_t protocol;
        uint8_t sid[MPC_ID], task[16];
        bool has_sid, has_task;
        const char *code;
    } input;
    static const json_field fields[] = {
        FIELD(input, protocol, JSON_INT_FIELD, 0, INT32_MAX),
        {"sid", JSON_HEX_FIELD, false, MPC_ID, MPC_ID, offsetof(input, sid), offsetof(input, has_sid)},
        {"task", JSON_UUID_FIELD, false, 0, 0, offsetof(input, task), offsetof(input, has_task)},
        FIELD(input, code, JSON_TEXT_FIELD, 1, 64)};
    static const err reasons[] = {ERR_ANSWER, ERR_DOCUMENT_CHANGED, ERR_TRANSPORT};
    call *c = app;
    input in = {0};
    uint8_t key_id[16];
    bool known = false;
    TRY(api_param_uuid(c, request, 0, ERR_KEY_NOT_FOUND, key_id));
    TRY(input_message(c, request, fields, COUNT(fields), &in, &in.protocol));
    for (size_t i = 0; i < COUNT(reasons); i++)
        known |= strcmp(in.code, err_code(reasons[i])) == 0;
    if (!known)
        return fault_field(&c->fault, ERR_FIELD_VALUE, "code");
    TRY(sign_abandon(c, key_id, in.has_sid ? in.sid : NULL, in.has_task ? in.task : NULL, in.code));
    response->status = 204;
    return ERR_OK;
}

/* 8. Keys */

json_t *devices_key_json(call *c, const device_key_view *k)
{
    json_t *certificate = !k->has_certificate ? json_null()
                                              : json_pack("{s:o, s:s, s:o, s:o}", "serial",
                                                          api_hex(k->serial.p, k->serial.n), "state",
                                                          k->certificate_state, "not_before", api_time(k->not_before_ms),
                                                          "not_after", api_time(k->not_after_ms));
    if (k->certificate.p)
        json_object_set_new(certificate, "certificate", api_base64(c->arena, k->certificate));
    return json_pack("{s:o, s:s, s:i, s:o, s:b}", "key_id", api_uuid(k->id), "state", k->state, "tries_left",
                     k->tries_left, "certificate", certificate, "renewal_due", k->renewal_due);
}

err devices_keys(void *app, http_request *request, http_response *response)
{
    call *c = app;
    const device_key_view *keys;
    size_t n;
    bool fingerprint;
    (void)request;
    TRY(device_key_list_of_enrolment(c, &keys, &n));
    TRY(policy_fingerprint(c, &fingerprint));
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(items, devices_key_json(c, &keys[i]));
    return json_respond(c->arena, response, 200,
                        json_pack("{s:i, s:o, s:s}", "protocol", MPC_VERSION, "keys", items, "fingerprint",
                                  fingerprint ? "allowed" : "forbidden"));
}

err devices_key_remove(void *app, http_request *request, http_response *response)
{
    call *c = app;
    uint8_t key_id[16];
    TRY(api_param_uuid(c, request, 0, ERR_KEY_NOT_FOUND, key_id));
    TRY(device_key_remove(c, key_id));
    response->status = 204;
    return ERR_OK;
}
