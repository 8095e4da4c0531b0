/* The SDK's own JSON reader beside jansson. What the SDK takes jansson takes, and each value reads the same; what jansson takes the SDK refuses
 * only for the bounds that its header names. Jansson refuses numbers that do not fit its types; the SDK looks at a number when it reads it. */
#include <jansson.h>

#include "fuzz.h"
#include "json_reader.h"
#include "json_writer.h"

enum { ROOM = 1 << 22, INPUT_MAX = 16 << 10 };

static void check_value(arena *a, json_value value, const json_t *peer);

static void check_text(arena *a, json_value value, const json_t *peer)
{
    const char *text, *want = json_string_value(peer);
    CHECK(json_reader_text(a, &text, value) == ERR_OK && strcmp(text, want) == 0);
    char *exact = arena_alloc(a, strlen(want) + 1);
    CHECK(exact && json_reader_copy(exact, strlen(want) + 1, value) == ERR_OK && strcmp(exact, want) == 0);
    CHECK(strlen(want) == 0 || json_reader_copy(exact, strlen(want), value) == ERR_FIELD_LENGTH);
    uint8_t id[16], hex[8];
    bytes data;
    if (json_reader_base64(a, &data, value, 32) == ERR_OK)
        CHECK(data.n <= 32);
    /* Digits are read where they stand, without escapes, so these two may refuse what is the right text. */
    err e = json_reader_uuid(id, value);
    CHECK(e == ERR_OK || e == ERR_FIELD_LENGTH || e == ERR_FIELD_VALUE);
    e = json_reader_hex(hex, sizeof hex, value);
    CHECK(e == ERR_OK || e == ERR_FIELD_LENGTH || e == ERR_FIELD_VALUE);
    CHECK(e != ERR_OK || strlen(want) == 2 * sizeof hex);
}

static void check_number(json_value value, const json_t *peer)
{
    int64_t number;
    err e = json_reader_int(&number, value, INT64_MIN, INT64_MAX);
    if (json_is_real(peer)) {
        CHECK(e == ERR_FIELD_TYPE ||
              e == ERR_FIELD_VALUE); /* the second: more digits than a number has, before the fraction */
        return;
    }
    json_int_t want = json_integer_value(peer);
    CHECK(e == ERR_OK ? number == want : e == ERR_FIELD_VALUE && (want > INT64_MAX / 10 || want < -(INT64_MAX / 10)));
}

static void check_array(arena *a, json_value value, const json_t *peer)
{
    size_t n, position = 0, i = 0;
    json_value element;
    CHECK(json_reader_count(&n, value, json_array_size(peer)) == ERR_OK && n == json_array_size(peer));
    CHECK(n == 0 || json_reader_count(&n, value, n - 1) == ERR_FIELD_LENGTH);
    for (; json_reader_next(&element, value, &position); i++)
        check_value(a, element, json_array_get(peer, i));
    CHECK(i == json_array_size(peer));
}

static void check_object(arena *a, json_value value, json_t *peer)
{
    const char *name;
    json_t *member;
    json_value found;
    json_object_foreach(peer, name, member)
    {
        CHECK(json_reader_field(&found, value, name) == ERR_OK);
        check_value(a, found, member);
    }
    CHECK(json_object_get(peer, "no such name") ||
          json_reader_field(&found, value, "no such name") == ERR_FIELD_MISSING);
}

static void check_value(arena *a, json_value value, const json_t *peer)
{
    int64_t number;
    uint8_t hex[1];
    CHECK(peer && json_reader_is_null(value) == json_is_null(peer));
    if (json_is_string(peer))
        check_text(a, value, peer);
    else
        CHECK(json_reader_hex(hex, 1, value) == ERR_FIELD_TYPE);
    if (json_is_number(peer))
        check_number(value, peer);
    else
        CHECK(json_reader_int(&number, value, 0, 1) == ERR_FIELD_TYPE);
    size_t n;
    if (json_is_array(peer))
        check_array(a, value, peer);
    else
        CHECK(json_reader_count(&n, value, 1) == ERR_FIELD_TYPE);
    if (json_is_object(peer))
        check_object(a, value, (json_t *)(uintptr_t)peer); /* the macro wants an object it may change */
}

/* What the SDK's writer writes both readers read. */
static void check_writer(const json_t *peer)
{
    static uint8_t room[8 * INPUT_MAX];
    const char *name;
    json_t *member;
    json_writer w;
    json_writer_init(&w, room, sizeof room);
    json_writer_begin_object(&w, NULL);
    json_object_foreach((json_t *)(uintptr_t)peer, name, member)
    {
        json_writer_text(&w, name, json_is_string(member) ? json_string_value(member) : "");
    }
    json_writer_end_object(&w);
    CHECK(!w.out.overflow);
    json_value root;
    CHECK(json_reader_open(&root, room, w.out.n) == ERR_OK);
    json_t *again = json_loadb((const char *)room, w.out.n, JSON_REJECT_DUPLICATES, NULL);
    CHECK(again && json_object_size(again) == json_object_size(peer));
    json_object_foreach((json_t *)(uintptr_t)peer, name, member)
    {
        CHECK(!json_is_string(member) || json_equal(member, json_object_get(again, name)));
    }
    json_decref(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    if (n > INPUT_MAX)
        return 0;
    json_value root;
    json_error_t error;
    err e = json_reader_open(&root, p, n);
    json_t *peer = json_loadb(n > 0 ? (const char *)p : "", n, JSON_REJECT_DUPLICATES, &error);
    if (e == ERR_OK && peer) {
        arena *a = arena_create(ROOM);
        CHECK(a);
        check_value(a, root, peer);
        check_writer(peer);
        arena_destroy(a);
    } else if (e == ERR_OK) {
        CHECK(json_error_code(&error) == json_error_numeric_overflow);
    } else if (peer) {
        /* Jansson passes over a NUL after a word. */
        CHECK(e == ERR_LIMIT || (e == ERR_UTF8 && memchr(p, 0, n)) || (e == ERR_FIELD_TYPE && !json_is_object(peer)));
    }
    json_decref(peer);
    return 0;
}
