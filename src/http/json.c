#include "http/json.h"

#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/ct.h"
#include "base/text.h"

/* ANSWER_ROOM: a signed task with its certificates takes 4 to 5 KB; what does not fit is written twice. */
enum { NESTING_MAX = 16, ANSWER_ROOM = 8000 };

static bool is_json(const char *content_type)
{
    static const char want[] = "application/json";
    size_t n = sizeof want - 1;
    if (!content_type || strncasecmp(content_type, want, n) != 0)
        return false;
    content_type += n + strspn(content_type + n, " \t");
    return *content_type == 0 || *content_type == ';';
}

/* Jansson's own bound is 2048, set when it was compiled. Brackets within strings do not nest. */
static bool nests_too_deep(bytes text)
{
    size_t depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        if (in_string) {
            if (c == '\\')
                i++;
            else if (c == '"')
                in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            if (++depth > NESTING_MAX)
                return true;
        } else if (c == '}' || c == ']') {
            depth -= depth > 0;
        }
    }
    return false;
}

static err load_failed(const json_error_t *error, fault *f)
{
    switch (json_error_code(error)) {
    case json_error_out_of_memory:
        return ERR_MEMORY;
    case json_error_duplicate_key:
        return fault_set(f, ERR_JSON, "line %d column %d: a name is repeated", error->line, error->column);
    case json_error_numeric_overflow:
        return fault_set(f, ERR_JSON, "line %d column %d: the number is too large", error->line, error->column);
    case json_error_null_character:
        return fault_set(f, ERR_JSON, "line %d column %d: U+0000 is not allowed", error->line, error->column);
    default:
        return fault_set(f, ERR_JSON, "line %d column %d", error->line, error->column);
    }
}

static void free_wiped(void *p)
{
    if (p)
        wipe(p, malloc_usable_size(p));
    free(p);
}

void json_wipe_freed(void)
{
    json_set_alloc_funcs(malloc, free_wiped);
}

err json_body(const http_request *request, json_t **out, fault *f)
{
    if (!is_json(http_header(request, "Content-Type")))
        return ERR_MEDIA_TYPE;
    bytes body = request->body;
    if (!utf8_valid((const char *)body.p, body.n))
        return ERR_UTF8;
    if (nests_too_deep(body))
        return fault_set(f, ERR_JSON, "nested more than %d deep", NESTING_MAX);
    json_error_t error;
    json_t *document = json_loadb((const char *)body.p, body.n, JSON_REJECT_DUPLICATES, &error);
    if (!document)
        return load_failed(&error, f);
    if (!json_is_object(document)) {
        json_decref(document);
        return fault_set(f, ERR_JSON, "the body is not an object");
    }
    *out = document;
    return ERR_OK;
}

static bool has_control(const char *text, size_t n, bool lines)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];
        if ((c < 0x20 || c == 0x7f) && !(lines && (c == '\n' || c == '\t')))
            return true;
    }
    return false;
}

static err check_count(uint64_t n, const json_field *field, const char *unit, fault *f)
{
    if (n >= (uint64_t)field->min && n <= (uint64_t)field->max)
        return ERR_OK;
    return fault_set(f, ERR_FIELD_LENGTH, "%lld to %lld %s", (long long)field->min, (long long)field->max, unit);
}

static err read_text(arena *a, const json_field *field, const json_t *value, void *target, fault *f)
{
    if (!json_is_string(value))
        return fault_set(f, ERR_FIELD_TYPE, "want a string");
    const char *text = json_string_value(value);
    size_t n = json_string_length(value);
    TRY(check_count(utf8_length(text, n), field, "characters", f));
    if (has_control(text, n, field->kind == JSON_LINES_FIELD))
        return fault_set(f, ERR_FIELD_VALUE, "control characters are not allowed");
    if (utf8_deceptive(text, n))
        return fault_set(f, ERR_FIELD_VALUE, "invisible and directional characters are not allowed");
    if (field->min > 0 && utf8_blank(text, n))
        return fault_set(f, ERR_FIELD_VALUE, "只有空白 / nothing but blanks");
    const char *copy = arena_text(a, text, n);
    if (!copy)
        return ERR_MEMORY;
    memcpy(target, &copy, sizeof copy);
    return ERR_OK;
}

static err read_int(const json_field *field, const json_t *value, void *target, fault *f)
{
    if (!json_is_integer(value))
        return fault_set(f, ERR_FIELD_TYPE, "want a whole number");
    int64_t number = json_integer_value(value);
    if (number < field->min || number > field->max)
        return fault_set(f, ERR_FIELD_VALUE, "%lld to %lld", (long long)field->min, (long long)field->max);
    memcpy(target, &number, sizeof number);
    return ERR_OK;
}

static err read_bool(const json_t *value, void *target, fault *f)
{
    if (!json_is_boolean(value))
        return fault_set(f, ERR_FIELD_TYPE, "want true or false");
    bool flag = json_is_true(value);
    memcpy(target, &flag, sizeof flag);
    return ERR_OK;
}

static err read_hex(const json_field *field, const json_t *value, void *target, fault *f)
{
    if (!json_is_string(value))
        return fault_set(f, ERR_FIELD_TYPE, "want a string of hex digits");
    size_t n = (size_t)field->max;
    err e = hex_decode(target, n, json_string_value(value), json_string_length(value));
    if (e == ERR_LENGTH)
        return fault_set(f, ERR_FIELD_LENGTH, "want %zu hex digits", 2 * n);
    if (e != ERR_OK) {
        wipe(target, n);
        return fault_set(f, ERR_FIELD_VALUE, "want %zu hex digits", 2 * n);
    }
    return ERR_OK;
}

static err read_uuid(const json_t *value, void *target, fault *f)
{
    if (!json_is_string(value))
        return fault_set(f, ERR_FIELD_TYPE, "want a UUID as a string");
    uint8_t id[16];
    if (uuid_decode(id, json_string_value(value), json_string_length(value)) != ERR_OK)
        return fault_set(f, ERR_FIELD_VALUE, "want a UUID, 8-4-4-4-12 hex digits");
    memcpy(target, id, sizeof id);
    return ERR_OK;
}

static err read_base64(arena *a, const json_field *field, const json_t *value, void *target, fault *f)
{
    if (!json_is_string(value))
        return fault_set(f, ERR_FIELD_TYPE, "want a string in base64");
    bytes data;
    err e = base64_decode(a, json_string_value(value), json_string_length(value), &data);
    if (e == ERR_MEMORY)
        return e;
    if (e != ERR_OK)
        return fault_set(f, ERR_FIELD_VALUE, "want base64 with padding (RFC 4648 section 4)");
    TRY(check_count(data.n, field, "bytes", f));
    memcpy(target, &data, sizeof data);
    return ERR_OK;
}

static err read_container(const json_field *field, json_t *value, void *target, fault *f)
{
    if (field->kind == JSON_OBJECT_FIELD) {
        if (!json_is_object(value))
            return fault_set(f, ERR_FIELD_TYPE, "want an object");
    } else {
        if (!json_is_array(value))
            return fault_set(f, ERR_FIELD_TYPE, "want an array");
        TRY(check_count(json_array_size(value), field, "elements", f));
    }
    memcpy(target, &value, sizeof value);
    return ERR_OK;
}

static err read_value(arena *a, const json_field *field, json_t *value, void *target, fault *f)
{
    switch (field->kind) {
    case JSON_TEXT_FIELD:
    case JSON_LINES_FIELD:
        return read_text(a, field, value, target, f);
    case JSON_INT_FIELD:
        return read_int(field, value, target, f);
    case JSON_BOOL_FIELD:
        return read_bool(value, target, f);
    case JSON_HEX_FIELD:
        return read_hex(field, value, target, f);
    case JSON_UUID_FIELD:
        return read_uuid(value, target, f);
    case JSON_BASE64_FIELD:
        return read_base64(a, field, value, target, f);
    case JSON_ARRAY_FIELD:
    case JSON_OBJECT_FIELD:
        return read_container(field, value, target, f);
    }
    return ERR_INTERNAL;
}

static bool known(const json_field *fields, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(fields[i].name, name) == 0)
            return true;
    return false;
}

static err check_known(const json_t *object, const json_field *fields, size_t n, const char *prefix, fault *f)
{
    const char *name;
    json_t *value;
    /* The macro wants an object it may change; nothing is changed. */
    json_object_foreach((json_t *)(uintptr_t)object, name, value)
    {
        if (!known(fields, n, name))
            return fault_field(f, ERR_FIELD_UNKNOWN, "%s%s", prefix, name);
    }
    return ERR_OK;
}

err json_read(arena *a, const json_t *object, const json_field *fields, size_t n, void *target, const char *prefix,
              fault *f)
{
    if (!json_is_object(object)) {
        size_t length = strlen(prefix);
        length -= length > 0 && prefix[length - 1] == '.';
        return fault_field(f, fault_set(f, ERR_FIELD_TYPE, "want an object"), "%.*s", (int)length, prefix);
    }
    TRY(check_known(object, fields, n, prefix, f));
    uint8_t *base = target;
    for (size_t i = 0; i < n; i++) {
        const json_field *field = &fields[i];
        json_t *value = json_object_get(object, field->name);
        if (!field->required && json_is_null(value))
            value = NULL;
        if (field->present != JSON_NO_PRESENT) {
            bool there = value != NULL;
            memcpy(base + field->present, &there, sizeof there);
        }
        if (!value && field->required)
            return fault_field(f, ERR_FIELD_MISSING, "%s%s", prefix, field->name);
        err e = value ? read_value(a, field, value, base + field->offset, f) : ERR_OK;
        if (e != ERR_OK)
            return fault_field(f, e, "%s%s", prefix, field->name);
    }
    return ERR_OK;
}

/* Into the arena, terminated. Most answers fit into the first piece and are written once, where they stay. */
static err dump(arena *a, const json_t *document, bytes *out)
{
    size_t room = ANSWER_ROOM, n;
    char *text;
    for (;;) {
        text = arena_alloc(a, room + 1);
        n = text ? json_dumpb(document, text, room, JSON_COMPACT) : 0;
        if (n == 0)
            return ERR_MEMORY;
        if (n <= room)
            break;
        room = n;
    }
    *out = bytes_of(text, n);
    return ERR_OK;
}

err json_respond(arena *a, http_response *response, int status, json_t *document)
{
    bytes text;
    if (!document)
        return ERR_MEMORY;
    err e = dump(a, document, &text);
    json_decref(document);
    TRY(e);
    response->status = status;
    response->content_type = "application/json";
    response->body = text;
    return ERR_OK;
}
