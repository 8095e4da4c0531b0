#include "api/sessions.h"

#include "api/auth.h"
#include "api/input.h"
#include "mpc/mpc.h"
#include "service/device_session.h"
#include "service/workstation.h"

/* Whose session: what its id is called, what the token begins with, and the use cases. */
typedef struct session_owner {
    const char *id_name, *prefix;
    err (*challenge)(call *c, const uint8_t id[16], uint8_t out[DEVICE_CHALLENGE]);
    err (*begin)(call *c, const uint8_t id[16], bytes challenge, const uint8_t signature[64], const char **token,
                 int64_t *expires_ms);
} session_owner;

static const session_owner device = {"enrolment_id", "", device_session_challenge, device_session_begin},
                           installation = {"workstation", AUTH_WORKSTATION_PREFIX, workstation_session_challenge,
                                           workstation_session_begin};

static err challenge(const session_owner *owner, call *c, const http_request *request, http_response *response)
{
    typedef struct input {
        int64_t protocol;
        uint8_t id[16];
    } input;
    const json_field fields[] = {FIELD(input, protocol, JSON_INT_FIELD, 0, INT32_MAX),
                                 {owner->id_name, JSON_UUID_FIELD, true, 0, 0, offsetof(input, id), JSON_NO_PRESENT}};
    input in = {0};
    uint8_t made[DEVICE_CHALLENGE];
    TRY(auth_secure(request));
    TRY(input_message(c, request, fields, COUNT(fields), &in, &in.protocol));
    TRY(owner->challenge(c, in.id, made));
    return json_respond(c->arena, response, 200,
                        json_pack("{s:i, s:o, s:o}", "protocol", MPC_VERSION, "challenge", api_hex(made, sizeof made),
                                  "expires_at", api_time(c->now_ms + DEVICE_CHALLENGE_SECONDS * 1000)));
}

static err begin(const session_owner *owner, call *c, const http_request *request, http_response *response)
{
    typedef struct input {
        int64_t protocol;
        uint8_t id[16], challenge[DEVICE_CHALLENGE], signature[64];
    } input;
    const json_field fields[] = {FIELD(input, protocol, JSON_INT_FIELD, 0, INT32_MAX),
                                 {owner->id_name, JSON_UUID_FIELD, true, 0, 0, offsetof(input, id), JSON_NO_PRESENT},
                                 FIELD(input, challenge, JSON_HEX_FIELD, DEVICE_CHALLENGE, DEVICE_CHALLENGE),
                                 FIELD(input, signature, JSON_HEX_FIELD, 64, 64)};
    input in = {0};
    const char *token;
    int64_t expires_ms;
    TRY(auth_secure(request));
    TRY(input_message(c, request, fields, COUNT(fields), &in, &in.protocol));
    TRY(owner->begin(c, in.id, bytes_of(in.challenge, sizeof in.challenge), in.signature, &token, &expires_ms));
    const char *prefixed = arena_printf(c->arena, "%s%s", owner->prefix, token);
    if (!prefixed)
        return ERR_MEMORY;
    return json_respond(
        c->arena, response, 201,
        json_pack("{s:i, s:s, s:o}", "protocol", MPC_VERSION, "token", prefixed, "expires_at", api_time(expires_ms)));
}

err sessions_device_challenge(void *app, http_request *request, http_response *response)
{
    return challenge(&device, app, request, response);
}

err sessions_device(void *app, http_request *request, http_response *response)
{
    return begin(&device, app, request, response);
}

err sessions_workstation_challenge(void *app, http_request *request, http_response *response)
{
    return challenge(&installation, app, request, response);
}

err sessions_workstation(void *app, http_request *request, http_response *response)
{
    return begin(&installation, app, request, response);
}
