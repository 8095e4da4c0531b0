#include "service/authorisation_close.h"

#include <string.h>

#include "service/authorisation_share.h"
#include "service/column.h"
#include "service/internal.h"

err authorisation_end(call *c, store_unit *unit, const uint8_t auth_id[16], const char *state, const char *by,
                      int64_t rows)
{
    uint8_t *id = arena_copy(c->arena, auth_id, 16);
    if (!id)
        return ERR_MEMORY;
    store_unit_add(unit, rows, ERR_AUTHORISATION_CLOSED,
                   "UPDATE authorisation SET state = $2, closed_at = $3, closed_by = $4, sealed_share = NULL, "
                   "sealed_for_workstation = NULL, open_sid = NULL, open_until = NULL WHERE id = $1 AND state IN "
                   "('offered', 'active')",
                   (store_value[]){store_id(id), store_text(state), store_int(c->now_ms), store_text(by)}, 4);
    call_wake(c, auth_id);
    audit_record record = {.time_ms = c->now_ms,
                           .event = "authorisation.end",
                           .outcome = err_code(ERR_OK),
                           .actor = c->actor_text,
                           .subject = call_subject(c, "authorisation", auth_id),
                           .origin = c->origin,
                           .detail = arena_printf(c->arena, "state=%s by=%s", state, by)};
    return audit_add(c->service->options.audit, c->arena, unit, &record);
}

err authorisation_person_of_device(call *c, uint8_t user_id[16])
{
    const store_value *row;
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_UNAUTHENTICATED,
                        "SELECT user_id FROM enrolment WHERE id = $1 AND state = 'enrolled'",
                        (store_value[]){store_id(c->actor_id)}, 1));
    return store_column_id(user_id, &row[0]);
}

/* Whether the caller may close this one, and as whom: others' are not there. An offer is the workstation's and the operator's to close. */
static err closer(call *c, const uint8_t auth_id[16], const char **by)
{
    const store_value *row;
    uint8_t person[16];
    workstation w;
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_AUTHORISATION_NOT_FOUND,
                        "SELECT workstation_id, user_id FROM authorisation WHERE id = $1",
                        (store_value[]){store_id(auth_id)}, 1));
    bytes own = column_bytes(&row[0]);
    switch (c->actor) {
    case ACTOR_OPERATOR:
        *by = "operator";
        return ERR_OK;
    case ACTOR_WORKSTATION:
        TRY(workstation_calling(c, &w));
        *by = "workstation";
        break;
    case ACTOR_DEVICE:
        TRY(authorisation_person_of_device(c, person));
        own = column_bytes(&row[1]);
        *by = "phone";
        break;
    default:
        return ERR_FORBIDDEN;
    }
    const uint8_t *caller = c->actor == ACTOR_DEVICE ? person : c->actor_id;
    return bytes_equal(own, bytes_of(caller, 16)) ? ERR_OK : ERR_AUTHORISATION_NOT_FOUND;
}

/* Ends one under its lock, which every S2 under it holds: after the commit no answer is given. */
static err end_one(call *c, const uint8_t auth_id[16], const char *state, const char *by, int64_t rows)
{
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit)
        return ERR_MEMORY;
    TRY(authorisation_end(c, unit, auth_id, state, by, rows));
    TRY(key_lock_take(c->service->locks, auth_id));
    err e = call_commit(c, unit);
    key_lock_release(c->service->locks, auth_id);
    if (e == ERR_OK)
        authorisation_share_destroy(c->service, c->arena, auth_id);
    return e;
}

err authorisation_close(call *c, const uint8_t auth_id[16])
{
    const char *by;
    c->subject = call_subject(c, "authorisation", auth_id);
    TRY(closer(c, auth_id, &by));
    return end_one(c, auth_id, "closed", by, 1);
}

err authorisation_close_of_key(call *c, store_unit *unit, const uint8_t key_id[16], const char *by)
{
    store_result rows;
    TRY(store_query(c->service->options.store, c->arena, &rows,
                    "SELECT id FROM authorisation WHERE key_id = $1 AND state = 'active'",
                    (store_value[]){store_id(key_id)}, 1));
    for (size_t i = 0; i < rows.rows; i++)
        TRY(authorisation_end(c, unit, rows.values[i].p, "closed", by, STORE_ANY));
    return ERR_OK;
}

err authorisation_close_of_workstation(call *c, const uint8_t workstation_id[16])
{
    store_result rows;
    TRY(store_query(c->service->options.store, c->arena, &rows,
                    "SELECT id FROM authorisation WHERE workstation_id = $1 AND state IN ('offered', 'active') "
                    "LIMIT 10000",
                    (store_value[]){store_id(workstation_id)}, 1));
    for (size_t i = 0; i < rows.rows; i++)
        TRY(end_one(c, rows.values[i].p, "closed", "operator", STORE_ANY));
    return ERR_OK;
}

/* Why this one has ended, though its row does not say so yet. v: state, expiry, count left, its request's end, states of key, certificate
 * and workstation, the certificate's end. */
static const char *ended(const call *c, const store_value *v, const char **by)
{
    *by = "expiry";
    if (column_int(&v[2]) <= c->now_ms)
        return "expired";
    *by = "operator";
    if (strcmp(v[7].p, "active") != 0)
        return "closed";
    if (strcmp(v[1].p, "active") != 0)
        return NULL;
    *by = "count";
    if (column_int(&v[3]) == 0 && column_int(&v[4]) <= c->now_ms)
        return "exhausted";
    const char *key = column_text(&v[5]), *certificate = column_text(&v[6]);
    *by = "key";
    bool usable = key && certificate && strcmp(key, "active") == 0 && strcmp(certificate, "active") == 0 &&
                  column_int(&v[8]) > c->now_ms;
    return usable ? NULL : "closed";
}

err authorisation_housekeeping(call *c)
{
    store_result rows;
    TRY(store_query(
        c->service->options.store, c->arena, &rows,
        "SELECT a.id, a.state, a.expires_at, a.count_left, a.open_until, k.state, c.state, w.state, "
        "c.not_after FROM authorisation a JOIN workstation w ON w.id = a.workstation_id LEFT JOIN device_key k "
        "ON k.id = a.key_id LEFT JOIN certificate c ON c.serial = k.serial WHERE a.closed_at IS NULL "
        "ORDER BY a.expires_at LIMIT 1000",
        NULL, 0));
    for (size_t i = 0; i < rows.rows; i++) {
        const char *by;
        const store_value *v = rows.values + i * rows.columns;
        const char *state = ended(c, v, &by);
        if (state)
            TRY(end_one(c, v[0].p, state, by, STORE_ANY));
    }
    return authorisation_share_sweep(c->service);
}
