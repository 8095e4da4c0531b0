/* Scanning: step 12 of docs/spec/device-api.md. What a login is held to before it is signed stands in docs/spec/qr.md. */
#include <stdio.h>
#include <string.h>

#include "assertion.h"
#include "base/ct.h"
#include "base/text.h"
#include "crypto/sm2.h"
#include "failure_report.h"
#include "keys.h"
#include "roster.h"
#include "sign.h"
#include "tasks.h"

enum { SHORT_CODE = 8, NUMBER = 2, REASON_MAX = 200 };

/* ---- what the server says ---- */

static err read_kind(yq_qr_kind *out, arena *a, json_value root)
{
    json_value value;
    const char *kind;
    TRY(json_reader_field(&value, root, "kind"));
    TRY(json_reader_text(a, &kind, value));
    if (strcmp(kind, "login") != 0 && strcmp(kind, "sign") != 0)
        return ERR_FIELD_VALUE;
    *out = strcmp(kind, "login") == 0 ? YQ_QR_LOGIN : YQ_QR_SIGN;
    return ERR_OK;
}

/* The one thing to be signed of a login: what the SDK fetches, checks and signs by itself. */
static bool is_login_task(const yq_task *task, const char *scan)
{
    return task->kind == YQ_KIND_LOGIN && task->form == YQ_FORM_RAW && task->has_document &&
           task->document_size <= ASSERTION_MAX && strcmp(task->task, scan) == 0;
}

/* A login has its task alone, and none before its number was entered; what is to be signed has no login among it. */
static bool tasks_fit(const yq_scanned *s)
{
    if (s->kind == YQ_QR_LOGIN)
        return s->number_wanted ? s->n == 0 : s->n == 1 && is_login_task(s->tasks, s->scan);
    for (size_t i = 0; i < s->n; i++)
        if (s->tasks[i].kind == YQ_KIND_LOGIN)
            return false;
    return !s->number_wanted;
}

static err read_scanned(yq_scanned *out, arena *a, json_value root)
{
    json_value value;
    uint8_t id[16];
    TRY(json_reader_field(&value, root, "scan"));
    TRY(json_reader_uuid(id, value));
    uuid_encode(out->scan, id);
    TRY(read_kind(&out->kind, a, root));
    TRY(json_reader_field(&value, root, "system"));
    TRY(json_reader_text(a, &out->system, value));
    TRY(json_reader_text_or_empty(a, &out->purpose, root, "purpose"));
    TRY(json_reader_text_or_empty(a, &out->expires_at, root, "expires_at"));
    TRY(json_reader_field(&value, root, "number_wanted"));
    TRY(json_reader_bool(&out->number_wanted, value));
    TRY(tasks_read(&out->tasks, &out->n, a, root, YQ_SCANNED_MAX));
    return *out->system && tasks_fit(out) ? ERR_OK : ERR_ANSWER;
}

/* POSTs one text and reads what was scanned; out is empty before. */
static yq_status ask(yq_device *device, context_key *key, const char *path, const char *name, const char *text,
                     yq_scanned *out)
{
    uint8_t body[WIRE_BODY];
    json_writer w;
    json_value root;
    wire_answer answer = {0};
    arena *a = NULL;
    YQ_TRY(failure_report_flush(device, key)); /* its tasks are pending again, and so among these */
    wire_begin(&w, body, sizeof body);
    json_writer_text(&w, name, text);
    YQ_TRY(wire_end(&w));
    const wire_call call = {"POST", path, w.out.p, w.out.n, WIRE_SMALL + YQ_SCANNED_MAX * TASKS_ONE};
    yq_status status = wire_request(device, key, &call, &answer);
    if (status == YQ_OK)
        status = wire_open(&root, &answer);
    if (status == YQ_OK) {
        a = tasks_arena(answer.n, YQ_SCANNED_MAX);
        status = a ? status_of_answer(read_scanned(out, a, root)) : YQ_OUT_OF_MEMORY;
    }
    wire_answer_free(&answer);
    out->memory = a;
    if (status != YQ_OK)
        yq_scanned_free(out);
    return status;
}

void yq_scanned_free(yq_scanned *scanned)
{
    if (!scanned)
        return;
    arena_destroy(scanned->memory);
    memset(scanned, 0, sizeof *scanned);
}

/* ---- a code, scanned or typed ---- */

static yq_status scan(yq_device *device, const char *name, const char *code, const yq_qr *qr, yq_scanned *out)
{
    context_key *key;
    YQ_TRY(keys_enrolled(&key, device, name));
    YQ_TRY(ask(device, key, "/v1/device/scans", "code", code, out));
    if (out->kind == qr->kind && strcmp(out->scan, qr->id) == 0)
        return YQ_OK;
    yq_scanned_free(out); /* something else than was scanned */
    return YQ_ANSWER_REJECTED;
}

yq_status yq_scan(yq_device *device, const char *key, const char *code, yq_scanned *out, yq_problem *problem)
{
    yq_qr qr;
    context_clear_problem(problem);
    if (!out)
        return YQ_INVALID_ARGUMENT;
    memset(out, 0, sizeof *out);
    YQ_TRY(yq_qr_read(code, &qr));
    if (qr.kind != YQ_QR_LOGIN && qr.kind != YQ_QR_SIGN)
        return YQ_INVALID_ARGUMENT;
    YQ_TRY(context_enter(device, problem));
    return context_leave(device, scan(device, key, code, &qr, out), problem);
}

/* n digits, however they are grouped. */
static bool read_digits(char *out, size_t n, const char *text)
{
    size_t found = 0;
    for (; text && *text; text++) {
        if (*text == ' ' || *text == '-')
            continue;
        if (*text < '0' || *text > '9' || found == n)
            return false;
        out[found++] = *text;
    }
    out[found] = 0;
    return found == n;
}

static yq_status scan_short_code(yq_device *device, const char *name, const char *digits, yq_scanned *out)
{
    context_key *key;
    YQ_TRY(keys_enrolled(&key, device, name));
    YQ_TRY(ask(device, key, "/v1/device/scans", "short_code", digits, out));
    if (out->kind == YQ_QR_LOGIN)
        return YQ_OK;
    yq_scanned_free(out);
    return YQ_ANSWER_REJECTED;
}

yq_status yq_scan_short_code(yq_device *device, const char *key, const char *short_code, yq_scanned *out,
                             yq_problem *problem)
{
    char digits[SHORT_CODE + 1];
    context_clear_problem(problem);
    if (!out)
        return YQ_INVALID_ARGUMENT;
    memset(out, 0, sizeof *out);
    if (!read_digits(digits, SHORT_CODE, short_code))
        return YQ_INVALID_ARGUMENT;
    YQ_TRY(context_enter(device, problem));
    return context_leave(device, scan_short_code(device, key, digits, out), problem);
}

/* ---- the number ---- */

/* The texts that the person has read stay those that were shown. */
static bool same_login(const yq_scanned *shown, const yq_scanned *now)
{
    return now->kind == YQ_QR_LOGIN && !now->number_wanted && strcmp(now->scan, shown->scan) == 0 &&
           strcmp(now->system, shown->system) == 0 && strcmp(now->purpose, shown->purpose) == 0;
}

static yq_status enter_number(yq_device *device, const char *name, yq_scanned *scanned, const char *number)
{
    char path[WIRE_PATH];
    yq_scanned now = {0};
    context_key *key;
    YQ_TRY(keys_enrolled(&key, device, name));
    (void)snprintf(path, sizeof path, "/v1/device/scans/%s/number", scanned->scan);
    YQ_TRY(ask(device, key, path, "number", number, &now));
    if (!same_login(scanned, &now)) {
        yq_scanned_free(&now);
        return YQ_ANSWER_REJECTED;
    }
    yq_scanned_free(scanned);
    *scanned = now;
    return YQ_OK;
}

/* Whether it can have come from yq_scan: its id goes into paths. */
static bool is_scanned(const yq_scanned *scanned)
{
    uint8_t id[16];
    return scanned && scanned->memory && scanned->system && scanned->purpose &&
           uuid_decode(id, scanned->scan, strnlen(scanned->scan, sizeof scanned->scan)) == ERR_OK;
}

yq_status yq_scan_number(yq_device *device, const char *key, yq_scanned *scanned, const char *number,
                         yq_problem *problem)
{
    char digits[NUMBER + 1];
    context_clear_problem(problem);
    if (!is_scanned(scanned) || !scanned->number_wanted || !read_digits(digits, NUMBER, number))
        return YQ_INVALID_ARGUMENT;
    YQ_TRY(context_enter(device, problem));
    return context_leave(device, enter_number(device, key, scanned, digits), problem);
}

/* ---- declining ---- */

static yq_status decline(yq_device *device, const char *name, const char *scan_id, const char *reason)
{
    char path[WIRE_PATH];
    context_key *key;
    YQ_TRY(keys_enrolled(&key, device, name));
    (void)snprintf(path, sizeof path, "/v1/device/scans/%s/decline", scan_id);
    return tasks_decline(device, key, path, reason);
}

yq_status yq_scan_decline(yq_device *device, const char *key, const yq_scanned *scanned, const char *reason,
                          yq_problem *problem)
{
    context_clear_problem(problem);
    if (!is_scanned(scanned) || (reason && *reason && !context_text_valid(reason, REASON_MAX)))
        return YQ_INVALID_ARGUMENT;
    YQ_TRY(context_enter(device, problem));
    return context_leave(device, decline(device, key, scanned->scan, reason ? reason : ""), problem);
}

/* ---- signing a login ---- */

/* e of the assertion, once it claims what was shown and nothing else. One that does not is reported: the server misbehaves. */
static yq_status digest_login(yq_device *device, context_key *key, const yq_scanned *shown, cosign_item *out)
{
    yq_document message;
    const stored_key *own = &key->stored;
    const assertion_claim claim = {shown->system, shown->purpose, shown->scan, own->staff_no, own->serial};
    YQ_TRY(tasks_fetch(device, key, shown->tasks, &message));
    bool claims = assertion_claims(bytes_of(message.p, message.n), &claim);
    if (claims)
        sm2_digest(out->e, own->blob.P, bytes_of(message.p, message.n));
    yq_document_free(&message);
    if (claims)
        return YQ_OK;
    failure_report_send(device, key, NULL, out->task, "answer_rejected");
    return YQ_ANSWER_REJECTED;
}

static yq_status sign_login(yq_device *device, const char *name, const yq_scanned *shown, bytes pin,
                            yq_sign_result *result, yq_sign_summary *summary)
{
    cosign_item item = {0};
    context_key *key;
    unmasking by = unmasking_of(pin);
    YQ_TRY(keys_enrolled(&key, device, name));
    YQ_TRY(sign_check_person(device, key, &by));
    if (uuid_decode(item.task, shown->scan, strlen(shown->scan)) != ERR_OK)
        return YQ_INVALID_ARGUMENT;
    result->status = digest_login(device, key, shown, &item);
    YQ_TRY(result->status);
    result->seen = true;
    by.purpose = "登录 / Log in";
    by.detail = shown->system;
    result->status = sign_digests(device, key, &item, 1, &by, result, summary);
    unmasking_wipe(&by);
    return result->status;
}

yq_status yq_sign_login(yq_device *device, const char *key, const yq_scanned *shown, const char *pin, size_t pin_n,
                        yq_sign_result *result, yq_sign_summary *summary, yq_problem *problem)
{
    yq_sign_summary local;
    context_clear_problem(problem);
    if (!result || !is_scanned(shown) || shown->kind != YQ_QR_LOGIN || shown->number_wanted || !tasks_fit(shown))
        return YQ_INVALID_ARGUMENT;
    if (!summary)
        summary = &local;
    sign_results_clear(result, 1, summary);
    YQ_TRY(context_enter(device, problem));
    return context_leave(device, sign_login(device, key, shown, bytes_of(pin, pin_n), result, summary), problem);
}

/* ---- enrolment ---- */

static err read_offer(yq_offer *out, json_value root)
{
    const struct {
        const char *name;
        char *to;
        size_t cap;
    } texts[] = {{"staff_no", out->staff_no, sizeof out->staff_no},
                 {"name", out->name, sizeof out->name},
                 {"organisation", out->organisation, sizeof out->organisation},
                 {"activation_code", out->activation_code, sizeof out->activation_code},
                 {"expires_at", out->expires_at, sizeof out->expires_at}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        json_value value;
        TRY(json_reader_field(&value, root, texts[i].name));
        TRY(json_reader_copy(texts[i].to, texts[i].cap, value));
    }
    return *out->staff_no && *out->activation_code ? ERR_OK : ERR_FIELD_LENGTH;
}

static yq_status take_offer(yq_device *device, const char *url, const char *code, yq_offer *out)
{
    uint8_t body[WIRE_BODY];
    json_writer w;
    json_value root;
    wire_answer answer = {0};
    YQ_TRY(roster_check_server(out->server, url ? url : device->server));
    wire_begin(&w, body, sizeof body);
    json_writer_text(&w, "code", code);
    YQ_TRY(wire_end(&w));
    const wire_call call = {"POST", "/v1/enrolment-scans", w.out.p, w.out.n, WIRE_SMALL};
    yq_status status = wire_exchange(device, out->server, &call, &answer);
    if (status == YQ_OK)
        status = wire_open(&root, &answer);
    if (status == YQ_OK)
        status = status_of_answer(read_offer(out, root));
    wire_answer_free(&answer);
    if (status != YQ_OK)
        wipe(out, sizeof *out);
    return status;
}

yq_status yq_scan_enrolment(yq_device *device, const char *server, const char *code, yq_offer *out, yq_problem *problem)
{
    yq_qr qr;
    context_clear_problem(problem);
    if (!out)
        return YQ_INVALID_ARGUMENT;
    memset(out, 0, sizeof *out);
    YQ_TRY(yq_qr_read(code, &qr));
    if (qr.kind != YQ_QR_ENROL)
        return YQ_INVALID_ARGUMENT;
    YQ_TRY(context_enter(device, problem));
    return context_leave(device, take_offer(device, server, code, out), problem);
}
