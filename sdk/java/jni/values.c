#include "values.h"

#include <string.h>

void values_write_problem(pack_writer *out, const yq_problem *problem)
{
    pack_write_u32(out, (uint32_t)problem->http_status);
    pack_write_text(out, problem->code);
    pack_write_text(out, problem->title);
    pack_write_text(out, problem->title_en);
    pack_write_text(out, problem->hint);
    pack_write_text(out, problem->hint_en);
    pack_write_text(out, problem->detail);
    pack_write_text(out, problem->field);
    pack_write_u32(out, (uint32_t)problem->tries_left);
    pack_write_u32(out, (uint32_t)problem->retry_after);
}

void values_write_key(pack_writer *out, const yq_key_info *key)
{
    pack_write_text(out, key->key);
    pack_write_text(out, key->key_id);
    pack_write_u32(out, key->stage);
    pack_write_text(out, key->server);
    pack_write_text(out, key->staff_no);
    pack_write_text(out, key->name);
    pack_write_text(out, key->organisation);
    pack_write_text(out, key->state);
    pack_write_u32(out, (uint32_t)key->tries_left);
    pack_write_text(out, key->serial);
    pack_write_text(out, key->certificate_state);
    pack_write_text(out, key->not_before);
    pack_write_text(out, key->not_after);
    pack_write_bool(out, key->renewal_due);
    pack_write_text(out, key->replaces);
    pack_write_bool(out, key->pin_changing);
    pack_write_bool(out, key->fingerprint);
    pack_write_bool(out, key->fingerprint_allowed);
}

void values_write_person(pack_writer *out, const yq_person *person)
{
    pack_write_text(out, person->staff_no);
    pack_write_text(out, person->name);
    pack_write_text(out, person->organisation);
    pack_write_u32(out, (uint32_t)person->supersedes_n);
    for (size_t i = 0; i < person->supersedes_n; i++)
        pack_write_text(out, person->supersedes[i]);
}

void values_write_task(pack_writer *out, const yq_task *task)
{
    pack_write_text(out, task->task);
    pack_write_text(out, task->batch);
    pack_write_u32(out, task->form);
    pack_write_u32(out, task->kind);
    pack_write_u32(out, task->priority);
    pack_write_u32(out, (uint32_t)task->fields_n);
    for (size_t i = 0; i < task->fields_n; i++) {
        pack_write_text(out, task->fields[i].label);
        pack_write_text(out, task->fields[i].value);
    }
    pack_write_bytes(out, task->digest, sizeof task->digest);
    pack_write_bool(out, task->has_document);
    pack_write_i64(out, (int64_t)task->document_size);
    const char *const texts[] = {task->title,      task->description, task->record_type, task->reference,
                                 task->media_type, task->system,      task->created_at,  task->expires_at};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        pack_write_text(out, texts[i]);
}

static void write_task_list(pack_writer *out, const yq_task *tasks, size_t n)
{
    pack_write_u32(out, (uint32_t)n);
    for (size_t i = 0; i < n; i++)
        values_write_task(out, &tasks[i]);
}

void values_write_tasks(pack_writer *out, const yq_tasks *tasks)
{
    write_task_list(out, tasks->items, tasks->n);
    pack_write_text(out, tasks->next);
}

void values_write_results(pack_writer *out, const yq_sign_result *results, size_t n)
{
    pack_write_u32(out, (uint32_t)n);
    for (size_t i = 0; i < n; i++) {
        bool ok = results[i].status == YQ_OK;
        pack_write_u32(out, results[i].status);
        pack_write_bool(out, results[i].seen);
        pack_write_bytes(out, results[i].rs, ok ? sizeof results[i].rs : 0);
        pack_write_text(out, ok ? results[i].signed_at : "");
    }
}

void values_write_scanned(pack_writer *out, const yq_scanned *scanned)
{
    pack_write_text(out, scanned->scan);
    pack_write_u32(out, scanned->kind);
    pack_write_bool(out, scanned->number_wanted);
    pack_write_text(out, scanned->system);
    pack_write_text(out, scanned->purpose);
    pack_write_text(out, scanned->expires_at);
    write_task_list(out, scanned->tasks, scanned->n);
}

static void write_names(pack_writer *out, const char *const *names, size_t n)
{
    pack_write_u32(out, (uint32_t)n);
    for (size_t i = 0; i < n; i++)
        pack_write_text(out, names[i]);
}

void values_write_scope(pack_writer *out, const yq_scope *scope)
{
    write_names(out, scope->systems, scope->systems_n);
    write_names(out, scope->record_types, scope->record_types_n);
    pack_write_i64(out, scope->until);
    pack_write_u32(out, (uint32_t)scope->count);
}

void values_write_workstation_offer(pack_writer *out, const yq_workstation_offer *offer)
{
    pack_write_text(out, offer->workstation);
    pack_write_text(out, offer->name);
    pack_write_text(out, offer->place);
    pack_write_text(out, offer->authorisation);
    pack_write_bool(out, offer->scope);
    if (offer->scope)
        values_write_scope(out, offer->scope);
}

void values_write_authorisation(pack_writer *out, const yq_authorisation_info *info)
{
    pack_write_text(out, info->authorisation);
    pack_write_text(out, info->state);
    pack_write_text(out, info->workstation_name);
    pack_write_text(out, info->workstation_place);
    values_write_scope(out, &info->scope);
    pack_write_u32(out, (uint32_t)info->count_left);
    pack_write_text(out, info->approved_at);
    pack_write_text(out, info->expires_at);
    pack_write_text(out, info->closed_at);
    pack_write_text(out, info->closed_by);
}

void values_write_authorisation_status(pack_writer *out, const yq_authorisation_status *status)
{
    pack_write_text(out, status->authorisation);
    pack_write_u32(out, status->state);
    pack_write_i64(out, status->code_expires);
    pack_write_text(out, status->staff_no);
    pack_write_text(out, status->name);
    values_write_scope(out, &status->scope);
    pack_write_u32(out, (uint32_t)status->count_left);
    pack_write_text(out, status->closed_by);
}

void values_write_signatures(pack_writer *out, const yq_signatures *signatures)
{
    pack_write_u32(out, (uint32_t)signatures->n);
    for (size_t i = 0; i < signatures->n; i++) {
        const yq_signature *s = &signatures->items[i];
        pack_write_text(out, s->task);
        pack_write_u32(out, s->kind);
        const char *const texts[] = {s->method,    s->serial, s->title,       s->description, s->record_type,
                                     s->reference, s->system, s->workstation, s->signed_at,   s->withdrawn_at};
        for (size_t j = 0; j < sizeof texts / sizeof *texts; j++)
            pack_write_text(out, texts[j]);
    }
    pack_write_text(out, signatures->next);
}

static void read_id(pack_reader *in, char out[37])
{
    const char *text = pack_read_text(in);
    size_t n = text ? strlen(text) : 0;
    if (n > 36) {
        in->bad = true;
        n = 0;
    }
    if (n > 0)
        memcpy(out, text, n);
    out[n] = 0;
}

static const char *read_text_or_empty(pack_reader *in)
{
    const char *text = pack_read_text(in);
    return text ? text : "";
}

void values_read_task(pack_reader *in, yq_task *task)
{
    *task = (yq_task){
        .title = "", .description = "", .reference = "", .media_type = "", .created_at = "", .expires_at = ""};
    read_id(in, task->task);
    read_id(in, task->batch);
    task->form = (yq_form)pack_read_count(in, YQ_FORM_OTHER);
    task->kind = (yq_kind)pack_read_count(in, YQ_KIND_OTHER);
    task->priority = (yq_priority)pack_read_count(in, YQ_PRIORITY_URGENT);
    const uint8_t *digest = pack_read_bytes(in, sizeof task->digest);
    if (digest)
        memcpy(task->digest, digest, sizeof task->digest);
    task->has_document = pack_read_bool(in);
    task->document_size = (uint64_t)pack_read_i64(in);
    task->record_type = read_text_or_empty(in);
    task->system = read_text_or_empty(in);
}

static size_t read_names(pack_reader *in, const char *names[YQ_SCOPE_NAMES])
{
    size_t n = pack_read_count(in, YQ_SCOPE_NAMES);
    for (size_t i = 0; i < n; i++)
        names[i] = read_text_or_empty(in);
    return n;
}

void values_read_scope(pack_reader *in, yq_scope *scope)
{
    memset(scope, 0, sizeof *scope);
    scope->systems_n = read_names(in, scope->systems);
    scope->record_types_n = read_names(in, scope->record_types);
    scope->until = pack_read_i64(in);
    scope->count = (int)pack_read_u32(in);
}
