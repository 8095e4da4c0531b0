#include "service/task.h"

#include <string.h>

#include "service/column.h"
#include "service/device.h"
#include "service/holder.h"
#include "service/internal.h"
#include "service/timestamp.h"

/* One list of columns for every reading of a task; read_task knows their order. */
#define TASK_COLUMNS                                                                                                   \
    "t.id, t.system_id, t.signer, s.name, u.staff_no, u.name, t.form, t.state, t.title, t.description, t.reference, "  \
    "t.media_type, t.department, t.digest, t.document_size, t.created_at, t.expires_at, t.claim_key, t.claim_sid, "    \
    "t.claim_until, g.rs, g.e, g.serial, c.certificate, g.method, g.signed_at, t.kind, t.fields, t.record_type, "      \
    "t.priority, t.reason, t.finished_at, t.batch_id, t.after_task, g.attributes, g.authorisation_id, "                \
    "x.task_id, x.serial, k.time_us, k.accuracy_us, k.gm, k.demonstration, k.policy"
#define TASK_TABLES                                                                                                    \
    " FROM task t JOIN system s ON s.id = t.system_id JOIN app_user u ON u.id = t.signer "                             \
    "LEFT JOIN signature g ON g.task_id = t.id LEFT JOIN certificate c ON c.serial = g.serial "                        \
    "LEFT JOIN signature_stamp x ON x.task_id = t.id LEFT JOIN token k ON k.serial = x.serial "

/* x.task_id, x.serial, and the token's row. */
static err read_timestamp(const store_value *v, task_timestamp *out)
{
    out->wanted = v[0].type != STORE_NULL;
    out->serial = column_bytes(&v[1]);
    if (!out->serial.p)
        return ERR_OK;
    if (v[2].type != STORE_INT)
        return ERR_CORRUPT; /* the log has no such token */
    out->time_us = v[2].i;
    out->accuracy_us = v[3].i;
    out->policy = column_bytes(&v[6]);
    if (out->policy.n == 0)
        out->policy = timestamp_own_policy(v[4].i ? CMS_GM : CMS_RFC, v[5].i != 0);
    return ERR_OK;
}

static err read_task(arena *a, const store_value *v, task *t)
{
    memset(t, 0, sizeof *t);
    TRY(store_column_id(t->id, &v[0]));
    TRY(store_column_id(t->system_id, &v[1]));
    TRY(store_column_id(t->signer_id, &v[2]));
    const char **texts[] = {&t->system_name, &t->signer_staff_no, &t->signer_name, &t->form,       &t->state,
                            &t->title,       &t->description,     &t->reference,   &t->media_type, &t->department};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        *texts[i] = column_text(&v[3 + i]);
    TRY(store_column_blob(t->digest, sizeof t->digest, &v[13]));
    t->document_size = v[14].type == STORE_INT ? v[14].i : -1;
    t->created_ms = v[15].i;
    t->expires_ms = v[16].i;
    t->claimed_before = v[18].type != STORE_NULL;
    if (t->claimed_before) {
        TRY(store_column_id(t->claim_key, &v[17]));
        TRY(store_column_id(t->claim_sid, &v[18]));
        t->claim_until = v[19].type == STORE_INT ? v[19].i : 0;
    }
    t->has_signature = v[20].type != STORE_NULL;
    if (t->has_signature) {
        TRY(store_column_blob(t->signature.rs, sizeof t->signature.rs, &v[20]));
        TRY(store_column_blob(t->signature.e, sizeof t->signature.e, &v[21]));
        t->signature.serial = bytes_of(v[22].p, v[22].n);
        t->signature.certificate = bytes_of(v[23].p, v[23].n);
        t->signer_name = holder_name(a, t->signature.certificate, t->signer_name);
        t->signature.method = column_text(&v[24]);
        t->signature.signed_ms = v[25].i;
        t->signature.attributes = column_bytes(&v[34]);
        t->signature.authorised = v[35].type != STORE_NULL;
        if (t->signature.authorised)
            TRY(store_column_id(t->signature.authorisation, &v[35]));
    }
    TRY(read_timestamp(&v[36], &t->timestamp));
    t->kind = column_text(&v[26]);
    t->fields = column_text(&v[27]);
    t->record_type = column_text(&v[28]);
    t->priority = (task_priority)v[29].i;
    t->reason = column_text(&v[30]);
    t->finished_ms = column_int(&v[31]);
    t->has_batch = v[32].type != STORE_NULL;
    t->has_after = v[33].type != STORE_NULL;
    if (t->has_batch)
        TRY(store_column_id(t->batch, &v[32]));
    return t->has_after ? store_column_id(t->after, &v[33]) : ERR_OK;
}

static err read_tasks(call *c, const store_result *rows, const task **out, size_t *n)
{
    task *tasks = arena_alloc(c->arena, rows->rows * sizeof *tasks);
    if (!tasks)
        return ERR_MEMORY;
    for (size_t i = 0; i < rows->rows; i++)
        TRY(read_task(c->arena, rows->values + i * rows->columns, &tasks[i]));
    *out = tasks;
    *n = rows->rows;
    return ERR_OK;
}

const char *task_state_at(const task *t, int64_t now_ms)
{
    return task_state_as_of(t->state, t->claim_until, t->expires_ms, now_ms);
}

err task_load(call *c, const uint8_t id[16], task *out)
{
    const store_value *row;
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_TASK_NOT_FOUND,
                        "SELECT " TASK_COLUMNS TASK_TABLES "WHERE t.id = $1", (store_value[]){store_id(id)}, 1));
    return read_task(c->arena, row, out);
}

err task_get(call *c, const uint8_t id[16], task *out)
{
    TRY(task_load(c, id, out));
    return memcmp(out->system_id, c->actor_id, 16) == 0 && strcmp(out->kind, "document") == 0 ? ERR_OK
                                                                                              : ERR_TASK_NOT_FOUND;
}

/* The state in the row may be out of date by one round of housekeeping; a listing may be too. */
#define LIST(reference)                                                                                                \
    "SELECT " TASK_COLUMNS TASK_TABLES "WHERE t.system_id = $1 AND t.id > $2 AND t.kind = 'document' "                 \
    "AND (t.state = $3 OR $3 IS NULL) " reference "ORDER BY t.id LIMIT $4"

/* Two statements, because an OR would not use the index of references. */
err task_list(call *c, const task_filter *filter, const task **out, size_t *n)
{
    static const uint8_t least[16];
    store *s = c->service->options.store;
    store_result rows;
    store_value params[] = {store_id(c->actor_id), store_id(filter->has_after ? filter->after : least),
                            store_text(filter->state), store_int(filter->limit), store_text(filter->reference)};
    if (filter->reference)
        TRY(store_query(s, c->arena, &rows, LIST("AND t.reference = $5 "), params, 5));
    else
        TRY(store_query(s, c->arena, &rows, LIST(""), params, 4));
    return read_tasks(c, &rows, out, n);
}

err task_get_many(call *c, const uint8_t (*ids)[16], size_t n, const task **out, size_t *found, const size_t **missing,
                  size_t *missing_n)
{
    task *tasks = arena_alloc(c->arena, n * sizeof *tasks);
    size_t *places = arena_alloc(c->arena, n * sizeof *places);
    if (!tasks || !places)
        return ERR_MEMORY;
    *out = tasks;
    *missing = places;
    *found = *missing_n = 0;
    for (size_t i = 0; i < n; i++) {
        err e = task_get(c, ids[i], &tasks[*found]);
        if (e == ERR_TASK_NOT_FOUND)
            places[(*missing_n)++] = i;
        else if (e == ERR_OK)
            (*found)++;
        else
            return e;
    }
    return ERR_OK;
}

err task_list_of_batch(call *c, const uint8_t batch[16], const task_filter *filter, const task **out, size_t *n)
{
    static const uint8_t none[16];
    store_result rows;
    /* A cursor that is no task of the batch has nothing after it. */
    TRY(store_query(c->service->options.store, c->arena, &rows,
                    "SELECT " TASK_COLUMNS TASK_TABLES "WHERE t.system_id = $1 AND t.batch_id = $2 AND t.batch_place > "
                    "coalesce((SELECT batch_place FROM task WHERE id = $3 AND batch_id = $2), $4) "
                    "AND (t.state = $5 OR $5 IS NULL) ORDER BY t.batch_place LIMIT $6",
                    (store_value[]){store_id(c->actor_id), store_id(batch),
                                    store_id(filter->has_after ? filter->after : none),
                                    store_int(filter->has_after ? INT32_MAX : -1), store_text(filter->state),
                                    store_int(filter->limit)},
                    6));
    return read_tasks(c, &rows, out, n);
}

/* Where a page of a device's list begins: behind the task `after`, which may be finished by now; its priority never changes. */
static err cursor_priority(call *c, const task_filter *filter, const uint8_t user[16], int64_t *priority)
{
    const store_value *row;
    *priority = TASK_URGENT + 1;
    if (!filter->has_after)
        return ERR_OK;
    err e = store_query_one(c->service->options.store, c->arena, &row, ERR_NOT_FOUND,
                            "SELECT priority FROM task WHERE id = $1 AND signer = $2",
                            (store_value[]){store_id(filter->after), store_id(user)}, 2);
    if (e == ERR_NOT_FOUND)
        return fault_field(&c->fault, ERR_FIELD_VALUE, "after");
    TRY(e);
    *priority = row[0].i;
    return ERR_OK;
}

err task_list_for_device(call *c, const task_filter *filter, const task **out, size_t *n)
{
    static const uint8_t least[16];
    store_result rows;
    uint8_t user_id[16];
    int64_t priority;
    TRY(device_standing(c, user_id));
    TRY(cursor_priority(c, filter, user_id, &priority));
    TRY(store_query(
        c->service->options.store, c->arena, &rows,
        "SELECT " TASK_COLUMNS TASK_TABLES "WHERE t.signer = $1 AND t.kind = 'document' AND t.finished_at IS NULL AND "
        "t.priority <= $2 AND (t.priority < $2 OR t.id > $3) AND t.expires_at > $4 "
        "AND (t.state = 'pending' OR t.claim_until <= $4) ORDER BY t.priority DESC, t.id LIMIT $5",
        (store_value[]){store_id(user_id), store_int(priority), store_id(filter->has_after ? filter->after : least),
                        store_int(c->now_ms), store_int(filter->limit)},
        5));
    return read_tasks(c, &rows, out, n);
}

err task_list_of_scan(call *c, const uint8_t *id, const uint8_t *batch, const task **out, size_t *n)
{
    store_result rows;
    uint8_t user_id[16];
    TRY(device_standing(c, user_id));
    store_value params[] = {store_id(user_id), store_int(c->now_ms), store_id(id ? id : batch), store_int(TASK_PAGE)};
    if (id)
        TRY(store_query(c->service->options.store, c->arena, &rows,
                        "SELECT " TASK_COLUMNS TASK_TABLES
                        "WHERE t.id = $3 AND t.signer = $1 AND t.expires_at > $2 AND "
                        "t.finished_at IS NULL LIMIT $4",
                        params, 4));
    else
        TRY(store_query(c->service->options.store, c->arena, &rows,
                        "SELECT " TASK_COLUMNS TASK_TABLES
                        "WHERE t.batch_id = $3 AND t.signer = $1 AND t.expires_at > $2 "
                        "AND t.finished_at IS NULL AND t.state <> 'waiting' ORDER BY t.batch_place LIMIT $4",
                        params, 4));
    return read_tasks(c, &rows, out, n);
}

static err document_load(call *c, const uint8_t id[16], bytes *document)
{
    const store_value *row;
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_NOT_FOUND,
                        "SELECT content FROM task_document WHERE task_id = $1", (store_value[]){store_id(id)}, 1));
    *document = bytes_of(row[0].p, row[0].n);
    return ERR_OK;
}

err task_document_for_device(call *c, const uint8_t id[16], bytes *document, const char **media_type)
{
    task t;
    uint8_t user[16];
    c->subject = call_subject(c, "task", id);
    TRY(device_standing(c, user));
    TRY(task_load(c, id, &t));
    if (memcmp(user, t.signer_id, 16) != 0)
        return ERR_TASK_NOT_YOURS;
    err refusal = task_state_error(task_state_at(&t, c->now_ms));
    if (refusal != ERR_OK && refusal != ERR_TASK_CLAIMED)
        return refusal;
    TRY(document_load(c, id, document));
    *media_type = t.media_type;
    return call_commit(c, store_unit_begin(c->arena));
}

err task_load_signable(call *c, arena *scratch, const uint8_t id[16], task_signable *out)
{
    const store_value *v;
    memset(out, 0, sizeof *out);
    TRY(store_query_one(
        c->service->options.store, scratch, &v, ERR_TASK_NOT_FOUND,
        "SELECT t.signer, t.state, t.expires_at, t.claim_key, t.claim_sid, t.claim_until, t.form, t.digest, "
        "d.content, t.kind FROM task t LEFT JOIN task_document d ON d.task_id = t.id AND t.form = 'raw' "
        "WHERE t.id = $1",
        (store_value[]){store_id(id)}, 1));
    TRY(store_column_id(out->signer_id, &v[0]));
    out->claim_until = column_int(&v[5]);
    out->state = task_state_as_of(column_text(&v[1]), out->claim_until, v[2].i, c->now_ms);
    if (v[3].type != STORE_NULL) {
        TRY(store_column_id(out->claim_key, &v[3]));
        TRY(store_column_id(out->claim_sid, &v[4]));
    }
    out->form = column_text(&v[6]);
    out->message = column_bytes(&v[strcmp(out->form, "raw") == 0 ? 8 : 7]);
    out->kind = column_text(&v[9]);
    return ERR_OK;
}
