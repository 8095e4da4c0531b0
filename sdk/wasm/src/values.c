#include "values.h"

#include <string.h>

static const char *const forms[] = {"raw", "digest", "cms", "other"}, *const kinds[] = {"document", "login", "other"},
                         *const priorities[] = {"normal", "high", "urgent"};

const char *values_kind(yq_kind kind)
{
    return kinds[kind];
}

static void put_count(json_writer *w, const char *name, int value)
{
    if (value >= 0)
        json_writer_int(w, name, value);
    else
        json_writer_null(w, name);
}

void values_key(json_writer *w, const void *value)
{
    static const char *const stages[] = {"opening", "unfinished", "enrolled", "damaged"};
    const yq_key_info *k = value;
    json_writer_begin_object(w, NULL);
    json_writer_text(w, "key", k->key);
    json_writer_text(w, "keyId", k->key_id);
    json_writer_text(w, "stage", stages[k->stage]);
    json_writer_text(w, "server", k->server);
    json_writer_text(w, "staffNo", k->staff_no);
    json_writer_text(w, "name", k->name);
    json_writer_text(w, "organisation", k->organisation);
    json_writer_text(w, "state", k->state);
    put_count(w, "triesLeft", k->tries_left);
    json_writer_text(w, "serial", k->serial);
    json_writer_text(w, "certificateState", k->certificate_state);
    json_writer_text(w, "notBefore", k->not_before);
    json_writer_text(w, "notAfter", k->not_after);
    json_writer_bool(w, "renewalDue", k->renewal_due);
    json_writer_text(w, "replaces", k->replaces);
    json_writer_bool(w, "pinChanging", k->pin_changing);
    json_writer_bool(w, "fingerprint", k->fingerprint);
    json_writer_bool(w, "fingerprintAllowed", k->fingerprint_allowed);
    json_writer_end_object(w);
}

void values_text_list(json_writer *w, const char *name, const char *const *texts, size_t n)
{
    json_writer_begin_array(w, name);
    for (size_t i = 0; i < n; i++)
        json_writer_text(w, NULL, texts[i]);
    json_writer_end_array(w);
}

void values_person(json_writer *w, const void *value)
{
    const yq_person *p = value;
    json_writer_begin_object(w, NULL);
    json_writer_text(w, "staffNo", p->staff_no);
    json_writer_text(w, "name", p->name);
    json_writer_text(w, "organisation", p->organisation);
    values_text_list(w, "supersedes", p->supersedes, p->supersedes_n);
    json_writer_end_object(w);
}

void values_task(json_writer *w, const void *value)
{
    const yq_task *t = value;
    json_writer_begin_object(w, NULL);
    json_writer_text(w, "task", t->task);
    json_writer_text(w, "batch", t->batch);
    json_writer_text(w, "form", forms[t->form]);
    json_writer_text(w, "kind", kinds[t->kind]);
    json_writer_text(w, "priority", priorities[t->priority]);
    json_writer_begin_array(w, "fields");
    for (size_t i = 0; i < t->fields_n; i++) {
        json_writer_begin_object(w, NULL);
        json_writer_text(w, "label", t->fields[i].label);
        json_writer_text(w, "value", t->fields[i].value);
        json_writer_end_object(w);
    }
    json_writer_end_array(w);
    json_writer_hex(w, "digest", t->digest, sizeof t->digest);
    json_writer_bool(w, "hasDocument", t->has_document);
    json_writer_int(w, "documentSize", (int64_t)t->document_size);
    json_writer_text(w, "title", t->title);
    json_writer_text(w, "description", t->description);
    json_writer_text(w, "recordType", t->record_type);
    json_writer_text(w, "reference", t->reference);
    json_writer_text(w, "mediaType", t->media_type);
    json_writer_text(w, "system", t->system);
    json_writer_text(w, "createdAt", t->created_at);
    json_writer_text(w, "expiresAt", t->expires_at);
    json_writer_end_object(w);
}

void values_tasks(json_writer *w, const void *value)
{
    const yq_tasks *tasks = value;
    json_writer_begin_object(w, NULL);
    json_writer_begin_array(w, "tasks");
    for (size_t i = 0; i < tasks->n; i++)
        values_task(w, &tasks->items[i]);
    json_writer_end_array(w);
    json_writer_text(w, "next", tasks->next);
    json_writer_end_object(w);
}

void values_scope(json_writer *w, const char *name, const yq_scope *scope)
{
    json_writer_begin_object(w, name);
    values_text_list(w, "systems", scope->systems, scope->systems_n);
    values_text_list(w, "recordTypes", scope->record_types, scope->record_types_n);
    json_writer_int(w, "until", scope->until);
    json_writer_int(w, "count", scope->count);
    json_writer_end_object(w);
}

static void put_result(json_writer *w, const yq_sign_result *r)
{
    bool is_signed = r->status == YQ_OK;
    json_writer_begin_object(w, NULL);
    json_writer_text(w, "status", call_status_name(r->status));
    json_writer_bool(w, "seen", r->seen);
    json_writer_hex(w, "rs", r->rs, is_signed ? sizeof r->rs : 0);
    json_writer_text(w, "signedAt", is_signed ? r->signed_at : "");
    json_writer_end_object(w);
}

void values_write_signed(json_writer *w, const void *value)
{
    const values_signed *s = value;
    json_writer_begin_object(w, NULL);
    json_writer_begin_array(w, "results");
    for (size_t i = 0; i < s->n; i++)
        put_result(w, &s->results[i]);
    json_writer_end_array(w);
    json_writer_int(w, "failuresBefore", s->summary.failures_before);
    json_writer_bool(w, "pinDue", s->summary.pin_due);
    json_writer_end_object(w);
}

yq_status values_give_signed(call *c, yq_status status, const values_signed *done)
{
    if (status != YQ_INVALID_ARGUMENT)
        YQ_TRY(call_give(c, values_write_signed, done));
    return status;
}

void values_scanned(json_writer *w, const void *value)
{
    const yq_scanned *s = value;
    json_writer_begin_object(w, NULL);
    json_writer_text(w, "scan", s->scan);
    json_writer_text(w, "kind", s->kind == YQ_QR_LOGIN ? "login" : "sign");
    json_writer_bool(w, "numberWanted", s->number_wanted);
    json_writer_text(w, "system", s->system);
    json_writer_text(w, "purpose", s->purpose);
    json_writer_text(w, "expiresAt", s->expires_at);
    json_writer_begin_array(w, "tasks");
    for (size_t i = 0; i < s->n; i++)
        values_task(w, &s->tasks[i]);
    json_writer_end_array(w);
    json_writer_end_object(w);
}

/* ---- reading ---- */

static err read_text(arena *a, const char **out, json_value object, const char *name)
{
    json_value value;
    TRY(json_reader_field(&value, object, name));
    return json_reader_text(a, out, value);
}

static err read_id(char out[37], json_value object, const char *name)
{
    json_value value;
    TRY(json_reader_field(&value, object, name));
    return json_reader_copy(out, 37, value);
}

static err read_word(size_t *place, json_value object, const char *name, const char *const *words, size_t n)
{
    json_value value;
    char word[16];
    TRY(json_reader_field(&value, object, name));
    TRY(json_reader_copy(word, sizeof word, value));
    for (*place = 0; *place < n; ++*place)
        if (strcmp(word, words[*place]) == 0)
            return ERR_OK;
    return ERR_FIELD_VALUE;
}

static err read_words(yq_task *out, json_value object)
{
    size_t place;
    TRY(read_word(&place, object, "form", forms, 4));
    out->form = (yq_form)place;
    TRY(read_word(&place, object, "kind", kinds, 3));
    out->kind = (yq_kind)place;
    TRY(read_word(&place, object, "priority", priorities, 3));
    out->priority = (yq_priority)place;
    return ERR_OK;
}

static err read_document(yq_task *out, json_value object)
{
    json_value value;
    int64_t size;
    TRY(json_reader_field(&value, object, "digest"));
    TRY(json_reader_hex(out->digest, sizeof out->digest, value));
    TRY(json_reader_field(&value, object, "hasDocument"));
    TRY(json_reader_bool(&out->has_document, value));
    TRY(json_reader_field(&value, object, "documentSize"));
    TRY(json_reader_int(&size, value, 0, INT64_MAX));
    out->document_size = (uint64_t)size;
    return ERR_OK;
}

err values_read_task(arena *a, yq_task *out, json_value object)
{
    memset(out, 0, sizeof *out);
    TRY(read_id(out->task, object, "task"));
    TRY(read_id(out->batch, object, "batch"));
    TRY(read_words(out, object));
    TRY(read_document(out, object));
    TRY(read_text(a, &out->title, object, "title"));
    TRY(read_text(a, &out->description, object, "description"));
    TRY(read_text(a, &out->record_type, object, "recordType"));
    TRY(read_text(a, &out->reference, object, "reference"));
    TRY(read_text(a, &out->media_type, object, "mediaType"));
    TRY(read_text(a, &out->system, object, "system"));
    TRY(read_text(a, &out->created_at, object, "createdAt"));
    return read_text(a, &out->expires_at, object, "expiresAt");
}

static yq_status of_argument(err e)
{
    return e == ERR_OK ? YQ_OK : e == ERR_MEMORY ? YQ_OUT_OF_MEMORY : YQ_INVALID_ARGUMENT;
}

yq_status values_task_argument(call *c, yq_task *out)
{
    json_value object;
    err e = json_reader_field(&object, c->in, "task");
    return of_argument(e == ERR_OK ? values_read_task(c->memory, out, object) : e);
}

static err read_item(call *c, size_t first, yq_sign_item *out, json_value object)
{
    json_value value;
    int64_t place;
    yq_task *task = arena_alloc(c->memory, sizeof *task);
    if (!task)
        return ERR_MEMORY;
    TRY(json_reader_field(&value, object, "task"));
    TRY(values_read_task(c->memory, task, value));
    *out = (yq_sign_item){.task = task};
    TRY(json_reader_field(&value, object, "allowUnseen"));
    TRY(json_reader_bool(&out->allow_unseen, value));
    TRY(json_reader_field(&value, object, "document"));
    if (json_reader_is_null(value))
        return ERR_OK;
    TRY(json_reader_int(&place, value, 0, YQ_SIGN_MAX));
    bytes document = call_blob(c, first + (size_t)place);
    out->document = document.p;
    out->document_n = document.n;
    return document.p ? ERR_OK : ERR_FIELD_VALUE;
}

static err read_items(call *c, size_t first, yq_sign_item **items, size_t *n)
{
    json_value array, element;
    size_t position = 0;
    TRY(json_reader_field(&array, c->in, "items"));
    TRY(json_reader_count(n, array, YQ_SIGN_MAX));
    *items = arena_alloc(c->memory, *n * sizeof **items);
    if (!*items)
        return ERR_MEMORY;
    for (size_t i = 0; json_reader_next(&element, array, &position); i++)
        TRY(read_item(c, first, &(*items)[i], element));
    return ERR_OK;
}

yq_status values_items(call *c, size_t first, yq_sign_item **items, size_t *n)
{
    return of_argument(read_items(c, first, items, n));
}

static err read_scanned(call *c, arena *a, yq_scanned *out)
{
    static const char *const scans[] = {"login", "sign"};
    json_value object, value, element;
    size_t place, position = 0;
    TRY(json_reader_field(&object, c->in, "scanned"));
    TRY(read_id(out->scan, object, "scan"));
    TRY(read_word(&place, object, "kind", scans, 2));
    out->kind = place == 0 ? YQ_QR_LOGIN : YQ_QR_SIGN;
    TRY(json_reader_field(&value, object, "numberWanted"));
    TRY(json_reader_bool(&out->number_wanted, value));
    TRY(read_text(a, &out->system, object, "system"));
    TRY(read_text(a, &out->purpose, object, "purpose"));
    TRY(read_text(a, &out->expires_at, object, "expiresAt"));
    TRY(json_reader_field(&value, object, "tasks"));
    TRY(json_reader_count(&out->n, value, 1));
    yq_task *task = arena_alloc(a, sizeof *task);
    if (!task)
        return ERR_MEMORY;
    out->tasks = task;
    return json_reader_next(&element, value, &position) ? values_read_task(a, task, element) : ERR_OK;
}

yq_status values_scanned_argument(call *c, yq_scanned *out)
{
    memset(out, 0, sizeof *out);
    out->memory = arena_create(16 * c->in.n + 65536);
    yq_status status = out->memory ? of_argument(read_scanned(c, out->memory, out)) : YQ_OUT_OF_MEMORY;
    if (status != YQ_OK)
        yq_scanned_free(out);
    return status;
}

static err read_names(arena *a, const char **out, size_t *n, json_value object, const char *name)
{
    json_value array, element;
    size_t position = 0;
    TRY(json_reader_field(&array, object, name));
    TRY(json_reader_count(n, array, YQ_SCOPE_NAMES));
    for (size_t i = 0; json_reader_next(&element, array, &position); i++)
        TRY(json_reader_text(a, &out[i], element));
    return ERR_OK;
}

err values_read_scope(arena *a, yq_scope *out, json_value object)
{
    json_value value;
    int64_t count;
    memset(out, 0, sizeof *out);
    TRY(read_names(a, out->systems, &out->systems_n, object, "systems"));
    TRY(read_names(a, out->record_types, &out->record_types_n, object, "recordTypes"));
    TRY(json_reader_field(&value, object, "until"));
    TRY(json_reader_int(&out->until, value, INT64_MIN, INT64_MAX));
    TRY(json_reader_field(&value, object, "count"));
    TRY(json_reader_int(&count, value, 0, YQ_SCOPE_COUNT));
    out->count = (int)count;
    return ERR_OK;
}

void values_text(json_writer *w, const void *value)
{
    json_writer_text(w, NULL, value);
}

void values_digest(json_writer *w, const void *value)
{
    json_writer_hex(w, NULL, value, 32);
}
