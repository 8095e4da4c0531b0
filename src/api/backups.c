#include "api/backups.h"

#include <stdlib.h>
#include <string.h>

#include "api/input.h"
#include "os/large_file.h"
#include "service/backup_content.h"
#include "service/backup_setting.h"

enum { OK = 200, ACCEPTED = 202, NO_CONTENT = 204, WORD_MAX = 16, TIME_TEXT = 5, HOUR = 60 };

static json_t *backup_json(const backup *b)
{
    return json_pack("{s:o, s:s, s:s, s:s, s:s, s:o, s:o, s:s?, s:s, s:o, s:o, s:o, s:s?, s:b, s:b, s:o}", "backup",
                     api_uuid(b->id), "scope", b->scope, "cause", b->cause, "state", b->state, "file", b->file, "size",
                     b->size ? json_integer(b->size) : json_null(), "sm3",
                     b->digest.p ? api_hex(b->digest.p, b->digest.n) : json_null(), "error", b->error, "made_by",
                     b->made_by, "created_at", api_time(b->created_ms), "finished_at", api_time(b->finished_ms),
                     "verified_at", api_time(b->verified_ms), "finding", b->finding, "missing", b->missing, "verifying",
                     b->verifying, "download_until", api_time(b->permit_until_ms));
}

static err find(call *c, const http_request *request, uint8_t id[16])
{
    return api_param_uuid(c, request, 0, ERR_BACKUP_NOT_FOUND, id);
}

err backups_list(void *app, http_request *request, http_response *response)
{
    call *c = app;
    api_page page;
    const backup *list;
    size_t n;
    TRY(api_query_only(c, request, "limit after"));
    TRY(api_page_read(c, request, &page));
    if (page.limit > BACKUP_PAGE)
        page.limit = BACKUP_PAGE;
    TRY(backup_list(c, page.has_after ? page.after : NULL, page.limit, &list, &n));
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++)
        (void)json_array_append_new(items, backup_json(&list[i]));
    json_t *next = n > 0 && (int64_t)n == page.limit ? api_uuid(list[n - 1].id) : json_null();
    return json_respond(c->arena, response, OK, json_pack("{s:o, s:o}", "items", items, "next", next));
}

typedef struct passphrase_input {
    const char *scope, *passphrase;
} passphrase_input;

#define TEXT(type, member, required, min, max)                                                                         \
    {                                                                                                                  \
#member, JSON_TEXT_FIELD, required, min, max, offsetof(type, member), JSON_NO_PRESENT                          \
    }

err backups_post(void *app, http_request *request, http_response *response)
{
    static const json_field fields[] = {TEXT(passphrase_input, scope, true, 1, WORD_MAX),
                                        TEXT(passphrase_input, passphrase, false, 0, BACKUP_PASSPHRASE_MAX)};
    call *c = app;
    passphrase_input in = {0};
    backup_scope scope;
    backup b;
    TRY(input_message(c, request, fields, COUNT(fields), &in, NULL));
    if (!backup_scope_of(in.scope, &scope))
        return fault_field(&c->fault, ERR_FIELD_VALUE, "scope");
    TRY(backup_start(c, scope, in.passphrase, &b));
    return json_respond(c->arena, response, ACCEPTED, backup_json(&b));
}

err backups_get(void *app, http_request *request, http_response *response)
{
    call *c = app;
    uint8_t id[16];
    backup b;
    TRY(api_query_only(c, request, ""));
    TRY(find(c, request, id));
    TRY(backup_get(c, id, &b));
    return json_respond(c->arena, response, OK, backup_json(&b));
}

err backups_delete(void *app, http_request *request, http_response *response)
{
    call *c = app;
    uint8_t id[16];
    TRY(find(c, request, id));
    TRY(backup_remove(c, id));
    response->status = NO_CONTENT;
    return ERR_OK;
}

err backups_permit(void *app, http_request *request, http_response *response)
{
    call *c = app;
    uint8_t id[16];
    backup b;
    TRY(find(c, request, id));
    TRY(backup_permit(c, id, &b));
    return json_respond(c->arena, response, OK, backup_json(&b));
}

static void file_end(void *taken, bool whole)
{
    backup_permit_end(taken, whole);
}

err backups_file(void *app, http_request *request, http_response *response)
{
    call *c = app;
    uint8_t id[16];
    backup b;
    TRY(api_query_only(c, request, ""));
    TRY(find(c, request, id));
    backup_taken *taken;
    TRY(backup_fetch(c, id, &b, &response->file, &taken));
    response->headers[0].name = "Content-Disposition";
    response->headers[0].value = arena_printf(c->arena, "attachment; filename=\"%s\"", b.file);
    if (!response->headers[0].value) {
        large_file_close(response->file);
        backup_permit_end(taken, false);
        return ERR_MEMORY;
    }
    response->has_file = true;
    response->file_end = file_end;
    response->file_context = taken;
    response->file_size = (uint64_t)b.size;
    response->status = OK;
    response->content_type = "application/octet-stream";
    return ERR_OK;
}

err backups_verify(void *app, http_request *request, http_response *response)
{
    static const json_field fields[] = {TEXT(passphrase_input, passphrase, false, 0, BACKUP_PASSPHRASE_MAX)};
    call *c = app;
    passphrase_input in = {0};
    uint8_t id[16];
    backup b;
    TRY(find(c, request, id));
    TRY(input_optional(c, request, fields, COUNT(fields), &in));
    TRY(backup_verify(c, id, in.passphrase, &b));
    return json_respond(c->arena, response, ACCEPTED, backup_json(&b));
}

/* ---- settings ---- */

static const char *real(arena *a, const char *path)
{
    char *found = realpath(path, NULL);
    const char *out = found ? arena_text(a, found, strlen(found)) : NULL;
    free(found);
    return out;
}

/* Where it is, whatever directory the server was started in. The last part may not be there yet. */
static const char *absolute(arena *a, const char *path)
{
    const char *there = path ? real(a, path) : NULL;
    if (!path || there)
        return there;
    const char *slash = strrchr(path, '/');
    const char *above = slash ? arena_text(a, path, (size_t)(slash - path) + 1) : ".";
    const char *parent = above ? real(a, above) : NULL;
    return parent ? arena_printf(a, "%s/%s", parent, slash ? slash + 1 : path) : path;
}

static err respond_settings(call *c, http_response *response, const backup_setting *s)
{
    const char *at = arena_printf(c->arena, "%02d:%02d", (int)(s->minute / HOUR), (int)(s->minute % HOUR));
    const char *directory = absolute(c->arena, backup_directory(c->service, c->arena));
    if (!at)
        return ERR_MEMORY;
    TRY(json_respond(c->arena, response, OK,
                     json_pack("{s:s, s:s, s:I, s:s, s:I, s:b, s:I, s:o, s:s?}", "schedule", s->schedule, "at", at,
                               "weekday", (json_int_t)s->weekday, "scope", backup_scope_name(s->scope), "keep",
                               (json_int_t)s->keep, "has_passphrase", s->has_passphrase, "version",
                               (json_int_t)s->version, "changed_at", api_time(s->changed_ms), "directory", directory)));
    return api_etag(c, response, s->version);
}

err backups_settings_get(void *app, http_request *request, http_response *response)
{
    call *c = app;
    backup_setting s;
    TRY(api_query_only(c, request, ""));
    TRY(backup_setting_get(c->service, c->arena, &s));
    return respond_settings(c, response, &s);
}

/* "02:30" */
static err read_minute(call *c, const char *text, int64_t *out)
{
    bool fine = strlen(text) == TIME_TEXT && text[2] == ':';
    for (size_t i = 0; fine && i < TIME_TEXT; i++)
        fine = i == 2 || (text[i] >= '0' && text[i] <= '9');
    if (!fine)
        return fault_field(&c->fault, ERR_FIELD_VALUE, "at");
    int hours = (text[0] - '0') * 10 + text[1] - '0', minutes = (text[3] - '0') * 10 + text[4] - '0';
    *out = hours * HOUR + minutes;
    return hours < 24 && minutes < HOUR ? ERR_OK : fault_field(&c->fault, ERR_FIELD_VALUE, "at");
}

err backups_settings_put(void *app, http_request *request, http_response *response)
{
    typedef struct input {
        const char *schedule, *at, *scope, *passphrase;
        int64_t weekday, keep;
    } input;
    static const json_field fields[] = {
        TEXT(input, schedule, true, 1, WORD_MAX),    TEXT(input, at, true, TIME_TEXT, TIME_TEXT),
        TEXT(input, scope, true, 1, WORD_MAX),       TEXT(input, passphrase, false, 0, BACKUP_PASSPHRASE_MAX),
        FIELD(input, weekday, JSON_INT_FIELD, 1, 7), FIELD(input, keep, JSON_INT_FIELD, 1, BACKUP_KEEP_MAX)};
    call *c = app;
    input in = {0};
    backup_setting s;
    TRY(input_message(c, request, fields, COUNT(fields), &in, NULL));
    backup_setting wanted = {.schedule = in.schedule, .weekday = in.weekday, .keep = in.keep};
    TRY(read_minute(c, in.at, &wanted.minute));
    if (!backup_scope_of(in.scope, &wanted.scope))
        return fault_field(&c->fault, ERR_FIELD_VALUE, "scope");
    TRY(api_if_match(c, request, &wanted.version));
    TRY(backup_setting_put(c, &wanted, in.passphrase, &s));
    return respond_settings(c, response, &s);
}
