#include "service/history.h"

#include <string.h>

#include "service/column.h"
#include "service/internal.h"

/* Where the list goes on: the cursor is a task, whose place is its signature's time and its id. */
static err place_of(call *c, const store_value *person, const uint8_t *before, int64_t *signed_ms)
{
    const store_value *row;
    *signed_ms = INT64_MAX;
    if (!before)
        return ERR_OK;
    err e = store_query_one(c->service->options.store, c->arena, &row, ERR_NOT_FOUND,
                            "SELECT signed_at FROM signature WHERE task_id = $1 AND signer = $2",
                            (store_value[]){store_id(before), *person}, 2);
    if (e == ERR_NOT_FOUND)
        return fault_field(&c->fault, ERR_FIELD_VALUE, "before");
    TRY(e);
    *signed_ms = row[0].i;
    return ERR_OK;
}

static err read_one(const store_value *v, history_entry *out)
{
    const char **texts[] = {&out->kind,      &out->title,  &out->description, &out->record_type,
                            &out->reference, &out->system, &out->method,      &out->workstation};
    TRY(store_column_id(out->task, &v[0]));
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        *texts[i] = column_text(&v[1 + i]);
    out->serial = column_bytes(&v[9]);
    out->signed_ms = column_int(&v[10]);
    out->withdrawn_ms = column_int(&v[11]);
    return ERR_OK;
}

err history_list(call *c, const uint8_t *before, int64_t limit, const history_entry **out, size_t *n)
{
    static const uint8_t nothing[16];
    const store_value *person;
    store_result rows;
    int64_t signed_ms;
    TRY(store_query_one(c->service->options.store, c->arena, &person, ERR_UNAUTHENTICATED,
                        "SELECT user_id FROM enrolment WHERE id = $1", (store_value[]){store_id(c->actor_id)}, 1));
    TRY(place_of(c, &person[0], before, &signed_ms));
    TRY(store_query(
        c->service->options.store, c->arena, &rows,
        "SELECT g.task_id, t.kind, t.title, t.description, t.record_type, t.reference, s.name, g.method, w.name, "
        "g.serial, g.signed_at, CASE WHEN t.state = 'withdrawn' THEN t.finished_at END FROM signature g "
        "JOIN task t ON t.id = g.task_id JOIN system s ON s.id = t.system_id "
        "LEFT JOIN authorisation a ON a.id = g.authorisation_id LEFT JOIN workstation w ON w.id = a.workstation_id "
        "WHERE g.signer = $1 AND (g.signed_at, g.task_id) < ($2, $3) ORDER BY g.signed_at DESC, g.task_id DESC LIMIT "
        "$4",
        (store_value[]){person[0], store_int(signed_ms), store_id(before ? before : nothing), store_int(limit)}, 4));
    history_entry *all = arena_alloc(c->arena, rows.rows * sizeof *all);
    if (!all)
        return ERR_MEMORY;
    for (size_t i = 0; i < rows.rows; i++)
        TRY(read_one(rows.values + i * rows.columns, &all[i]));
    *out = all;
    *n = rows.rows;
    return ERR_OK;
}
