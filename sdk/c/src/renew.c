/* Renewal and re-keying (section "Renewal" of docs/spec/device-api.md): what is signed for them goes through S1 to S3 under the key's PIN. */
#include <stdio.h>
#include <string.h>

#include "asn1/rekey_info.h"
#include "base/ct.h"
#include "base/text.h"
#include "crypto/sm2.h"
#include "enrol.h"
#include "failure_report.h"
#include "issued.h"
#include "keys.h"
#include "person.h"
#include "refresh.h"
#include "roster.h"

enum { CREDENTIAL = 65 };

static yq_status check(yq_device *device, const char *name, const yq_renewal *in, context_key **key)
{
    if (!in)
        return YQ_INVALID_ARGUMENT;
    YQ_TRY(keys_enrolled(key, device, name));
    return context_check_pin(bytes_of(in->pin, in->pin_n));
}

/* ---- opening ---- */

static err read_opened(stored_key *opened, yq_person *person, bool rekey, arena *a, json_value root)
{
    json_value value;
    TRY(json_reader_field(&value, root, "renewal"));
    TRY(json_reader_uuid(opened->renewal.id, value));
    TRY(json_reader_field(&value, root, "enrolment_id"));
    if (rekey)
        TRY(json_reader_uuid(opened->enrolment_id, value));
    return person_read(opened, person, a, root);
}

static yq_status post_renewal(yq_device *device, context_key *key, const uint8_t *credential, wire_answer *answer)
{
    uint8_t body[WIRE_BODY];
    char id[UUID_TEXT], path[WIRE_PATH];
    json_writer w;
    uuid_encode(id, key->stored.key_id);
    (void)snprintf(path, sizeof path, "/v1/device/keys/%s/renewals", id);
    wire_begin(&w, body, sizeof body);
    json_writer_text(&w, "kind", credential ? "rekey" : "renew");
    if (credential)
        json_writer_hex(&w, "credential", credential, CREDENTIAL);
    YQ_TRY(wire_end(&w));
    const wire_call call = {"POST", path, w.out.p, w.out.n, WIRE_SMALL};
    return wire_request(device, key, &call, answer);
}

/* Asked where there is something to be said. */
static yq_status confirm(const yq_renewal *in, const stored_key *before, const stored_key *opened,
                         const yq_person *person)
{
    bool same = bytes_equal(bytes_of(opened->subject, opened->subject_n), bytes_of(before->subject, before->subject_n));
    if (!in->confirm || (same && person->supersedes_n == 0))
        return YQ_OK;
    return in->confirm(in->confirm_context, person) ? YQ_OK : YQ_DECLINED;
}

/* The server's open renewal of the key, to which the person has agreed: its id, and whom the new certificate is for, into `opened`. credential
 * NULL: renew; else re-key, and its enrolment too. */
static yq_status open_renewal(yq_device *device, context_key *key, const yq_renewal *in, const uint8_t *credential,
                              stored_key *opened)
{
    wire_answer answer = {0};
    json_value root;
    yq_person person;
    arena *a = arena_create(PERSON_ARENA);
    yq_status status = a ? post_renewal(device, key, credential, &answer) : YQ_OUT_OF_MEMORY;
    if (status == YQ_OK)
        status = wire_open(&root, &answer);
    if (status == YQ_OK)
        status = status_of_answer(read_opened(opened, &person, credential != NULL, a, root));
    if (status == YQ_OK)
        status = confirm(in, &key->stored, opened, &person);
    wire_answer_free(&answer);
    arena_destroy(a);
    return status;
}

/* ---- renew ---- */

/* Forgets the signature: what the server will not complete any more is made again. */
static yq_status forget(yq_device *device, context_key *key)
{
    stored_key changed = key->stored;
    memset(&changed.renewal, 0, sizeof changed.renewal);
    yq_status status = roster_save(device, key, &changed);
    wipe(&changed, sizeof changed);
    return status;
}

/* The signature is stored, with what it is for, before it is sent. */
static yq_status sign_request(yq_device *device, context_key *key, const yq_renewal *in)
{
    cosign_item item = {0};
    stored_key opened = key->stored, changed = key->stored;
    stored_renewal *renewal = &changed.renewal;
    yq_status status = open_renewal(device, key, in, NULL, &opened);
    memcpy(item.task, opened.renewal.id, sizeof item.task);
    if (status == YQ_OK)
        status =
            status_of_own(person_request_digest(item.e, opened.blob.P, bytes_of(opened.subject, opened.subject_n)));
    if (status == YQ_OK)
        status = refresh_sign(device, key, &item, 1, &(unmasking){.pin = bytes_of(in->pin, in->pin_n)}, renewal->sid);
    if (status == YQ_OK) {
        uint8_t sid[16];
        memcpy(sid, renewal->sid, sizeof sid);
        changed = key->stored; /* the shares may have been refreshed before */
        renewal->pending = true;
        memcpy(renewal->id, item.task, sizeof renewal->id);
        memcpy(renewal->sid, sid, sizeof renewal->sid);
        memcpy(renewal->rs, item.rs, sizeof renewal->rs);
        memcpy(renewal->name, opened.name, sizeof renewal->name);
        memcpy(renewal->organisation, opened.organisation, sizeof renewal->organisation);
        memcpy(renewal->subject, opened.subject, sizeof renewal->subject);
        renewal->subject_n = opened.subject_n;
        status = roster_save(device, key, &changed);
        if (status != YQ_OK) /* given up: the key is free at once */
            failure_report_send(device, key, sid, NULL, "transport_failed");
    }
    wipe(&opened, sizeof opened);
    wipe(&changed, sizeof changed);
    return status;
}

static yq_status take_certificate(yq_device *device, context_key *key, const wire_answer *answer)
{
    stored_key changed = key->stored;
    const stored_renewal *renewal = &key->stored.renewal;
    memcpy(changed.name, renewal->name, sizeof changed.name);
    memcpy(changed.organisation, renewal->organisation, sizeof changed.organisation);
    memcpy(changed.subject, renewal->subject, sizeof changed.subject);
    changed.subject_n = renewal->subject_n;
    yq_status status = issued_take(device, key, answer, renewal->sid, &changed);
    if (status == YQ_OK) {
        memset(&changed.renewal, 0, sizeof changed.renewal);
        status = roster_save(device, key, &changed);
    }
    wipe(&changed, sizeof changed);
    return status;
}

/* *again: the server will not take this signature any more, and it is forgotten. */
static yq_status deliver_request(yq_device *device, context_key *key, bool *again)
{
    wire_answer answer = {0};
    cosign_item item = {0};
    memcpy(item.task, key->stored.renewal.id, sizeof item.task);
    memcpy(item.rs, key->stored.renewal.rs, sizeof item.rs);
    yq_status status = cosign_deliver(device, key, key->stored.renewal.sid, &item, 1, &answer);
    *again = status == YQ_REFUSED &&
             (wire_refused_with(device, "task_not_claimed") || wire_refused_with(device, "signature_invalid") ||
              wire_refused_with(device, "digest_mismatch"));
    if (status == YQ_OK)
        status = take_certificate(device, key, &answer);
    wire_answer_free(&answer);
    return *again && forget(device, key) != YQ_OK ? YQ_STORAGE_FAILED : status;
}

static yq_status renew(yq_device *device, const char *name, const yq_renewal *in, yq_key_info *out)
{
    context_key *key;
    bool again = true;
    yq_status status = YQ_OK;
    YQ_TRY(check(device, name, in, &key));
    if (key->stored.renewal.pending)
        status = deliver_request(device, key, &again);
    if (again && status != YQ_STORAGE_FAILED) {
        context_clear_problem(&device->problem);
        YQ_TRY(sign_request(device, key, in));
        status = deliver_request(device, key, &again);
    }
    keys_describe(out, key);
    return status;
}

yq_status yq_renew(yq_device *device, const char *key, const yq_renewal *renewal, yq_key_info *out, yq_problem *problem)
{
    YQ_TRY(context_enter(device, problem));
    return context_leave(device, renew(device, key, renewal, out), problem);
}

/* ---- re-key ---- */

/* The record of the key that is being made in this one's place; NULL for none. */
static context_key *successor_of(yq_device *device, const context_key *key)
{
    for (size_t i = 0; i < device->keys_n; i++)
        if (!device->keys[i]->damaged && memcmp(device->keys[i]->stored.replaces, key->stored.id, 16) == 0)
            return device->keys[i];
    return NULL;
}

/* Of the CA: what it was at the enrolment, it stays (issued_take). */
static void hold_ca(stored_key *made, const stored_key *old)
{
    for (size_t i = 1; i < STORED_CERTIFICATES; i++) {
        memcpy(made->certificate[i], old->certificate[i], old->certificate_n[i]);
        made->certificate_n[i] = old->certificate_n[i];
    }
}

/* A record before anything is sent: the next attempt finds the same credential again. */
static yq_status begin_successor(yq_device *device, const context_key *key, context_key **out)
{
    context_key *made;
    YQ_TRY(roster_add(device, &made));
    stored_key changed = made->stored;
    memcpy(changed.replaces, key->stored.id, sizeof changed.replaces);
    memcpy(changed.server, key->stored.server, sizeof changed.server);
    memcpy(changed.staff_no, key->stored.staff_no, sizeof changed.staff_no);
    memcpy(changed.device_name, key->stored.device_name, sizeof changed.device_name);
    hold_ca(&changed, &key->stored);
    yq_status status = roster_save(device, made, &changed);
    if (status == YQ_OK)
        *out = made;
    else
        roster_discard(device, made);
    return status;
}

static yq_status open_successor(yq_device *device, context_key *key, context_key *made, const yq_renewal *in)
{
    uint8_t credential[CREDENTIAL];
    stored_key opened = made->stored;
    YQ_TRY(enrol_credential(device, &made->stored, credential));
    yq_status status = open_renewal(device, key, in, credential, &opened);
    opened.stage = STORED_OPEN;
    if (status == YQ_OK)
        status = roster_save(device, made, &opened);
    wipe(&opened, sizeof opened);
    return status;
}

/* The old key signs for the new one; again where nothing is known of it, which changes nothing. */
static yq_status give_leave(yq_device *device, context_key *key, const context_key *made, bytes pin)
{
    uint8_t info[REKEY_INFO_SIZE], sid[16];
    buffer b = buffer_over(info, sizeof info);
    cosign_item item = {0};
    wire_answer answer = {0};
    YQ_TRY(status_of_own(rekey_info_build(&b, made->stored.renewal.id, key->stored.key_id, made->stored.blob.P)));
    memcpy(item.task, made->stored.renewal.id, sizeof item.task);
    sm2_digest(item.e, key->stored.blob.P, bytes_of(info, b.n));
    YQ_TRY(refresh_sign(device, key, &item, 1, &(unmasking){.pin = pin}, sid));
    yq_status status = cosign_deliver(device, key, sid, &item, 1, &answer);
    if (status == YQ_TRANSPORT_FAILED)
        failure_report_keep(device, key, sid, NULL, "transport_failed"); /* so that it can sign for it again at once */
    wire_answer_free(&answer);
    return status;
}

/* The share may have been made under a PIN that then turned out wrong, and has no certificate: a new one under this PIN. */
static yq_status make_successor(yq_device *device, context_key *key, context_key *made, bytes pin)
{
    YQ_TRY(enrol_make_key(device, made, pin));
    return give_leave(device, key, made, pin);
}

/* Whether the old key is the good one still, by the server's word. */
static bool old_is_good(yq_device *device, context_key *key)
{
    yq_problem problem = device->problem;
    yq_status status = keys_sync(device, key);
    device->problem = problem;
    return status == YQ_OK && strcmp(key->stored.state, "active") == 0 &&
           strcmp(key->stored.certificate_state, "active") == 0;
}

/* The server has given the renewal up: the next attempt begins anew. Once the new key's certificate was asked for it may exist: not while the
 * old key is good. */
static bool given_up(yq_device *device, context_key *key, const context_key *made, yq_status status)
{
    static const char *const codes[] = {"enrolment_closed", "unauthenticated", "task_not_found", "task_not_claimed",
                                        "digest_mismatch"};
    bool lapsed = false;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        lapsed |= wire_refused_with(device, codes[i]);
    return status == YQ_REFUSED && lapsed && (made->stored.stage < STORED_SIGNED || old_is_good(device, key));
}

static yq_status finish_successor(yq_device *device, context_key *key, context_key *made, const yq_renewal *in)
{
    const bytes pin = bytes_of(in->pin, in->pin_n);
    if (made->stored.stage == STORED_OPENING)
        YQ_TRY(open_successor(device, key, made, in));
    if (made->stored.stage < STORED_SIGNED)
        YQ_TRY(make_successor(device, key, made, pin));
    return made->stored.stage < STORED_ENROLLED ? enrol_finish(device, made, pin) : YQ_OK;
}

static yq_status rekey(yq_device *device, const char *name, const yq_renewal *in, yq_key_info *out)
{
    context_key *key;
    YQ_TRY(check(device, name, in, &key));
    YQ_TRY(status_of_own(mpc_pin_check(bytes_of(in->pin, in->pin_n))));
    context_key *made = successor_of(device, key);
    if (!made)
        YQ_TRY(begin_successor(device, key, &made));
    yq_status status = finish_successor(device, key, made, in);
    keys_describe(out, made);
    if (status == YQ_DECLINED || given_up(device, key, made, status))
        roster_discard(device, made);
    return status == YQ_OK ? roster_remove(device, key) : status;
}

yq_status yq_rekey(yq_device *device, const char *key, const yq_renewal *renewal, yq_key_info *out, yq_problem *problem)
{
    YQ_TRY(context_enter(device, problem));
    return context_leave(device, rekey(device, key, renewal, out), problem);
}
