#include "api/operator_tokens.h"

#include "api/auth.h"
#include "api/input.h"
#include "service/operator_token.h"

static json_t *token_json(const operator_token *t)
{
    return json_pack("{s:s, s:s, s:o, s:s, s:s?, s:s?, s:o, s:o}", "id", t->id, "name", t->name, "scopes",
                     input_scopes_json(t->scopes), "state", t->state, "made_by", t->made_by, "parent",
                     t->parent, "created_at", api_time(t->created_ms), "expires_at", api_time(t->expires_ms));
}

typedef struct operator_input {
    const char *name;
    json_t *scopes;
    int64_t expires_in;
} operator_input;

static err read_token(call *c, const http_request *request, operator_input *in, uint32_t *scopes)
{
    static const json_field fields[] = {
        {"name", JSON_TEXT_FIELD, true, 1, OPERATOR_NAME_MAX, offsetof(operator_input, name), JSON_NO_PRESENT},
        {"scopes", JSON_ARRAY_FIELD, true, 1, SCOPE_COUNT, offsetof(operator_input, scopes), JSON_NO_PRESENT},
        {"expires_in", JSON_INT_FIELD, false, OPERATOR_TTL_MIN, OPERATOR_TTL_MAX, offsetof(operator_input, expires_in),
         JSON_NO_PRESENT}};
    json_t *body;
    *in = (operator_input){.expires_in = OPERATOR_TTL_DEFAULT};
    TRY(json_body(request, &body, &c->fault));
    err e = json_read(c->arena, body, fields, sizeof fields / sizeof *fields, in, "", &c->fault);
    if (e == ERR_OK)
        e = input_scopes(c, in->scopes, scopes);
    json_decref(body);
    return e;
}

err operator_tokens_post(void *app, http_request *request, http_response *response)
{
    call *c = app;
    operator_input in;
    uint32_t scopes;
    operator_token made;
    const char *token;
    TRY(auth_secure(request));
    TRY(read_token(c, request, &in, &scopes));
    TRY(operator_token_create(c, in.name, scopes, in.expires_in, &made, &token));
    json_t *answer = token_json(&made);
    if (answer) {
        json_object_set_new(answer, "token", json_string(token));
        json_object_set_new(answer, "cut_to_parent", json_boolean(made.cut));
    }
    return json_respond(c->arena, response, 201, answer);
}

err operator_tokens_list(void *app, http_request *request, http_response *response)
{
    call *c = app;
    const operator_token *tokens;
    size_t n;
    (void)request;
    TRY(operator_token_list(c, &tokens, &n));
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(items, token_json(&tokens[i]));
    return json_respond(c->arena, response, 200, json_pack("{s:o, s:n}", "items", items, "next"));
}

err operator_tokens_delete(void *app, http_request *request, http_response *response)
{
    call *c = app;
    int64_t with;
    TRY(operator_token_revoke(c, request->params[0], &with));
    return json_respond(c->arena, response, 200,
                        json_pack("{s:s, s:s, s:I}", "id", request->params[0], "state", "revoked", "revoked_with_it",
                                  (json_int_t)with));
}
