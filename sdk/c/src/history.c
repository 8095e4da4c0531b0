/* What the person has signed (step 14 of docs/spec/device-api.md). */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "keys.h"
#include "wire.h"

/* SIGNATURE: bytes of JSON of one entry, at most, with every character escaped. */
enum { LIMIT_MAX = 200, SIGNATURE = 16 * 1024 };

static err read_kind(yq_kind *out, arena *a, json_value object)
{
    const char *kind;
    TRY(json_reader_text_or_empty(a, &kind, object, "kind"));
    *out = strcmp(kind, "document") == 0 ? YQ_KIND_DOCUMENT
           : strcmp(kind, "login") == 0  ? YQ_KIND_LOGIN
                                         : YQ_KIND_OTHER;
    return ERR_OK;
}

static err read_signature(yq_signature *s, arena *a, json_value object)
{
    json_value value;
    uint8_t id[16];
    TRY(json_reader_field(&value, object, "task"));
    TRY(json_reader_uuid(id, value));
    uuid_encode(s->task, id);
    TRY(read_kind(&s->kind, a, object));
    TRY(json_reader_field(&value, object, "method"));
    TRY(json_reader_copy(s->method, sizeof s->method, value));
    TRY(json_reader_field(&value, object, "serial"));
    TRY(json_reader_copy(s->serial, sizeof s->serial, value));
    TRY(json_reader_field(&value, object, "signed_at"));
    TRY(json_reader_text(a, &s->signed_at, value));
    TRY(json_reader_text_or_empty(a, &s->title, object, "title"));
    TRY(json_reader_text_or_empty(a, &s->description, object, "description"));
    TRY(json_reader_text_or_empty(a, &s->record_type, object, "record_type"));
    TRY(json_reader_text_or_empty(a, &s->reference, object, "reference"));
    TRY(json_reader_text_or_empty(a, &s->system, object, "system"));
    TRY(json_reader_text_or_empty(a, &s->workstation, object, "workstation"));
    return json_reader_text_or_empty(a, &s->withdrawn_at, object, "withdrawn_at");
}

static err read_signatures(yq_signatures *out, arena *a, json_value root, size_t limit)
{
    json_value array, element, value;
    uint8_t id[16];
    size_t position = 0;
    TRY(json_reader_field(&array, root, "signatures"));
    TRY(json_reader_count(&out->n, array, limit));
    yq_signature *items = arena_alloc(a, out->n * sizeof *items);
    if (!items)
        return ERR_MEMORY;
    for (size_t i = 0; json_reader_next(&element, array, &position); i++)
        TRY(read_signature(&items[i], a, element));
    out->items = items;
    TRY(json_reader_field(&value, root, "next"));
    if (json_reader_is_null(value))
        return ERR_OK;
    TRY(json_reader_uuid(id, value));
    uuid_encode(out->next, id);
    return ERR_OK;
}

static yq_status fetch(yq_device *device, context_key *key, const char *path, size_t limit, yq_signatures *out)
{
    const wire_call call = {"GET", path, NULL, 0, WIRE_SMALL + limit * SIGNATURE};
    wire_answer answer = {0};
    json_value root;
    yq_signatures read = {0};
    arena *a = NULL;
    yq_status status = wire_request(device, key, &call, &answer);
    if (status == YQ_OK)
        status = wire_open(&root, &answer);
    if (status == YQ_OK) {
        a = arena_create(3 * answer.n + limit * (sizeof(yq_signature) + 1024) + WIRE_SMALL);
        status = a ? status_of_answer(read_signatures(&read, a, root, limit)) : YQ_OUT_OF_MEMORY;
    }
    wire_answer_free(&answer);
    if (status != YQ_OK) {
        arena_destroy(a);
        return status;
    }
    read.memory = a;
    *out = read;
    return YQ_OK;
}

static yq_status list(yq_device *device, const char *name, const char *before, size_t limit, yq_signatures *out)
{
    char path[WIRE_PATH], cursor[UUID_TEXT] = "";
    uint8_t id[16];
    context_key *key;
    YQ_TRY(keys_enrolled(&key, device, name));
    if (before && *before) {
        if (uuid_decode(id, before, strlen(before)) != ERR_OK)
            return YQ_INVALID_ARGUMENT;
        uuid_encode(cursor, id);
    }
    (void)snprintf(path, sizeof path, "/v1/device/signatures?limit=%zu%s%s", limit, *cursor ? "&before=" : "", cursor);
    return fetch(device, key, path, limit, out);
}

yq_status yq_list_signatures(yq_device *device, const char *key, const char *before, size_t limit, yq_signatures *out,
                             yq_problem *problem)
{
    context_clear_problem(problem);
    if (!out || limit < 1 || limit > LIMIT_MAX)
        return YQ_INVALID_ARGUMENT;
    memset(out, 0, sizeof *out);
    YQ_TRY(context_enter(device, problem));
    return context_leave(device, list(device, key, before, limit, out), problem);
}

void yq_signatures_free(yq_signatures *signatures)
{
    if (!signatures)
        return;
    arena_destroy(signatures->memory);
    memset(signatures, 0, sizeof *signatures);
}
