/* The phone's side of authorised signing (docs/spec/two-party-sm2.md 10): what the code says is checked here, the person sees who asks and
 * for what, and a share for the workstation goes out sealed to the key in the code. */
#include <stdio.h>
#include <string.h>

#include "attributes.h"
#include "authorisation_scope.h"
#include "base/ct.h"
#include "base/text.h"
#include "chain.h"
#include "keys.h"
#include "refresh.h"
#include "sign.h"
#include "wire.h"
#include "workstation_code.h"

/* OFFER_SECONDS: how long a code lives. */
enum {
    OFFER_SECONDS = 60,
    LIST_MAX = 100,
    LIST_ITEM = 2 * MPC_SCOPE_MAX,
    ARENA_MAX = 4 << 20,
    BODY_MAX = 8192 + 2 * MPC_SCOPE_MAX
};

/* An offer that was read and checked. */
typedef struct offer {
    arena *memory;
    workstation_code code;
    char workstation[UUID_TEXT], authorisation[UUID_TEXT], name[STORED_TEXT], place[STORED_TEXT];
    bytes scope; /* what is asked for (n 0: nothing); then what is allowed */
} offer;

/* ---- the code ---- */

static yq_status read_code(const yq_device *device, offer *o, const char *text)
{
    int64_t now;
    err e = workstation_code_read(&o->code, text);
    if (e != ERR_OK)
        return e == ERR_MEMORY ? YQ_OUT_OF_MEMORY : YQ_CODE_INVALID;
    YQ_TRY(attributes_now(device, &now));
    uuid_encode(o->workstation, o->code.workstation);
    uuid_encode(o->authorisation, o->code.auth_id);
    /* The minute itself is the server's to keep. */
    bool over = now > o->code.expires + CHAIN_CLOCK_SECONDS,
         early = o->code.expires > now + OFFER_SECONDS + CHAIN_CLOCK_SECONDS;
    return over || early ? YQ_CODE_EXPIRED : YQ_OK;
}

/* ---- the workstation ---- */

static err read_offer(offer *o, json_value root, bytes *certificate)
{
    json_value workstation, value;
    uint8_t id[16];
    TRY(json_reader_field(&workstation, root, "workstation"));
    TRY(json_reader_field(&value, workstation, "workstation"));
    TRY(json_reader_uuid(id, value));
    TRY(json_reader_field(&value, workstation, "certificate"));
    TRY(json_reader_base64(o->memory, certificate, value, STORED_CERTIFICATE_MAX));
    if (memcmp(id, o->code.workstation, sizeof id) != 0)
        return ERR_ANSWER;
    TRY(json_reader_field(&value, root, "scope"));
    return json_reader_is_null(value) ? ERR_OK : json_reader_base64(o->memory, &o->scope, value, MPC_SCOPE_MAX);
}

/* The certificate under the CA of the enrolment, the code under the certificate. */
static yq_status check_workstation(const yq_device *device, const context_key *key, offer *o, bytes certificate)
{
    const chain_trust trust = chain_of_key(&key->stored);
    int64_t now;
    cert c;
    YQ_TRY(attributes_now(device, &now));
    if (chain_check(&c, certificate, &trust, CHAIN_WORKSTATION, now) != ERR_OK ||
        chain_name(o->name, sizeof o->name, c.subject, OID_COMMON_NAME) != ERR_OK ||
        chain_name(o->place, sizeof o->place, c.subject, OID_ORGANIZATIONAL_UNIT) != ERR_OK)
        return YQ_ANSWER_REJECTED;
    return workstation_code_check(&o->code, c.public_key) == ERR_OK ? YQ_OK : YQ_CODE_INVALID;
}

static yq_status fetch_offer(yq_device *device, context_key *key, offer *o)
{
    char path[WIRE_PATH];
    json_value root;
    bytes certificate;
    wire_answer answer = {0};
    (void)snprintf(path, sizeof path, "/v1/device/authorisations/%s/offer", o->authorisation);
    const wire_call call = {"GET", path, NULL, 0, WIRE_SMALL + 2 * MPC_SCOPE_MAX};
    yq_status status = wire_request(device, key, &call, &answer);
    if (status == YQ_OK)
        status = wire_open(&root, &answer);
    if (status == YQ_OK)
        status = status_of_answer(read_offer(o, root, &certificate));
    if (status == YQ_OK)
        status = check_workstation(device, key, o, certificate);
    wire_answer_free(&answer);
    return status;
}

/* ---- what for ---- */

/* The person sees who asks and for what, and says what is allowed; the bytes of that are what the proof covers. */
static yq_status confirm(offer *o, const yq_approval *in, yq_consent *consent)
{
    yq_scope asked = {0};
    const bool asks = o->scope.n > 0;
    if (asks)
        YQ_TRY(status_of_answer(authorisation_scope_read(o->memory, &asked, o->scope)));
    const yq_workstation_offer shown = {o->workstation, o->name, o->place, asks ? &asked : NULL, o->authorisation};
    consent->allowed = asked;
    if (!in->confirm(in->confirm_context, &shown, consent))
        return YQ_DECLINED;
    return status_of_own(authorisation_scope_build(o->memory, &o->scope, &consent->allowed));
}

/* ---- the approval ---- */

static yq_status write_approval(json_writer *w, arena *a, const mpc_authorise_request *r, const unmasking *by)
{
    json_writer_hex(w, "sid", r->sid, MPC_ID);
    if (by->by_fingerprint)
        json_writer_text(w, "method", "fingerprint");
    json_writer_uuid(w, "auth_id", r->auth_id);
    json_writer_hex(w, "t", r->t, sizeof r->t);
    authorisation_scope_write(a, w, r->scope);
    json_writer_hex(w, "pkW", r->pkW, sizeof r->pkW);
    json_writer_hex(w, "sealed", r->sealed.p, r->sealed.n);
    json_writer_hex(w, "c", r->proof.c, MPC_CHALLENGE);
    json_writer_hex(w, "z", r->proof.z, 32);
    return wire_end(w);
}

static err read_approved(json_value root, const offer *o)
{
    json_value value;
    uint8_t id[16];
    TRY(json_reader_field(&value, root, "authorisation"));
    TRY(json_reader_uuid(id, value));
    return memcmp(id, o->code.auth_id, sizeof id) == 0 ? ERR_OK : ERR_ANSWER;
}

static yq_status send_approval(yq_device *device, context_key *key, const offer *o, const mpc_authorise_request *r,
                               const unmasking *by)
{
    char path[WIRE_PATH];
    json_writer w;
    json_value root;
    wire_answer answer = {0};
    uint8_t *body = arena_alloc(o->memory, BODY_MAX);
    if (!body)
        return YQ_OUT_OF_MEMORY;
    wire_key_path(path, key, "authorisations");
    wire_begin(&w, body, BODY_MAX);
    yq_status status = write_approval(&w, o->memory, r, by);
    const wire_call call = {"POST", path, w.out.p, w.out.n, WIRE_SMALL + 2 * MPC_SCOPE_MAX};
    if (status == YQ_OK)
        status = wire_request(device, key, &call, &answer);
    if (status == YQ_OK)
        status = wire_open(&root, &answer);
    if (status == YQ_OK)
        status = status_of_answer(read_approved(root, o));
    wipe(body, BODY_MAX);
    wire_answer_free(&answer);
    return status;
}

/* t, d1' = d1 * t sealed for the workstation, and the proof of d1. */
static yq_status approve(yq_device *device, context_key *key, const unmasking *by, void *context)
{
    const offer *o = context;
    scalar d1 = {{0}};
    uint8_t sealed[MPC_SEALED];
    mpc_authorise_request r = {.scope = o->scope};
    memcpy(r.key_id, key->stored.key_id, MPC_ID);
    memcpy(r.auth_id, o->code.auth_id, MPC_ID);
    memcpy(r.pkW, o->code.pkW, POINT_SIZE);
    yq_status status = refresh_sid(device, key, r.sid);
    if (status == YQ_OK)
        status = unmasking_share(&d1, &key->stored.blob, by);
    if (status == YQ_OK)
        status = status_of_own(mpc_device_authorise(&r, sealed, &d1, key->stored.blob.P, &device->rng));
    scalar_wipe(&d1);
    if (status == YQ_OK)
        status = send_approval(device, key, o, &r, by);
    wipe(&r, sizeof r);
    wipe(sealed, sizeof sealed);
    return status;
}

/* The PIN, or by the fingerprint and no PIN. */
static yq_status approve_by(yq_device *device, context_key *key, const yq_consent *consent, offer *o)
{
    unmasking by = {.by_fingerprint = consent->by_fingerprint, .purpose = "授权 / Authorise", .detail = o->name};
    if (consent->pin_n > sizeof consent->pin)
        return YQ_WEAK_PIN;
    if (consent->by_fingerprint && consent->pin_n > 0)
        return YQ_INVALID_ARGUMENT;
    by.pin = bytes_of(consent->pin, consent->pin_n);
    YQ_TRY(sign_check_person(device, key, &by));
    yq_status status = refresh_before(device, key, &by, approve, o);
    unmasking_wipe(&by);
    return status;
}

static yq_status authorise_with(yq_device *device, const char *name, const yq_approval *in, offer *o)
{
    context_key *key;
    yq_consent consent = {.pin_n = 0};
    YQ_TRY(keys_enrolled(&key, device, name));
    YQ_TRY(read_code(device, o, in->code));
    YQ_TRY(fetch_offer(device, key, o));
    yq_status status = confirm(o, in, &consent);
    if (status == YQ_OK)
        status = approve_by(device, key, &consent, o);
    wipe(&consent, sizeof consent);
    return status;
}

static yq_status authorise(yq_device *device, const char *name, const yq_approval *in, char authorisation[37])
{
    offer o = {.memory = arena_create(ARENA_MAX)};
    yq_status status = o.memory ? authorise_with(device, name, in, &o) : YQ_OUT_OF_MEMORY;
    if (status == YQ_OK && authorisation)
        memcpy(authorisation, o.authorisation, UUID_TEXT);
    arena_destroy(o.memory);
    return status;
}

yq_status yq_authorise(yq_device *device, const char *key, const yq_approval *approval, char authorisation[37],
                       yq_problem *problem)
{
    context_clear_problem(problem);
    if (!approval || !approval->code || !approval->confirm)
        return YQ_INVALID_ARGUMENT;
    YQ_TRY(context_enter(device, problem));
    return context_leave(device, authorise(device, key, approval, authorisation), problem);
}

/* ---- listing ---- */

/* null: "". */
static err read_text(arena *a, const char **out, json_value object, const char *name)
{
    json_value value;
    *out = "";
    TRY(json_reader_field(&value, object, name));
    return json_reader_is_null(value) ? ERR_OK : json_reader_text(a, out, value);
}

static err read_names(arena *a, const char **out, size_t *n, json_value scope, const char *name)
{
    json_value array, element;
    size_t position = 0;
    TRY(json_reader_field(&array, scope, name));
    TRY(json_reader_count(n, array, YQ_SCOPE_NAMES));
    for (size_t i = 0; json_reader_next(&element, array, &position); i++)
        TRY(json_reader_text(a, &out[i], element));
    return ERR_OK;
}

/* scope.until is in the list as the text of expires_at; the number is not. */
static err read_item(arena *a, yq_authorisation_info *item, json_value object)
{
    json_value value, part;
    uint8_t id[16];
    int64_t number;
    TRY(json_reader_field(&value, object, "authorisation"));
    TRY(json_reader_uuid(id, value));
    uuid_encode(item->authorisation, id);
    TRY(json_reader_field(&value, object, "state"));
    TRY(json_reader_copy(item->state, sizeof item->state, value));
    TRY(json_reader_field(&part, object, "workstation"));
    TRY(read_text(a, &item->workstation_name, part, "name"));
    TRY(read_text(a, &item->workstation_place, part, "place"));
    TRY(json_reader_field(&value, object, "count_left"));
    TRY(json_reader_int(&number, value, 0, YQ_SCOPE_COUNT));
    item->count_left = (int)number;
    TRY(json_reader_field(&part, object, "scope"));
    if (!json_reader_is_null(part)) {
        TRY(read_names(a, item->scope.systems, &item->scope.systems_n, part, "systems"));
        TRY(read_names(a, item->scope.record_types, &item->scope.record_types_n, part, "record_types"));
        TRY(json_reader_field(&value, part, "count"));
        TRY(json_reader_int(&number, value, 0, YQ_SCOPE_COUNT));
        item->scope.count = (int)number;
    }
    TRY(read_text(a, &item->approved_at, object, "approved_at"));
    TRY(read_text(a, &item->expires_at, object, "expires_at"));
    TRY(read_text(a, &item->closed_at, object, "closed_at"));
    return read_text(a, &item->closed_by, object, "closed_by");
}

static err read_list(yq_authorisations *out, arena *a, json_value root)
{
    json_value array, element;
    size_t position = 0;
    TRY(json_reader_field(&array, root, "authorisations"));
    TRY(json_reader_count(&out->n, array, LIST_MAX));
    yq_authorisation_info *items = arena_alloc(a, out->n * sizeof *items);
    if (!items)
        return ERR_MEMORY;
    for (size_t i = 0; json_reader_next(&element, array, &position); i++)
        TRY(read_item(a, &items[i], element));
    out->items = items;
    return ERR_OK;
}

static yq_status list(yq_device *device, const char *name, yq_authorisations *out)
{
    const wire_call call = {"GET", "/v1/device/authorisations", NULL, 0, WIRE_SMALL + LIST_MAX * LIST_ITEM};
    wire_answer answer = {0};
    json_value root;
    context_key *key;
    yq_authorisations read = {0};
    YQ_TRY(keys_enrolled(&key, device, name));
    yq_status status = wire_request(device, key, &call, &answer);
    arena *a =
        status == YQ_OK ? arena_create(3 * answer.n + LIST_MAX * sizeof(yq_authorisation_info) + WIRE_SMALL) : NULL;
    if (status == YQ_OK)
        status = a ? wire_open(&root, &answer) : YQ_OUT_OF_MEMORY;
    if (status == YQ_OK)
        status = status_of_answer(read_list(&read, a, root));
    wire_answer_free(&answer);
    if (status != YQ_OK) {
        arena_destroy(a);
        return status;
    }
    read.memory = a;
    *out = read;
    return YQ_OK;
}

yq_status yq_list_authorisations(yq_device *device, const char *key, yq_authorisations *out, yq_problem *problem)
{
    context_clear_problem(problem);
    if (!out)
        return YQ_INVALID_ARGUMENT;
    memset(out, 0, sizeof *out);
    YQ_TRY(context_enter(device, problem));
    return context_leave(device, list(device, key, out), problem);
}

void yq_authorisations_free(yq_authorisations *authorisations)
{
    if (!authorisations)
        return;
    arena_destroy(authorisations->memory);
    memset(authorisations, 0, sizeof *authorisations);
}

/* ---- closing ---- */

static yq_status close_one(yq_device *device, const char *name, const char *authorisation)
{
    char path[WIRE_PATH], text[UUID_TEXT];
    uint8_t id[16];
    wire_answer answer = {0};
    context_key *key;
    YQ_TRY(keys_enrolled(&key, device, name));
    if (uuid_decode(id, authorisation, strlen(authorisation)) != ERR_OK)
        return YQ_INVALID_ARGUMENT;
    uuid_encode(text, id);
    (void)snprintf(path, sizeof path, "/v1/device/authorisations/%s/close", text);
    const wire_call call = {"POST", path, NULL, 0, WIRE_SMALL};
    yq_status status = wire_request(device, key, &call, &answer);
    wire_answer_free(&answer);
    return status;
}

yq_status yq_close_authorisation(yq_device *device, const char *key, const char *authorisation, yq_problem *problem)
{
    context_clear_problem(problem);
    if (!authorisation)
        return YQ_INVALID_ARGUMENT;
    YQ_TRY(context_enter(device, problem));
    return context_leave(device, close_one(device, key, authorisation), problem);
}
