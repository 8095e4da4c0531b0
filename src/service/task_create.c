#include "service/task_create.h"

#include <string.h>

#include "asn1/message_form.h"
#include "crypto/sm3.h"
#include "os/entropy.h"
#include "service/column.h"
#include "service/internal.h"
#include "service/login.h"
#include "service/task_event.h"
#include "service/task_order.h"

/* A raw message must not be mistaken for a message of another form, nor for one of the server's own. */
static err check_raw(call *c, bytes document)
{
    if (!document.p || document.n == 0)
        return fault_field(&c->fault, fault_set(&c->fault, ERR_FORM, "form raw needs a document"), "document");
    if (message_form_ambiguous(document))
        return fault_field(
            &c->fault,
            fault_set(&c->fault, ERR_FORM,
                      "a document of 32 bytes, or that is one DER value, is not signed raw; use form digest"),
            "document");
    if (login_reserved(document))
        return fault_field(
            &c->fault,
            fault_set(&c->fault, ERR_FORM, "a document that begins as the server's own messages do is not signed raw"),
            "document");
    return ERR_OK;
}

static err check_content(call *c, const task_request *r, uint8_t digest[32])
{
    if (strcmp(r->form, "raw") == 0)
        TRY(check_raw(c, r->document));
    else if (strcmp(r->form, "digest") != 0 && strcmp(r->form, "cms") != 0)
        return fault_field(&c->fault, fault_set(&c->fault, ERR_FORM, "form is raw, digest or cms"), "form");
    if (!r->document.p && !r->has_digest) {
        fault_field(&c->fault, ERR_FIELD_MISSING, "digest");
        return fault_set(&c->fault, ERR_FIELD_MISSING, "form digest or cms needs a digest or a document");
    }
    if (r->document.p)
        sm3(digest, r->document.p, r->document.n);
    else
        memcpy(digest, r->digest, 32);
    if (r->has_digest && memcmp(r->digest, digest, 32) != 0)
        return fault_field(&c->fault, fault_set(&c->fault, ERR_DIGEST, "digest is not the SM3 of the document"),
                           "digest");
    return ERR_OK;
}

static err copy_signer(task *t, const task *from)
{
    memcpy(t->signer_id, from->signer_id, sizeof t->signer_id);
    t->signer_staff_no = from->signer_staff_no;
    t->signer_name = from->signer_name;
    t->department = from->department;
    t->system_name = from->system_name;
    return ERR_OK;
}

/* The signer by staff number or by the id that the calling system knows him by, and the department of this moment: the one asked for, or the first of the user's. */
static err find_signer(call *c, const task_request *r, const task_draft *earlier, size_t n, task *t)
{
    for (size_t i = 0; i < n; i++)
        if (!r->department && strcmp(earlier[i].asked_signer, r->signer) == 0 && !earlier[i].own_department)
            return copy_signer(t, &earlier[i].task);
    const store_value *row;
    err e =
        store_query_one(c->service->options.store, c->arena, &row, ERR_USER_NOT_FOUND,
                        "SELECT u.id, u.state, u.staff_no, u.name, d.department, s.name FROM app_user u "
                        "JOIN system s ON s.id = $2 LEFT JOIN user_department d ON d.user_id = u.id AND d.place = 0 "
                        "WHERE u.staff_no = $1 OR u.id = (SELECT a.user_id FROM user_alias a WHERE a.system_id = $2 "
                        "AND a.external_id = $1)",
                        (store_value[]){store_text(r->signer), store_id(c->actor_id)}, 2);
    if (e == ERR_LIMIT) {
        fault_set(&c->fault, ERR_CONFLICT, "one person's staff number is another's id in this system");
        return fault_field(&c->fault, ERR_CONFLICT, "signer");
    }
    if (e != ERR_OK)
        return e == ERR_USER_NOT_FOUND ? fault_field(&c->fault, e, "signer") : e;
    TRY(store_column_id(t->signer_id, &row[0]));
    if (strcmp(column_text(&row[1]), "active") != 0)
        return fault_field(&c->fault, ERR_USER_SUSPENDED, "signer");
    t->signer_staff_no = column_text(&row[2]);
    t->signer_name = column_text(&row[3]);
    t->department = r->department ? r->department : column_text(&row[4]);
    t->system_name = column_text(&row[5]);
    return ERR_OK;
}

static bool same_id(const uint8_t a[16], const uint8_t b[16])
{
    return memcmp(a, b, 16) == 0;
}

static const task *among(const task_draft *earlier, size_t n, const uint8_t id[16])
{
    for (size_t i = n; i > 0; i--)
        if (same_id(earlier[i - 1].task.id, id))
            return &earlier[i - 1].task;
    return NULL;
}

static err load_named(call *c, const uint8_t id[16], const char *field, task *out)
{
    err e = task_get(c, id, out);
    return e == ERR_TASK_NOT_FOUND ? fault_field(&c->fault, e, "%s", field) : e;
}

/* The one it is to wait for: signed already, or still to come. */
static err check_order(call *c, const task_request *r, const task_draft *earlier, size_t n, task_draft *out)
{
    task before;
    if (!r->has_after)
        return ERR_OK;
    out->task.has_after = true;
    memcpy(out->task.after, r->after, 16);
    out->task.state = "waiting";
    out->after_in_unit = among(earlier, n, r->after) != NULL;
    size_t followers = 0; /* of this unit */
    for (size_t i = 0; i < n; i++)
        followers += earlier[i].task.has_after && same_id(earlier[i].task.after, r->after);
    if (out->after_in_unit)
        return followers < TASK_FOLLOWERS
                   ? ERR_OK
                   : fault_field(&c->fault,
                                 fault_set(&c->fault, ERR_LIMIT, "%d tasks at the most wait for one", TASK_FOLLOWERS),
                                 "after");
    TRY(load_named(c, r->after, "after_task", &before));
    err e = task_state_error(task_state_at(&before, c->now_ms));
    if (e == ERR_TASK_SIGNED)
        out->task.state = "pending";
    else if (e != ERR_OK && e != ERR_TASK_CLAIMED && e != ERR_TASK_WAITING)
        return fault_field(&c->fault, e, "after_task");
    e = strcmp(out->task.state, "waiting") == 0 ? task_order_check(c, r->after, followers) : ERR_OK;
    return e == ERR_LIMIT ? fault_field(&c->fault, e, "after_task") : e;
}

/* The document of another task: as it was given there, and while the server has it. */
static err take_document(call *c, const task_request *r, const task_draft *earlier, size_t n, task_draft *out)
{
    task stored;
    const store_value *row;
    const task *from = among(earlier, n, r->document_of);
    if (r->document.p || r->has_digest)
        return fault_field(&c->fault,
                           fault_set(&c->fault, ERR_FIELD_VALUE, "give document_of, or a document or digest"),
                           "document_of");
    if (!from) {
        TRY(load_named(c, r->document_of, "document_of", &stored));
        from = &stored;
    }
    task *t = &out->task;
    memcpy(t->digest, from->digest, sizeof t->digest);
    t->document_size = from->document_size;
    t->media_type = from->media_type;
    if (!t->form)
        t->form = from->form;
    bool raw = strcmp(t->form, "raw") == 0;
    if (!raw && strcmp(t->form, "digest") != 0 && strcmp(t->form, "cms") != 0)
        return fault_field(&c->fault, fault_set(&c->fault, ERR_FORM, "form is raw, digest or cms"), "form");
    /* What may be signed raw was checked where it was given for that; what was given for its digest was not. */
    if (raw && strcmp(from->form, "raw") != 0)
        return fault_field(
            &c->fault, fault_set(&c->fault, ERR_FORM, "that task is not signed raw: give the document itself"), "form");
    out->has_copy = from->document_size >= 0;
    memcpy(out->copy_of, from->id, 16);
    if (!out->has_copy || from != &stored)
        return ERR_OK;
    err e = store_query_one(c->service->options.store, c->arena, &row, ERR_NOT_FOUND,
                            "SELECT 1 FROM task_document WHERE task_id = $1", (store_value[]){store_id(from->id)}, 1);
    return e != ERR_NOT_FOUND ? e
                              : fault_field(&c->fault,
                                            fault_set(&c->fault, ERR_CONFLICT,
                                                      "its document is not kept any more: send the document again"),
                                            "document_of");
}

err task_draft_make(call *c, const task_request *r, const task_draft *earlier, size_t n, task_draft *out)
{
    memset(out, 0, sizeof *out);
    out->task = (task){.kind = "document",
                       .form = r->form,
                       .state = "pending",
                       .title = r->title,
                       .description = r->description,
                       .fields = r->fields ? r->fields : "[]",
                       .record_type = r->record_type ? r->record_type : "",
                       .priority = (task_priority)r->priority,
                       .reference = r->reference,
                       .media_type = r->media_type,
                       .document_size = r->document.p ? (int64_t)r->document.n : -1,
                       .created_ms = c->now_ms,
                       .expires_ms = c->now_ms + r->expires_in * 1000};
    task *t = &out->task;
    memcpy(t->system_id, c->actor_id, sizeof t->system_id);
    out->own_department = r->department != NULL;
    out->asked_signer = r->signer;
    out->document = r->document;
    if (r->has_document_of)
        TRY(take_document(c, r, earlier, n, out));
    else if (!r->form)
        return fault_field(&c->fault, ERR_FIELD_MISSING, "form");
    else
        TRY(check_content(c, r, t->digest));
    TRY(find_signer(c, r, earlier, n, t));
    TRY(check_order(c, r, earlier, n, out));
    return uuid7_create(t->id);
}

err task_draft_add(call *c, store_unit *unit, const task_draft *draft)
{
    const task *t = &draft->task;
    store_unit_add(
        unit, 1, ERR_INTERNAL,
        "INSERT INTO task (id, system_id, signer, kind, batch_id, batch_place, after_task, priority, form, title, "
        "description, fields, record_type, reference, media_type, digest, document_size, department, state, "
        "created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, "
        "$18, $19, $20, $21)",
        (store_value[]){store_id(t->id),
                        store_id(t->system_id),
                        store_id(t->signer_id),
                        store_text(t->kind),
                        store_id(t->has_batch ? t->batch : NULL),
                        t->has_batch ? store_int(draft->batch_place) : store_null(),
                        store_id(t->has_after ? t->after : NULL),
                        store_int(t->priority),
                        store_text(t->form),
                        store_text(t->title),
                        store_text(t->description),
                        store_text(t->fields),
                        store_text(t->record_type),
                        store_text(t->reference),
                        store_text(t->media_type),
                        store_blob(t->digest, sizeof t->digest),
                        t->document_size < 0 ? store_null() : store_int(t->document_size),
                        store_text(t->department),
                        store_text(t->state),
                        store_int(t->created_ms),
                        store_int(t->expires_ms)},
        21);
    if (draft->document.p)
        store_unit_add(unit, 1, ERR_INTERNAL, "INSERT INTO task_document (task_id, content) VALUES ($1, $2)",
                       (store_value[]){store_id(t->id), store_blob(draft->document.p, draft->document.n)}, 2);
    if (draft->has_copy)
        store_unit_add(unit, 1, ERR_CONFLICT,
                       "INSERT INTO task_document (task_id, content) SELECT $1, content FROM task_document WHERE "
                       "task_id = $2",
                       (store_value[]){store_id(t->id), store_id(draft->copy_of)}, 2);
    if (t->has_after && !draft->after_in_unit)
        store_unit_add(unit, 1, ERR_CONFLICT,
                       "SELECT 1 FROM task WHERE id = $1 AND (state = 'signed' AND $2 = 'pending' OR "
                       "finished_at IS NULL AND $2 = 'waiting')",
                       (store_value[]){store_id(t->after), store_text(t->state)}, 2);
    return task_event_add(c, unit, &(task_event){t->id, t->signer_id, t->state});
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

static err create(call *c, const task_request *r, task *out)
{
    task_draft draft;
    TRY(task_draft_make(c, r, NULL, 0, &draft));
    *out = draft.task;
    c->subject = call_subject(c, "task", out->id);
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit)
        return ERR_MEMORY;
    idempotency_add(c, unit, &r->once, out->id);
    TRY(task_draft_add(c, unit, &draft));
    return call_commit(c, unit);
}

err task_create(call *c, const task_request *r, task *out, bool *repeated)
{
    TRY(answer_repeated(c, r, out, repeated));
    if (*repeated)
        return ERR_OK;
    err e = create(c, r, out);
    /* The task it refers to moved on at this moment. */
    for (int i = 1; e == ERR_CONFLICT && !c->fault.field[0] && i < TASK_ORDER_TRIES; i++)
        e = create(c, r, out);
    if (e != ERR_EXISTS || !r->once.key)
        return e;
    /* The same key came twice at the same moment: the other one was first. */
    TRY(answer_repeated(c, r, out, repeated));
    return *repeated ? ERR_OK : ERR_CONFLICT;
}
