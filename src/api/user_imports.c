#include "api/user_imports.h"

#include <string.h>

#include "api/input.h"
#include "base/text.h"
#include "service/user_import.h"

static const char *const outcomes[USER_IMPORT_OUTCOMES] = {"created", "updated", "unchanged", "error"};

/* A row is not read by a table of its fields: that stops at the first problem, and here all of them are wanted. */
static err text_of(call *c, user_import_row *row, const char *field, const json_t *value, const char **out)
{
    *out = NULL;
    if (!json_is_string(value)) {
        user_problem_add(&row->problems, ERR_FIELD_TYPE, field, "want a string");
        return ERR_OK;
    }
    *out = arena_text(c->arena, json_string_value(value), json_string_length(value));
    return *out ? ERR_OK : ERR_MEMORY;
}

static err read_departments(call *c, user_import_row *row, const json_t *value)
{
    size_t n = json_array_size(value), at = 0;
    const char **texts = arena_alloc(c->arena, (n + 1) * sizeof *texts);
    if (!texts)
        return ERR_MEMORY;
    if (!json_is_array(value))
        user_problem_add(&row->problems, ERR_FIELD_TYPE, "departments", "want an array of strings");
    for (size_t i = 0; i < n; i++) {
        const char *field = arena_printf(c->arena, "departments[%zu]", i);
        if (!field)
            return ERR_MEMORY;
        TRY(text_of(c, row, field, json_array_get(value, i), &texts[at]));
        at += texts[at] != NULL;
    }
    row->fields.departments = texts;
    row->fields.departments_n = at;
    return ERR_OK;
}

static err read_alias(call *c, user_import_row *row, const json_t *value, size_t place, user_alias *out, bool *sound)
{
    const char *system, *external, *field = arena_printf(c->arena, "aliases[%zu]", place);
    *sound = false;
    if (!field)
        return ERR_MEMORY;
    if (!json_is_object(value) || json_object_size(value) != 2) {
        user_problem_add(&row->problems, ERR_FIELD_TYPE, field, "want {\"system\", \"external_id\"}");
        return ERR_OK;
    }
    TRY(text_of(c, row, field, json_object_get(value, "system"), &system));
    TRY(text_of(c, row, field, json_object_get(value, "external_id"), &external));
    if (!system || !external)
        return ERR_OK;
    out->external_id = external;
    *sound = uuid_decode(out->system_id, system, strlen(system)) == ERR_OK;
    if (!*sound)
        user_problem_add(&row->problems, ERR_FIELD_VALUE, field, "system is a UUID");
    return ERR_OK;
}

static err read_aliases(call *c, user_import_row *row, const json_t *value)
{
    size_t n = json_array_size(value), at = 0;
    user_alias *aliases = arena_alloc(c->arena, (n + 1) * sizeof *aliases);
    if (!aliases)
        return ERR_MEMORY;
    if (!json_is_array(value))
        user_problem_add(&row->problems, ERR_FIELD_TYPE, "aliases", "want an array");
    for (size_t i = 0; i < n; i++) {
        bool sound;
        TRY(read_alias(c, row, json_array_get(value, i), i, &aliases[at], &sound));
        at += sound;
    }
    row->fields.aliases = aliases;
    row->fields.aliases_n = at;
    return ERR_OK;
}

static err read_attributes(call *c, user_import_row *row, json_t *value)
{
    const char *name;
    json_t *text;
    size_t at = 0;
    user_attribute *attributes = arena_alloc(c->arena, (json_object_size(value) + 1) * sizeof *attributes);
    if (!attributes)
        return ERR_MEMORY;
    if (!json_is_object(value))
        user_problem_add(&row->problems, ERR_FIELD_TYPE, "attributes", "want an object");
    json_object_foreach(value, name, text)
    {
        const char *field = arena_printf(c->arena, "attributes.%s", name);
        if (!field)
            return ERR_MEMORY;
        attributes[at].name = arena_text(c->arena, name, strlen(name));
        if (!attributes[at].name)
            return ERR_MEMORY;
        TRY(text_of(c, row, field, text, &attributes[at].value));
        at += attributes[at].value != NULL;
    }
    row->fields.attributes = attributes;
    row->fields.attributes_n = at;
    return ERR_OK;
}

static err read_field(call *c, user_import_row *row, const char *name, json_t *value)
{
    if (json_is_null(value))
        return ERR_OK;
    if (strcmp(name, "staff_no") == 0)
        return text_of(c, row, "staff_no", value, &row->fields.staff_no);
    if (strcmp(name, "name") == 0)
        return text_of(c, row, "name", value, &row->fields.name);
    if (strcmp(name, "state") == 0)
        return text_of(c, row, "state", value, &row->fields.state);
    if (strcmp(name, "certificates") == 0)
        return text_of(c, row, "certificates", value, &row->fields.certificates);
    if (strcmp(name, "departments") == 0)
        return read_departments(c, row, value);
    if (strcmp(name, "aliases") == 0)
        return read_aliases(c, row, value);
    if (strcmp(name, "attributes") == 0)
        return read_attributes(c, row, value);
    const char *field = arena_text(c->arena, name, utf8_prefix(name, 32));
    if (!field)
        return ERR_MEMORY;
    user_problem_add(&row->problems, ERR_FIELD_UNKNOWN, field, NULL);
    return ERR_OK;
}

static err read_row(call *c, json_t *given, user_import_row *row)
{
    const char *name;
    json_t *value;
    if (!json_is_object(given))
        user_problem_add(&row->problems, ERR_FIELD_TYPE, "", "want an object");
    json_object_foreach(given, name, value)
    {
        TRY(read_field(c, row, name, value));
    }
    return ERR_OK;
}

typedef struct import_input {
    json_t *rows;
    bool dry_run;
    const char *mode;
} import_input;

static err read_body(call *c, const http_request *request, user_import_row **rows, size_t *n,
                     user_import_options *options)
{
    static const json_field fields[] = {
        FIELD(import_input, rows, JSON_ARRAY_FIELD, 1, USER_IMPORT_ROWS),
        {"dry_run", JSON_BOOL_FIELD, false, 0, 0, offsetof(import_input, dry_run), JSON_NO_PRESENT},
        {"mode", JSON_TEXT_FIELD, false, 1, 16, offsetof(import_input, mode), JSON_NO_PRESENT}};
    json_t *body;
    import_input in = {.mode = "upsert"};
    TRY(json_body(request, &body, &c->fault));
    err e;
    TRY_OUT(json_read(c->arena, body, fields, COUNT(fields), &in, "", &c->fault));
    *options = (user_import_options){strcmp(in.mode, "add") == 0, in.dry_run};
    if (!options->add_only && strcmp(in.mode, "upsert") != 0)
        TRY_OUT(fault_field(&c->fault, ERR_FIELD_VALUE, "mode"));
    *n = json_array_size(in.rows);
    *rows = arena_alloc(c->arena, *n * sizeof **rows);
    if (!*rows)
        TRY_OUT(ERR_MEMORY);
    for (size_t i = 0; i < *n; i++)
        TRY_OUT(read_row(c, json_array_get(in.rows, i), &(*rows)[i]));
out:
    json_decref(body);
    return e;
}

static json_t *problems_json(const user_problems *p)
{
    json_t *all = json_array();
    for (size_t i = 0; i < p->n; i++) {
        const user_problem *one = &p->items[i];
        const problem_row *said = problem_of(one->code);
        json_t *item = json_pack("{s:s, s:s, s:s, s:s}", "code", err_code(one->code), "field", one->field, "message",
                                 said->title_zh, "message_en", said->title_en);
        if (one->detail)
            json_object_set_new(item, "detail", json_string(one->detail));
        json_array_append_new(all, item);
    }
    return all;
}

static json_t *changes_json(const user_import_row *row)
{
    json_t *all = json_array();
    for (size_t i = 0; i < row->changes_n; i++) {
        const user_import_change *one = &row->changes[i];
        json_array_append_new(all, json_pack("{s:s, s:s?, s:s?}", "field", one->field, "before", one->before, "after",
                                             one->after));
    }
    return all;
}

err user_imports_post(void *app, http_request *request, http_response *response)
{
    call *c = app;
    user_import_row *rows;
    user_import_options options;
    size_t n = 0, counts[USER_IMPORT_OUTCOMES];
    TRY(read_body(c, request, &rows, &n, &options));
    TRY(user_import(c, rows, n, &options, counts));
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(items, json_pack("{s:I, s:s?, s:s, s:o, s:o, s:o}", "row", (json_int_t)i, "staff_no",
                                               rows[i].fields.staff_no, "outcome", outcomes[rows[i].outcome], "user",
                                               rows[i].has_user ? api_uuid(rows[i].user_id) : json_null(), "changes",
                                               changes_json(&rows[i]), "problems", problems_json(&rows[i].problems)));
    return json_respond(c->arena, response, 200,
                        json_pack("{s:b, s:I, s:I, s:I, s:I, s:o}", "dry_run", options.dry_run, "created",
                                  (json_int_t)counts[USER_IMPORT_CREATED], "updated",
                                  (json_int_t)counts[USER_IMPORT_UPDATED], "unchanged",
                                  (json_int_t)counts[USER_IMPORT_UNCHANGED], "errors",
                                  (json_int_t)counts[USER_IMPORT_ERROR], "rows", items));
}
