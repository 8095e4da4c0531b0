#include "service/scan.h"

#include <string.h>

#include "service/column.h"
#include "service/console_login.h"
#include "service/device.h"
#include "service/internal.h"
#include "service/rate.h"

static bool same(const uint8_t a[16], const uint8_t b[16])
{
    return memcmp(a, b, 16) == 0;
}

/* A short code can be guessed, so wrong ones are counted, for all devices of the person. */
static err session_by_short_code(call *c, const char *short_code, const uint8_t user[16], scan_session *out)
{
    const store_value *row;
    bytes name = bytes_of(user, 16);
    uint8_t id[16];
    TRY(rate_take(c, RATE_SHORT_CODE, name, NULL));
    err e = store_query_one(c->service->options.store, c->arena, &row, ERR_SCAN,
                            "SELECT id FROM scan WHERE short_code = $1 AND finished_at IS NULL",
                            (store_value[]){store_text(short_code)}, 1);
    if (e == ERR_OK)
        e = store_column_id(id, &row[0]);
    if (e == ERR_OK)
        e = scan_session_load(c, id, ERR_SCAN, out);
    if (e == ERR_OK && out->only_one && !same(out->only_user, user))
        e = ERR_SCAN;
    if (e == ERR_OK)
        rate_give(c, RATE_SHORT_CODE, name);
    return e;
}

/* Whether this device may scan it now; *again: it had done so before. */
static err may_scan(call *c, const scan_session *s, const uint8_t user[16], bool *again)
{
    *again = s->has_enrolment && same(s->enrolment_id, c->actor_id) && strcmp(s->state, "scanned") == 0;
    if (*again)
        return ERR_OK;
    if (s->kind == SCAN_ENROL || strcmp(s->state, "open") != 0)
        return ERR_SCAN;
    if (s->only_one && !same(s->only_user, user))
        return s->kind == SCAN_SIGN ? ERR_TASK_NOT_YOURS : ERR_SCAN;
    return ERR_OK;
}

/* What the device is told, from the durable state. */
static err see(call *c, const uint8_t id[16], scan_seen *out)
{
    scan_session *s = &out->session;
    out->tasks = NULL;
    out->n = 0;
    TRY(scan_session_load(c, id, ERR_SCAN, s));
    out->number_wanted = s->kind == SCAN_LOGIN && !s->assertion;
    if (s->kind == SCAN_SIGN)
        return task_list_of_scan(c, s->has_task ? s->task_id : NULL, s->has_batch ? s->batch_id : NULL, &out->tasks,
                                 &out->n);
    if (out->number_wanted)
        return ERR_OK;
    return task_list_of_scan(c, s->id, NULL, &out->tasks, &out->n);
}

static err number_random(call *c, int64_t *out)
{
    uint8_t random;
    do
        TRY(c->service->options.rng.fill(c->service->options.rng.ctx, &random, 1));
    while (random >= 200);
    *out = random % 100;
    return ERR_OK;
}

err scan_by_device(call *c, const char *code, const char *short_code, scan_seen *out)
{
    uint8_t user[16];
    bool again;
    scan_session *s = &out->session;
    TRY(device_standing(c, user));
    if (code)
        TRY(scan_session_by_code(c, code, s));
    else
        TRY(session_by_short_code(c, short_code, user, s));
    c->subject = call_subject(c, scan_kind_name(s->kind), s->id);
    TRY(may_scan(c, s, user, &again));
    TRY(console_login_check_person(c, s, user));
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit)
        return ERR_MEMORY;
    if (!again) {
        scan_session_add_scanned(unit, s, user, c->actor_id);
        if (!code) {
            int64_t number;
            TRY(number_random(c, &number));
            store_unit_add(unit, 1, ERR_INTERNAL, "UPDATE scan SET number = $2 WHERE id = $1",
                           (store_value[]){store_id(s->id), store_int(number)}, 2);
        } else if (s->kind == SCAN_LOGIN) {
            TRY(login_add_task(c, unit, s, user));
        }
        call_wake(c, s->id);
    }
    c->detail = again ? "repeated" : code ? "scanned" : "typed";
    TRY(call_commit(c, unit));
    return see(c, s->id, out);
}

/* A session that the calling device has scanned and that is under way. */
static err own_session(call *c, const uint8_t id[16], uint8_t user[16], scan_session *s)
{
    TRY(device_standing(c, user));
    TRY(scan_session_load(c, id, ERR_SCAN, s));
    c->subject = call_subject(c, scan_kind_name(s->kind), s->id);
    if (s->kind == SCAN_ENROL || !s->has_enrolment || !same(s->enrolment_id, c->actor_id))
        return ERR_SCAN;
    return strcmp(s->state, "scanned") == 0 ? ERR_OK
                                            : fault_set(&c->fault, ERR_CONFLICT, "the session is %s", s->state);
}

err scan_enter_number(call *c, const uint8_t id[16], int64_t number, scan_seen *out)
{
    uint8_t user[16];
    scan_session *s = &out->session;
    TRY(own_session(c, id, user, s));
    if (s->number < 0)
        return fault_set(&c->fault, ERR_CONFLICT, "no number is asked for");
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit)
        return ERR_MEMORY;
    if (number != s->number) {
        /* Whoever does not see the screen is not there: no second guess. */
        TRY(scan_session_add_end(c, unit, s, "declined", "number_wrong"));
        TRY(call_commit_refusal(c, unit, ERR_SCAN));
        return ERR_SCAN;
    }
    if (!s->assertion) {
        store_unit_add(unit, 1, ERR_CONFLICT,
                       "SELECT id FROM scan WHERE id = $1 AND state = 'scanned' AND assertion IS NULL",
                       (store_value[]){store_id(id)}, 1);
        TRY(login_add_task(c, unit, s, user));
    }
    TRY(call_commit(c, unit));
    return see(c, id, out);
}

err scan_decline(call *c, const uint8_t id[16], const char *reason)
{
    uint8_t user[16];
    scan_session s;
    TRY(own_session(c, id, user, &s));
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit)
        return ERR_MEMORY;
    TRY(scan_session_add_end(c, unit, &s, "declined", reason));
    return call_commit(c, unit);
}

/* The one signer of what is to be signed. */
static err find_signer(call *c, const scan_request *r, scan_session *s)
{
    store_result rows;
    if (r->task) {
        task t;
        TRY(task_get(c, r->task, &t));
        TRY(task_state_error(task_state_at(&t, c->now_ms)));
        memcpy(s->only_user, t.signer_id, 16);
        memcpy(s->task_id, r->task, 16);
        s->has_task = s->only_one = true;
        return ERR_OK;
    }
    TRY(store_query(c->service->options.store, c->arena, &rows,
                    "SELECT DISTINCT signer FROM task WHERE batch_id = $1 AND system_id = $2 AND kind = 'document' AND "
                    "finished_at IS NULL LIMIT 2",
                    (store_value[]){store_id(r->batch), store_id(c->actor_id)}, 2));
    if (rows.rows == 0)
        return ERR_BATCH_NOT_FOUND;
    if (rows.rows > 1)
        return fault_set(&c->fault, ERR_CONFLICT, "the batch has several signers");
    TRY(store_column_id(s->only_user, &rows.values[0]));
    memcpy(s->batch_id, r->batch, 16);
    s->has_batch = s->only_one = true;
    return ERR_OK;
}

static err answer_repeated(call *c, const scan_request *r, scan_session *out, bool *repeated)
{
    uint8_t id[16];
    TRY(idempotency_find(c, &r->once, id, repeated));
    if (!*repeated)
        return ERR_OK;
    TRY(scan_get(c, id, out));
    c->subject = call_subject(c, "sign", id);
    c->detail = "repeated";
    return call_commit(c, store_unit_begin(c->arena));
}

err scan_create(call *c, const scan_request *r, scan_session *out, bool *repeated)
{
    TRY(answer_repeated(c, r, out, repeated));
    if (*repeated)
        return ERR_OK;
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit)
        return ERR_MEMORY;
    TRY(scan_session_make(c, SCAN_SIGN, r->expires_in, out));
    memcpy(out->system_id, c->actor_id, 16);
    TRY(find_signer(c, r, out));
    c->subject = call_subject(c, "sign", out->id);
    TRY(scan_session_add(c, unit, out));
    idempotency_add(c, unit, &r->once, out->id);
    err e = call_commit(c, unit);
    if (e != ERR_EXISTS || !r->once.key)
        return e;
    TRY(answer_repeated(c, r, out, repeated));
    return *repeated ? ERR_OK : ERR_CONFLICT;
}

err scan_get(call *c, const uint8_t id[16], scan_session *out)
{
    return scan_session_of_system(c, id, SCAN_SIGN, out);
}

err scan_cancel(call *c, const uint8_t id[16], scan_session *out)
{
    c->subject = call_subject(c, "sign", id);
    TRY(scan_get(c, id, out));
    TRY(scan_session_cancel(c, out));
    return scan_get(c, id, out);
}
