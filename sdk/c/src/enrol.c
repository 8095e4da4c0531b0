/* Enrolment: steps 1 to 3 of docs/spec/device-api.md, and the certificate request by steps 5 and 6. */
#include <string.h>

#include "base/ct.h"
#include "base/text.h"
#include "enrol.h"
#include "crypto/sm3.h"
#include "failure_report.h"
#include "fingerprint.h"
#include "issued.h"
#include "keys.h"
#include "person.h"
#include "roster.h"

enum { CODE_MAX = 64, STAFF_NO_MAX = 64, DEVICE_NAME_CHARACTERS = 64 };

/* ---- step 1: opening ---- */

/* The code as the server understands it (letters and digits; O is 0, I and L are 1), so that typing it in another way
 * is not taken for another code. */
static bool normalise_code(char out[CODE_MAX + 1], const char *code)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    size_t n = 0;
    for (; code && *code; code++) {
        char c = *code >= 'a' && *code <= 'z' ? (char)(*code - 'a' + 'A') : *code;
        if (c == '-' || c == ' ')
            continue;
        if (n == CODE_MAX || !strchr(letters, c))
            return false;
        out[n++] = c == 'O' ? '0' : c == 'I' || c == 'L' ? '1' : c;
    }
    out[n] = 0;
    return n > 0;
}

static void code_tag(uint8_t tag[32], const uint8_t id[16], const char *normalised)
{
    sm3_ctx ctx;
    sm3_init(&ctx);
    sm3_update(&ctx, id, 16);
    sm3_update(&ctx, normalised, strlen(normalised));
    sm3_final(&ctx, tag);
}

static yq_status check_arguments(const yq_enrolment *in, char code[CODE_MAX + 1])
{
    if (!in || !in->pin || !context_text_valid(in->staff_no, STAFF_NO_MAX) || strlen(in->staff_no) > STAFF_NO_MAX ||
        !context_text_valid(in->device_name, DEVICE_NAME_CHARACTERS) || !normalise_code(code, in->activation_code) ||
        strlen(in->activation_code) > 2 * CODE_MAX)
        return YQ_INVALID_ARGUMENT;
    return status_of_own(mpc_pin_check(bytes_of(in->pin, in->pin_n)));
}

/* The enrolment that already used this code; NULL for none. */
static context_key *find_attempt(yq_device *device, const char *server, const char *staff_no, const char *code)
{
    for (size_t i = 0; i < device->keys_n; i++) {
        context_key *key = device->keys[i];
        uint8_t tag[32];
        code_tag(tag, key->stored.id, code);
        if (!key->damaged && strcmp(key->stored.server, server) == 0 && strcmp(key->stored.staff_no, staff_no) == 0 &&
            memcmp(tag, key->stored.code_tag, sizeof tag) == 0)
            return key;
    }
    return NULL;
}

/* A record before anything is sent: the same code finds the same credential again. */
static yq_status begin_attempt(yq_device *device, const char *server, const yq_enrolment *in, const char *code,
                               context_key **out)
{
    context_key *key;
    YQ_TRY(roster_add(device, &key));
    stored_key changed = key->stored;
    memcpy(changed.server, server, strlen(server) + 1);
    memcpy(changed.staff_no, in->staff_no, strlen(in->staff_no) + 1);
    memcpy(changed.device_name, in->device_name, strlen(in->device_name) + 1);
    code_tag(changed.code_tag, changed.id, code);
    yq_status status = roster_save(device, key, &changed);
    if (status == YQ_OK)
        *out = key;
    else
        roster_discard(device, key); /* a name without a record is dropped at the next opening, too */
    return status;
}

static err read_opened(stored_key *changed, yq_person *person, arena *a, json_value root)
{
    json_value value;
    TRY(json_reader_field(&value, root, "enrolment_id"));
    TRY(json_reader_uuid(changed->enrolment_id, value));
    return person_read(changed, person, a, root);
}

yq_status enrol_credential(yq_device *device, const stored_key *stored, uint8_t public_key[65])
{
    char name[YQ_NAME_MAX + 1];
    const yq_credential *c = &device->platform.credential;
    roster_credential_name(name, stored);
    return c->create(c->context, name, public_key) == YQ_PLATFORM_OK ? YQ_OK : YQ_CREDENTIAL_FAILED;
}

static yq_status ask_to_open(yq_device *device, const context_key *key, const yq_enrolment *in, arena *a,
                             stored_key *changed, yq_person *person)
{
    uint8_t body[WIRE_BODY], credential[65];
    json_writer w;
    json_value root;
    wire_answer answer = {0};
    YQ_TRY(enrol_credential(device, &key->stored, credential));
    wire_begin(&w, body, sizeof body);
    json_writer_text(&w, "staff_no", in->staff_no);
    json_writer_text(&w, "activation_code", in->activation_code);
    json_writer_text(&w, "platform", device->platform_name);
    json_writer_text(&w, "device_name", in->device_name);
    json_writer_hex(&w, "credential", credential, sizeof credential);
    YQ_TRY(wire_end(&w));
    const wire_call call = {"POST", "/v1/enrolments", w.out.p, w.out.n, WIRE_SMALL};
    yq_status status = wire_exchange(device, key->stored.server, &call, &answer);
    if (status == YQ_OK)
        status = wire_open(&root, &answer);
    if (status == YQ_OK)
        status = status_of_answer(read_opened(changed, person, a, root));
    wipe(body, sizeof body);
    wire_answer_free(&answer);
    return status;
}

static yq_status confirm(const yq_enrolment *in, const yq_person *person)
{
    return !in->confirm || in->confirm(in->confirm_context, person) ? YQ_OK : YQ_DECLINED;
}

static yq_status open_enrolment(yq_device *device, context_key *key, const yq_enrolment *in)
{
    stored_key changed = key->stored;
    yq_person person;
    changed.stage = STORED_OPEN;
    arena *a = arena_create(PERSON_ARENA);
    yq_status status = a ? ask_to_open(device, key, in, a, &changed, &person) : YQ_OUT_OF_MEMORY;
    if (status == YQ_OK)
        status = confirm(in, &person);
    if (status == YQ_OK)
        status = roster_save(device, key, &changed);
    if (status == YQ_OK)
        fingerprint_end_shared(device); /* it may be the second person here */
    arena_destroy(a);
    return status;
}

/* ---- step 3: K1 to K3 ---- */

static err read_keygen(mpc_keygen_answer *out, json_value root)
{
    json_value value;
    TRY(json_reader_field(&value, root, "key_id"));
    TRY(json_reader_uuid(out->key_id, value));
    TRY(json_reader_field(&value, root, "P"));
    TRY(json_reader_hex(out->P, POINT_SIZE, value));
    TRY(json_reader_field(&value, root, "P2"));
    return json_reader_hex(out->P2, POINT_SIZE, value);
}

static yq_status ask_for_key(yq_device *device, context_key *key, const mpc_keygen_request *request,
                             mpc_keygen_answer *out)
{
    uint8_t body[WIRE_BODY];
    json_writer w;
    json_value root;
    wire_answer answer = {0};
    wire_begin(&w, body, sizeof body);
    json_writer_uuid(&w, "enrolment_id", request->enrolment_id);
    json_writer_hex(&w, "P1", request->P1, POINT_SIZE);
    json_writer_hex(&w, "c", request->proof.c, MPC_CHALLENGE);
    json_writer_hex(&w, "z", request->proof.z, 32);
    yq_status status = wire_end(&w);
    const wire_call call = {"POST", "/v1/device/keys", w.out.p, w.out.n, WIRE_SMALL};
    if (status == YQ_OK)
        status = wire_request(device, key, &call, &answer);
    if (status == YQ_OK)
        status = wire_open(&root, &answer);
    if (status == YQ_OK)
        status = status_of_answer(read_keygen(out, root));
    wipe(body, sizeof body);
    wire_answer_free(&answer);
    return status;
}

/* The masked share is stored before anything is signed with it: a certificate never exists for a share that was lost.
 */
yq_status enrol_make_key(yq_device *device, context_key *key, bytes pin)
{
    scalar d1 = {{0}};
    mpc_keygen_request request;
    mpc_keygen_answer answer = {0};
    stored_key changed = key->stored;
    yq_status status = status_of_own(mpc_device_keygen(&d1, &request, key->stored.enrolment_id, &device->rng));
    if (status == YQ_OK)
        status = ask_for_key(device, key, &request, &answer);
    if (status == YQ_OK)
        status = status_of_answer(
            mpc_device_keep(&changed.blob, &d1, &request, &answer, pin, device->pin_iterations, &device->rng));
    if (status == YQ_OK) {
        memcpy(changed.key_id, answer.key_id, sizeof changed.key_id);
        changed.stage = STORED_KEYED;
        status = roster_save(device, key, &changed);
    }
    scalar_wipe(&d1);
    wipe(&request, sizeof request);
    wipe(&answer, sizeof answer);
    wipe(&changed, sizeof changed);
    return status;
}

/* ---- steps 5 and 6: the certificate ---- */

/* The record at an earlier stage, from which the enrolment goes on. */
static yq_status back_to(yq_device *device, context_key *key, stored_stage stage)
{
    stored_key changed = key->stored;
    changed.stage = stage;
    yq_status status = roster_save(device, key, &changed);
    wipe(&changed, sizeof changed);
    return status;
}

/* The person was renamed since the enrolment was opened: name and subject are read again, by yq_enrol with the same code. */
static void begin_anew_if_renamed(yq_device *device, context_key *key, yq_status status)
{
    if (status == YQ_REFUSED && wire_refused_with(device, "digest_mismatch"))
        (void)back_to(device, key, STORED_OPENING); /* where this fails, the next attempt comes here again */
}

static yq_status sign_request(yq_device *device, context_key *key, bytes pin)
{
    cosign_item item = {0};
    uint8_t sid[16];
    memcpy(item.task, key->stored.enrolment_id, sizeof item.task);
    YQ_TRY(status_of_own(
        person_request_digest(item.e, key->stored.blob.P, bytes_of(key->stored.subject, key->stored.subject_n))));
    yq_status signed_status = cosign_sign(device, key, &item, 1, &(unmasking){.pin = pin}, sid);
    begin_anew_if_renamed(device, key, signed_status);
    YQ_TRY(signed_status);
    stored_key changed = key->stored;
    memcpy(changed.sid, sid, sizeof changed.sid);
    memcpy(changed.rs, item.rs, sizeof changed.rs);
    changed.stage = STORED_SIGNED;
    yq_status status = roster_save(device, key, &changed);
    if (status != YQ_OK)
        failure_report_send(device, key, sid, NULL, "transport_failed"); /* it is given up: the key is free at once */
    wipe(&changed, sizeof changed);
    return status;
}

static yq_status take_certificate(yq_device *device, context_key *key, const wire_answer *answer)
{
    stored_key changed = key->stored;
    yq_status status = issued_take(device, key, answer, key->stored.sid, &changed);
    if (status == YQ_OK) {
        changed.stage = STORED_ENROLLED;
        status = roster_save(device, key, &changed);
    }
    wipe(&changed, sizeof changed);
    return status;
}

static yq_status deliver_request(yq_device *device, context_key *key)
{
    cosign_item item = {0};
    wire_answer answer = {0};
    memcpy(item.task, key->stored.enrolment_id, sizeof item.task);
    memcpy(item.rs, key->stored.rs, sizeof item.rs);
    yq_status status = cosign_deliver(device, key, key->stored.sid, &item, 1, &answer);
    if (status == YQ_OK)
        status = take_certificate(device, key, &answer);
    else if (status == YQ_REFUSED &&
             (wire_refused_with(device, "task_not_claimed") || wire_refused_with(device, "signature_invalid")))
        /* The server knows no such open request, or not this signature: it must be made again. */
        (void)back_to(device, key, STORED_KEYED);
    begin_anew_if_renamed(device, key, status);
    wire_answer_free(&answer);
    return status;
}

yq_status enrol_finish(yq_device *device, context_key *key, bytes pin)
{
    if (key->stored.stage == STORED_OPEN)
        YQ_TRY(enrol_make_key(device, key, pin));
    if (key->stored.stage == STORED_SIGNED) {
        yq_status status = deliver_request(device, key);
        if (key->stored.stage != STORED_KEYED)
            return status;
    }
    YQ_TRY(sign_request(device, key, pin));
    return deliver_request(device, key);
}

/* Attempts of this person with other codes that never got beyond the first call are of no use any more. */
static void drop_stale_attempts(yq_device *device, const context_key *enrolled)
{
    for (size_t i = device->keys_n; i-- > 0;) {
        context_key *key = device->keys[i];
        if (!key->damaged && key->stored.stage == STORED_OPENING &&
            strcmp(key->stored.server, enrolled->stored.server) == 0 &&
            strcmp(key->stored.staff_no, enrolled->stored.staff_no) == 0)
            roster_discard(device, key);
    }
}

/* ---- the two calls ---- */

static yq_status enrol(yq_device *device, const yq_enrolment *in, yq_key_info *out)
{
    char code[CODE_MAX + 1], server[CONTEXT_URL];
    YQ_TRY(check_arguments(in, code));
    YQ_TRY(roster_check_server(server, in->server ? in->server : device->server));
    context_key *key = find_attempt(device, server, in->staff_no, code);
    if (!key)
        YQ_TRY(begin_attempt(device, server, in, code, &key));
    keys_describe(out, key);
    if (key->stored.stage >= STORED_SIGNED)
        return YQ_WRONG_STATE;
    if (key->stored.stage == STORED_OPENING) {
        yq_status status = open_enrolment(device, key, in);
        if (status == YQ_DECLINED || (status == YQ_REFUSED && wire_refused_with(device, "activation_refused")))
            roster_discard(device, key);
        YQ_TRY(status);
    }
    /* No certificate exists for this share, so the server replaces it: the PIN just given gets a new one. */
    const bytes pin = bytes_of(in->pin, in->pin_n);
    if (key->stored.stage == STORED_KEYED)
        YQ_TRY(enrol_make_key(device, key, pin));
    yq_status status = enrol_finish(device, key, pin);
    if (status == YQ_OK)
        drop_stale_attempts(device, key);
    keys_describe(out, key);
    return status;
}

yq_status yq_enrol(yq_device *device, const yq_enrolment *enrolment, yq_key_info *out, yq_problem *problem)
{
    YQ_TRY(context_enter(device, problem));
    return context_leave(device, enrol(device, enrolment, out), problem);
}

static yq_status resume(yq_device *device, const char *name, bytes pin, yq_key_info *out)
{
    context_key *key = roster_find(device, name);
    if (!key)
        return YQ_NOT_FOUND;
    if (key->damaged || key->stored.stage == STORED_OPENING || key->stored.stage == STORED_ENROLLED ||
        stored_key_replaces(&key->stored)) /* yq_rekey goes on with that */
        return YQ_WRONG_STATE;
    if (key->stored.stage == STORED_OPEN)
        YQ_TRY(status_of_own(mpc_pin_check(pin)));
    YQ_TRY(context_check_pin(pin));
    yq_status status = enrol_finish(device, key, pin);
    if (status == YQ_OK)
        drop_stale_attempts(device, key);
    keys_describe(out, key);
    return status;
}

yq_status yq_enrol_resume(yq_device *device, const char *key, const char *pin, size_t pin_n, yq_key_info *out,
                          yq_problem *problem)
{
    YQ_TRY(context_enter(device, problem));
    return context_leave(device, resume(device, key, bytes_of(pin, pin_n), out), problem);
}
