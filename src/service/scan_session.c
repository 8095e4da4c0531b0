#include "service/scan_session.h"

#include <string.h>

#include "base/ct.h"
#include "os/entropy.h"
#include "service/column.h"
#include "service/internal.h"
#include "service/task.h"
#include "service/task_event.h"

enum { SECRET_SEALED = SCAN_SECRET + KEYSTORE_OVERHEAD, SCANNED_KEPT_MS = 3600000 };

err scan_session_make(call *c, scan_kind kind, int64_t expires_in, scan_session *out)
{
    memset(out, 0, sizeof *out);
    out->kind = kind;
    out->state = "open";
    out->number = -1;
    out->purpose = "";
    out->created_ms = c->now_ms;
    out->expires_ms = c->now_ms + expires_in * 1000;
    TRY(selftest_require(c));
    TRY(uuid7_create(out->id));
    return c->service->options.rng.fill(c->service->options.rng.ctx, out->secret, SCAN_SECRET);
}

err scan_session_add(call *c, store_unit *unit, const scan_session *s)
{
    const char *context = call_subject(c, "scan.secret", s->id);
    uint8_t *sealed = arena_alloc(c->arena, SECRET_SEALED);
    if (!context || !sealed)
        return ERR_MEMORY;
    TRY(keystore_seal(c->service->options.keystore, bytes_of_text(context), bytes_of(s->secret, SCAN_SECRET), sealed,
                      &c->service->options.rng));
    store_unit_add(
        unit, 1, ERR_INTERNAL,
        "INSERT INTO scan (id, kind, system_id, user_id, task_id, batch_id, sealed_secret, short_code, nonce, "
        "purpose, state, created_at, expires_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'open', $11, $12)",
        (store_value[]){
            store_id(s->id), store_text(scan_kind_name(s->kind)), store_id(s->kind == SCAN_ENROL ? NULL : s->system_id),
            store_id(s->only_one ? s->only_user : NULL), store_id(s->has_task ? s->task_id : NULL),
            store_id(s->has_batch ? s->batch_id : NULL), store_blob(sealed, SECRET_SEALED), store_text(s->short_code),
            store_text(s->nonce), store_text(s->purpose), store_int(s->created_ms), store_int(s->expires_ms)},
        12);
    return ERR_OK;
}

/* What a scanned session came to: its login's task, the tasks to be signed, the enrolment. */
static const char *outcome(const scan_session *s, const store_value *v, int64_t now_ms)
{
    const char *progress = column_text(&v[0]), *enrolment = column_text(&v[4]);
    if (progress) {
        if (strcmp(progress, "claimed") == 0 && column_int(&v[1]) > now_ms)
            return "scanned";
        if (strcmp(progress, "pending") == 0 || strcmp(progress, "claimed") == 0)
            return column_int(&v[2]) <= now_ms ? "expired" : "scanned";
        return strcmp(progress, "signed") == 0 ? "done" : progress;
    }
    if (s->kind == SCAN_SIGN && column_int(&v[3]) == 0)
        return "done";
    if (s->kind == SCAN_ENROL && enrolment && strcmp(enrolment, "enrolled") == 0)
        return "done";
    return s->expires_ms <= now_ms ? "expired" : "scanned";
}

static bool optional_id(uint8_t out[16], const store_value *v, err *e)
{
    if (v->type == STORE_NULL)
        return false;
    if (store_column_id(out, v) != ERR_OK)
        *e = ERR_CORRUPT;
    return true;
}

static err read_session(call *c, const store_value *v, scan_session *s)
{
    err e = ERR_OK;
    memset(s, 0, sizeof *s);
    TRY(store_column_id(s->id, &v[0]));
    TRY(scan_kind_of(column_text(&v[1]), &s->kind));
    (void)optional_id(s->system_id, &v[2], &e);
    s->only_one = optional_id(s->only_user, &v[3], &e);
    s->scanned = optional_id(s->scanned_by, &v[4], &e);
    s->has_enrolment = optional_id(s->enrolment_id, &v[5], &e);
    s->has_task = optional_id(s->task_id, &v[6], &e);
    s->has_batch = optional_id(s->batch_id, &v[7], &e);
    TRY(e);
    const char *context = call_subject(c, "scan.secret", s->id);
    if (!context)
        return ERR_MEMORY;
    if (v[8].n != SECRET_SEALED)
        return ERR_CORRUPT;
    if (keystore_unseal(c->service->options.keystore, bytes_of_text(context), bytes_of(v[8].p, v[8].n), s->secret) !=
        ERR_OK)
        return ERR_CORRUPT;
    s->short_code = column_text(&v[9]);
    s->number = v[10].type == STORE_INT ? v[10].i : -1;
    s->nonce = column_text(&v[11]);
    s->purpose = column_text(&v[12]);
    s->assertion = column_text(&v[13]);
    s->reason = column_text(&v[14]);
    s->state = column_text(&v[15]);
    s->created_ms = v[16].i;
    s->expires_ms = v[17].i;
    s->system_name = column_text(&v[18]);
    s->staff_no = column_text(&v[19]);
    s->person_name = column_text(&v[20]);
    if (strcmp(s->state, "open") == 0 && s->expires_ms <= c->now_ms)
        s->state = "expired";
    else if (strcmp(s->state, "scanned") == 0)
        s->state = outcome(s, v + 21, c->now_ms);
    return ERR_OK;
}

/* open_tasks: of those to be signed. */
#define SESSION                                                                                                        \
    "SELECT s.id, s.kind, s.system_id, s.user_id, s.scanned_by, s.enrolment_id, s.task_id, s.batch_id, "               \
    "s.sealed_secret, s.short_code, s.number, s.nonce, s.purpose, s.assertion, s.reason, s.state, s.created_at, "      \
    "s.expires_at, y.name, u.staff_no, u.name, t.state, t.claim_until, t.expires_at, "                                 \
    "(SELECT count(*) FROM task o WHERE o.finished_at IS NULL AND o.id = s.task_id) + "                                \
    "(SELECT count(*) FROM task o WHERE o.finished_at IS NULL AND o.batch_id = s.batch_id AND o.signer = s.user_id), " \
    "n.state FROM scan s "                                                                                             \
    "LEFT JOIN system y ON y.id = s.system_id LEFT JOIN app_user u ON u.id = COALESCE(s.scanned_by, s.user_id) "       \
    "LEFT JOIN task t ON t.id = s.id LEFT JOIN enrolment n ON n.id = s.enrolment_id "

err scan_session_load(call *c, const uint8_t id[16], err none, scan_session *out)
{
    const store_value *row;
    TRY(store_query_one(c->service->options.store, c->arena, &row, none, SESSION "WHERE s.id = $1",
                        (store_value[]){store_id(id)}, 1));
    return read_session(c, row, out);
}

err scan_session_of_system(call *c, const uint8_t id[16], scan_kind kind, scan_session *out)
{
    TRY(scan_session_load(c, id, ERR_NOT_FOUND, out));
    return out->kind == kind && memcmp(out->system_id, c->actor_id, 16) == 0 ? ERR_OK : ERR_NOT_FOUND;
}

err scan_session_open(call *c, const scan_session *s)
{
    return strcmp(s->state, "open") == 0 ? ERR_OK : fault_set(&c->fault, ERR_CONFLICT, "the session is %s", s->state);
}

err scan_session_by_code(call *c, const char *text, scan_session *out)
{
    scan_code code;
    if (scan_code_parse(c->arena, text, &code) != ERR_OK)
        return ERR_SCAN;
    TRY(scan_session_load(c, code.id, ERR_SCAN, out));
    if (code.kind != out->kind || !scan_code_good(&code, out->secret, scan_code_step(out->created_ms, c->now_ms)))
        return ERR_SCAN;
    return ERR_OK;
}

void scan_session_add_scanned(store_unit *unit, const scan_session *s, const uint8_t *user, const uint8_t enrolment[16])
{
    store_unit_add(
        unit, 1, ERR_SCAN,
        "UPDATE scan SET state = 'scanned', scanned_by = $2, enrolment_id = $3 WHERE id = $1 AND state = 'open'",
        (store_value[]){store_id(s->id), store_id(user), store_id(enrolment)}, 3);
}

err scan_session_add_end(call *c, store_unit *unit, const scan_session *s, const char *state, const char *reason)
{
    store_unit_add(unit, 1, ERR_CONFLICT,
                   "UPDATE scan SET state = $2, reason = $3, finished_at = $4 WHERE id = $1 AND state = $5",
                   (store_value[]){store_id(s->id), store_text(state), store_text(reason), store_int(c->now_ms),
                                   store_text(s->scanned ? "scanned" : "open")},
                   5);
    call_wake(c, s->id);
    if (s->kind != SCAN_LOGIN || !s->assertion)
        return ERR_OK;
    store_unit_add(unit, 1, ERR_TASK_CLAIMED,
                   "UPDATE task SET state = $2, reason = $3, finished_at = $4 WHERE id = $1 AND (state = 'pending' OR "
                   "(state = 'claimed' AND claim_until <= $4))",
                   (store_value[]){store_id(s->id), store_text(state), store_text(reason), store_int(c->now_ms)}, 4);
    store_unit_add(unit, 1, ERR_INTERNAL, "DELETE FROM task_document WHERE task_id = $1",
                   (store_value[]){store_id(s->id)}, 1);
    return task_event_add(c, unit, &(task_event){s->id, s->scanned_by, state});
}

err scan_session_cancel(call *c, const scan_session *s)
{
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit)
        return ERR_MEMORY;
    if (strcmp(s->state, "scanned") != 0)
        TRY(scan_session_open(c, s));
    TRY(scan_session_add_end(c, unit, s, "cancelled", NULL));
    return call_commit(c, unit);
}

err scan_session_text(call *c, const scan_session *s, const char **out)
{
    scan_code code;
    TRY(scan_session_open(c, s));
    scan_code_make(&code, s->kind, s->id, s->secret, (uint16_t)scan_code_step(s->created_ms, c->now_ms));
    /* Only a phone that is to be enrolled may not know its server yet. */
    *out = scan_code_text(c->arena, &code, s->kind == SCAN_ENROL ? c->service->options.public_url : NULL);
    return *out ? ERR_OK : ERR_MEMORY;
}

err scan_session_expire(call *c, store_unit *unit)
{
    store_result rows;
    TRY(store_query(c->service->options.store, c->arena, &rows,
                    "SELECT id FROM scan WHERE finished_at IS NULL AND expires_at <= $1 AND state = 'open' LIMIT 1000",
                    (store_value[]){store_int(c->now_ms)}, 1));
    for (size_t i = 0; i < rows.rows; i++) {
        store_unit_add(unit, STORE_ANY, ERR_OK,
                       "UPDATE scan SET state = 'expired', finished_at = $2 WHERE id = $1 AND state = 'open'",
                       (store_value[]){rows.values[i], store_int(c->now_ms)}, 2);
        call_wake(c, rows.values[i].p);
    }
    /* What became of a scanned one is told by its task or enrolment; its short code is free again. */
    store_unit_add(
        unit, STORE_ANY, ERR_OK,
        "UPDATE scan SET finished_at = $1 WHERE finished_at IS NULL AND state = 'scanned' AND expires_at <= $2",
        (store_value[]){store_int(c->now_ms), store_int(c->now_ms - SCANNED_KEPT_MS)}, 2);
    return ERR_OK;
}
