#include "api/device_keys.h"

#include <string.h>

#include "api/input.h"
#include "api/policies.h"
#include "base/ct.h"
#include "service/device_key.h"
#include "service/key_state.h"
#include "service/refresh.h"
#include "service/renewal.h"

/* A body that says nothing but the protocol's number. */
static err empty_read(call *c, const http_request *request)
{
    typedef struct input {
        int64_t protocol;
    } input;
    static const json_field fields[] = {FIELD(input, protocol, JSON_INT_FIELD, 0, INT32_MAX)};
    input in = {0};
    return input_message(c, request, fields, COUNT(fields), &in, &in.protocol);
}

/* 9. Refresh */

err device_keys_sid(void *app, http_request *request, http_response *response)
{
    call *c = app;
    uint8_t key_id[16];
    issued_sid issued;
    TRY(api_param_uuid(c, request, 0, ERR_KEY_NOT_FOUND, key_id));
    TRY(empty_read(c, request));
    TRY(issued_sid_make(c, key_id, &issued));
    return json_respond(c->arena, response, 201,
                        json_pack("{s:i, s:o, s:o}", "protocol", MPC_VERSION, "sid", api_hex(issued.sid, MPC_ID),
                                  "expires_at", api_time(issued.expires_ms)));
}

err device_keys_refresh_request(void *app, http_request *request, http_response *response)
{
    typedef struct input {
        int64_t protocol;
        uint8_t sid[MPC_ID], rid[MPC_ID], u_device[32], c[MPC_CHALLENGE], z[32];
    } input;
    static const json_field fields[] = {FIELD(input, protocol, JSON_INT_FIELD, 0, INT32_MAX),
                                        FIELD(input, sid, JSON_HEX_FIELD, MPC_ID, MPC_ID),
                                        FIELD(input, rid, JSON_HEX_FIELD, MPC_ID, MPC_ID),
                                        FIELD(input, u_device, JSON_HEX_FIELD, 32, 32),
                                        FIELD(input, c, JSON_HEX_FIELD, MPC_CHALLENGE, MPC_CHALLENGE),
                                        FIELD(input, z, JSON_HEX_FIELD, 32, 32)};
    call *c = app;
    input in = {0};
    mpc_refresh_request wish;
    refresh_answer answer;
    TRY(api_param_uuid(c, request, 0, ERR_KEY_NOT_FOUND, wish.key_id));
    TRY(input_message(c, request, fields, COUNT(fields), &in, &in.protocol));
    memcpy(wish.sid, in.sid, MPC_ID);
    memcpy(wish.rid, in.rid, MPC_ID);
    memcpy(wish.u_device, in.u_device, 32);
    memcpy(wish.proof.c, in.c, MPC_CHALLENGE);
    memcpy(wish.proof.z, in.z, 32);
    err e = refresh_begin(c, &wish, &answer);
    if (e == ERR_OK)
        e = json_respond(c->arena, response, 200,
                         json_pack("{s:i, s:o, s:o, s:o}", "protocol", MPC_VERSION, "u_server",
                                   api_hex(answer.u_server, 32), "sid", api_hex(answer.sid.sid, MPC_ID), "expires_at",
                                   api_time(answer.sid.expires_ms)));
    wipe(&in, sizeof in);
    wipe(&wish, sizeof wish);
    wipe(&answer, sizeof answer);
    return e;
}

err device_keys_refresh_confirm(void *app, http_request *request, http_response *response)
{
    typedef struct input {
        int64_t protocol;
        uint8_t sid[MPC_ID], rid[MPC_ID], c[MPC_CHALLENGE], z[32];
        bool pin_changed;
    } input;
    static const json_field fields[] = {FIELD(input, protocol, JSON_INT_FIELD, 0, INT32_MAX),
                                        FIELD(input, sid, JSON_HEX_FIELD, MPC_ID, MPC_ID),
                                        FIELD(input, rid, JSON_HEX_FIELD, MPC_ID, MPC_ID),
                                        FIELD(input, pin_changed, JSON_BOOL_FIELD, 0, 0),
                                        FIELD(input, c, JSON_HEX_FIELD, MPC_CHALLENGE, MPC_CHALLENGE),
                                        FIELD(input, z, JSON_HEX_FIELD, 32, 32)};
    call *c = app;
    input in = {0};
    mpc_refresh_confirm confirm;
    TRY(api_param_uuid(c, request, 0, ERR_KEY_NOT_FOUND, confirm.key_id));
    TRY(input_message(c, request, fields, COUNT(fields), &in, &in.protocol));
    memcpy(confirm.sid, in.sid, MPC_ID);
    memcpy(confirm.rid, in.rid, MPC_ID);
    memcpy(confirm.proof.c, in.c, MPC_CHALLENGE);
    memcpy(confirm.proof.z, in.z, 32);
    err e = refresh_confirm(c, &confirm, in.pin_changed);
    response->status = 204;
    wipe(&in, sizeof in);
    wipe(&confirm, sizeof confirm);
    return e;
}

/* 13. Renewal */

err device_keys_renewal(void *app, http_request *request, http_response *response)
{
    typedef struct input {
        int64_t protocol;
        const char *kind;
        uint8_t credential[65];
        bool has_credential;
    } input;
    static const json_field fields[] = {
        FIELD(input, protocol, JSON_INT_FIELD, 0, INT32_MAX),
        FIELD(input, kind, JSON_TEXT_FIELD, 1, 16),
        {"credential", JSON_HEX_FIELD, false, 65, 65, offsetof(input, credential), offsetof(input, has_credential)}};
    call *c = app;
    input in = {0};
    renewal_request wish = {0};
    renewal made = {0};
    const superseded *goes;
    size_t n;
    TRY(api_param_uuid(c, request, 0, ERR_KEY_NOT_FOUND, wish.key_id));
    TRY(input_message(c, request, fields, COUNT(fields), &in, &in.protocol));
    wish.rekey = strcmp(in.kind, "rekey") == 0;
    if (!wish.rekey && strcmp(in.kind, "renew") != 0)
        return fault_field(&c->fault, ERR_FIELD_VALUE, "kind");
    if (wish.rekey != in.has_credential)
        return fault_field(&c->fault, wish.rekey ? ERR_FIELD_MISSING : ERR_FIELD_VALUE, "credential");
    memcpy(wish.credential, in.credential, sizeof wish.credential);
    TRY(renewal_open(c, &wish, &made));
    TRY(supersession_list(c, made.user_id, wish.key_id, &goes, &n));
    return json_respond(c->arena, response, 201,
                        json_pack("{s:i, s:o, s:s, s:o, s:{s:s, s:s}, s:o, s:s, s:o, s:o}", "protocol", MPC_VERSION,
                                  "renewal", api_uuid(made.id), "kind", in.kind, "enrolment_id",
                                  wish.rekey ? api_uuid(made.enrolment_id) : json_null(), "user", "staff_no",
                                  made.staff_no, "name", made.name, "subject", api_base64(c->arena, made.subject),
                                  "organisation", made.organisation, "supersedes", policies_supersedes_json(goes, n),
                                  "expires_at", api_time(made.expires_ms)));
}

/* 11. Lost */

err device_keys_others(void *app, http_request *request, http_response *response)
{
    call *c = app;
    const device_key_view *keys;
    size_t n;
    (void)request;
    TRY(device_key_list_others(c, &keys, &n));
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(items, json_pack("{s:o, s:s, s:s, s:s, s:o}", "key_id", api_uuid(keys[i].id), "state",
                                               keys[i].state, "device_name", keys[i].device_name, "platform",
                                               keys[i].platform, "created_at", api_time(keys[i].created_ms)));
    return json_respond(c->arena, response, 200, json_pack("{s:i, s:o}", "protocol", MPC_VERSION, "keys", items));
}

err device_keys_lost_by_device(void *app, http_request *request, http_response *response)
{
    typedef struct input {
        int64_t protocol;
        uint8_t key_id[16];
    } input;
    static const json_field fields[] = {FIELD(input, protocol, JSON_INT_FIELD, 0, INT32_MAX),
                                        FIELD(input, key_id, JSON_UUID_FIELD, 0, 0)};
    call *c = app;
    input in = {0};
    TRY(input_message(c, request, fields, COUNT(fields), &in, &in.protocol));
    TRY(key_state_lost_from_device(c, in.key_id));
    response->status = 204;
    return ERR_OK;
}

err device_keys_lost_of_user(void *app, http_request *request, http_response *response)
{
    typedef struct input {
        uint8_t key_id[16];
        bool has_key;
    } input;
    static const json_field fields[] = {
        {"key_id", JSON_UUID_FIELD, false, 0, 0, offsetof(input, key_id), offsetof(input, has_key)}};
    call *c = app;
    input in = {0};
    uint8_t user_id[16];
    size_t n = 0;
    TRY(api_param_uuid(c, request, 0, ERR_USER_NOT_FOUND, user_id));
    TRY(input_optional(c, request, fields, COUNT(fields), &in));
    TRY(key_state_lost(c, user_id, in.has_key ? in.key_id : NULL, &n));
    return json_respond(c->arena, response, 200, json_pack("{s:I}", "keys", (json_int_t)n));
}

/* Keys, for operators */

static err change_state(call *c, const http_request *request, http_response *response,
                        err (*change)(call *c, const uint8_t key_id[16]))
{
    uint8_t key_id[16];
    TRY(api_param_uuid(c, request, 0, ERR_KEY_NOT_FOUND, key_id));
    TRY(change(c, key_id));
    response->status = 204;
    return ERR_OK;
}

err device_keys_unlock(void *app, http_request *request, http_response *response)
{
    return change_state(app, request, response, key_state_unlock);
}

err device_keys_freeze(void *app, http_request *request, http_response *response)
{
    return change_state(app, request, response, key_state_freeze);
}

err device_keys_unfreeze(void *app, http_request *request, http_response *response)
{
    typedef struct input {
        bool despite_alarm;
    } input;
    static const json_field fields[] = {
        {"despite_alarm", JSON_BOOL_FIELD, false, 0, 0, offsetof(input, despite_alarm), JSON_NO_PRESENT}};
    call *c = app;
    input in = {0};
    uint8_t key_id[16];
    TRY(api_param_uuid(c, request, 0, ERR_KEY_NOT_FOUND, key_id));
    TRY(input_optional(c, request, fields, COUNT(fields), &in));
    TRY(key_state_unfreeze(c, key_id, in.despite_alarm));
    response->status = 204;
    return ERR_OK;
}
