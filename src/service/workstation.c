#include "service/workstation.h"

#include <stdio.h>
#include <string.h>

#include "asn1/name.h"
#include "base/ct.h"
#include "base/text.h"
#include "crypto/sm2.h"
#include "crypto/sm3.h"
#include "os/entropy.h"
#include "service/authorisation.h"
#include "service/certificate.h"
#include "service/code.h"
#include "service/column.h"
#include "service/internal.h"
#include "service/rate.h"

#define WORKSTATION_COLUMNS "id, name, place, state, certificate, public_key, created_at, expires_at"

static err read_workstation(const store_value *v, workstation *out)
{
    memset(out, 0, sizeof *out);
    TRY(store_column_id(out->id, &v[0]));
    out->name = column_text(&v[1]);
    out->place = column_text(&v[2]);
    out->state = column_text(&v[3]);
    out->certificate = column_bytes(&v[4]);
    if (v[5].type != STORE_NULL)
        TRY(store_column_blob(out->public_key, sizeof out->public_key, &v[5]));
    out->created_ms = v[6].i;
    out->expires_ms = v[7].i;
    return ERR_OK;
}

static err check_text(call *c, const char *field, const char *text, size_t max)
{
    size_t n = utf8_length(text, strlen(text));
    return n >= 1 && n <= max ? ERR_OK : fault_field(&c->fault, ERR_FIELD_LENGTH, "%s", field);
}

/* A code for this workstation, as it is shown, and its hash. */
static err new_code(call *c, const uint8_t id[16], char code[ENROLMENT_CODE_SHOWN], uint8_t hash[32])
{
    char plain[ENROLMENT_CODE_TEXT];
    TRY(code_random(plain, ENROLMENT_CODE_LENGTH, &c->service->options.rng));
    enrolment_code_hash(c->service, id, plain, hash);
    (void)snprintf(code, ENROLMENT_CODE_SHOWN, "%.4s-%.4s-%.4s", plain, plain + 4, plain + 8);
    wipe(plain, sizeof plain);
    return ERR_OK;
}

/* The answer, and with it the code, may have been lost: one that was not used is replaced. */
static err answer_repeated(call *c, const workstation_request *r, workstation *out, char code[ENROLMENT_CODE_SHOWN])
{
    uint8_t id[16], hash[32];
    bool found;
    TRY(idempotency_find(c, &r->once, id, &found));
    if (!found)
        return ERR_OK;
    TRY(workstation_get(c, id, out));
    c->subject = call_subject(c, "workstation", id);
    c->detail = "repeated";
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit)
        return ERR_MEMORY;
    if (strcmp(out->state, "offered") == 0) {
        TRY(new_code(c, id, code, hash));
        out->expires_ms = c->now_ms + WORKSTATION_CODE_SECONDS * INT64_C(1000);
        store_unit_add(unit, 1, ERR_CONFLICT,
                       "UPDATE workstation SET code_hash = $2, expires_at = $3 WHERE id = $1 AND state = 'offered'",
                       (store_value[]){store_id(id), store_blob(hash, sizeof hash), store_int(out->expires_ms)}, 3);
    }
    TRY(call_commit(c, unit));
    out->repeated = true;
    return ERR_OK;
}

err workstation_create(call *c, const workstation_request *r, workstation *out, char code[ENROLMENT_CODE_SHOWN])
{
    uint8_t hash[32];
    memset(out, 0, sizeof *out);
    code[0] = 0;
    TRY(check_text(c, "name", r->name, WORKSTATION_NAME_MAX));
    TRY(check_text(c, "place", r->place, WORKSTATION_PLACE_MAX));
    TRY(selftest_require(c));
    TRY(answer_repeated(c, r, out, code));
    if (out->repeated)
        return ERR_OK;
    *out = (workstation){.name = r->name,
                         .place = r->place,
                         .state = "offered",
                         .created_ms = c->now_ms,
                         .expires_ms = c->now_ms + WORKSTATION_CODE_SECONDS * INT64_C(1000)};
    TRY(uuid7_create(out->id));
    c->subject = call_subject(c, "workstation", out->id);
    c->detail = arena_printf(c->arena, "name=%s place=%s", r->name, r->place);
    TRY(new_code(c, out->id, code, hash));
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit || !c->detail)
        return ERR_MEMORY;
    /* A code that ran out keeps its name no longer. */
    store_unit_add(
        unit, STORE_ANY, ERR_OK,
        "UPDATE workstation SET state = 'removed' WHERE name = $1 AND state = 'offered' AND expires_at <= $2",
        (store_value[]){store_text(r->name), store_int(c->now_ms)}, 2);
    store_unit_add(unit, 1, ERR_INTERNAL,
                   "INSERT INTO workstation (id, name, place, code_hash, tries, state, created_at, expires_at) "
                   "VALUES ($1, $2, $3, $4, 0, 'offered', $5, $6)",
                   (store_value[]){store_id(out->id), store_text(r->name), store_text(r->place),
                                   store_blob(hash, sizeof hash), store_int(c->now_ms), store_int(out->expires_ms)},
                   6);
    idempotency_add(c, unit, &r->once, out->id);
    err e = call_commit(c, unit);
    if (e != ERR_EXISTS)
        return e;
    /* The same key came twice at the same moment, or another has the name. */
    TRY(answer_repeated(c, r, out, code));
    return out->repeated ? ERR_OK : fault_field(&c->fault, ERR_EXISTS, "name");
}

err workstation_list(call *c, const uint8_t *after, int64_t limit, const workstation **out, size_t *n)
{
    static const uint8_t least[16];
    store_result rows;
    TRY(store_query(c->service->options.store, c->arena, &rows,
                    "SELECT " WORKSTATION_COLUMNS " FROM workstation WHERE id > $1 ORDER BY id LIMIT $2",
                    (store_value[]){store_id(after ? after : least), store_int(limit)}, 2));
    workstation *all = arena_alloc(c->arena, rows.rows * sizeof *all);
    if (!all)
        return ERR_MEMORY;
    for (size_t i = 0; i < rows.rows; i++)
        TRY(read_workstation(rows.values + i * rows.columns, &all[i]));
    *out = all;
    *n = rows.rows;
    return ERR_OK;
}

err workstation_get(call *c, const uint8_t id[16], workstation *out)
{
    const store_value *row;
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_WORKSTATION_NOT_FOUND,
                        "SELECT " WORKSTATION_COLUMNS " FROM workstation WHERE id = $1 AND state <> 'removed'",
                        (store_value[]){store_id(id)}, 1));
    return read_workstation(row, out);
}

err workstation_calling(call *c, workstation *out)
{
    err e = workstation_get(c, c->actor_id, out);
    return e == ERR_WORKSTATION_NOT_FOUND || (e == ERR_OK && strcmp(out->state, "active") != 0) ? ERR_UNAUTHENTICATED
                                                                                                : e;
}

err workstation_remove(call *c, const uint8_t id[16])
{
    workstation w;
    c->subject = call_subject(c, "workstation", id);
    TRY(workstation_get(c, id, &w));
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit)
        return ERR_MEMORY;
    store_unit_add(unit, 1, ERR_WORKSTATION_NOT_FOUND,
                   "UPDATE workstation SET state = 'removed' WHERE id = $1 AND state <> 'removed'",
                   (store_value[]){store_id(id)}, 1);
    TRY(call_commit(c, unit));
    /* It can open none any more: what is open is closed one by one, each under its own lock. */
    return authorisation_close_of_workstation(c, id);
}

/* ---- registering ---- */

static err subject_build(call *c, const workstation *w, bytes *out)
{
    name_field fields[] = {{OID_COUNTRY, "CN"},
                           {OID_ORGANIZATION, c->service->options.organisation},
                           {OID_ORGANIZATIONAL_UNIT, w->place},
                           {OID_COMMON_NAME, w->name}};
    buffer b = buffer_over(arena_alloc(c->arena, NAME_DER_MAX), NAME_DER_MAX);
    if (!b.p)
        return ERR_MEMORY;
    TRY(name_build(&b, fields, sizeof fields / sizeof *fields));
    *out = bytes_of(b.p, b.n);
    return ERR_OK;
}

/* The installation has the key that it wants certified. */
static err proof_check(const workstation_registration *r)
{
    static const char tag[] = "yiqian/workstation-registration/1";
    uint8_t message[sizeof tag - 1 + 65 + SM3_SIZE], e[32];
    memcpy(message, tag, sizeof tag - 1);
    memcpy(message + sizeof tag - 1, r->public_key, 65);
    sm3(message + sizeof tag - 1 + 65, r->name, strlen(r->name));
    sm2_digest(e, r->public_key, bytes_of(message, sizeof message));
    return sm2_verify_bytes(r->public_key, e, r->proof);
}

/* The same work and the same answer whether there is such a workstation (id NULL: there is none). A stranger who knows its name cannot use up
 * its code: only a few wrong ones of one address count. */
static err code_wrong(call *c, const char *name, const uint8_t *id)
{
    int64_t left;
    const char *whose = arena_printf(c->arena, "workstation\n%s", name); /* no staff number has this */
    store_unit *unit = store_unit_begin(c->arena);
    if (!whose || !unit)
        return ERR_MEMORY;
    TRY(rate_wrong_code(c, whose, &left));
    store_unit_add(
        unit, STORE_ANY, ERR_OK,
        "UPDATE workstation SET tries = tries + 1, state = CASE WHEN tries + 1 >= $2 THEN 'removed' ELSE state END "
        "WHERE id = $1 AND state = 'offered'",
        (store_value[]){store_id(id), store_int(WORKSTATION_TRIES)}, 2);
    TRY(call_commit_refusal(c, unit, ERR_ACTIVATION));
    c->fault.tries_left = (int)left;
    return ERR_ACTIVATION;
}

static err register_locked(call *c, const workstation_registration *r, const char *code, const uint8_t id[16],
                           workstation *out)
{
    const store_value *row;
    uint8_t hash[32], stored[32];
    bytes subject;
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_ACTIVATION,
                        "SELECT " WORKSTATION_COLUMNS ", code_hash FROM workstation WHERE id = $1 AND "
                        "state <> 'removed'",
                        (store_value[]){store_id(id)}, 1));
    TRY(read_workstation(row, out));
    TRY(store_column_blob(stored, sizeof stored, &row[8]));
    enrolment_code_hash(c->service, out->id, code, hash);
    if (!ct_equal(hash, stored, sizeof hash) || out->expires_ms <= c->now_ms)
        return ERR_ACTIVATION;
    if (strcmp(out->state, "offered") != 0) {
        /* The answer was lost. */
        if (memcmp(out->public_key, r->public_key, sizeof out->public_key) != 0)
            return ERR_ACTIVATION;
        c->detail = "repeated";
        return call_commit(c, store_unit_begin(c->arena));
    }
    memcpy(out->public_key, r->public_key, sizeof out->public_key);
    TRY(subject_build(c, out, &subject));
    TRY(certificate_issue_for_workstation(c, subject, out->public_key, &out->certificate));
    out->state = "active";
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit)
        return ERR_MEMORY;
    store_unit_add(unit, 1, ERR_ACTIVATION,
                   "UPDATE workstation SET state = 'active', public_key = $2, certificate = $3 WHERE id = $1 AND "
                   "state = 'offered'",
                   (store_value[]){store_id(out->id), store_blob(out->public_key, sizeof out->public_key),
                                   store_blob(out->certificate.p, out->certificate.n)},
                   3);
    return call_commit(c, unit);
}

err workstation_register(call *c, const workstation_registration *r, workstation *out)
{
    const store_value *row;
    uint8_t id[16];
    char code[ENROLMENT_CODE_TEXT];
    TRY(selftest_require(c));
    TRY(proof_check(r));
    /* Not a code at all is no attempt. */
    if (enrolment_code_normalise(r->code, code) != ERR_OK)
        return ERR_ACTIVATION;
    err e = store_query_one(c->service->options.store, c->arena, &row, ERR_NOT_FOUND,
                            "SELECT id FROM workstation WHERE name = $1 AND state <> 'removed'",
                            (store_value[]){store_text(r->name)}, 1);
    if (e == ERR_NOT_FOUND)
        return code_wrong(c, r->name, NULL);
    TRY(e);
    TRY(store_column_id(id, &row[0]));
    c->subject = call_subject(c, "workstation", id);
    TRY(key_lock_take(c->service->locks, id));
    e = register_locked(c, r, code, id, out);
    key_lock_release(c->service->locks, id);
    wipe(code, sizeof code);
    return e == ERR_ACTIVATION ? code_wrong(c, r->name, id) : e;
}

/* ---- sessions ---- */

err workstation_session_challenge(call *c, const uint8_t id[16], uint8_t out[DEVICE_CHALLENGE])
{
    return session_challenge(c, SESSION_WORKSTATION, id, out);
}

err workstation_session_begin(call *c, const uint8_t id[16], bytes challenge, const uint8_t signature[64],
                              const char **token, int64_t *expires_ms)
{
    static const char tag[] = "yiqian/workstation-session/1";
    uint8_t message[sizeof tag - 1 + 16 + DEVICE_CHALLENGE], mac[32], e[32];
    int64_t challenge_expires;
    workstation w;
    TRY(selftest_require(c));
    TRY(session_challenge_check(c, SESSION_WORKSTATION, id, challenge, mac, &challenge_expires));
    memcpy(c->actor_id, id, 16);
    TRY(workstation_calling(c, &w));
    memcpy(message, tag, sizeof tag - 1);
    memcpy(message + sizeof tag - 1, id, 16);
    memcpy(message + sizeof tag - 1 + 16, challenge.p, DEVICE_CHALLENGE);
    sm2_digest(e, w.public_key, bytes_of(message, sizeof message));
    if (sm2_verify_bytes(w.public_key, e, signature) != ERR_OK)
        return ERR_UNAUTHENTICATED;
    TRY(session_challenge_use(c->service, mac, c->now_ms, challenge_expires));
    return session_token(c, SESSION_WORKSTATION, id, token, expires_ms);
}

err workstation_session_check(const service *s, arena *a, const char *token, int64_t now_ms, uint8_t id[16])
{
    const store_value *row;
    TRY(session_token_check(s, a, SESSION_WORKSTATION, token, now_ms, id));
    /* A session ends with its workstation: one that was removed is nobody at once. */
    return store_query_one(s->options.store, a, &row, ERR_UNAUTHENTICATED,
                           "SELECT 1 FROM workstation WHERE id = $1 AND state = 'active'",
                           (store_value[]){store_id(id)}, 1);
}
