#include "service/task.h"

#include <string.h>

#include "asn1/der.h"
#include "base/text.h"
#include "crypto/sm2.h"
#include "crypto/sm3.h"
#include "os/entropy.h"
#include "service/column.h"
#include "service/device.h"
#include "service/internal.h"
#include "service/task_event.h"

/* One list of columns for every reading of a task; read_task knows their order. */
#define TASK_COLUMNS                                                                                                   \
    "t.id, t.system_id, t.signer, s.name, u.staff_no, u.name, t.form, t.state, t.title, t.description, t.reference, "  \
    "t.media_type, t.department, t.digest, t.document_size, t.created_at, t.expires_at, t.claim_key, t.claim_sid, "    \
    "t.claim_until, g.rs, g.e, g.serial, c.certificate, g.method, g.signed_at, g.attributes"
#define TASK_TABLES                                                                                                    \
    " FROM task t JOIN system s ON s.id = t.system_id JOIN app_user u ON u.id = t.signer "                             \
    "LEFT JOIN signature g ON g.task_id = t.id LEFT JOIN certificate c ON c.serial = g.serial "

static err read_task(const store_value *v, task *t)
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
        t->signature.method = column_text(&v[24]);
        t->signature.signed_ms = v[25].i;
        t->signature.attributes = column_bytes(&v[26]);
    }
    return ERR_OK;
}

static err read_tasks(call *c, const store_result *rows, const task **out, size_t *n)
{
    task *tasks = arena_alloc(c->arena, rows->rows * sizeof *tasks);
    if (!tasks)
        return ERR_MEMORY;
    for (size_t i = 0; i < rows->rows; i++)
        TRY(read_task(rows->values + i * rows->columns, &tasks[i]));
    *out = tasks;
    *n = rows->rows;
    return ERR_OK;
}

static const char *state_at(const char *state, int64_t claim_until, int64_t expires_ms, int64_t now_ms)
{
    if (strcmp(state, "claimed") == 0 && claim_until <= now_ms)
        state = "pending";
    return strcmp(state, "pending") == 0 && expires_ms <= now_ms ? "expired" : state;
}

const char *task_state_at(const task *t, int64_t now_ms)
{
    return state_at(t->state, t->claim_until, t->expires_ms, now_ms);
}

err task_state_error(const char *state)
{
    static const struct {
        const char *state;
        err e;
    } errors[] = {{"pending", ERR_OK},
                  {"claimed", ERR_TASK_CLAIMED},
                  {"signed", ERR_TASK_SIGNED},
                  {"cancelled", ERR_TASK_CANCELLED},
                  {"expired", ERR_TASK_EXPIRED},
                  {"waiting", ERR_TASK_WAITING},
                  {"declined", ERR_TASK_DECLINED},
                  {"withdrawn", ERR_TASK_WITHDRAWN}};
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        if (strcmp(state, errors[i].state) == 0)
            return errors[i].e;
    return ERR_CORRUPT;
}

err task_load(call *c, const uint8_t id[16], task *out)
{
    const store_value *row;
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_TASK_NOT_FOUND,
                        "SELECT " TASK_COLUMNS TASK_TABLES "WHERE t.id = $1", (store_value[]){store_id(id)}, 1));
    return read_task(row, out);
}

err task_get(call *c, const uint8_t id[16], task *out)
{
    TRY(task_load(c, id, out));
    return memcmp(out->system_id, c->actor_id, 16) == 0 ? ERR_OK : ERR_TASK_NOT_FOUND;
}

err task_list(call *c, const task_filter *filter, const task **out, size_t *n)
{
    static const uint8_t least[16];
    store_result rows;
    /* The state in the row may be out of date by one round of housekeeping; a listing may be too. */
    TRY(store_query(c->service->options.store, c->arena, &rows,
                    "SELECT " TASK_COLUMNS TASK_TABLES "WHERE t.system_id = $1 AND t.id > $2 "
                    "AND (t.state = $3 OR $3 IS NULL) AND (t.reference = $4 OR $4 IS NULL) ORDER BY t.id LIMIT $5",
                    (store_value[]){store_id(c->actor_id), store_id(filter->has_after ? filter->after : least),
                                    store_text(filter->state), store_text(filter->reference), store_int(filter->limit)},
                    5));
    return read_tasks(c, &rows, out, n);
}

/* A raw message must not be mistaken for a message of another form: not 32 bytes (a digest), not as a whole one DER SEQUENCE or
 * SET (signed attributes, a certificate request). docs/spec/two-party-sm2.md, What is signed. */
static err check_raw(call *c, bytes document)
{
    if (!document.p || document.n == 0)
        return fault_set(&c->fault, ERR_FORM, "form raw needs a document");
    if (document.n == 32 || der_is_one_value(document, 0x30) || der_is_one_value(document, 0x31))
        return fault_set(&c->fault, ERR_FORM,
                         "a document of 32 bytes, or that is one DER value, is not signed raw; use form digest");
    return ERR_OK;
}

static err check_request(call *c, const task_request *r, uint8_t digest[32])
{
    if (strcmp(r->form, "raw") == 0)
        TRY(check_raw(c, r->document));
    else if (strcmp(r->form, "digest") != 0 && strcmp(r->form, "cms") != 0)
        return fault_set(&c->fault, ERR_FORM, "form is raw, digest or cms");
    if (!r->document.p && !r->has_digest) {
        fault_field(&c->fault, ERR_FIELD_MISSING, "digest");
        return fault_set(&c->fault, ERR_FIELD_MISSING, "form digest or cms needs a digest or a document");
    }
    if (r->document.p)
        sm3(digest, r->document.p, r->document.n);
    else
        memcpy(digest, r->digest, 32);
    if (r->has_digest && memcmp(r->digest, digest, 32) != 0)
        return fault_set(&c->fault, ERR_DIGEST, "digest is not the SM3 of the document");
    return ERR_OK;
}

/* The signer by staff number, and the department of this moment: the one asked for, or the first of the user's. */
static err find_signer(call *c, const task_request *r, task *t)
{
    const store_value *row;
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_USER_NOT_FOUND,
                        "SELECT u.id, u.state, u.staff_no, u.name, d.department, s.name FROM app_user u "
                        "JOIN system s ON s.id = $2 LEFT JOIN user_department d ON d.user_id = u.id AND d.place = 0 "
                        "WHERE u.staff_no = $1",
                        (store_value[]){store_text(r->signer), store_id(c->actor_id)}, 2));
    TRY(store_column_id(t->signer_id, &row[0]));
    if (strcmp(column_text(&row[1]), "active") != 0)
        return ERR_USER_SUSPENDED;
    t->signer_staff_no = column_text(&row[2]);
    t->signer_name = column_text(&row[3]);
    t->department = r->department ? r->department : column_text(&row[4]);
    t->system_name = column_text(&row[5]);
    return ERR_OK;
}

/* The task that the request asks for, as it will be read. */
static err task_make(call *c, const task_request *r, task *t)
{
    *t = (task){.form = r->form,
                .state = "pending",
                .title = r->title,
                .description = r->description,
                .reference = r->reference,
                .media_type = r->media_type,
                .document_size = r->document.p ? (int64_t)r->document.n : -1,
                .created_ms = c->now_ms,
                .expires_ms = c->now_ms + r->expires_in * 1000};
    memcpy(t->system_id, c->actor_id, sizeof t->system_id);
    TRY(check_request(c, r, t->digest));
    TRY(find_signer(c, r, t));
    return uuid7_create(t->id);
}

/* *repeated: out is the task that the idempotency key made before. */
static err answer_repeated(call *c, const task_request *r, task *out, bool *repeated)
{
    uint8_t id[16];
    TRY(idempotency_find(c, &r->once, id, repeated));
    if (!*repeated)
        return ERR_OK;
    TRY(task_load(c, id, out));
    c->subject = call_subject(c, "task", out->id);
    c->detail = "repeated";
    return call_commit(c, store_unit_begin(c->arena));
}

err task_create(call *c, const task_request *r, task *out, bool *repeated)
{
    TRY(answer_repeated(c, r, out, repeated));
    if (*repeated)
        return ERR_OK;
    TRY(task_make(c, r, out));
    c->subject = call_subject(c, "task", out->id);
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit)
        return ERR_MEMORY;
    store_unit_add(unit, 1, ERR_INTERNAL,
                   "INSERT INTO task (id, system_id, signer, form, title, description, reference, media_type, digest, "
                   "document_size, department, state, created_at, expires_at) "
                   "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'pending', $12, $13)",
                   (store_value[]){store_id(out->id), store_id(out->system_id), store_id(out->signer_id),
                                   store_text(out->form), store_text(out->title), store_text(out->description),
                                   store_text(out->reference), store_text(out->media_type),
                                   store_blob(out->digest, sizeof out->digest),
                                   r->document.p ? store_int(out->document_size) : store_null(),
                                   store_text(out->department), store_int(out->created_ms), store_int(out->expires_ms)},
                   13);
    if (r->document.p)
        store_unit_add(unit, 1, ERR_INTERNAL, "INSERT INTO task_document (task_id, content) VALUES ($1, $2)",
                       (store_value[]){store_id(out->id), store_blob(r->document.p, r->document.n)}, 2);
    idempotency_add(c, unit, &r->once, out->id);
    TRY(task_event_add(c, unit, &(task_event){out->id, out->signer_id, "pending"}));
    err e = call_commit(c, unit);
    if (e != ERR_EXISTS || !r->once.key)
        return e;
    /* The same key came twice at the same moment: the other one was first. */
    TRY(answer_repeated(c, r, out, repeated));
    return *repeated ? ERR_OK : ERR_CONFLICT;
}

err task_cancel(call *c, const uint8_t id[16], task *out)
{
    c->subject = call_subject(c, "task", id);
    TRY(task_get(c, id, out));
    TRY(task_state_error(task_state_at(out, c->now_ms)));
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit)
        return ERR_MEMORY;
    store_unit_add(unit, 1, ERR_TASK_CLAIMED,
                   "UPDATE task SET state = 'cancelled', finished_at = $2 WHERE id = $1 AND (state = 'pending' OR "
                   "(state = 'claimed' AND claim_until <= $2))",
                   (store_value[]){store_id(id), store_int(c->now_ms)}, 2);
    store_unit_add(unit, STORE_ANY, ERR_OK, "DELETE FROM task_document WHERE task_id = $1",
                   (store_value[]){store_id(id)}, 1);
    TRY(task_event_add(c, unit, &(task_event){id, out->signer_id, "cancelled"}));
    TRY(call_commit(c, unit));
    return task_load(c, id, out);
}

err task_list_for_device(call *c, const task_filter *filter, const task **out, size_t *n)
{
    static const uint8_t least[16];
    store_result rows;
    uint8_t user_id[16];
    TRY(device_standing(c, user_id));
    TRY(store_query(c->service->options.store, c->arena, &rows,
                    "SELECT " TASK_COLUMNS TASK_TABLES "WHERE t.signer = $1 AND t.id > $2 AND t.expires_at > $3 "
                    "AND t.finished_at IS NULL AND (t.state = 'pending' OR t.claim_until <= $3) "
                    "ORDER BY t.id LIMIT $4",
                    (store_value[]){store_id(user_id), store_id(filter->has_after ? filter->after : least),
                                    store_int(c->now_ms), store_int(filter->limit)},
                    4));
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
        "d.content FROM task t LEFT JOIN task_document d ON d.task_id = t.id AND t.form = 'raw' "
        "WHERE t.id = $1",
        (store_value[]){store_id(id)}, 1));
    TRY(store_column_id(out->signer_id, &v[0]));
    out->claim_until = column_int(&v[5]);
    out->state = state_at(column_text(&v[1]), out->claim_until, v[2].i, c->now_ms);
    if (v[3].type != STORE_NULL) {
        TRY(store_column_id(out->claim_key, &v[3]));
        TRY(store_column_id(out->claim_sid, &v[4]));
    }
    out->form = column_text(&v[6]);
    out->message = column_bytes(&v[strcmp(out->form, "raw") == 0 ? 8 : 7]);
    return ERR_OK;
}

err task_expire(call *c, store_unit *unit)
{
    store_value now[] = {store_int(c->now_ms)};
    store_result rows;
    store_unit_add(unit, STORE_ANY, ERR_OK,
                   "UPDATE task SET state = 'pending' WHERE finished_at IS NULL AND state = 'claimed' AND "
                   "claim_until <= $1",
                   now, 1);
    TRY(store_query(c->service->options.store, c->arena, &rows,
                    "SELECT id, signer FROM task WHERE finished_at IS NULL AND expires_at <= $1 AND "
                    "(state = 'pending' OR claim_until <= $1) LIMIT 1000",
                    now, 1));
    for (size_t i = 0; i < rows.rows; i++) {
        const uint8_t *id = rows.values[2 * i].p;
        store_value params[] = {store_id(id), store_int(c->now_ms)};
        /* Claimed or finished in between: then it is not touched, and nobody woken in vain is harmed. */
        store_unit_add(unit, STORE_ANY, ERR_OK,
                       "UPDATE task SET state = 'expired', finished_at = $2 WHERE id = $1 AND finished_at IS NULL AND "
                       "state = 'pending'",
                       params, 2);
        store_unit_add(unit, STORE_ANY, ERR_OK,
                       "DELETE FROM task_document WHERE task_id IN (SELECT id FROM task WHERE id = $1 AND state = "
                       "'expired')",
                       params, 1);
        TRY(task_event_add(c, unit, &(task_event){id, rows.values[2 * i + 1].p, "expired"}));
    }
    return ERR_OK;
}
