#include "service/callback_due.h"

#include <string.h>

#include "os/entropy.h"
#include "service/callback_endpoint.h"
#include "service/callback_queue.h"
#include "service/column.h"
#include "service/internal.h"

static const int64_t DAY_MS = INT64_C(86400) * 1000;

int64_t callback_backoff_ms(int64_t tries, uint32_t random)
{
    static const int64_t pauses[] = {1, 5, 30, 120, 600, 1800, 3600}; /* seconds */
    enum { PAUSES = sizeof pauses / sizeof *pauses };
    int64_t ms = pauses[tries < 1 ? 0 : tries > PAUSES ? PAUSES - 1 : tries - 1] * 1000;
    return ms + ms / 4 * (random >> 16) / 65536;
}

static err read_due(const store_value *v, const uint8_t endpoint_id[16], int64_t now_ms, callback_due *out)
{
    memset(out, 0, sizeof *out);
    TRY(store_column_id(out->id, &v[0]));
    memcpy(out->endpoint_id, endpoint_id, 16);
    out->sequence = v[2].i;
    out->tries = v[5].i;
    out->queued_ms = v[6].i;
    out->push = strcmp(column_text(&v[7]), "push") == 0;
    out->url = column_text(&v[8]);
    out->sealed_secret = column_bytes(&v[9]);
    if (column_int(&v[11]) > now_ms)
        out->sealed_previous = column_bytes(&v[10]);
    const char *event = column_text(&v[3]);
    callback_message *m = &out->message;
    *m = (callback_message){.id = v[0].p, .event = event, .happened_ms = v[4].i, .sequence = v[2].i};
    if (out->push) {
        m->staff_no = column_text(&v[15]);
        m->waiting = column_int(&v[16]);
        return m->staff_no ? ERR_OK : ERR_CORRUPT;
    }
    m->task = v[1].p;
    /* At the time of the event; a timestamp's coming changes none. */
    bool stamped = strcmp(event, callback_event_name(CALLBACK_STAMPED)) == 0;
    m->state = stamped ? column_text(&v[17]) : event + strlen("task.");
    m->reference = column_text(&v[12]);
    m->batch = column_bytes(&v[13]).p;
    bool explained = !stamped && strcmp(m->state, "signed") != 0 && strcmp(m->state, "pending") != 0;
    m->reason = explained ? column_text(&v[14]) : NULL;
    return m->reference ? ERR_OK : ERR_CORRUPT;
}

err callback_due_list(service *s, arena *a, const uint8_t endpoint_id[16], int64_t now_ms, int64_t limit,
                      callback_due **out, size_t *n)
{
    store_result rows;
    TRY(store_query(
        s->options.store, a, &rows,
        "SELECT c.id, c.subject, c.sequence, c.event, c.happened_at, c.tries, c.queued_at, e.kind, e.url, "
        "e.sealed_secret, e.sealed_previous, e.previous_until, t.reference, t.batch_id, t.reason, u.staff_no, "
        "CASE WHEN e.kind = 'push' THEN (SELECT count(*) FROM task w WHERE w.signer = c.subject AND w.kind = "
        "'document' AND w.finished_at IS "
        "NULL "
        "AND w.expires_at > $2 AND (w.state = 'pending' OR (w.state = 'claimed' AND w.claim_until <= $2))) END, "
        "t.state FROM callback c JOIN callback_endpoint e ON e.id = c.endpoint_id "
        "LEFT JOIN task t ON t.id = c.subject LEFT JOIN app_user u ON u.id = c.subject "
        "WHERE c.endpoint_id = $1 AND c.finished_at IS NULL AND c.next_at <= $2 AND e.state = 'active' "
        "AND NOT EXISTS (SELECT 1 FROM callback b WHERE b.endpoint_id = c.endpoint_id AND b.subject = c.subject AND "
        "b.sequence < c.sequence AND b.finished_at IS NULL) ORDER BY c.next_at, c.id LIMIT $3",
        (store_value[]){store_id(endpoint_id), store_int(now_ms), store_int(limit)}, 3));
    callback_due *due = arena_alloc(a, rows.rows * sizeof *due);
    if (!due)
        return ERR_MEMORY;
    for (size_t i = 0; i < rows.rows; i++)
        TRY(read_due(rows.values + i * rows.columns, endpoint_id, now_ms, &due[i]));
    *out = due;
    *n = rows.rows;
    return ERR_OK;
}

static err deliver(arena *a, store_unit *unit, const callback_try *t, int64_t now_ms)
{
    store_unit_add(unit, STORE_ANY, ERR_OK,
                   "UPDATE callback SET state = 'delivered', finished_at = $2, tries = tries + 1, last_status = $3, "
                   "last_error = NULL WHERE id = $1 AND sequence = $4 AND finished_at IS NULL",
                   (store_value[]){store_id(t->id), store_int(now_ms), store_int(t->status), store_int(t->sequence)},
                   4);
    if (!t->push)
        return ERR_OK;
    /* More came for the person while this was under way: another message, which has another id. */
    uint8_t *id = arena_alloc(a, 16);
    if (!id)
        return ERR_MEMORY;
    TRY(uuid7_create(id));
    store_unit_add(unit, STORE_ANY, ERR_OK,
                   "UPDATE callback SET id = $2, happened_at = $3, tries = 0, queued_at = $3, next_at = $3, "
                   "last_status = NULL, last_error = NULL WHERE id = $1 AND finished_at IS NULL",
                   (store_value[]){store_id(t->id), store_id(id), store_int(now_ms)}, 3);
    return ERR_OK;
}

err callback_settle(arena *a, store_unit *unit, const callback_try *t, int64_t now_ms, uint32_t random)
{
    enum { GONE = 410 };
    if (t->status >= 200 && t->status < 300)
        return deliver(a, unit, t, now_ms);
    int64_t next = now_ms + callback_backoff_ms(t->tries + 1, random);
    bool failed = t->status == GONE || next > t->queued_ms + DAY_MS;
    const char *why = t->status == 0                        ? t->message
                      : t->status >= 300 && t->status < 400 ? "a redirect is not followed"
                                                            : NULL;
    store_unit_add(
        unit, STORE_ANY, ERR_OK,
        "UPDATE callback SET state = $2, finished_at = $3, next_at = $4, tries = tries + 1, last_status = $5, "
        "last_error = $6 WHERE id = $1 AND finished_at IS NULL",
        (store_value[]){store_id(t->id), store_text(failed ? "failed" : "queued"),
                        failed ? store_int(now_ms) : store_null(), store_int(next),
                        t->status ? store_int(t->status) : store_null(), store_text(why)},
        6);
    return ERR_OK;
}

void callback_hurry(store_unit *unit, const uint8_t endpoint_id[16], int64_t now_ms)
{
    store_unit_add(unit, STORE_ANY, ERR_OK,
                   "UPDATE callback SET next_at = $2 WHERE endpoint_id = $1 AND finished_at IS NULL AND next_at > $2",
                   (store_value[]){store_id(endpoint_id), store_int(now_ms)}, 2);
}

static int64_t kept_since(int64_t now_ms, int64_t retention_ms)
{
    return now_ms - (retention_ms ? retention_ms : CALLBACK_RETENTION_DAYS * DAY_MS);
}

err callback_sweep_left(service *s, arena *a, int64_t now_ms, int64_t retention_ms, bool *left)
{
    store_result rows;
    TRY(store_query(s->options.store, a, &rows, "SELECT 1 FROM callback WHERE finished_at < $1 LIMIT 1",
                    (store_value[]){store_int(kept_since(now_ms, retention_ms))}, 1));
    *left = rows.rows > 0;
    return ERR_OK;
}

void callback_sweep(store_unit *unit, int64_t now_ms, int64_t retention_ms)
{
    store_unit_add(unit, STORE_ANY, ERR_OK,
                   "UPDATE callback SET state = 'failed', finished_at = $1, "
                   "last_error = COALESCE(last_error, 'not delivered within a day') "
                   "WHERE finished_at IS NULL AND queued_at < $2",
                   (store_value[]){store_int(now_ms), store_int(now_ms - DAY_MS)}, 2);
    store_unit_add(unit, STORE_ANY, ERR_OK,
                   "DELETE FROM callback WHERE id IN (SELECT id FROM callback WHERE finished_at < $1 LIMIT $2)",
                   (store_value[]){store_int(kept_since(now_ms, retention_ms)), store_int(CALLBACK_SWEEP)}, 2);
}
