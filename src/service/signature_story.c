#include "service/signature_story.h"

#include <string.h>

#include "base/text.h"
#include "service/column.h"
#include "service/internal.h"
#include "service/signature_stamp.h"
#include "service/task_cms.h"

/* ---- what the audit log has ---- */

/* The id behind "kind:" in an actor's name. */
static bool actor_id(const char *actor, const char *kind, uint8_t id[16])
{
    size_t n = strlen(kind);
    return actor && strncmp(actor, kind, n) == 0 && uuid_decode(id, actor + n, strlen(actor + n)) == ERR_OK;
}

static err name_actor(call *c, story_event *e)
{
    const store_value *row;
    uint8_t id[16];
    store *db = c->service->options.store;
    store_value of = store_id(id);
    err found = ERR_NOT_FOUND;
    if (actor_id(e->row.actor, "system:", id))
        found =
            store_query_one(db, c->arena, &row, ERR_NOT_FOUND, "SELECT name, NULL FROM system WHERE id = $1", &of, 1);
    else if (actor_id(e->row.actor, "workstation:", id))
        found = store_query_one(db, c->arena, &row, ERR_NOT_FOUND, "SELECT name, NULL FROM workstation WHERE id = $1",
                                &of, 1);
    else if (actor_id(e->row.actor, "device:", id))
        found = store_query_one(db, c->arena, &row, ERR_NOT_FOUND,
                                "SELECT u.name, d.name FROM enrolment e JOIN app_user u ON u.id = e.user_id "
                                "LEFT JOIN device d ON d.id = e.device_id WHERE e.id = $1",
                                &of, 1);
    if (found != ERR_OK)
        return found == ERR_NOT_FOUND ? ERR_OK : found;
    e->actor_name = column_text(&row[0]);
    e->device = column_text(&row[1]);
    return ERR_OK;
}

/* The first rows about the task itself. */
static err read_events(call *c, signature_story *out)
{
    const audit_entry *rows;
    audit_filter filter = {.subject = call_subject(c, "task", out->task.id), .limit = SIGNATURE_STORY_EVENTS};
    if (!filter.subject)
        return ERR_MEMORY;
    TRY(audit_log_search(c, &filter, &rows, &out->events_n));
    story_event *events = arena_alloc(c->arena, out->events_n * sizeof *events);
    if (!events)
        return ERR_MEMORY;
    for (size_t i = 0; i < out->events_n; i++) {
        events[i].row = rows[i];
        TRY(name_actor(c, &events[i]));
    }
    out->events = events;
    out->events_whole = out->events_n < SIGNATURE_STORY_EVENTS;
    return ERR_OK;
}

/* ---- what the rows have ---- */

static err read_claim(call *c, signature_story *out)
{
    const store_value *row;
    const task *t = &out->task;
    if (!t->claimed_before)
        return ERR_OK;
    memcpy(out->sid, t->claim_sid, sizeof out->sid);
    err e = store_query_one(c->service->options.store, c->arena, &row, ERR_NOT_FOUND,
                            "SELECT claimed_at, method FROM claim WHERE key_id = $1 AND sid = $2 AND subject = $3",
                            (store_value[]){store_id(t->claim_key), store_id(t->claim_sid), store_id(t->id)}, 3);
    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? ERR_OK : e;
    out->claimed_ms = column_int(&row[0]);
    out->claim_method = column_text(&row[1]);
    return ERR_OK;
}

static err read_key(call *c, signature_story *out)
{
    const store_value *row;
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_CORRUPT,
                        "SELECT g.key_id, k.state, d.id, d.name, d.platform, g.failures_before FROM signature g "
                        "JOIN device_key k ON k.id = g.key_id JOIN enrolment e ON e.id = k.enrolment_id "
                        "LEFT JOIN device d ON d.id = e.device_id WHERE g.task_id = $1",
                        (store_value[]){store_id(out->task.id)}, 1));
    TRY(store_column_id(out->key_id, &row[0]));
    out->key_state = column_text(&row[1]);
    out->has_device = row[2].type != STORE_NULL;
    if (out->has_device)
        TRY(store_column_id(out->device_id, &row[2]));
    out->device_name = column_text(&row[3]);
    out->platform = column_text(&row[4]);
    out->failures_before = column_int(&row[5]);
    return ERR_OK;
}

/* A certificate that was frozen then and is not now stands in the audit log alone. */
static const char *state_at(const certificate_view *x, int64_t ms)
{
    if (x->revoked_ms && x->revoked_ms <= ms)
        return x->reason == REASON_HOLD ? "frozen" : "revoked";
    if (ms < x->not_before_ms)
        return "not_yet_valid";
    return ms > x->not_after_ms ? "expired" : "active";
}

static err read_clock(call *c, signature_story *out)
{
    const store_value *row;
    err e = store_query_one(c->service->options.store, c->arena, &row, ERR_NOT_FOUND,
                            "SELECT sequence, at_us, state FROM clock_history WHERE at_us <= $1 ORDER BY at_us DESC, "
                            "sequence DESC LIMIT 1",
                            (store_value[]){store_int(out->task.timestamp.time_us)}, 1);
    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? ERR_OK : e;
    out->clock_sequence = column_int(&row[0]);
    out->clock_at_us = column_int(&row[1]);
    out->clock_state = column_text(&row[2]);
    return ERR_OK;
}

static err read_signature(call *c, signature_story *out)
{
    const task_signature *g = &out->task.signature;
    verify_request request = {.has_task = true};
    memcpy(request.task, out->task.id, sizeof request.task);
    TRY(read_key(c, out));
    TRY(certificate_show(c, g->serial, &out->certificate));
    out->has_certificate = true;
    out->certificate_then = state_at(&out->certificate, g->signed_ms);
    out->has_authorisation = g->authorised;
    if (g->authorised)
        TRY(authorisation_load(c, g->authorisation, &out->authorisation));
    TRY(signature_stamp_token(c, &out->task, &out->token));
    TRY(task_cms(c, &out->task, out->token, &out->cms));
    if (out->token.n > 0)
        TRY(read_clock(c, out));
    TRY(verify_run(c, &request, &out->verification));
    out->has_verification = true;
    return ERR_OK;
}

err signature_story_read(call *c, const uint8_t id[16], signature_story *out)
{
    memset(out, 0, sizeof *out);
    out->failures_before = -1;
    TRY(task_load(c, id, &out->task));
    TRY(read_events(c, out));
    TRY(read_claim(c, out));
    if (out->task.has_signature)
        TRY(read_signature(c, out));
    callback_filter filter = {.has_task = true, .limit = SIGNATURE_STORY_CALLBACKS};
    memcpy(filter.task, id, sizeof filter.task);
    return callback_list(c, &filter, &out->callbacks, &out->callbacks_n);
}
