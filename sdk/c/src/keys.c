#include "keys.h"

#include <stdio.h>
#include <string.h>

#include "base/ct.h"
#include "base/text.h"
#include "fingerprint.h"
#include "own_certificate.h"
#include "wire.h"
#include "roster.h"

enum { KEYS_MAX = 64, TRIES_MAX = 1000, ANSWER_MAX = 1 << 20 };

static yq_key_stage stage_of(const context_key *key)
{
    if (key->damaged)
        return YQ_KEY_DAMAGED;
    switch (key->stored.stage) {
    case STORED_OPENING:
        return YQ_KEY_OPENING;
    case STORED_ENROLLED:
        return YQ_KEY_ENROLLED;
    default:
        return YQ_KEY_UNFINISHED;
    }
}

static void copy_text(char *out, size_t cap, const char *text)
{
    (void)snprintf(out, cap, "%s", text);
}

void keys_describe(yq_key_info *out, const context_key *key)
{
    const stored_key *k = &key->stored;
    if (!out)
        return;
    memset(out, 0, sizeof *out);
    uuid_encode(out->key, k->id);
    out->stage = stage_of(key);
    out->tries_left = -1;
    if (key->damaged)
        return;
    if (k->stage >= STORED_KEYED)
        uuid_encode(out->key_id, k->key_id);
    out->tries_left = k->tries_left;
    out->renewal_due = k->renewal_due;
    if (stored_key_replaces(k))
        uuid_encode(out->replaces, k->replaces);
    out->pin_changing = k->refresh.pending && k->refresh.pin_changing;
    out->fingerprint = k->fingerprint;
    out->fingerprint_allowed = !k->fingerprint_forbidden;
    copy_text(out->server, sizeof out->server, k->server);
    copy_text(out->staff_no, sizeof out->staff_no, k->staff_no);
    copy_text(out->name, sizeof out->name, k->name);
    copy_text(out->organisation, sizeof out->organisation, k->organisation);
    copy_text(out->state, sizeof out->state, k->state);
    copy_text(out->serial, sizeof out->serial, k->serial);
    copy_text(out->certificate_state, sizeof out->certificate_state, k->certificate_state);
    copy_text(out->not_before, sizeof out->not_before, k->not_before);
    copy_text(out->not_after, sizeof out->not_after, k->not_after);
}

yq_status keys_enrolled(context_key **out, yq_device *device, const char *name)
{
    *out = roster_find(device, name);
    if (!*out)
        return YQ_NOT_FOUND;
    return stage_of(*out) == YQ_KEY_ENROLLED ? YQ_OK : YQ_WRONG_STATE;
}

/* ---- listing ---- */

static yq_status list_keys(const yq_device *device, yq_key_info *out, size_t capacity, size_t *n)
{
    *n = device->keys_n;
    if (capacity < device->keys_n)
        return YQ_LIMIT_REACHED;
    for (size_t i = 0; i < device->keys_n; i++)
        keys_describe(&out[i], device->keys[i]);
    return YQ_OK;
}

yq_status yq_list_keys(yq_device *device, yq_key_info *out, size_t capacity, size_t *n)
{
    if (!n || (!out && capacity > 0))
        return YQ_INVALID_ARGUMENT;
    YQ_TRY(context_enter(device, NULL));
    return context_leave(device, list_keys(device, out, capacity, n), NULL);
}

static yq_status copy_certificate(yq_device *device, const char *name, unsigned place, uint8_t *out, size_t capacity,
                                  size_t *n)
{
    context_key *key;
    YQ_TRY(keys_enrolled(&key, device, name));
    if (place >= STORED_CERTIFICATES || key->stored.certificate_n[place] == 0)
        return YQ_INVALID_ARGUMENT;
    *n = key->stored.certificate_n[place];
    if (*n > capacity)
        return YQ_LIMIT_REACHED;
    memcpy(out, key->stored.certificate[place], *n);
    return YQ_OK;
}

yq_status yq_key_certificate(yq_device *device, const char *key, unsigned place, uint8_t *out, size_t capacity,
                             size_t *n)
{
    if (!n || (!out && capacity > 0))
        return YQ_INVALID_ARGUMENT;
    YQ_TRY(context_enter(device, NULL));
    return context_leave(device, copy_certificate(device, key, place, out, capacity, n), NULL);
}

/* ---- asking the server ---- */

static err read_certificate(stored_key *changed, arena *a, json_value object)
{
    json_value value;
    bytes der;
    TRY(json_reader_field(&value, object, "state"));
    TRY(json_reader_copy(changed->certificate_state, sizeof changed->certificate_state, value));
    TRY(json_reader_field(&value, object, "not_before"));
    TRY(json_reader_copy(changed->not_before, sizeof changed->not_before, value));
    TRY(json_reader_field(&value, object, "not_after"));
    TRY(json_reader_copy(changed->not_after, sizeof changed->not_after, value));
    TRY(json_reader_field(&value, object, "certificate"));
    TRY(json_reader_base64(a, &der, value, STORED_CERTIFICATE_MAX));
    TRY(own_certificate_check(changed->serial, der, changed->blob.P, bytes_of(changed->subject, changed->subject_n)));
    memcpy(changed->certificate[0], der.p, der.n);
    changed->certificate_n[0] = der.n;
    return ERR_OK;
}

static err read_key(stored_key *changed, arena *a, json_value object)
{
    json_value value;
    int64_t tries_left;
    TRY(json_reader_field(&value, object, "state"));
    TRY(json_reader_copy(changed->state, sizeof changed->state, value));
    TRY(json_reader_field(&value, object, "tries_left"));
    TRY(json_reader_int(&tries_left, value, 0, TRIES_MAX));
    changed->tries_left = (int)tries_left;
    TRY(json_reader_field(&value, object, "renewal_due"));
    TRY(json_reader_bool(&changed->renewal_due, value));
    TRY(json_reader_field(&value, object, "certificate"));
    /* While a renewal is under way its answer brings the certificate, perhaps for another name. */
    return json_reader_is_null(value) || changed->renewal.pending ? ERR_OK : read_certificate(changed, a, value);
}

/* The hospital's policy. Allowed where the server does not say. */
static err read_policy(stored_key *changed, arena *a, json_value root)
{
    const char *fingerprint;
    TRY(json_reader_text_or_empty(a, &fingerprint, root, "fingerprint"));
    changed->fingerprint_forbidden = strcmp(fingerprint, "forbidden") == 0;
    return ERR_OK;
}

/* A key that is not in the list is gone at the server. */
static err read_keys(stored_key *changed, arena *a, json_value root)
{
    json_value array, element, value;
    size_t count, position = 0;
    TRY(read_policy(changed, a, root));
    TRY(json_reader_field(&array, root, "keys"));
    TRY(json_reader_count(&count, array, KEYS_MAX));
    while (json_reader_next(&element, array, &position)) {
        uint8_t key_id[16];
        TRY(json_reader_field(&value, element, "key_id"));
        TRY(json_reader_uuid(key_id, value));
        if (memcmp(key_id, changed->key_id, sizeof key_id) == 0)
            return read_key(changed, a, element);
    }
    copy_text(changed->state, sizeof changed->state, "destroyed");
    return ERR_OK;
}

static yq_status fetch_state(yq_device *device, context_key *key, stored_key *changed)
{
    const wire_call call = {"GET", "/v1/device/keys", NULL, 0, ANSWER_MAX};
    wire_answer answer = {0};
    json_value root;
    arena *a = arena_create(2 * ANSWER_MAX);
    yq_status status = a ? wire_request(device, key, &call, &answer) : YQ_OUT_OF_MEMORY;
    if (status == YQ_OK)
        status = wire_open(&root, &answer);
    if (status == YQ_OK)
        status = status_of_answer(read_keys(changed, a, root));
    wire_answer_free(&answer);
    arena_destroy(a);
    return status;
}

yq_status keys_sync(yq_device *device, context_key *key)
{
    stored_key changed = key->stored;
    yq_status status = fetch_state(device, key, &changed);
    /* It opens no session for the credential of a key that is destroyed: lost, revoked or removed. */
    const bool ended = status == YQ_REFUSED && wire_refused_with(device, "unauthenticated");
    if (ended)
        copy_text(changed.state, sizeof changed.state, "destroyed");
    if (status == YQ_OK || ended) {
        const yq_status saved = roster_save(device, key, &changed);
        status = saved == YQ_OK ? status : saved;
    }
    if (status == YQ_OK && key->stored.fingerprint && key->stored.fingerprint_forbidden)
        status = fingerprint_forbid(device, key);
    wipe(&changed, sizeof changed);
    return status;
}

static yq_status sync_named(yq_device *device, const char *name, yq_key_info *out)
{
    context_key *key;
    YQ_TRY(keys_enrolled(&key, device, name));
    YQ_TRY(keys_sync(device, key));
    keys_describe(out, key);
    return YQ_OK;
}

yq_status yq_sync_key(yq_device *device, const char *key, yq_key_info *out, yq_problem *problem)
{
    YQ_TRY(context_enter(device, problem));
    return context_leave(device, sync_named(device, key, out), problem);
}

static yq_status sync_all(yq_device *device)
{
    yq_status first = YQ_OK;
    yq_problem problem = device->problem;
    for (size_t i = 0; i < device->keys_n; i++) {
        if (stage_of(device->keys[i]) != YQ_KEY_ENROLLED)
            continue;
        yq_status status = keys_sync(device, device->keys[i]);
        if (status != YQ_OK && first == YQ_OK) {
            first = status;
            problem = device->problem;
        }
    }
    device->problem = problem;
    return first;
}

yq_status yq_sync_keys(yq_device *device, yq_problem *problem)
{
    YQ_TRY(context_enter(device, problem));
    return context_leave(device, sync_all(device), problem);
}

/* ---- removing ---- */

static yq_status mark_removing(yq_device *device, context_key *key)
{
    stored_key changed = key->stored;
    changed.removing = true;
    yq_status status = roster_save(device, key, &changed);
    wipe(&changed, sizeof changed);
    return status;
}

/* The answer to an earlier attempt was lost: the key is gone there, and with it the enrolment that could open a session. */
static bool destroyed_before(const yq_device *device, bool asked_before)
{
    return wire_refused_with(device, "key_not_found") || (asked_before && wire_refused_with(device, "unauthenticated"));
}

static yq_status destroy_at_server(yq_device *device, context_key *key)
{
    char id[UUID_TEXT], path[WIRE_PATH];
    wire_answer answer = {0};
    bool asked_before = key->stored.removing;
    uuid_encode(id, key->stored.key_id);
    (void)snprintf(path, sizeof path, "/v1/device/keys/%s", id);
    const wire_call call = {"DELETE", path, NULL, 0, WIRE_SMALL};
    if (!asked_before)
        YQ_TRY(mark_removing(device, key));
    yq_status status = wire_request(device, key, &call, &answer);
    wire_answer_free(&answer);
    return status == YQ_REFUSED && destroyed_before(device, asked_before) ? YQ_OK : status;
}

static yq_status remove_key(yq_device *device, const char *name, bool local_only)
{
    context_key *key = roster_find(device, name);
    if (!key)
        return YQ_NOT_FOUND;
    if (!local_only && !key->damaged && key->stored.stage >= STORED_KEYED)
        YQ_TRY(destroy_at_server(device, key));
    return roster_remove(device, key);
}

yq_status yq_remove_key(yq_device *device, const char *key, bool local_only, yq_problem *problem)
{
    YQ_TRY(context_enter(device, problem));
    return context_leave(device, remove_key(device, key, local_only), problem);
}
