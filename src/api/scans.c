#include "api/scans.h"

#include <string.h>

#include "api/auth.h"
#include "api/devices.h"
#include "api/input.h"
#include "api/policies.h"
#include "api/wait.h"
#include "mpc/mpc.h"
#include "service/enrolment_scan.h"
#include "service/scan.h"

enum { CODE_TEXT_MAX = 512 };

json_t *scans_session_json(const scan_session *s)
{
    json_t *person =
        s->staff_no ? json_pack("{s:s, s:s}", "staff_no", s->staff_no, "name", s->person_name) : json_null();
    return json_pack("{s:s, s:s?, s:o, s:o, s:o}", "state", s->state, "reason", s->reason, "person", person,
                     "created_at", api_time(s->created_ms), "expires_at", api_time(s->expires_ms));
}

bool scans_as_known(const http_request *request, const scan_session *s)
{
    const char *known = http_query(request, "state");
    if (known)
        return strcmp(s->state, known) == 0;
    return strcmp(s->state, "open") == 0 || strcmp(s->state, "scanned") == 0;
}

json_t *scans_number_json(arena *a, const scan_session *s)
{
    const char *text = s->number < 0 ? NULL : arena_printf(a, "%02d", (int)s->number);
    return text ? json_string(text) : json_null();
}

err scans_code_respond(call *c, const scan_session *s, http_response *response)
{
    const char *text = NULL;
    if (strcmp(s->state, "open") == 0)
        TRY(scan_session_text(c, s, &text));
    return json_respond(
        c->arena, response, 200,
        json_pack("{s:s?, s:s, s:o}", "code", text, "state", s->state, "number", scans_number_json(c->arena, s)));
}

/* Devices */

static err seen_respond(call *c, const scan_seen *seen, http_response *response)
{
    const scan_session *s = &seen->session;
    json_t *tasks = json_array();
    for (size_t i = 0; i < seen->n; i++)
        json_array_append_new(tasks, devices_task_json(&seen->tasks[i]));
    return json_respond(c->arena, response, 200,
                        json_pack("{s:i, s:o, s:s, s:s, s:s?, s:s, s:b, s:o, s:o}", "protocol", MPC_VERSION, "scan",
                                  api_uuid(s->id), "kind", scan_kind_name(s->kind), "state", s->state, "system",
                                  s->system_name, "purpose", s->purpose, "number_wanted", seen->number_wanted,
                                  "expires_at", api_time(s->expires_ms), "tasks", tasks));
}

err scans_by_device(void *app, http_request *request, http_response *response)
{
    typedef struct input {
        int64_t protocol;
        const char *code, *short_code;
    } input;
    static const json_field fields[] = {
        {"protocol", JSON_INT_FIELD, true, 0, INT32_MAX, offsetof(input, protocol), JSON_NO_PRESENT},
        {"code", JSON_TEXT_FIELD, false, 1, CODE_TEXT_MAX, offsetof(input, code), JSON_NO_PRESENT},
        {"short_code", JSON_TEXT_FIELD, false, SCAN_SHORT_CODE, SCAN_SHORT_CODE, offsetof(input, short_code),
         JSON_NO_PRESENT}};
    call *c = app;
    input in = {0};
    scan_seen seen;
    TRY(input_message(c, request, fields, COUNT(fields), &in, &in.protocol));
    if (!in.code == !in.short_code)
        return fault_field(&c->fault, in.code ? ERR_FIELD_VALUE : ERR_FIELD_MISSING, "code");
    TRY(scan_by_device(c, in.code, in.short_code, &seen));
    return seen_respond(c, &seen, response);
}

err scans_number(void *app, http_request *request, http_response *response)
{
    typedef struct input {
        int64_t protocol;
        const char *number;
    } input;
    static const json_field fields[] = {
        {"protocol", JSON_INT_FIELD, true, 0, INT32_MAX, offsetof(input, protocol), JSON_NO_PRESENT},
        {"number", JSON_TEXT_FIELD, true, 2, 2, offsetof(input, number), JSON_NO_PRESENT}};
    call *c = app;
    input in = {0};
    int64_t number;
    uint8_t id[16];
    scan_seen seen;
    TRY(api_param_uuid(c, request, 0, ERR_SCAN, id));
    TRY(input_message(c, request, fields, COUNT(fields), &in, &in.protocol));
    TRY(input_number(c, "number", in.number, 99, &number));
    TRY(scan_enter_number(c, id, number, &seen));
    return seen_respond(c, &seen, response);
}

err scans_decline(void *app, http_request *request, http_response *response)
{
    typedef struct input {
        int64_t protocol;
        const char *reason;
    } input;
    static const json_field fields[] = {
        {"protocol", JSON_INT_FIELD, true, 0, INT32_MAX, offsetof(input, protocol), JSON_NO_PRESENT},
        {"reason", JSON_TEXT_FIELD, false, 0, 200, offsetof(input, reason), JSON_NO_PRESENT}};
    call *c = app;
    input in = {.reason = ""};
    uint8_t id[16];
    TRY(api_param_uuid(c, request, 0, ERR_SCAN, id));
    TRY(input_message(c, request, fields, COUNT(fields), &in, &in.protocol));
    TRY(scan_decline(c, id, in.reason));
    response->status = 204;
    return ERR_OK;
}

/* Signing by scan */

static json_t *sign_json(const scan_session *s)
{
    json_t *out = scans_session_json(s);
    json_object_set_new(out, "scan", api_uuid(s->id));
    json_object_set_new(out, "task", s->has_task ? api_uuid(s->task_id) : json_null());
    json_object_set_new(out, "batch", s->has_batch ? api_uuid(s->batch_id) : json_null());
    return out;
}

err scans_post(void *app, http_request *request, http_response *response)
{
    typedef struct input {
        uint8_t task[16], batch[16];
        bool has_task, has_batch;
        int64_t expires_in;
    } input;
    static const json_field fields[] = {
        {"task", JSON_UUID_FIELD, false, 0, 0, offsetof(input, task), offsetof(input, has_task)},
        {"batch", JSON_UUID_FIELD, false, 0, 0, offsetof(input, batch), offsetof(input, has_batch)},
        {"expires_in", JSON_INT_FIELD, false, SCAN_EXPIRES_MIN, SCAN_EXPIRES_MAX, offsetof(input, expires_in),
         JSON_NO_PRESENT}};
    call *c = app;
    input in = {.expires_in = SCAN_EXPIRES_DEFAULT};
    scan_session made;
    bool repeated;
    scan_request wish = {0};
    TRY(auth_secure(request));
    TRY(input_idempotency(c, request, &wish.once));
    TRY(input_message(c, request, fields, COUNT(fields), &in, NULL));
    if (in.has_task == in.has_batch)
        return fault_field(&c->fault, in.has_task ? ERR_FIELD_VALUE : ERR_FIELD_MISSING, "task");
    wish.task = in.has_task ? in.task : NULL;
    wish.batch = in.has_batch ? in.batch : NULL;
    wish.expires_in = in.expires_in;
    TRY(scan_create(c, &wish, &made, &repeated));
    json_t *out = sign_json(&made);
    json_object_set_new(out, "secret", api_hex(made.secret, SCAN_SECRET));
    return json_respond(c->arena, response, repeated ? 200 : 201, out);
}

err scans_get(void *app, http_request *request, http_response *response)
{
    call *c = app;
    uint8_t id[16];
    scan_session s;
    bool waiting;
    TRY(api_query_only(c, request, "state wait"));
    TRY(api_param_uuid(c, request, 0, ERR_NOT_FOUND, id));
    TRY(scan_get(c, id, &s));
    /* The last signature of what it is for ends it: a task, or a batch whose every change wakes its id. */
    uint8_t topics[2][16] = {0};
    memcpy(topics[0], id, 16);
    memcpy(topics[1], s.has_task ? s.task_id : s.batch_id, 16);
    TRY(api_wait(c, request, scans_as_known(request, &s), topics[0], 2, &waiting));
    return waiting ? ERR_OK : json_respond(c->arena, response, 200, sign_json(&s));
}

err scans_cancel(void *app, http_request *request, http_response *response)
{
    call *c = app;
    uint8_t id[16];
    scan_session s;
    TRY(api_param_uuid(c, request, 0, ERR_NOT_FOUND, id));
    TRY(scan_cancel(c, id, &s));
    return json_respond(c->arena, response, 200, sign_json(&s));
}

err scans_code(void *app, http_request *request, http_response *response)
{
    call *c = app;
    uint8_t id[16];
    scan_session s;
    TRY(api_param_uuid(c, request, 0, ERR_NOT_FOUND, id));
    TRY(scan_get(c, id, &s));
    return scans_code_respond(c, &s, response);
}

/* Enrolment by scan */

static json_t *enrol_json(const scan_session *s)
{
    json_t *out = scans_session_json(s);
    json_object_set_new(out, "scan", api_uuid(s->id));
    json_object_set_new(out, "enrolment_id", s->has_enrolment ? api_uuid(s->enrolment_id) : json_null());
    return out;
}

err scans_enrol_post(void *app, http_request *request, http_response *response)
{
    static const json_field fields[] = {
        {"expires_in", JSON_INT_FIELD, false, ENROLMENT_SCAN_MIN, ENROLMENT_SCAN_MAX, 0, JSON_NO_PRESENT}};
    call *c = app;
    uint8_t user_id[16];
    int64_t expires_in = ENROLMENT_SCAN_DEFAULT;
    scan_session made;
    const superseded *goes;
    size_t n;
    TRY(auth_secure(request));
    TRY(api_param_uuid(c, request, 0, ERR_USER_NOT_FOUND, user_id));
    if (request->body.n > 0)
        TRY(input_message(c, request, fields, COUNT(fields), &expires_in, NULL));
    TRY(enrolment_scan_create(c, user_id, expires_in, &made));
    TRY(supersession_list(c, user_id, NULL, &goes, &n));
    json_t *out = enrol_json(&made);
    json_object_set_new(out, "supersedes", policies_supersedes_json(goes, n));
    json_object_set_new(out, "secret", api_hex(made.secret, SCAN_SECRET));
    return json_respond(c->arena, response, 201, out);
}

err scans_enrol_get(void *app, http_request *request, http_response *response)
{
    call *c = app;
    uint8_t id[16];
    scan_session s;
    TRY(api_param_uuid(c, request, 0, ERR_NOT_FOUND, id));
    TRY(enrolment_scan_get(c, id, &s));
    return json_respond(c->arena, response, 200, enrol_json(&s));
}

err scans_enrol_cancel(void *app, http_request *request, http_response *response)
{
    call *c = app;
    uint8_t id[16];
    scan_session s;
    TRY(api_param_uuid(c, request, 0, ERR_NOT_FOUND, id));
    TRY(enrolment_scan_cancel(c, id, &s));
    return json_respond(c->arena, response, 200, enrol_json(&s));
}

err scans_enrol_code(void *app, http_request *request, http_response *response)
{
    call *c = app;
    uint8_t id[16];
    scan_session s;
    TRY(auth_secure(request));
    TRY(api_param_uuid(c, request, 0, ERR_NOT_FOUND, id));
    TRY(enrolment_scan_get(c, id, &s));
    return scans_code_respond(c, &s, response);
}

err scans_enrol_use(void *app, http_request *request, http_response *response)
{
    typedef struct input {
        int64_t protocol;
        const char *code;
    } input;
    static const json_field fields[] = {
        {"protocol", JSON_INT_FIELD, true, 0, INT32_MAX, offsetof(input, protocol), JSON_NO_PRESENT},
        {"code", JSON_TEXT_FIELD, true, 1, CODE_TEXT_MAX, offsetof(input, code), JSON_NO_PRESENT}};
    call *c = app;
    input in = {0};
    enrolment_scanned done;
    TRY(auth_secure(request));
    TRY(input_message(c, request, fields, COUNT(fields), &in, &in.protocol));
    TRY(enrolment_scan_use(c, in.code, &done));
    return json_respond(c->arena, response, 201,
                        json_pack("{s:i, s:s, s:s, s:s, s:s, s:o}", "protocol", MPC_VERSION, "staff_no", done.staff_no,
                                  "name", done.name, "organisation", done.organisation, "activation_code",
                                  done.offer.code, "expires_at", api_time(done.offer.expires_ms)));
}
