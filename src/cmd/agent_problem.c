#include "cmd/agent_problem.h"

#include <string.h>

/* The error whose words a status has where the server said nothing. */
static err err_of(yq_status status)
{
    switch (status) {
    case YQ_OK:
        return ERR_OK;
    case YQ_INVALID_ARGUMENT:
        return ERR_ARG;
    case YQ_OUT_OF_MEMORY:
        return ERR_MEMORY;
    case YQ_LIMIT_REACHED:
        return ERR_LIMIT;
    case YQ_ENTROPY_FAILED:
        return ERR_ENTROPY;
    case YQ_TRANSPORT_FAILED:
    case YQ_TRANSPORT_INSECURE:
        return ERR_TRANSPORT;
    case YQ_BAD_ANSWER:
    case YQ_ANSWER_REJECTED:
        return ERR_ANSWER;
    case YQ_REFUSED:
    case YQ_PIN_WRONG:
    case YQ_KEY_LOCKED:
        return ERR_REMOTE;
    case YQ_DOCUMENT_CHANGED:
        return ERR_DIGEST;
    case YQ_FORM_REFUSED:
    case YQ_CONTENT_UNSEEN:
        return ERR_FORM;
    case YQ_OUT_OF_SCOPE:
        return ERR_SCOPE;
    case YQ_NOT_ACTIVE:
        return ERR_AUTHORISATION_CLOSED;
    default:
        return ERR_INTERNAL;
    }
}

static void set(json_t *object, const char *name, const char *text)
{
    if (text && *text)
        (void)json_object_set_new(object, name, json_string(text));
}

json_t *agent_problem_json(yq_status status, const yq_problem *problem)
{
    const err e = err_of(status);
    const problem_row *row = problem_of(e);
    const bool said = problem && problem->http_status != 0 && *problem->code;
    const char *code = said ? problem->code : err_code(e);
    json_t *object = json_pack("{s:s+, s:i}", "type", "urn:yiqian:problem:", code, "status",
                               said ? problem->http_status : row->status);
    if (!object)
        return NULL;
    set(object, "code", code);
    set(object, "title", said ? problem->title : row->title_zh);
    set(object, "title_en", said ? problem->title_en : row->title_en);
    set(object, "hint", said ? problem->hint : row->hint_zh);
    set(object, "hint_en", said ? problem->hint_en : row->hint_en);
    set(object, "detail", said ? problem->detail : "");
    if (said && problem->retry_after >= 0)
        (void)json_object_set_new(object, "retry_after", json_integer(problem->retry_after));
    return object;
}

/* What the server says of the agent's own session is nothing that the agent's client could mend by signing in here. */
static int http_status(const json_t *problem)
{
    int status = (int)json_integer_value(json_object_get(problem, "status"));
    return status == 401 || status < 400 || status > 599 ? 502 : status;
}

void agent_problem_respond(arena *a, http_response *response, yq_status status, const yq_problem *problem)
{
    json_t *object = agent_problem_json(status, problem);
    int answered = http_status(object);
    if (object)
        (void)json_object_set_new(object, "status", json_integer(answered));
    if (json_respond(a, response, answered, object) != ERR_OK) {
        problem_respond(a, response, ERR_MEMORY, NULL);
        return;
    }
    response->content_type = "application/problem+json";
}

void agent_problem_refuse(arena *a, http_response *response, err e, const fault *f, const agent_gate_hint *hint)
{
    const problem_row *row = problem_of(e);
    json_t *object = json_pack("{s:s+, s:i, s:s, s:s, s:s}", "type", "urn:yiqian:problem:", err_code(e), "status",
                               row->status, "code", err_code(e), "title", row->title_zh, "title_en", row->title_en);
    set(object, "hint", hint->zh);
    set(object, "hint_en", hint->en);
    set(object, "detail", f->detail);
    if (json_respond(a, response, row->status, object) != ERR_OK) {
        problem_respond(a, response, ERR_MEMORY, NULL);
        return;
    }
    response->content_type = "application/problem+json";
}
