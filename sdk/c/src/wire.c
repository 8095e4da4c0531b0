#include "wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ct.h"
#include "base/text.h"
#include "roster.h"

enum { ANSWER_FIRST = 4096, HEADERS = 3, CHALLENGE_MAX = 128 };

/* ---- paths ---- */

void wire_key_path(char path[WIRE_PATH], const context_key *key, const char *what)
{
    char id[UUID_TEXT];
    uuid_encode(id, key->stored.key_id);
    (void)snprintf(path, WIRE_PATH, "/v1/%s/%s/%s", key->grant ? "workstation/authorisations" : "device/keys", id,
                   what);
}

void wire_tasks_path(char path[WIRE_PATH], const context_key *key, const char *what)
{
    char id[UUID_TEXT];
    uuid_encode(id, key->stored.key_id);
    if (key->grant)
        (void)snprintf(path, WIRE_PATH, "/v1/workstation/authorisations/%s/tasks%s", id, what);
    else
        (void)snprintf(path, WIRE_PATH, "/v1/device/tasks%s", what);
}

/* ---- an answer that grows as it comes ---- */

struct yq_http_answer {
    uint8_t *p;
    size_t n, cap, max;
    bool too_large, no_memory;
};

static bool answer_grow(yq_http_answer *a, size_t needed)
{
    size_t cap = a->cap ? a->cap : ANSWER_FIRST;
    while (cap < needed)
        cap = cap > a->max / 2 ? a->max : cap * 2;
    uint8_t *p = malloc(cap);
    if (!p)
        return false;
    /* Not realloc: it would leave a copy behind, and answers of S2 are PIN-sensitive. */
    if (a->n > 0)
        memcpy(p, a->p, a->n);
    if (a->p)
        wipe(a->p, a->n);
    free(a->p);
    a->p = p;
    a->cap = cap;
    return true;
}

bool yq_http_answer_write(yq_http_answer *a, const void *p, size_t n)
{
    if (a->too_large || a->no_memory || n > a->max - a->n) {
        a->too_large |= !a->no_memory;
        return false;
    }
    if (n == 0)
        return true;
    if (n > a->cap - a->n && !answer_grow(a, a->n + n)) {
        a->no_memory = true;
        return false;
    }
    memcpy(a->p + a->n, p, n);
    a->n += n;
    return true;
}

void wire_answer_free(wire_answer *answer)
{
    if (answer->p)
        wipe(answer->p, answer->n);
    free(answer->p);
    answer->p = NULL;
    answer->n = 0;
}

/* ---- refusals ---- */

/* Cut at a character's boundary where it is too long; "" where the field is missing or no text. */
static void problem_text(char *out, size_t cap, json_value root, const char *name)
{
    json_value value;
    *out = 0;
    if (json_reader_field(&value, root, name) != ERR_OK || *value.p != '"')
        return;
    arena *a = arena_create(value.n + 64);
    const char *text;
    if (a && json_reader_text(a, &text, value) == ERR_OK) {
        size_t n = strlen(text);
        n = n < cap ? n : cap - 1;
        while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
            n--;
        memcpy(out, text, n);
        out[n] = 0;
    }
    arena_destroy(a);
}

static int problem_number(json_value root, const char *name, int max)
{
    json_value value;
    int64_t number;
    if (json_reader_field(&value, root, name) != ERR_OK || json_reader_int(&number, value, 0, max) != ERR_OK)
        return -1;
    return (int)number;
}

static yq_status read_problem(yq_problem *problem, int http_status, const yq_http_answer *answer)
{
    json_value root;
    context_clear_problem(problem);
    problem->http_status = http_status;
    if (json_reader_open(&root, answer->p, answer->n) != ERR_OK)
        return YQ_REFUSED;
    problem_text(problem->code, sizeof problem->code, root, "code");
    problem_text(problem->title, sizeof problem->title, root, "title");
    problem_text(problem->title_en, sizeof problem->title_en, root, "title_en");
    problem_text(problem->hint, sizeof problem->hint, root, "hint");
    problem_text(problem->hint_en, sizeof problem->hint_en, root, "hint_en");
    problem_text(problem->detail, sizeof problem->detail, root, "detail");
    problem_text(problem->field, sizeof problem->field, root, "field");
    problem->tries_left = problem_number(root, "tries_left", 1000);
    problem->retry_after = problem_number(root, "retry_after", 86400);
    if (strcmp(problem->code, "pin_wrong") == 0)
        return YQ_PIN_WRONG;
    return strcmp(problem->code, "key_locked") == 0 ? YQ_KEY_LOCKED : YQ_REFUSED;
}

bool wire_refused_with(const yq_device *device, const char *code)
{
    return device->problem.http_status != 0 && strcmp(device->problem.code, code) == 0;
}

bool wire_undecided(const yq_device *device)
{
    int status = device->problem.http_status;
    return status == 408 || status == 429 || status >= 500;
}

/* ---- exchanges ---- */

/* bearer may be NULL. */
static yq_status exchange(const yq_device *device, const char *server, const char *bearer, const wire_call *call,
                          wire_answer *answer, yq_problem *problem)
{
    char url[CONTEXT_URL + WIRE_PATH], authorization[CONTEXT_TOKEN + 8];
    yq_http_header headers[HEADERS] = {{"Accept", "application/json, application/problem+json, */*"}};
    size_t n = 1;
    int status = 0;
    yq_http_answer got = {.max = call->answer_max};
    (void)snprintf(url, sizeof url, "%s%s", server, call->path);
    if (call->body_n > 0)
        headers[n++] = (yq_http_header){"Content-Type", "application/json"};
    if (bearer) {
        (void)snprintf(authorization, sizeof authorization, "Bearer %s", bearer);
        headers[n++] = (yq_http_header){"Authorization", authorization};
    }
    const yq_http_request request = {call->method, url, headers, n, call->body, call->body_n, call->answer_max};
    const yq_transport *t = &device->platform.transport;
    int result = t->exchange(t->context, &request, &status, &got);
    if (bearer)
        wipe(authorization, sizeof authorization);
    *answer = (wire_answer){got.p, got.n, got.too_large};
    if (got.no_memory)
        return YQ_OUT_OF_MEMORY;
    if (got.too_large)
        return YQ_BAD_ANSWER;
    if (result != YQ_PLATFORM_OK || status < 100 || status > 599)
        return YQ_TRANSPORT_FAILED;
    if (status >= 200 && status <= 299)
        return YQ_OK;
    yq_status refused = read_problem(problem, status, &got);
    wire_answer_free(answer);
    return refused;
}

yq_status wire_exchange(yq_device *device, const char *server, const wire_call *call, wire_answer *answer)
{
    return exchange(device, server, NULL, call, answer, &device->problem);
}

yq_status wire_open(json_value *root, const wire_answer *answer)
{
    json_value value;
    int64_t protocol;
    YQ_TRY(status_of_answer(json_reader_open(root, answer->p, answer->n)));
    YQ_TRY(status_of_answer(json_reader_field(&value, *root, "protocol")));
    return status_of_answer(json_reader_int(&protocol, value, MPC_VERSION, MPC_VERSION));
}

void wire_begin(json_writer *w, void *p, size_t cap)
{
    json_writer_init(w, p, cap);
    json_writer_begin_object(w, NULL);
    json_writer_int(w, "protocol", MPC_VERSION);
}

yq_status wire_end(json_writer *w)
{
    json_writer_end_object(w);
    return w->out.overflow ? YQ_INVALID_ARGUMENT : YQ_OK;
}

/* ---- the session ---- */

static yq_status post(yq_device *device, const char *server, const char *path, const json_writer *w,
                      wire_answer *answer)
{
    const wire_call call = {"POST", path, w->out.p, w->out.n, WIRE_SMALL};
    return wire_exchange(device, server, &call, answer);
}

static err read_challenge(uint8_t *challenge, size_t *n, json_value root)
{
    json_value value;
    TRY(json_reader_field(&value, root, "challenge"));
    if (*value.p != '"')
        return ERR_FIELD_TYPE;
    *n = (value.n - 2) / 2;
    if (*n == 0 || *n > CHALLENGE_MAX)
        return ERR_FIELD_LENGTH;
    return json_reader_hex(challenge, *n, value);
}

/* Who signs in: a device with its enrolment's credential, a workstation with its installation key. */
static const char *session_path(const context_key *key, bool challenge)
{
    if (key->grant)
        return challenge ? "/v1/workstation/challenges" : "/v1/workstation/sessions";
    return challenge ? "/v1/device/challenges" : "/v1/device/sessions";
}

static const uint8_t *identity(const context_key *key)
{
    return key->grant ? key->grant->workstation : key->stored.enrolment_id;
}

static void write_identity(json_writer *w, const context_key *key)
{
    json_writer_uuid(w, key->grant ? "workstation" : "enrolment_id", identity(key));
}

static yq_status get_challenge(yq_device *device, const context_key *key, uint8_t *challenge, size_t *n)
{
    uint8_t body[WIRE_BODY];
    json_writer w;
    json_value root;
    wire_answer answer = {0};
    wire_begin(&w, body, sizeof body);
    write_identity(&w, key);
    YQ_TRY(wire_end(&w));
    yq_status status = post(device, key->stored.server, session_path(key, true), &w, &answer);
    if (status == YQ_OK)
        status = wire_open(&root, &answer);
    if (status == YQ_OK)
        status = status_of_answer(read_challenge(challenge, n, root));
    wire_answer_free(&answer);
    return status;
}

/* Over tag || id || challenge: ECDSA by the device's credential, SM2 by the installation's key. */
static yq_status sign_challenge(yq_device *device, const context_key *key, const uint8_t *challenge, size_t n,
                                uint8_t rs[64])
{
    static const char device_tag[] = "yiqian/device-session/1", workstation_tag[] = "yiqian/workstation-session/1";
    const char *tag = key->grant ? workstation_tag : device_tag;
    uint8_t message[sizeof workstation_tag + 16 + CHALLENGE_MAX], e[32];
    char name[YQ_NAME_MAX + 1];
    buffer b = buffer_over(message, sizeof message);
    buffer_put(&b, tag, strlen(tag));
    buffer_put(&b, identity(key), 16);
    buffer_put(&b, challenge, n);
    if (key->grant) {
        sm2_digest(e, key->grant->installation->public_key, bytes_of(message, b.n));
        return status_of_own(sm2_sign(rs, key->grant->installation, e, &device->rng));
    }
    roster_credential_name(name, &key->stored);
    const yq_credential *c = &device->platform.credential;
    return c->sign(c->context, name, message, b.n, rs) == YQ_PLATFORM_OK ? YQ_OK : YQ_CREDENTIAL_FAILED;
}

/* Only what may stand in a header (RFC 6750 2.1). */
static bool token_valid(const char *token)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/=";
    return *token && strspn(token, allowed) == strlen(token);
}

static yq_status read_token(context_key *key, const wire_answer *answer)
{
    json_value root, value;
    YQ_TRY(wire_open(&root, answer));
    YQ_TRY(status_of_answer(json_reader_field(&value, root, "token")));
    yq_status status = status_of_answer(json_reader_copy(key->token, sizeof key->token, value));
    if (status == YQ_OK && !token_valid(key->token))
        status = YQ_BAD_ANSWER;
    if (status != YQ_OK)
        context_forget_token(key);
    return status;
}

static yq_status open_session(yq_device *device, context_key *key)
{
    uint8_t challenge[CHALLENGE_MAX], rs[64], body[WIRE_BODY];
    size_t n = 0;
    json_writer w;
    wire_answer answer = {0};
    YQ_TRY(get_challenge(device, key, challenge, &n));
    YQ_TRY(sign_challenge(device, key, challenge, n, rs));
    wire_begin(&w, body, sizeof body);
    write_identity(&w, key);
    json_writer_hex(&w, "challenge", challenge, n);
    json_writer_hex(&w, "signature", rs, sizeof rs);
    YQ_TRY(wire_end(&w));
    yq_status status = post(device, key->stored.server, session_path(key, false), &w, &answer);
    if (status == YQ_OK)
        status = read_token(key, &answer);
    wire_answer_free(&answer);
    return status;
}

/* A server that was restarted may not know the token any more. */
bool wire_session_over(const yq_device *device)
{
    return wire_refused_with(device, "session_expired") || wire_refused_with(device, "unauthenticated");
}

yq_status wire_open_session(yq_device *device, context_key *key)
{
    return key->token[0] == 0 ? open_session(device, key) : YQ_OK;
}

yq_status wire_request(yq_device *device, context_key *key, const wire_call *call, wire_answer *answer)
{
    YQ_TRY(wire_open_session(device, key));
    yq_status status = exchange(device, key->stored.server, key->token, call, answer, &device->problem);
    if (status == YQ_REFUSED && wire_session_over(device)) {
        context_forget_token(key);
        YQ_TRY(open_session(device, key));
        status = exchange(device, key->stored.server, key->token, call, answer, &device->problem);
        if (status == YQ_REFUSED && wire_session_over(device))
            context_forget_token(key);
    }
    return status;
}

yq_status wire_poll(const yq_device *device, const char *server, const char *token, const wire_call *call,
                    wire_answer *answer, yq_problem *problem)
{
    return exchange(device, server, token, call, answer, problem);
}
