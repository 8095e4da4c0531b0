#include "service/renewal.h"

#include <string.h>

#include "asn1/rekey_info.h"
#include "crypto/sm2.h"
#include "os/clock.h"
#include "os/entropy.h"
#include "pki/p256.h"
#include "service/column.h"
#include "service/device.h"
#include "service/internal.h"
#include "service/policy.h"
#include "service/sign_item.h"

/* Expired, it would not have come here. */
static err due_check(call *c, const signing_key *key)
{
    char time[CLOCK_TEXT];
    int64_t from;
    TRY(policy_renewable_from(c, key->not_after_ms, &from));
    if (c->now_ms >= from)
        return ERR_OK;
    clock_text(time, from);
    return fault_set(&c->fault, ERR_RENEWAL, "from %s on", time);
}

/* One that is open for the same: its answer was lost, or the device was started anew. */
static err open_find(call *c, const renewal_request *rq, renewal *r, bool *found)
{
    const store_value *row;
    store_value params[] = {store_id(rq->key_id), store_int(c->now_ms),
                            store_blob(rq->credential, sizeof rq->credential)};
    err e = rq->rekey ? store_query_one(c->service->options.store, c->arena, &row, ERR_NOT_FOUND,
                                        "SELECT r.id, r.expires_at, r.enrolment_id FROM renewal r JOIN enrolment n ON "
                                        "n.id = r.enrolment_id WHERE r.key_id = $1 AND r.kind = 'rekey' AND r.state IN "
                                        "('open', 'done') AND r.expires_at > $2 AND n.state = 'open' AND "
                                        "n.credential = $3 ORDER BY r.id DESC LIMIT 1",
                                        params, 3)
                      : store_query_one(c->service->options.store, c->arena, &row, ERR_NOT_FOUND,
                                        "SELECT id, expires_at FROM renewal WHERE key_id = $1 AND kind = 'renew' AND "
                                        "state = 'open' AND expires_at > $2 ORDER BY id DESC LIMIT 1",
                                        params, 2);
    *found = e == ERR_OK;
    if (e == ERR_NOT_FOUND)
        return ERR_OK;
    TRY(e);
    TRY(store_column_id(r->id, &row[0]));
    r->expires_ms = column_int(&row[1]);
    return rq->rekey ? store_column_id(r->enrolment_id, &row[2]) : ERR_OK;
}

/* An enrolment of the same person on the same device; no code opens it. */
static err enrolment_add(call *c, store_unit *unit, const signing_key *key, const renewal_request *rq, renewal *r)
{
    const entropy *rng = &c->service->options.rng;
    uint8_t *no_code = arena_alloc(c->arena, 32);
    if (!no_code)
        return ERR_MEMORY;
    TRY(uuid7_create(r->enrolment_id));
    TRY(rng->fill(rng->ctx, no_code, 32));
    store_unit_add(unit, 1, ERR_INTERNAL,
                   "INSERT INTO enrolment (id, user_id, device_id, code_hash, credential, state, tries, created_at, "
                   "expires_at) SELECT $1, user_id, device_id, $3, $4, 'open', 0, $5, $6 FROM enrolment WHERE id = $2",
                   (store_value[]){store_id(r->enrolment_id), store_id(key->enrolment_id), store_blob(no_code, 32),
                                   store_blob(rq->credential, sizeof rq->credential), store_int(c->now_ms),
                                   store_int(r->expires_ms)},
                   6);
    return ERR_OK;
}

static err make(call *c, const signing_key *key, const renewal_request *rq, renewal *r)
{
    store_unit *unit = store_unit_begin(c->arena);
    TRY(uuid7_create(r->id));
    r->expires_ms = c->now_ms + RENEWAL_SECONDS * INT64_C(1000);
    renewal_close_of_key(unit, key->id);
    if (rq->rekey)
        TRY(enrolment_add(c, unit, key, rq, r));
    store_unit_add(unit, 1, ERR_INTERNAL,
                   "INSERT INTO renewal (id, key_id, kind, enrolment_id, state, created_at, expires_at) VALUES "
                   "($1, $2, $3, $4, 'open', $5, $6)",
                   (store_value[]){store_id(r->id), store_id(rq->key_id), store_text(rq->rekey ? "rekey" : "renew"),
                                   rq->rekey ? store_id(r->enrolment_id) : store_null(), store_int(c->now_ms),
                                   store_int(r->expires_ms)},
                   6);
    return call_commit(c, unit);
}

static err open_locked(call *c, const renewal_request *rq, renewal *r)
{
    signing_key key;
    bool found;
    const store_value *row;
    TRY(signing_key_load(c, rq->key_id, &key));
    if (key.enrolling)
        return ERR_KEY_STATE;
    if (!rq->rekey)
        TRY(due_check(c, &key));
    memcpy(r->user_id, key.user_id, 16);
    TRY(device_subject(c, key.user_id, &r->subject));
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_USER_NOT_FOUND,
                        "SELECT staff_no, name FROM app_user WHERE id = $1", (store_value[]){store_id(key.user_id)},
                        1));
    r->staff_no = column_text(&row[0]);
    r->name = column_text(&row[1]);
    r->organisation = c->service->options.organisation;
    TRY(open_find(c, rq, r, &found));
    if (!found)
        return make(c, &key, rq, r);
    c->detail = "repeated";
    return call_commit(c, store_unit_begin(c->arena));
}

err renewal_open(call *c, const renewal_request *request, renewal *out)
{
    c->subject = call_subject(c, "key", request->key_id);
    c->detail = request->rekey ? "rekey" : "renew";
    TRY(selftest_require(c));
    if (request->rekey) {
        err e = p256_check(request->credential);
        if (e != ERR_OK)
            return fault_field(&c->fault, e, "credential");
    }
    TRY(key_lock_take(c->service->locks, request->key_id));
    err e = open_locked(c, request, out);
    key_lock_release(c->service->locks, request->key_id);
    return e;
}

/* M of leave: it names the key that is being made in the enrolment now. */
static err leave_load(call *c, const signing_key *key, const uint8_t id[16], const store_value *enrolment,
                      renewal_matter *out)
{
    const store_value *row;
    uint8_t info[REKEY_INFO_SIZE];
    buffer b = buffer_over(info, sizeof info);
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_KEY_STATE,
                        "SELECT public_key FROM device_key WHERE enrolment_id = $1 AND state = 'enrolling' "
                        "ORDER BY id DESC LIMIT 1",
                        enrolment, 1));
    TRY(store_column_blob(out->new_key, sizeof out->new_key, &row[0]));
    TRY(rekey_info_build(&b, id, key->id, out->new_key));
    sm2_digest(out->e, key->public_key, bytes_of(info, b.n));
    return ERR_OK;
}

err renewal_load(call *c, const signing_key *key, const uint8_t id[16], renewal_matter *out)
{
    const store_value *row;
    memset(out, 0, sizeof *out);
    TRY(store_query_one(
        c->service->options.store, c->arena, &row, ERR_TASK_NOT_FOUND,
        "SELECT r.state, r.serial, r.enrolment_id, n.state, r.expires_at FROM renewal r LEFT JOIN "
        "enrolment n ON n.id = r.enrolment_id WHERE r.id = $1 AND r.key_id = $2 AND r.state <> 'closed'",
        (store_value[]){store_id(id), store_id(key->id)}, 2));
    const char *state = column_text(&row[0]), *enrolment = column_text(&row[3]);
    out->rekey = row[2].type != STORE_NULL;
    out->done = state && strcmp(state, "done") == 0;
    out->serial = column_bytes(&row[1]);
    if (out->done && !out->rekey)
        return ERR_OK;
    if (column_int(&row[4]) <= c->now_ms || (out->rekey && (!enrolment || strcmp(enrolment, "open") != 0)))
        return ERR_TASK_NOT_FOUND;
    return out->rekey ? leave_load(c, key, id, &row[2], out) : sign_item_request_digest(c, key, out->e);
}

err renewal_known(call *c, const uint8_t key_id[16], const uint8_t id[16], bool *known)
{
    store_result rows;
    TRY(store_query(c->service->options.store, c->arena, &rows, "SELECT 1 FROM renewal WHERE id = $1 AND key_id = $2",
                    (store_value[]){store_id(id), store_id(key_id)}, 2));
    *known = rows.rows > 0;
    return ERR_OK;
}

void renewal_close_of_key(store_unit *unit, const uint8_t key_id[16])
{
    store_value key[] = {store_id(key_id)};
    store_unit_add(unit, STORE_ANY, ERR_OK,
                   "UPDATE enrolment SET state = 'closed' WHERE state = 'open' AND id IN (SELECT enrolment_id FROM "
                   "renewal WHERE key_id = $1)",
                   key, 1);
    store_unit_add(unit, STORE_ANY, ERR_OK, "UPDATE renewal SET state = 'closed' WHERE key_id = $1 AND state = 'open'",
                   key, 1);
}

void renewal_expire(store_unit *unit, int64_t now_ms)
{
    store_unit_add(unit, STORE_ANY, ERR_OK,
                   "UPDATE renewal SET state = 'closed' WHERE state = 'open' AND expires_at <= $1",
                   (store_value[]){store_int(now_ms)}, 1);
}
