#include "service/task_batch.h"

#include <stdio.h>
#include <string.h>

#include "os/entropy.h"
#include "service/column.h"
#include "service/internal.h"
#include "service/task_end.h"
#include "service/task_order.h"

/* The field of a task's fault, with its place before it. */
static err place_fault(call *c, size_t i, err e)
{
    char field[sizeof c->fault.field];
    memcpy(field, c->fault.field, sizeof field);
    return fault_field(&c->fault, e, "tasks[%zu]%s%s", i, field[0] ? "." : "", field);
}

static err name_place(call *c, int64_t place, size_t i, const char *field, const task_draft *drafts, bool *has,
                      uint8_t id[16])
{
    if (place < 0)
        return ERR_OK;
    if (place >= (int64_t)i || *has)
        return fault_field(
            &c->fault,
            fault_set(&c->fault, ERR_FIELD_VALUE, "want the place of an earlier task, and no other such field"), "%s",
            field);
    *has = true;
    memcpy(id, drafts[place].task.id, 16);
    return ERR_OK;
}

static err draft(call *c, const task_batch_request *r, size_t i, const uint8_t batch[16], task_draft *drafts,
                 size_t *documents)
{
    task_request request = r->tasks[i];
    task_draft *d = &drafts[i];
    TRY(name_place(c, r->after[i], i, "after", drafts, &request.has_after, request.after));
    TRY(name_place(c, r->document_of[i], i, "document_at", drafts, &request.has_document_of, request.document_of));
    TRY(task_draft_make(c, &request, drafts, i, d));
    d->task.has_batch = true;
    memcpy(d->task.batch, batch, 16);
    d->batch_place = (int64_t)i;
    *documents += d->task.document_size > 0 ? (size_t)d->task.document_size : 0;
    return *documents <= TASK_BATCH_DOCUMENTS ? ERR_OK
                                              : fault_set(&c->fault, ERR_LIMIT,
                                                          "the documents of a batch are %d bytes "
                                                          "at the most, each counted for every task",
                                                          TASK_BATCH_DOCUMENTS);
}

static err answer_repeated(call *c, const task_batch_request *r, task_batch *out, bool *repeated)
{
    uint8_t id[16];
    store_result rows;
    TRY(idempotency_find(c, &r->once, id, repeated));
    if (!*repeated)
        return ERR_OK;
    TRY(task_batch_get(c, id, out));
    TRY(store_query(c->service->options.store, c->arena, &rows,
                    "SELECT id FROM task WHERE batch_id = $1 ORDER BY batch_place", (store_value[]){store_id(id)}, 1));
    uint8_t(*ids)[16] = arena_alloc(c->arena, rows.rows * sizeof *ids);
    if (!ids)
        return ERR_MEMORY;
    for (size_t i = 0; i < rows.rows; i++)
        TRY(store_column_id(ids[i], &rows.values[i]));
    out->tasks = (const uint8_t(*)[16])ids;
    c->subject = call_subject(c, "batch", out->id);
    c->detail = "repeated";
    return call_commit(c, store_unit_begin(c->arena));
}

static err create(call *c, const task_batch_request *r, task_draft *drafts, task_batch *out)
{
    size_t documents = 0;
    *out = (task_batch){.title = r->title, .created_ms = c->now_ms, .n = r->n};
    TRY(uuid7_create(out->id));
    c->subject = call_subject(c, "batch", out->id);
    c->detail = arena_printf(c->arena, "tasks=%zu", r->n);
    store_unit *unit = store_unit_begin(c->arena);
    uint8_t(*ids)[16] = arena_alloc(c->arena, r->n * sizeof *ids);
    if (!unit || !ids || !c->detail)
        return ERR_MEMORY;
    store_unit_add(unit, 1, ERR_INTERNAL,
                   "INSERT INTO task_batch (id, system_id, title, size, created_at) VALUES ($1, $2, $3, $4, $5)",
                   (store_value[]){store_id(out->id), store_id(c->actor_id), store_text(r->title),
                                   store_int((int64_t)r->n), store_int(c->now_ms)},
                   5);
    idempotency_add(c, unit, &r->once, out->id);
    for (size_t i = 0; i < r->n; i++) {
        err e = draft(c, r, i, out->id, drafts, &documents);
        if (e != ERR_OK)
            return place_fault(c, i, e);
        memcpy(ids[i], drafts[i].task.id, 16);
        TRY(task_draft_add(c, unit, &drafts[i]));
    }
    out->tasks = (const uint8_t(*)[16])ids;
    return call_commit(c, unit);
}

err task_batch_create(call *c, const task_batch_request *r, task_batch *out, bool *repeated)
{
    TRY(answer_repeated(c, r, out, repeated));
    if (*repeated)
        return ERR_OK;
    task_draft *drafts = arena_alloc(c->arena, r->n * sizeof *drafts);
    if (!drafts)
        return ERR_MEMORY;
    err e = create(c, r, drafts, out);
    /* A task that one of these refers to moved on at this moment. */
    for (int i = 1; e == ERR_CONFLICT && !c->fault.field[0] && i < TASK_ORDER_TRIES; i++)
        e = create(c, r, drafts, out);
    if (e == ERR_EXISTS && r->once.key) {
        TRY(answer_repeated(c, r, out, repeated));
        return *repeated ? ERR_OK : ERR_CONFLICT;
    }
    TRY(e);
    const uint8_t(*ids)[16] = out->tasks;
    TRY(task_batch_get(c, out->id, out));
    out->tasks = ids;
    return ERR_OK;
}

err task_batch_get(call *c, const uint8_t id[16], task_batch *out)
{
    const store_value *row;
    store_result rows;
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_BATCH_NOT_FOUND,
                        "SELECT id, title, size, created_at FROM task_batch WHERE id = $1 AND system_id = $2",
                        (store_value[]){store_id(id), store_id(c->actor_id)}, 2));
    /* id may be out's own. */
    TRY(store_query(c->service->options.store, c->arena, &rows,
                    "SELECT state, count(*) FROM task WHERE batch_id = $1 GROUP BY state",
                    (store_value[]){store_id(id)}, 1));
    memset(out, 0, sizeof *out);
    TRY(store_column_id(out->id, &row[0]));
    out->title = column_text(&row[1]);
    out->n = (size_t)row[2].i;
    out->created_ms = row[3].i;
    for (size_t i = 0; i < rows.rows; i++) {
        const char *state = column_text(&rows.values[2 * i]);
        for (size_t j = 0; task_states[j]; j++)
            if (strcmp(task_states[j], state) == 0)
                out->counts[j] = rows.values[2 * i + 1].i;
    }
    return ERR_OK;
}

/* What can be cancelled of it now, as much as ending one takes. */
static err cancel(call *c, const uint8_t id[16], const char *reason)
{
    store_result rows;
    size_t behind = 0;
    TRY(store_query(c->service->options.store, c->arena, &rows,
                    "SELECT id, signer FROM task WHERE batch_id = $1 AND finished_at IS NULL AND expires_at > $2 AND "
                    "(state = 'waiting' OR state = 'pending' OR claim_until <= $2) ORDER BY batch_place",
                    (store_value[]){store_id(id), store_int(c->now_ms)}, 2));
    store_unit *unit = store_unit_begin(c->arena);
    task *tasks = arena_alloc(c->arena, rows.rows * sizeof *tasks);
    if (!unit || !tasks)
        return ERR_MEMORY;
    for (size_t i = 0; i < rows.rows; i++) {
        TRY(store_column_id(tasks[i].id, &rows.values[2 * i]));
        TRY(store_column_id(tasks[i].signer_id, &rows.values[2 * i + 1]));
        TRY(task_end_add(c, unit, &tasks[i], "cancelled", reason));
        TRY(task_order_ended(c, unit, tasks[i].id, "cancelled", id, &behind));
    }
    call_wake(c, id);
    c->detail = arena_printf(c->arena, "cancelled=%zu behind=%zu", rows.rows, behind);
    return call_commit(c, unit);
}

err task_batch_cancel(call *c, const uint8_t id[16], const char *reason, task_batch *out)
{
    err e = ERR_CONFLICT;
    c->subject = call_subject(c, "batch", id);
    TRY(task_batch_get(c, id, out));
    for (int i = 0; e == ERR_CONFLICT && i < TASK_ORDER_TRIES; i++)
        e = cancel(c, id, reason);
    TRY(e);
    return task_batch_get(c, id, out);
}
