#include <string.h>

#include "cmd/answer.h"
#include "cmd/document.h"
#include "cmd/remote.h"
#include "cmd/task.h"
#include "os/file.h"

enum { BATCH_FILE_MAX = 16 << 20 };

static const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* The document or its digest, into the body. */
static err add_content(session *s, const task_create_options *o, json_t *body)
{
    char digest[2 * SM3_SIZE + 1];
    const char *document = NULL;
    if (o->document_of)
        return json_object_set_new(body, "document_of", json_string(o->document_of)) == 0 ? ERR_OK : ERR_MEMORY;
    if (o->digest_only) {
        TRY(document_digest(s, o->file, digest));
        return json_object_set_new(body, "digest", json_string(digest)) == 0 ? ERR_OK : ERR_MEMORY;
    }
    TRY(document_base64(s, o->file, &document));
    return json_object_set_new(body, "document", json_string(document)) == 0 ? ERR_OK : ERR_MEMORY;
}

/* "患者=林晓岚" as {"label": "患者", "value": "林晓岚"}; NULL for none of them. */
static err create_fields(session *s, const option_list *list, json_t **out)
{
    static const phrase shape = {"--field 要写作 标签=值", "--field is written LABEL=VALUE"};
    *out = list->n ? json_array() : NULL;
    for (size_t i = 0; i < list->n; i++) {
        const char *equals = strchr(list->items[i], '=');
        if (!equals) {
            json_decref(*out);
            return session_usage(s, shape, list->items[i]);
        }
        (void)json_array_append_new(*out, json_pack("{s:s%, s:s}", "label", list->items[i],
                                                    (size_t)(equals - list->items[i]), "value", equals + 1));
    }
    return ERR_OK;
}

/* fields is taken. */
static json_t *create_body(const task_create_options *o, json_t *fields)
{
    const char *form = o->form ? o->form : o->document_of ? NULL : o->digest_only ? "digest" : "raw";
    const char *media_type = o->media_type || o->document_of ? o->media_type : document_media_type(o->file);
    const char *title = o->title ? o->title : o->file ? file_name(o->file) : NULL;
    json_t *expires = o->expires_in ? json_integer(o->expires_in) : NULL;
    return json_pack("{s:s, s:s*, s:s*, s:s*, s:s*, s:s*, s:s*, s:s*, s:s*, s:s*, s:o*, s:o*}", "signer", o->signer,
                     "form", form, "title", title, "media_type", media_type, "description", o->description, "reference",
                     o->reference, "department", o->department, "record_type", o->record_type, "priority", o->priority,
                     "after_task", o->after_task, "fields", fields, "expires_in", expires);
}

err task_create(session *s, const void *options)
{
    static const phrase contradiction = {"--digest-only 只能与 --form digest 或 cms 同用",
                                         "--digest-only goes with --form digest or cms only"},
                        done = {"已发起签名任务", "The task is created"};
    static const phrase what = {"请给出 --file，或 --document-of 与 --title",
                                "say --file, or --document-of and --title"};
    const task_create_options *o = options;
    json_t *answer, *fields;
    if (o->document_of ? o->file || o->digest_only || !o->title : !o->file)
        return session_usage(s, what, NULL);
    if (o->digest_only && o->form && strcmp(o->form, "raw") == 0)
        return session_usage(s, contradiction, NULL);
    TRY(create_fields(s, &o->fields, &fields));
    json_t *body = create_body(o, fields);
    err e = body ? add_content(s, o, body) : ERR_MEMORY;
    if (e != ERR_OK) {
        json_decref(body);
        return e;
    }
    TRY(remote_call(
        s,
        &(remote_request){.method = "POST", .path = "/v1/tasks", .body = body, .idempotency_key = o->idempotency_key},
        &answer));
    return task_told(s, &done, answer);
}

/* ---- batch ---- */

static const answer_column batch_columns[] = {{{"批次", "Batch"}, "batch", ANSWER_TEXT},
                                              {{"标题", "Title"}, "title", ANSWER_TEXT},
                                              {{"任务数", "Tasks"}, "size", ANSWER_TEXT},
                                              {{"发起时间", "Created"}, "created_at", ANSWER_TIME},
                                              {{"等待前序", "Waiting"}, "counts.waiting", ANSWER_TEXT},
                                              {{"待签名", "Pending"}, "counts.pending", ANSWER_TEXT}};

/* A task's "file" becomes its document. */
static err take_file(session *s, json_t *task)
{
    const char *path = answer_text(task, "file"), *document;
    if (!path)
        return ERR_OK;
    TRY(document_base64(s, path, &document));
    if (!json_object_get(task, "media_type"))
        (void)json_object_set_new(task, "media_type", json_string(document_media_type(path)));
    (void)json_object_set_new(task, "document", json_string(document));
    (void)json_object_del(task, "file");
    return ERR_OK;
}

err task_batch(session *s, const void *options)
{
    static const phrase shape = {"不是任务的 JSON 数组", "not a JSON array of tasks"};
    const task_batch_options *o = options;
    bytes content;
    json_t *answer;
    err e = file_read(s->arena, o->file, BATCH_FILE_MAX, &content);
    if (e != ERR_OK)
        return session_file_failed(s, e, o->file);
    json_t *tasks = json_loadb((const char *)content.p, content.n, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_array(tasks)) {
        json_decref(tasks);
        return session_fail(s, ERR_JSON, shape, o->file, (phrase){NULL, NULL});
    }
    for (size_t i = 0; e == ERR_OK && i < json_array_size(tasks); i++)
        e = take_file(s, json_array_get(tasks, i));
    if (e != ERR_OK) {
        json_decref(tasks);
        return e;
    }
    json_t *body = json_pack("{s:s, s:o}", "title", o->title ? o->title : file_name(o->file), "tasks", tasks);
    TRY(remote_call(
        s,
        &(remote_request){
            .method = "POST", .path = "/v1/task-batches", .body = body, .idempotency_key = o->idempotency_key},
        &answer));
    return answer_done(s, (phrase){"已发起一批签名任务", "The batch is created"}, answer,
                       ANSWER_COLUMNS(batch_columns));
}
