/* A request's body by a table of fields of every kind: what is taken keeps the table's word. */
#include "base/text.h"
#include "fuzz.h"
#include "http/json.h"

enum { ROOM = 4 << 20, INPUT_MAX = 64 << 10, TEXT_MIN = 1, TEXT_MAX = 20, LINES_MAX = 40, DATA_MAX = 300 };

typedef struct target {
    const char *text, *lines;
    int64_t number;
    bool flag, has_number, has_id;
    uint8_t hex[5], id[16];
    bytes data;
    json_t *array, *object;
} target;

static const json_field fields[] = {
    {"text", JSON_TEXT_FIELD, true, TEXT_MIN, TEXT_MAX, offsetof(target, text), JSON_NO_PRESENT},
    {"lines", JSON_LINES_FIELD, false, 0, LINES_MAX, offsetof(target, lines), JSON_NO_PRESENT},
    {"number", JSON_INT_FIELD, false, -5, INT32_MAX, offsetof(target, number), offsetof(target, has_number)},
    {"flag", JSON_BOOL_FIELD, false, 0, 0, offsetof(target, flag), JSON_NO_PRESENT},
    {"hex", JSON_HEX_FIELD, false, 5, 5, offsetof(target, hex), JSON_NO_PRESENT},
    {"id", JSON_UUID_FIELD, false, 0, 0, offsetof(target, id), offsetof(target, has_id)},
    {"data", JSON_BASE64_FIELD, false, 1, DATA_MAX, offsetof(target, data), JSON_NO_PRESENT},
    {"array", JSON_ARRAY_FIELD, false, 0, 3, offsetof(target, array), JSON_NO_PRESENT},
    {"object", JSON_OBJECT_FIELD, false, 0, 0, offsetof(target, object), JSON_NO_PRESENT}};

const char *__wrap_http_header(const http_request *request, const char *name);
const char *__wrap_http_header(const http_request *request, const char *name)
{
    (void)request;
    return strcmp(name, "Content-Type") == 0 ? "application/json; charset=utf-8" : NULL;
}

static void check_text(const char *text, size_t min, size_t max, bool lines)
{
    size_t n = strlen(text), characters = 0;
    CHECK(utf8_valid(text, n));
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];
        characters += (c & 0xc0) != 0x80;
        CHECK((c >= 0x20 && c != 0x7f) || (lines && (c == '\n' || c == '\t')));
    }
    CHECK(characters >= min && characters <= max);
}

static void check_target(const target *t, json_t *body)
{
    check_text(t->text, TEXT_MIN, TEXT_MAX, false);
    CHECK(strcmp(t->text, json_string_value(json_object_get(body, "text"))) == 0);
    if (t->lines)
        check_text(t->lines, 0, LINES_MAX, true);
    CHECK(!t->has_number || (t->number >= -5 && t->number <= INT32_MAX));
    CHECK(t->data.n <= DATA_MAX);
    CHECK(!t->array || json_array_size(t->array) <= 3);
    CHECK(!t->object || json_is_object(t->object));
    const char *name;
    json_t *value;
    json_object_foreach(body, name, value)
    {
        bool known = false;
        for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
            known |= strcmp(fields[i].name, name) == 0;
        CHECK(known);
    }
}

static void check_fault(const fault *f)
{
    CHECK(memchr(f->detail, 0, sizeof f->detail) && utf8_valid(f->detail, strlen(f->detail)));
    CHECK(memchr(f->field, 0, sizeof f->field) && utf8_valid(f->field, strlen(f->field)));
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    if (n > INPUT_MAX)
        return 0;
    http_request request = {.arena = arena_create(ROOM), .body = bytes_of(p, n)};
    CHECK(request.arena);
    json_t *body = NULL;
    target t = {0};
    fault f;
    fault_clear(&f);
    if (json_body(&request, &body, &f) == ERR_OK) {
        err e = json_read(request.arena, body, fields, sizeof fields / sizeof *fields, &t, "", &f);
        if (e == ERR_OK)
            check_target(&t, body);
        /* As it goes out, so it is read again. */
        http_response response = {0};
        CHECK(json_respond(request.arena, &response, 200, json_incref(body)) == ERR_OK);
        json_t *again = NULL;
        http_request back = {.arena = request.arena, .body = response.body};
        CHECK(json_body(&back, &again, &f) == ERR_OK && json_equal(body, again));
        json_decref(again);
        json_decref(body);
    }
    check_fault(&f);
    arena_destroy(request.arena);
    return 0;
}
