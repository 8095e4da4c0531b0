#include "service/sign.h"

#include <string.h>

#include "base/ct.h"
#include "base/text.h"
#include "mpc/mpc_server.h"
#include "os/clock.h"
#include "service/authorisation_share.h"
#include "service/authorisation_sign.h"
#include "service/column.h"
#include "service/internal.h"
#include "service/issuance.h"
#include "service/person_lock.h"
#include "service/policy.h"
#include "service/renewal.h"
#include "service/share.h"
#include "service/sign_attributes.h"
#include "service/sign_item.h"
#include "service/signature_stamp.h"
#include "service/signing_key.h"
#include "service/task.h"
#include "service/task_event.h"
#include "service/task_order.h"
#include "service/task_release.h"

/* What the device says of how the person showed that it is he. */
static const char *method_of(const signing_key *key, bool by_fingerprint)
{
    if (key->authorised)
        return "authorisation";
    return by_fingerprint ? "fingerprint" : "pin";
}

/* A sid names one request: while it is open it may come again, with the same items in the same order. One that was used before is refused
 * before the proof is looked at: a late copy is no failure, and a wrong PIN that is not counted must not be told from the right one. */
static err sid_check(call *c, const signing_key *key, const sign_request *rq, bool *repeated)
{
    store_result rows;
    *repeated = key->open_until > c->now_ms && memcmp(key->open_sid, rq->mpc.sid, 16) == 0;
    TRY(store_query(c->service->options.store, c->arena, &rows,
                    "SELECT subject, e, method FROM claim WHERE key_id = $1 AND sid = $2 ORDER BY item",
                    (store_value[]){store_id(key->id), store_id(rq->mpc.sid)}, 2));
    bool same = *repeated ? rows.rows == rq->mpc.m : rows.rows == 0;
    for (size_t i = 0; same && i < rows.rows; i++) {
        const store_value *v = rows.values + i * rows.columns;
        same = bytes_equal(bytes_of(v[0].p, v[0].n), bytes_of(rq->subjects[i], 16)) &&
               bytes_equal(bytes_of(v[1].p, v[1].n), bytes_of(rq->mpc.items[i].e, 32)) &&
               strcmp(column_text(&v[2]), method_of(key, rq->by_fingerprint)) == 0;
    }
    return same ? ERR_OK : fault_field(&c->fault, ERR_CONFLICT, "sid");
}

/* A person is suspended without his keys' locks: what is written after it must not be a claim. */
static void add_person_check(store_unit *unit, const signing_key *key)
{
    store_unit_add(unit, 1, ERR_USER_SUSPENDED, "SELECT 1 FROM app_user WHERE id = $1 AND state = 'active'",
                   (store_value[]){store_id(key->user_id)}, 1);
}

/* "Before anything leaves, it records durably": claims, the tasks' state, the one open request of the key. */
static err claim_record(call *c, const signing_key *key, const sign_request *rq, const bytes *attributes, bool repeated,
                        bool tasks)
{
    const mpc_sign_request *mpc = &rq->mpc;
    int64_t until = c->now_ms + SIGN_CLAIM_SECONDS * 1000;
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit)
        return ERR_MEMORY;
    if (key->authorised)
        authorisation_claim(c, unit, key, mpc, until, repeated);
    if (repeated && !key->authorised)
        store_unit_add(
            unit, 1, ERR_KEY_STATE,
            "SELECT 1 FROM device_key WHERE id = $1 AND state = $2 AND open_sid = $3 AND open_until > $4",
            (store_value[]){store_id(key->id), store_text(key->state), store_id(mpc->sid), store_int(c->now_ms)}, 4);
    if (!repeated && !key->authorised)
        store_unit_add(unit, 1, ERR_KEY_STATE,
                       "UPDATE device_key SET open_sid = $2, open_until = $3 WHERE id = $1 AND state = $4 AND "
                       "(open_sid IS NULL OR open_until <= $5)",
                       (store_value[]){store_id(key->id), store_id(mpc->sid), store_int(until), store_text(key->state),
                                       store_int(c->now_ms)},
                       5);
    for (size_t i = 0; i < mpc->m && !repeated; i++) {
        if (tasks) {
            call_wake(c, rq->subjects[i]);
            store_unit_add(unit, 1, ERR_TASK_CLAIMED,
                           "UPDATE task SET state = 'claimed', claim_key = $2, claim_sid = $3, claim_until = $4 "
                           "WHERE id = $1 AND (state = 'pending' OR (state = 'claimed' AND claim_until <= $5))",
                           (store_value[]){store_id(rq->subjects[i]), store_id(key->id), store_id(mpc->sid),
                                           store_int(until), store_int(c->now_ms)},
                           5);
        }
        store_unit_add(unit, 1, ERR_CONFLICT,
                       "INSERT INTO claim (key_id, sid, item, subject, e, attributes, claimed_at, method) "
                       "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                       (store_value[]){store_id(key->id), store_id(mpc->sid), store_int((int64_t)i),
                                       store_id(rq->subjects[i]), store_blob(mpc->items[i].e, 32),
                                       attributes[i].p ? store_blob(attributes[i].p, attributes[i].n) : store_null(),
                                       store_int(c->now_ms), store_text(method_of(key, rq->by_fingerprint))},
                       8);
    }
    add_person_check(unit, key);
    err e = call_commit(c, unit);
    return e == ERR_EXISTS ? fault_field(&c->fault, ERR_CONFLICT, "sid") : e;
}

/* The proof of a sign request once more, under another share. */
typedef struct sign_proof {
    const mpc_sign_request *mpc;
    point_odd *scratch;
} sign_proof;

static err proof_check(const void *request, const mpc_server_share *share)
{
    const sign_proof *p = request;
    mpc_server_checked checked;
    err e = mpc_server_sign_check(&checked, p->scratch, share, p->mpc);
    wipe(&checked, sizeof checked);
    return e;
}

/* The fingerprint is the phone's, for tasks, and where the hospital allows it. */
static err fingerprint_check(call *c, const signing_key *key, const sign_request *rq, bool tasks)
{
    bool allowed;
    if (!rq->by_fingerprint)
        return ERR_OK;
    if (key->authorised || !tasks)
        return fault_field(&c->fault, ERR_FIELD_VALUE, "method");
    TRY(policy_fingerprint(c, &allowed));
    return allowed ? ERR_OK : ERR_FINGERPRINT_FORBIDDEN;
}

/* What is done under the key's lock: everything from the state of the key to the answer, so that after an acknowledged revocation
 * or removal none is computed. */
static err sign_open_locked(call *c, const sign_request *rq, mpc_server_share *share, mpc_server_checked *checked,
                            point_odd *scratch, mpc_sign_answer *answers)
{
    signing_key loaded, *key = &loaded;
    bool repeated, tasks;
    bytes *attributes = arena_alloc(c->arena, rq->mpc.m * sizeof *attributes);
    if (!attributes)
        return ERR_MEMORY;
    TRY(signing_key_load(c, rq->mpc.key_id, key));
    if (key->pending.p) /* "while one is pending the old share serves only R1" */
        return ERR_REFRESH;
    if (key->open_until > c->now_ms && memcmp(key->open_sid, rq->mpc.sid, 16) != 0) {
        c->fault.retry_after = signing_key_seconds_until(key->open_until, c->now_ms);
        return ERR_KEY_BUSY;
    }
    TRY(sid_check(c, key, rq, &repeated));
    if (key->authorised)
        TRY(authorisation_may_answer(c, key, repeated ? 0 : rq->mpc.m));
    TRY(sign_items_check(c, key, rq, attributes, &tasks));
    TRY(fingerprint_check(c, key, rq, tasks));
    uint64_t started = clock_thread_cpu_ns();
    err e = key->authorised ? authorisation_share_open(c, key->id, key->public_key, key->sealed, share)
                            : share_open(c, key->id, key->public_key, key->sealed, share);
    if (e == ERR_OK)
        e = mpc_server_sign_check(checked, scratch, share, &rq->mpc);
    sign_count_crypto(c, started);
    if (e == ERR_PROOF)
        return key->authorised
                   ? authorisation_failed(c, key)
                   : signing_key_failed(c, key, &(signing_key_proof){proof_check, &(sign_proof){&rq->mpc, scratch}});
    TRY(e);
    TRY(claim_record(c, key, rq, attributes, repeated, tasks));
    started = clock_thread_cpu_ns();
    e = mpc_server_sign_answer(answers, share, &rq->mpc, checked, &c->service->options.rng);
    sign_count_crypto(c, started);
    return e;
}

/* Under an authorisation the person's key is held too: what ends the key's use ends this (authorisation_close_of_key). */
static err sign_open_under(call *c, const sign_request *rq, mpc_server_share *share, mpc_server_checked *checked,
                           point_odd *scratch, mpc_sign_answer *answers)
{
    uint8_t key_id[16];
    if (c->actor != ACTOR_WORKSTATION)
        return sign_open_locked(c, rq, share, checked, scratch, answers);
    TRY(authorisation_key_of(c, rq->mpc.key_id, key_id));
    TRY(key_lock_take(c->service->locks, key_id));
    err e = sign_open_locked(c, rq, share, checked, scratch, answers);
    key_lock_release(c->service->locks, key_id);
    return e;
}

/* For the audit log; NULL where the arena is full. */
static const char *request_detail(call *c, const uint8_t key_id[16], const uint8_t sid[16])
{
    char key[UUID_TEXT], session[2 * MPC_ID + 1];
    uuid_encode(key, key_id);
    hex_encode(session, sid, MPC_ID);
    return arena_printf(c->arena, "key=%s sid=%s", key, session);
}

err sign_open(call *c, const sign_request *rq, mpc_sign_answer *answers)
{
    mpc_server_share share;
    mpc_server_checked checked;
    const mpc_sign_request *mpc = &rq->mpc;
    c->subject = mpc->m == 1 ? call_subject(c, "task", rq->subjects[0]) : call_subject(c, "key", mpc->key_id);
    c->detail = request_detail(c, mpc->key_id, mpc->sid);
    if (c->detail)
        c->detail = arena_printf(c->arena, "%s items=%zu%s", c->detail, mpc->m,
                                 rq->by_fingerprint ? " method=fingerprint" : "");
    TRY(selftest_require(c));
    if (mpc->m < 1 || mpc->m > MPC_BATCH_MAX)
        return ERR_LENGTH;
    point_odd *scratch = arena_alloc(c->arena, 2 * mpc->m * sizeof *scratch);
    if (!scratch || !c->subject || !c->detail)
        return ERR_MEMORY;
    memset(&share, 0, sizeof share);
    memset(&checked, 0, sizeof checked);
    err e = key_lock_try(c->service->locks, mpc->key_id);
    if (e != ERR_OK) {
        c->fault.retry_after = 1;
        return e;
    }
    e = sign_open_under(c, rq, &share, &checked, scratch, answers);
    key_lock_release(c->service->locks, mpc->key_id);
    mpc_server_share_wipe(&share);
    wipe(&checked, sizeof checked);
    wipe(scratch, 2 * mpc->m * sizeof *scratch);
    return e;
}

/* One claimed item of the request that is being completed. */
typedef struct claimed_item {
    uint8_t subject[16], e[32];
    const uint8_t *rs;
    store_value method, attributes; /* attributes: of form cms; else NULL */
    store_value stamped_for;        /* the system that wants it stamped; else NULL */
} claimed_item;

/* Its rows, one an item; those that stand for further followers are passed over. */
static err claims_read(const task_order *order, claimed_item *items, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < order->n; i++) {
        const store_value *row = order->rows + i * TASK_ORDER_COLUMNS;
        uint8_t subject[16];
        TRY(store_column_id(subject, &row[TASK_ORDER_SUBJECT]));
        if (count > 0 && memcmp(items[count - 1].subject, subject, sizeof subject) == 0)
            continue;
        if (count == n)
            return ERR_TASK_NOT_CLAIMED;
        memcpy(items[count].subject, subject, sizeof subject);
        TRY(store_column_blob(items[count].e, 32, &row[TASK_ORDER_E]));
        items[count].stamped_for = row[TASK_ORDER_STAMPED_FOR];
        items[count].method = row[TASK_ORDER_METHOD];
        items[count++].attributes = row[TASK_ORDER_ATTRIBUTES];
    }
    return count == n ? ERR_OK : ERR_TASK_NOT_CLAIMED;
}

static err claims_load(call *c, const signing_key *key, const uint8_t sid[16], const sign_result *results, size_t n,
                       claimed_item **out, task_order *order)
{
    TRY(task_order_of_claim(c, key->id, sid, order));
    if (order->n == 0)
        return ERR_TASK_NOT_CLAIMED;
    claimed_item *items = arena_alloc(c->arena, n * sizeof *items);
    if (!items)
        return ERR_MEMORY;
    err e = claims_read(order, items, n);
    if (e != ERR_OK)
        return e == ERR_TASK_NOT_CLAIMED ? fault_field(&c->fault, e, "signatures") : e;
    for (size_t i = 0; i < n; i++) {
        /* Usually in the claim's order: look there first. */
        for (size_t j = 0; j < n && !items[i].rs; j++)
            if (memcmp(results[(i + j) % n].subject, items[i].subject, 16) == 0)
                items[i].rs = results[(i + j) % n].rs;
        if (!items[i].rs)
            return fault_field(&c->fault, ERR_TASK_NOT_CLAIMED, "signatures[%zu].task", i);
    }
    *out = items;
    return ERR_OK;
}

static err signatures_check(call *c, const signing_key *key, const claimed_item *items, size_t n)
{
    known_keys_item *signatures = arena_alloc(c->arena, n * sizeof *signatures);
    size_t bad = 0;
    if (!signatures)
        return ERR_MEMORY;
    for (size_t i = 0; i < n; i++)
        signatures[i] = (known_keys_item){items[i].e, items[i].rs};
    uint64_t started = clock_thread_cpu_ns();
    err e = known_keys_verify(c->service->known_keys, key->public_key, signatures, n, &bad);
    sign_count_crypto(c, started);
    return e == ERR_SIGNATURE ? fault_field(&c->fault, e, "signatures[%zu].rs", bad) : e;
}

/* A signature is recorded with the key's newest certificate. One of form cms that names an older one would never verify with it. */
static err certificates_check(call *c, const signing_key *key, const claimed_item *items, size_t n)
{
    sign_attributes of = {0};
    for (size_t i = 0; i < n; i++) {
        if (items[i].attributes.type == STORE_NULL)
            continue;
        err e = sign_attributes_check(c, &of, key, bytes_of(items[i].attributes.p, items[i].attributes.n));
        if (e != ERR_OK)
            return fault_field(&c->fault, e, "signatures[%zu].task", i);
    }
    return ERR_OK;
}

/* Why these tasks cannot be completed any more: the first that is signed, cancelled or expired, or claimed by another. */
static err completion_refused(call *c, const claimed_item *items, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        task t;
        TRY(task_load(c, items[i].subject, &t));
        err e = task_state_error(task_state_at(&t, c->now_ms));
        if (e != ERR_OK && e != ERR_TASK_CLAIMED)
            return fault_field(&c->fault, e, "signatures[%zu].task", i);
    }
    return ERR_TASK_NOT_CLAIMED;
}

/* A lost answer: the same signatures are recorded for this sid already. */
static err completed_before(call *c, const signing_key *key, const uint8_t sid[16], const claimed_item *items, size_t n,
                            sign_completion *out)
{
    store_result rows;
    TRY(store_query(
        c->service->options.store, c->arena, &rows,
        "SELECT g.rs, g.signed_at, g.failures_before FROM claim l JOIN signature g ON g.task_id = l.subject "
        "WHERE l.key_id = $1 AND l.sid = $2 AND g.key_id = $3 AND g.sid = $2 ORDER BY l.item",
        (store_value[]){store_id(key->id), store_id(sid), store_id(key->key_id)}, 3));
    if (rows.rows != n)
        return completion_refused(c, items, n);
    for (size_t i = 0; i < n; i++) {
        const store_value *v = rows.values + i * rows.columns;
        if (!bytes_equal(bytes_of(v[0].p, v[0].n), bytes_of(items[i].rs, 64)))
            return fault_field(&c->fault, ERR_TASK_SIGNED, "signatures[%zu].rs", i);
        out->signed_ms = v[1].i;
        out->failures_before = (int)v[2].i;
    }
    c->detail = "repeated";
    return call_commit(c, store_unit_begin(c->arena));
}

static err tasks_complete(call *c, const signing_key *key, const uint8_t sid[16], const claimed_item *items, size_t n,
                          const sign_completion *done, task_order *order)
{
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit)
        return ERR_MEMORY;
    for (size_t i = 0; i < n; i++) {
        const uint8_t *id = items[i].subject;
        /* A lapsed claim that nobody took over still completes: the signature exists. Not where the task's own time is over: the
         * business system may have been told so. */
        store_unit_add(unit, 1, ERR_TASK_NOT_CLAIMED,
                       "UPDATE task SET state = 'signed', finished_at = $4 WHERE id = $1 AND claim_key = $2 AND "
                       "claim_sid = $3 AND "
                       "state IN ('claimed', 'pending') AND (claim_until > $4 OR expires_at > $4)",
                       (store_value[]){store_id(id), store_id(key->id), store_id(sid), store_int(c->now_ms)}, 4);
        store_unit_add(
            unit, 1, ERR_TASK_SIGNED,
            "INSERT INTO signature (task_id, signer, key_id, sid, serial, e, rs, form, method, authorisation_id, "
            "attributes, failures_before, signed_at) SELECT id, signer, $2, $3, $4, $5, $6, form, $10, $11, $9, $7, $8 "
            "FROM task WHERE id = $1",
            (store_value[]){store_id(id), store_id(key->key_id), store_id(sid),
                            store_blob(key->serial.p, key->serial.n), store_blob(items[i].e, 32),
                            store_blob(items[i].rs, 64), store_int(done->failures_before), store_int(done->signed_ms),
                            items[i].attributes, items[i].method, key->authorised ? store_id(key->id) : store_null()},
            11);
        if (items[i].stamped_for.type != STORE_NULL)
            TRY(signature_stamp_add(c, unit, &(signature_stamp){id, items[i].stamped_for.p, items[i].rs}));
        store_unit_add(unit, STORE_ANY, ERR_OK, "DELETE FROM task_document WHERE task_id = $1",
                       (store_value[]){store_id(id)}, 1);
        TRY(task_event_add(c, unit, &(task_event){id, key->user_id, "signed"}));
        TRY(task_order_signed(c, unit, order, id));
        if (n > 1) {
            /* One audit row a task; a single task's is the call's own. */
            audit_record record = {.time_ms = c->now_ms,
                                   .event = c->audit_event,
                                   .outcome = err_code(ERR_OK),
                                   .actor = c->actor_text,
                                   .subject = call_subject(c, "task", id),
                                   .origin = c->origin,
                                   .detail = c->detail};
            TRY(audit_add(c->service->options.audit, c->arena, unit, &record));
        }
    }
    if (!key->authorised) {
        signing_key_settle(c, unit, key, sid);
        TRY(call_commit(c, unit));
        (void)atomic_fetch_add_explicit(&c->service->signatures, (int64_t)n, memory_order_relaxed);
        return ERR_OK;
    }
    TRY(authorisation_settle(c, unit, key, sid));
    err e = call_commit(c, unit);
    if (e == ERR_OK)
        (void)atomic_fetch_add_explicit(&c->service->signatures, (int64_t)n, memory_order_relaxed);
    if (e == ERR_OK && key->count_left == 0)
        authorisation_share_destroy(c->service, c->arena, key->id);
    return e;
}

/* What a certificate request or leave to re-key leads to happens under the locks of its person (held), which must be taken before the key's
 * own: without them *person says whose they are, and nothing is done. */
static err sign_complete_locked(call *c, const uint8_t key_id[16], const uint8_t sid[16], const sign_result *results,
                                size_t n, const person_lock *held, uint8_t person[16], sign_completion *out)
{
    signing_key key;
    claimed_item *items = NULL;
    task_order order;
    bool of_renewal = false;
    TRY(signing_key_load(c, key_id, &key));
    TRY(claims_load(c, &key, sid, results, n, &items, &order));
    if (!key.enrolling)
        c->detail =
            arena_printf(c->arena, "%s method=%s", request_detail(c, key_id, sid), column_text(&items[0].method));
    if (!c->detail)
        return ERR_MEMORY;
    out->failures_before = (int)key.failures_untold;
    out->refresh_due =
        !key.enrolling && !key.authorised && c->now_ms - key.refreshed_ms >= REFRESH_DAYS * INT64_C(86400000);
    out->signed_ms = c->now_ms;
    TRY(signatures_check(c, &key, items, n));
    if (held)
        return issuance_complete(c, &key, sid, items[0].subject, items[0].e, out);
    if (!key.authorised && memcmp(items[0].subject, key.enrolment_id, 16) == 0) {
        memcpy(person, key.user_id, 16);
        return ERR_OK;
    }
    err e = certificates_check(c, &key, items, n);
    if (e == ERR_OK)
        e = tasks_complete(c, &key, sid, items, n, out, &order);
    /* ERR_EXISTS: of a timestamp's serial number. */
    for (int i = 1; (e == ERR_CONFLICT || e == ERR_EXISTS) && i < TASK_ORDER_TRIES; i++) {
        TRY(task_order_of_claim(c, key.id, sid, &order));
        e = tasks_complete(c, &key, sid, items, n, out, &order);
    }
    if (e == ERR_TASK_NOT_CLAIMED && n == 1 && !key.authorised)
        TRY(renewal_known(c, key_id, items[0].subject, &of_renewal));
    if (of_renewal) {
        memcpy(person, key.user_id, 16);
        return ERR_OK;
    }
    return e == ERR_TASK_NOT_CLAIMED ? completed_before(c, &key, sid, items, n, out) : e;
}

err sign_complete(call *c, const uint8_t key_id[16], const uint8_t sid[16], const sign_result *results, size_t n,
                  sign_completion *out)
{
    static const uint8_t nobody[16];
    uint8_t person[16] = {0};
    person_lock held;
    memset(out, 0, sizeof *out);
    c->subject = n == 1 ? call_subject(c, "task", results[0].subject) : call_subject(c, "key", key_id);
    c->detail = request_detail(c, key_id, sid);
    if (!c->subject || !c->detail)
        return ERR_MEMORY;
    TRY(selftest_require(c));
    TRY(key_lock_take(c->service->locks, key_id));
    err e = sign_complete_locked(c, key_id, sid, results, n, NULL, person, out);
    key_lock_release(c->service->locks, key_id);
    if (e != ERR_OK || memcmp(person, nobody, 16) == 0)
        return e;
    TRY(person_lock_take(c, person, NULL, &held));
    e = sign_complete_locked(c, key_id, sid, results, n, &held, person, out);
    person_lock_release(c, &held);
    if (out->superseded)
        crl_refresh_after(c);
    return e;
}

static err abandon_locked(call *c, const uint8_t key_id[16], const uint8_t *sid)
{
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit)
        return ERR_MEMORY;
    if (sid && c->actor == ACTOR_WORKSTATION)
        authorisation_abandon(unit, key_id, sid);
    else if (sid)
        store_unit_add(unit, STORE_ANY, ERR_OK,
                       "UPDATE device_key SET open_sid = NULL, open_until = NULL WHERE id = $1 AND open_sid = $2",
                       (store_value[]){store_id(key_id), store_id(sid)}, 2);
    if (sid)
        TRY(task_release_claim(c, unit, key_id, sid));
    return call_commit(c, unit);
}

err sign_abandon(call *c, const uint8_t key_id[16], const uint8_t *sid, const uint8_t *subject, const char *code)
{
    const store_value *row;
    char key[UUID_TEXT];
    c->subject = subject ? call_subject(c, "task", subject) : call_subject(c, "key", key_id);
    uuid_encode(key, key_id);
    c->detail = arena_printf(c->arena, "key=%s code=%s", key, code);
    bool authorised = c->actor == ACTOR_WORKSTATION;
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_KEY_NOT_FOUND,
                        authorised ? "SELECT user_id FROM authorisation WHERE id = $1 AND workstation_id = $2"
                                   : "SELECT user_id FROM device_key WHERE id = $1 AND enrolment_id = $2",
                        (store_value[]){store_id(key_id), store_id(c->actor_id)}, 2));
    if (subject)
        TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_TASK_NOT_FOUND,
                            "SELECT id FROM task WHERE id = $1 AND signer = $2",
                            (store_value[]){store_id(subject), row[0]}, 2));
    TRY(key_lock_take(c->service->locks, key_id));
    err e = abandon_locked(c, key_id, sid);
    key_lock_release(c->service->locks, key_id);
    return e;
}
