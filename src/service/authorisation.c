#include "service/authorisation.h"

#include <string.h>

#include "base/text.h"
#include "service/authorisation_close.h"
#include "service/column.h"
#include "service/device.h"
#include "service/internal.h"

/* One list of columns for every reading; read_one knows their order. */
#define COLUMNS                                                                                                        \
    "a.id, a.workstation_id, a.key_id, a.user_id, w.name, w.place, a.state, u.staff_no, u.name, a.scope, "             \
    "a.count_left, a.count_used, a.created_at, a.approved_at, a.expires_at, a.closed_at, a.closed_by, a.open_until, "  \
    "a.method"
#define TABLES                                                                                                         \
    " FROM authorisation a JOIN workstation w ON w.id = a.workstation_id LEFT JOIN app_user u ON u.id = a.user_id "

/* The row may be out of date by one round of housekeeping; an answer is not. */
static const char *state_at(const authorisation *a, int64_t open_until, int64_t now_ms)
{
    bool active = strcmp(a->state, "active") == 0;
    if (!active && strcmp(a->state, "offered") != 0)
        return a->state;
    if (a->expires_ms <= now_ms)
        return "expired";
    return active && a->count_left == 0 && open_until <= now_ms ? "exhausted" : a->state;
}

static err read_one(const store_value *v, int64_t now_ms, authorisation *out)
{
    memset(out, 0, sizeof *out);
    TRY(store_column_id(out->id, &v[0]));
    TRY(store_column_id(out->workstation_id, &v[1]));
    if (v[2].type != STORE_NULL)
        TRY(store_column_id(out->key_id, &v[2]));
    if (v[3].type != STORE_NULL)
        TRY(store_column_id(out->user_id, &v[3]));
    out->workstation_name = column_text(&v[4]);
    out->workstation_place = column_text(&v[5]);
    out->state = column_text(&v[6]);
    out->staff_no = column_text(&v[7]);
    out->user_name = column_text(&v[8]);
    out->scope = column_bytes(&v[9]);
    out->count_left = column_int(&v[10]);
    out->count_used = column_int(&v[11]);
    out->created_ms = column_int(&v[12]);
    out->approved_ms = column_int(&v[13]);
    out->expires_ms = column_int(&v[14]);
    out->closed_ms = column_int(&v[15]);
    out->closed_by = column_text(&v[16]);
    out->method = column_text(&v[18]);
    if (!out->state)
        return ERR_CORRUPT;
    out->state = state_at(out, column_int(&v[17]), now_ms);
    return ERR_OK;
}

static err read_all(call *c, const store_result *rows, const authorisation **out, size_t *n)
{
    authorisation *all = arena_alloc(c->arena, rows->rows * sizeof *all);
    if (!all)
        return ERR_MEMORY;
    for (size_t i = 0; i < rows->rows; i++)
        TRY(read_one(rows->values + i * rows->columns, c->now_ms, &all[i]));
    *out = all;
    *n = rows->rows;
    return ERR_OK;
}

err authorisation_load(call *c, const uint8_t auth_id[16], authorisation *out)
{
    const store_value *row;
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_AUTHORISATION_NOT_FOUND,
                        "SELECT " COLUMNS TABLES "WHERE a.id = $1", (store_value[]){store_id(auth_id)}, 1));
    return read_one(row, c->now_ms, out);
}

/* One of the calling workstation's own. */
static err load_of_workstation(call *c, const uint8_t auth_id[16], authorisation *out)
{
    workstation w;
    TRY(workstation_calling(c, &w));
    TRY(authorisation_load(c, auth_id, out));
    return memcmp(out->workstation_id, c->actor_id, 16) == 0 ? ERR_OK : ERR_AUTHORISATION_NOT_FOUND;
}

/* ---- offering ---- */

/* What a scope may be whoever proposes it. Its end is the phone's to say. */
err authorisation_scope_read(call *c, bytes bytes_of_scope, mpc_scope *out)
{
    err e = mpc_scope_read(c->arena, bytes_of_scope, out);
    return e == ERR_OK || e == ERR_MEMORY ? e : fault_field(&c->fault, ERR_FIELD_VALUE, "scope");
}

/* The id was used before: the same offer, or another thing. */
static err offered_before(call *c, const uint8_t auth_id[16], const uint8_t pkW[POINT_SIZE], authorisation *out)
{
    const store_value *row;
    err e = store_query_one(c->service->options.store, c->arena, &row, ERR_NOT_FOUND,
                            "SELECT id FROM authorisation WHERE id = $1 AND workstation_id = $2 AND pk_w = $3 AND "
                            "state = 'offered'",
                            (store_value[]){store_id(auth_id), store_id(c->actor_id), store_blob(pkW, POINT_SIZE)}, 3);
    if (e == ERR_NOT_FOUND)
        return fault_field(&c->fault, ERR_CONFLICT, "auth_id");
    TRY(e);
    c->detail = "repeated";
    TRY(call_commit(c, store_unit_begin(c->arena)));
    return authorisation_load(c, auth_id, out);
}

err authorisation_offer(call *c, const uint8_t auth_id[16], const uint8_t pkW[POINT_SIZE], bytes scope,
                        authorisation *out)
{
    workstation w;
    point key;
    mpc_scope wish;
    c->subject = call_subject(c, "authorisation", auth_id);
    TRY(workstation_calling(c, &w));
    TRY(selftest_require(c));
    if (point_from_bytes(&key, pkW) != ERR_OK)
        return fault_field(&c->fault, ERR_POINT, "pkW");
    if (scope.n > 0)
        TRY(authorisation_scope_read(c, scope, &wish));
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit)
        return ERR_MEMORY;
    /* Keys and authorisations are named in the same places: an id is of one of them only. */
    store_unit_add(unit, 1, ERR_EXISTS,
                   "INSERT INTO authorisation (id, workstation_id, pk_w, scope, state, created_at, expires_at) "
                   "SELECT $1, id, $3, $4, 'offered', $5, $6 FROM workstation WHERE id = $2 AND state = 'active' AND "
                   "NOT EXISTS (SELECT 1 FROM device_key WHERE id = $1)",
                   (store_value[]){store_id(auth_id), store_id(w.id), store_blob(pkW, POINT_SIZE),
                                   scope.n > 0 ? store_blob(scope.p, scope.n) : store_null(), store_int(c->now_ms),
                                   store_int(c->now_ms + AUTHORISATION_OFFER_SECONDS * 1000)},
                   6);
    err e = call_commit(c, unit);
    if (e == ERR_EXISTS)
        return offered_before(c, auth_id, pkW, out);
    TRY(e);
    return authorisation_load(c, auth_id, out);
}

err authorisation_offered(call *c, const uint8_t auth_id[16], workstation *w, authorisation *out)
{
    uint8_t user_id[16];
    TRY(device_standing(c, user_id));
    TRY(authorisation_load(c, auth_id, out));
    if (strcmp(out->state, "offered") != 0)
        return ERR_AUTHORISATION_CLOSED;
    err e = workstation_get(c, out->workstation_id, w);
    return e == ERR_OK && strcmp(w->state, "active") != 0 ? ERR_WORKSTATION_NOT_FOUND : e;
}

/* ---- for the workstation ---- */

err authorisation_fetch(call *c, const uint8_t auth_id[16], authorisation_grant *out)
{
    enum { SEALED = 19, P, CERTIFICATE };
    const store_value *row;
    memset(out, 0, sizeof *out);
    TRY(workstation_calling(c, &(workstation){0}));
    /* The state and what comes with it in one reading: it may be closed at any moment. */
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_AUTHORISATION_NOT_FOUND,
                        "SELECT " COLUMNS ", a.sealed_for_workstation, k.public_key, c.certificate" TABLES
                        "LEFT JOIN device_key k ON k.id = a.key_id LEFT JOIN certificate c ON c.serial = k.serial "
                        "WHERE a.id = $1 AND a.workstation_id = $2",
                        (store_value[]){store_id(auth_id), store_id(c->actor_id)}, 2));
    TRY(read_one(row, c->now_ms, &out->authorisation));
    if (strcmp(out->authorisation.state, "active") != 0)
        return ERR_OK;
    out->sealed = column_bytes(&row[SEALED]);
    out->certificate = column_bytes(&row[CERTIFICATE]);
    return out->sealed.p && out->certificate.p ? store_column_blob(out->P, sizeof out->P, &row[P]) : ERR_CORRUPT;
}

static err active_of_workstation(call *c, const uint8_t auth_id[16], authorisation *a, mpc_scope *scope)
{
    TRY(load_of_workstation(c, auth_id, a));
    if (strcmp(a->state, "active") != 0)
        return ERR_AUTHORISATION_CLOSED;
    err e = mpc_scope_read(c->arena, a->scope, scope);
    return e == ERR_OK || e == ERR_MEMORY ? e : ERR_CORRUPT;
}

err authorisation_tasks(call *c, const uint8_t auth_id[16], const task_filter *filter, const task **out, size_t *n,
                        uint8_t next[16], bool *has_next)
{
    static const uint8_t least[16];
    authorisation a;
    mpc_scope scope;
    store_result rows;
    *n = 0;
    TRY(active_of_workstation(c, auth_id, &a, &scope));
    TRY(store_query(c->service->options.store, c->arena, &rows,
                    "SELECT t.id, s.name, t.record_type FROM task t JOIN system s ON s.id = t.system_id WHERE "
                    "t.signer = $1 AND t.id > $2 AND t.expires_at > $3 AND t.finished_at IS NULL AND "
                    "t.kind = 'document' AND (t.state = 'pending' OR t.claim_until <= $3) ORDER BY t.id LIMIT $4",
                    (store_value[]){store_id(a.user_id), store_id(filter->has_after ? filter->after : least),
                                    store_int(c->now_ms), store_int(filter->limit)},
                    4));
    task *tasks = arena_alloc(c->arena, rows.rows * sizeof *tasks);
    if (!tasks)
        return ERR_MEMORY;
    /* The cursor goes by what was looked at: a page may hold fewer than there are. */
    *has_next = rows.rows > 0 && (int64_t)rows.rows == filter->limit;
    for (size_t i = 0; i < rows.rows; i++) {
        const store_value *v = rows.values + i * rows.columns;
        TRY(store_column_id(next, &v[0]));
        if (mpc_scope_covers(&scope, v[1].p, v[2].p))
            TRY(task_load(c, next, &tasks[(*n)++]));
    }
    *out = tasks;
    return ERR_OK;
}

err authorisation_document(call *c, const uint8_t auth_id[16], const uint8_t task_id[16], bytes *document,
                           const char **media_type)
{
    authorisation a;
    mpc_scope scope;
    const store_value *row;
    char id[UUID_TEXT];
    uuid_encode(id, auth_id);
    c->subject = call_subject(c, "task", task_id);
    c->detail = arena_printf(c->arena, "authorisation=%s", id);
    TRY(active_of_workstation(c, auth_id, &a, &scope));
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_TASK_NOT_FOUND,
                        "SELECT s.name, t.record_type, t.media_type, t.kind FROM task t JOIN system s ON "
                        "s.id = t.system_id WHERE t.id = $1 AND t.signer = $2",
                        (store_value[]){store_id(task_id), store_id(a.user_id)}, 2));
    if (!mpc_scope_covers(&scope, row[0].p, row[1].p) || strcmp(row[3].p, "document") != 0)
        return ERR_SCOPE;
    *media_type = column_text(&row[2]);
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_NOT_FOUND,
                        "SELECT content FROM task_document WHERE task_id = $1", (store_value[]){store_id(task_id)}, 1));
    *document = bytes_of(row[0].p, row[0].n);
    return call_commit(c, store_unit_begin(c->arena));
}

/* ---- lists ---- */

err authorisation_list_of_device(call *c, const authorisation **out, size_t *n)
{
    uint8_t user_id[16];
    store_result rows;
    TRY(authorisation_person_of_device(c, user_id));
    TRY(store_query(c->service->options.store, c->arena, &rows,
                    "SELECT " COLUMNS TABLES
                    "WHERE a.user_id = $1 ORDER BY a.closed_at IS NOT NULL, a.approved_at DESC "
                    "LIMIT $2",
                    (store_value[]){store_id(user_id), store_int(AUTHORISATION_PAGE)}, 2));
    return read_all(c, &rows, out, n);
}

/* Rows stay for ever: each of the two statements goes along an index of its own. $1, $2: where the page before ended. */
#define PAGE "(a.created_at, a.id) < ($1, $2) ORDER BY a.created_at DESC, a.id DESC LIMIT $3"

err authorisation_list(call *c, const char *state, const uint8_t *after, int64_t limit, const authorisation **out,
                       size_t *n)
{
    store_result rows;
    const store_value *row;
    store_value params[4] = {store_int(INT64_MAX), store_blob("", 0), store_int(limit), store_text(state)};
    *n = 0;
    if (after) {
        err e = store_query_one(c->service->options.store, c->arena, &row, ERR_NOT_FOUND,
                                "SELECT created_at, id FROM authorisation WHERE id = $1",
                                (store_value[]){store_id(after)}, 1);
        if (e == ERR_NOT_FOUND)
            return ERR_OK;
        TRY(e);
        params[0] = row[0];
        params[1] = row[1];
    }
    TRY(state ? store_query(c->service->options.store, c->arena, &rows,
                            "SELECT " COLUMNS TABLES "WHERE a.state = $4 AND " PAGE, params, 4)
              : store_query(c->service->options.store, c->arena, &rows, "SELECT " COLUMNS TABLES "WHERE " PAGE, params,
                            3));
    return read_all(c, &rows, out, n);
}

err authorisation_of_signer(call *c, const char *staff_no, int64_t *until_ms)
{
    const store_value *row;
    store_result rows;
    *until_ms = 0;
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_USER_NOT_FOUND,
                        "SELECT u.id, s.name FROM app_user u JOIN system s ON s.id = $2 WHERE u.staff_no = $1",
                        (store_value[]){store_text(staff_no), store_id(c->actor_id)}, 2));
    const char *system = column_text(&row[1]);
    TRY(store_query(c->service->options.store, c->arena, &rows,
                    "SELECT scope, expires_at FROM authorisation WHERE user_id = $1 AND state = 'active' AND "
                    "expires_at > $2 AND count_left > 0 LIMIT 100",
                    (store_value[]){row[0], store_int(c->now_ms)}, 2));
    for (size_t i = 0; i < rows.rows; i++) {
        mpc_scope scope;
        const store_value *v = rows.values + i * rows.columns;
        TRY(mpc_scope_read(c->arena, column_bytes(&v[0]), &scope));
        if (v[1].i > *until_ms && mpc_scope_covers_system(&scope, system))
            *until_ms = v[1].i;
    }
    return ERR_OK;
}
