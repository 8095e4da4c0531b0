#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/text.h"
#include "service.h"

typedef struct target {
    const char *name, *note;
    int64_t count;
    bool flag, count_there, flag_there;
    uint8_t digest[4], id[16];
    bytes data;
    json_t *items, *more;
} target;

static const json_field fields[] = {
    {"name", JSON_TEXT_FIELD, true, 1, 4, offsetof(target, name), JSON_NO_PRESENT},
    {"note", JSON_LINES_FIELD, false, 0, 10, offsetof(target, note), JSON_NO_PRESENT},
    {"count", JSON_INT_FIELD, false, -5, 1000, offsetof(target, count), offsetof(target, count_there)},
    {"flag", JSON_BOOL_FIELD, false, 0, 0, offsetof(target, flag), offsetof(target, flag_there)},
    {"digest", JSON_HEX_FIELD, false, 4, 4, offsetof(target, digest), JSON_NO_PRESENT},
    {"id", JSON_UUID_FIELD, false, 0, 0, offsetof(target, id), JSON_NO_PRESENT},
    {"data", JSON_BASE64_FIELD, false, 1, 6, offsetof(target, data), JSON_NO_PRESENT},
    {"items", JSON_ARRAY_FIELD, false, 1, 2, offsetof(target, items), JSON_NO_PRESENT},
    {"more", JSON_OBJECT_FIELD, false, 0, 0, offsetof(target, more), JSON_NO_PRESENT},
};

static arena *a;
static target got;
static fault why;

static int set_up(void **state)
{
    (void)state;
    a = arena_create(1 << 16);
    memset(&got, 0, sizeof got);
    return a ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    arena_destroy(a);
    return 0;
}

/* The caller's document, so that what is borrowed from it stays. */
static err read_from(json_t *document, const char *prefix)
{
    assert_non_null(document);
    fault_clear(&why);
    return json_read(a, document, fields, sizeof fields / sizeof *fields, &got, prefix, &why);
}

static void a_full_object_is_read(void **state)
{
    (void)state;
    json_t *document =
        json_loads("{\"name\":\"张三丰😀\",\"note\":\"a\\n\\tb\",\"count\":-5,\"flag\":true,\"digest\":\"00fF10ab\","
                   "\"id\":\"0192e4a0-0000-7000-8000-00000000ABCD\",\"data\":\"AAEC/w==\",\"items\":[1,\"x\"],"
                   "\"more\":{\"k\":1}}",
                   0, NULL);
    assert_int_equal(read_from(document, ""), ERR_OK);
    assert_string_equal(got.name, "张三丰😀"); /* four characters */
    assert_string_equal(got.note, "a\n\tb");
    assert_int_equal(got.count, -5);
    assert_true(got.count_there && got.flag && got.flag_there);
    assert_memory_equal(got.digest, "\x00\xff\x10\xab", 4);
    char id[UUID_TEXT];
    uuid_encode(id, got.id);
    assert_string_equal(id, "0192e4a0-0000-7000-8000-00000000abcd");
    assert_int_equal(got.data.n, 4);
    assert_memory_equal(got.data.p, "\x00\x01\x02\xff", 4);
    assert_int_equal(json_array_size(got.items), 2);
    assert_int_equal(json_object_size(got.more), 1);
    json_decref(document);
}

static void what_is_not_there_stays(void **state)
{
    (void)state;
    got.count = 77;
    got.flag_there = true;
    json_t *document = json_loads("{\"name\":\"a\"}", 0, NULL);
    assert_int_equal(read_from(document, ""), ERR_OK);
    assert_int_equal(got.count, 77);
    assert_false(got.count_there || got.flag_there);
    assert_null(got.note);
    json_decref(document);
}

static void each_bad_field_is_refused_by_name(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        err e;
        const char *field;
    } bad[] = {
        {"{}", ERR_FIELD_MISSING, "name"},
        {"{\"name\":null}", ERR_FIELD_TYPE, "name"},
        {"{\"name\":5}", ERR_FIELD_TYPE, "name"},
        {"{\"name\":[\"a\"]}", ERR_FIELD_TYPE, "name"},
        {"{\"name\":\"\"}", ERR_FIELD_LENGTH, "name"},
        {"{\"name\":\"abcde\"}", ERR_FIELD_LENGTH, "name"},
        {"{\"name\":\"a\\nb\"}", ERR_FIELD_VALUE, "name"},
        {"{\"name\":\" \"}", ERR_FIELD_VALUE, "name"},
        {"{\"name\":\"\\u3000 \\u00a0\"}", ERR_FIELD_VALUE, "name"},
        {"{\"name\":\"a\\u007f\"}", ERR_FIELD_VALUE, "name"},
        {"{\"name\":\"a\\u202eb\"}", ERR_FIELD_VALUE, "name"},
        {"{\"name\":\"a\",\"note\":\"a\\u009bb\"}", ERR_FIELD_VALUE, "note"},
        {"{\"name\":\"a\",\"nmae\":1}", ERR_FIELD_UNKNOWN, "nmae"},
        {"{\"name\":\"a\",\"Name\":1}", ERR_FIELD_UNKNOWN, "Name"},
        {"{\"name\":\"a\",\"note\":\"a\\rb\"}", ERR_FIELD_VALUE, "note"},
        {"{\"name\":\"a\",\"note\":\"12345678901\"}", ERR_FIELD_LENGTH, "note"},
        {"{\"name\":\"a\",\"count\":1.0}", ERR_FIELD_TYPE, "count"},
        {"{\"name\":\"a\",\"count\":1e2}", ERR_FIELD_TYPE, "count"},
        {"{\"name\":\"a\",\"count\":\"1\"}", ERR_FIELD_TYPE, "count"},
        {"{\"name\":\"a\",\"count\":true}", ERR_FIELD_TYPE, "count"},
        {"{\"name\":\"a\",\"count\":-6}", ERR_FIELD_VALUE, "count"},
        {"{\"name\":\"a\",\"count\":1001}", ERR_FIELD_VALUE, "count"},
        {"{\"name\":\"a\",\"flag\":1}", ERR_FIELD_TYPE, "flag"},
        {"{\"name\":\"a\",\"flag\":\"true\"}", ERR_FIELD_TYPE, "flag"},
        {"{\"name\":\"a\",\"digest\":4}", ERR_FIELD_TYPE, "digest"},
        {"{\"name\":\"a\",\"digest\":\"\"}", ERR_FIELD_LENGTH, "digest"},
        {"{\"name\":\"a\",\"digest\":\"00ff10a\"}", ERR_FIELD_LENGTH, "digest"},
        {"{\"name\":\"a\",\"digest\":\"00ff10ab00\"}", ERR_FIELD_LENGTH, "digest"},
        {"{\"name\":\"a\",\"digest\":\"00ff10ag\"}", ERR_FIELD_VALUE, "digest"},
        {"{\"name\":\"a\",\"id\":16}", ERR_FIELD_TYPE, "id"},
        {"{\"name\":\"a\",\"id\":\"0192e4a0000070008000000000000abc\"}", ERR_FIELD_VALUE, "id"},
        {"{\"name\":\"a\",\"id\":\"0192e4a0-0000-7000-8000-00000000abcg\"}", ERR_FIELD_VALUE, "id"},
        {"{\"name\":\"a\",\"data\":1}", ERR_FIELD_TYPE, "data"},
        {"{\"name\":\"a\",\"data\":\"AAE\"}", ERR_FIELD_VALUE, "data"},
        {"{\"name\":\"a\",\"data\":\"AA_C\"}", ERR_FIELD_VALUE, "data"},
        {"{\"name\":\"a\",\"data\":\"\"}", ERR_FIELD_LENGTH, "data"},
        {"{\"name\":\"a\",\"data\":\"AAECAwQFBgc=\"}", ERR_FIELD_LENGTH, "data"},
        {"{\"name\":\"a\",\"items\":{}}", ERR_FIELD_TYPE, "items"},
        {"{\"name\":\"a\",\"items\":[]}", ERR_FIELD_LENGTH, "items"},
        {"{\"name\":\"a\",\"items\":[1,2,3]}", ERR_FIELD_LENGTH, "items"},
        {"{\"name\":\"a\",\"more\":[]}", ERR_FIELD_TYPE, "more"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        json_t *document = json_loads(bad[i].text, 0, NULL);
        err e = read_from(document, "");
        if (e != bad[i].e || strcmp(why.field, bad[i].field) != 0)
            fail_msg("%s: %s of \"%s\"", bad[i].text, err_code(e), why.field);
        char prefixed[80];
        (void)snprintf(prefixed, sizeof prefixed, "items[3].%s", bad[i].field);
        assert_int_equal(read_from(document, "items[3]."), bad[i].e);
        assert_string_equal(why.field, prefixed);
        assert_true(e == ERR_FIELD_MISSING || e == ERR_FIELD_UNKNOWN || why.detail[0]);
        json_decref(document);
    }
    json_t *array = json_array();
    static const char *const prefixes[][2] = {{"items[0]", "items[0]"}, {"items[0].", "items[0]"}, {"", ""}};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        assert_int_equal(read_from(array, prefixes[i][0]), ERR_FIELD_TYPE);
        assert_string_equal(why.field, prefixes[i][1]);
    }
    json_decref(array);
}

static void a_full_arena_is_told(void **state)
{
    (void)state;
    arena *none = arena_create(1);
    json_t *document = json_loads("{\"name\":\"a\"}", 0, NULL);
    fault_clear(&why);
    assert_int_equal(json_read(none, document, fields, sizeof fields / sizeof *fields, &got, "", &why), ERR_MEMORY);
    http_response response = {0};
    assert_int_equal(json_respond(none, &response, 200, document), ERR_MEMORY);
    arena_destroy(none);
    assert_int_equal(json_respond(a, &response, 200, NULL), ERR_MEMORY);
}

static void an_answer_is_compact_json(void **state)
{
    (void)state;
    http_response response = {0};
    assert_int_equal(json_respond(a, &response, 201, json_pack("{s:s,s:i,s:n}", "名", "a\"b\n", "n", 7, "z")), ERR_OK);
    assert_int_equal(response.status, 201);
    assert_string_equal(response.content_type, "application/json");
    assert_true(bytes_equal(response.body, bytes_of_text("{\"名\":\"a\\\"b\\n\",\"n\":7,\"z\":null}")));
}

/* What the server answers to a body of n bytes. */
static wire_answer answer;

static void post(const char *type, const char *body, size_t n)
{
    char head[256];
    int fd = wire_connect(port);
    (void)snprintf(head, sizeof head, "POST /json HTTP/1.1\r\nHost: x\r\n%s%s\r\nContent-Length: %zu\r\n\r\n",
                   type ? "Content-Type: " : "X-None: ", type ? type : "", n);
    assert_true(wire_send(fd, head) && wire_send_bytes(fd, body, n));
    wire_read(fd, &answer, false);
    (void)close(fd);
}

#define POST(type, body) post(type, body, sizeof(body) - 1)

static void a_body_is_one_object(void **state)
{
    (void)state;
    POST("application/json", " {\"a\":[1,{\"b\":null}],\"c\":\"\\u533b[[[[[[[[[[[[[[[[[[{{\"} ");
    assert_int_equal(answer.status, 200);
    assert_string_equal(answer.body, "{\"a\":[1,{\"b\":null}],\"c\":\"医[[[[[[[[[[[[[[[[[[{{\"}");
    POST("Application/JSON ; charset=utf-8", "{}");
    assert_int_equal(answer.status, 200);
}

static void other_media_types_are_refused(void **state)
{
    (void)state;
    static const char *const types[] = {
        NULL, "text/plain", "application/jsonx", "application/json-patch+json", "text/json", ""};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        POST(types[i], "{}");
        assert_int_equal(answer.status, 415);
        assert_string_equal(wire_code(&answer), "media_type");
    }
}

static void bad_bodies_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *body, *code;
    } bad[] = {
        {"", "bad_json"},
        {"{", "bad_json"},
        {"[]", "bad_json"},
        {"\"x\"", "bad_json"},
        {"null", "bad_json"},
        {"{}{}", "bad_json"},
        {"{\"a\":1,}", "bad_json"},
        {"{'a':1}", "bad_json"},
        {"{\"a\":NaN}", "bad_json"},
        {"{\"a\":01}", "bad_json"},
        {"{\"a\":99999999999999999999}", "bad_json"},
        {"{\"a\":1e999}", "bad_json"},
        {"{\"a\":1,\"a\":1}", "bad_json"},
        {"{\"b\":{\"a\":1,\"\\u0061\":1}}", "bad_json"},
        {"{\"a\":\"\\u0000\"}", "bad_json"},
        {"{\"a\":\"\\ud800\"}", "bad_json"},
        {"{\"a\":\"\n\"}", "bad_json"},
        {"\xef\xbb\xbf{}", "bad_json"},
        {"{\"a\":\"\xb1\xb1\"}", "not_utf8"},
        {"{\"a\":\"\xed\xa0\x80\"}", "not_utf8"},
        {"{\"a\":[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}", "bad_json"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        post("application/json", bad[i].body, strlen(bad[i].body));
        if (answer.status != 400 || strcmp(wire_code(&answer), bad[i].code) != 0)
            fail_msg("%s: %d %s", bad[i].body, answer.status, wire_code(&answer));
    }
    POST("application/json", "{\"a\":\"\0\"}");
    assert_string_equal(wire_code(&answer), "not_utf8");
    POST("application/json", "{\"a\":[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]}"); /* sixteen deep */
    assert_int_equal(answer.status, 200);
}

/* 4096 opening brackets in a body must not become as many stack frames. */
static void deep_nesting_is_refused(void **state)
{
    (void)state;
    char body[SERVICE_BODY_MAX];
    memset(body, '[', sizeof body);
    post("application/json", body, sizeof body);
    assert_int_equal(answer.status, 400);
    assert_non_null(strstr(answer.body, "nested more than 16 deep"));
}

int main(void)
{
#define READ_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        READ_TEST(a_full_object_is_read),
        READ_TEST(what_is_not_there_stays),
        READ_TEST(each_bad_field_is_refused_by_name),
        READ_TEST(a_full_arena_is_told),
        READ_TEST(an_answer_is_compact_json),
        SERVICE_TEST(a_body_is_one_object),
        SERVICE_TEST(other_media_types_are_refused),
        SERVICE_TEST(bad_bodies_are_refused),
        SERVICE_TEST(deep_nesting_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
