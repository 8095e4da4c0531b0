#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/text.h"
#include "service/callback_message.h"

/* The worked example of docs/integration/callbacks.md; the values come from Python's hashlib and hmac. */
static const char secret[] = "kq3mVx0Zt7uPjR2sYw9aBcDeFgHiJkLmNoPqRsTuVwX";
static const char example[] = "{\"id\":\"019348a5-7c3e-7b21-9f00-5a6b7c8d9e0f\",\"event\":\"task.signed\",\"task\":"
                              "\"019348a5-6000-7000-8000-000000000001\","
                              "\"state\":\"signed\",\"reference\":\"ZY-20260301-0007\",\"sequence\":1772353800123,"
                              "\"happened_at\":\"2026-03-01T08:30:00.123Z\"}";
static const char signature[] = "8f8d93cfd2e545820f77335a953d3d1571a7765beecbdce43a3536469412af18";

static arena *a;
static uint8_t id[16], task[16];

static int set_up(void **state)
{
    (void)state;
    a = arena_create(1 << 20);
    assert_int_equal(uuid_decode(id, "019348a5-7c3e-7b21-9f00-5a6b7c8d9e0f", 36), ERR_OK);
    assert_int_equal(uuid_decode(task, "019348a5-6000-7000-8000-000000000001", 36), ERR_OK);
    return a ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    arena_destroy(a);
    return 0;
}

static void check_body(const callback_message *m, const char *want)
{
    bytes body;
    assert_int_equal(callback_message_body(a, m, &body), ERR_OK);
    assert_string_equal((const char *)body.p, want);
    assert_int_equal(body.n, strlen(want));
}

static void the_example_is_the_documents(void **state)
{
    (void)state;
    callback_message m = {.id = id,
                          .event = "task.signed",
                          .task = task,
                          .state = "signed",
                          .reference = "ZY-20260301-0007",
                          .sequence = 1772353800123,
                          .happened_ms = 1772353800123};
    const char *headers[CALLBACK_HEADERS];
    size_t n;
    bytes body = bytes_of_text(example);
    check_body(&m, example);
    assert_int_equal(callback_message_headers(a, secret, NULL, 1772353800, id, body, headers, &n), ERR_OK);
    assert_int_equal(n, 4);
    assert_string_equal(headers[0], "Content-Type: application/json");
    assert_string_equal(headers[1], "Yiqian-Callback-Id: 019348a5-7c3e-7b21-9f00-5a6b7c8d9e0f");
    assert_string_equal(headers[2], "Yiqian-Time: 1772353800");
    assert_string_equal(headers[3], arena_printf(a, "Yiqian-Signature: hmac-sm3 %s", signature));
}

static void each_part_is_signed(void **state)
{
    (void)state;
    char mac[CALLBACK_SIGNATURE_TEXT];
    uint8_t other[16];
    memcpy(other, id, 16);
    other[15] ^= 1;
    bytes body = bytes_of_text(example), shorter = bytes_of(example, strlen(example) - 1);
    assert_int_equal(callback_message_sign(a, secret, 1772353800, id, body, mac), ERR_OK);
    assert_string_equal(mac, signature);
    assert_int_equal(callback_message_sign(a, secret, 1772353801, id, body, mac), ERR_OK);
    assert_string_not_equal(mac, signature);
    assert_int_equal(callback_message_sign(a, secret, 1772353800, other, body, mac), ERR_OK);
    assert_string_not_equal(mac, signature);
    assert_int_equal(callback_message_sign(a, secret, 1772353800, id, shorter, mac), ERR_OK);
    assert_string_not_equal(mac, signature);
    assert_int_equal(callback_message_sign(a, secret + 1, 1772353800, id, body, mac), ERR_OK);
    assert_string_not_equal(mac, signature);
}

static void the_secret_before_signs_in_a_header_of_its_own(void **state)
{
    (void)state;
    const char *headers[CALLBACK_HEADERS];
    size_t n;
    assert_int_equal(
        callback_message_headers(a, "another", secret, 1772353800, id, bytes_of_text(example), headers, &n), ERR_OK);
    assert_int_equal(n, 5);
    assert_string_equal(headers[4], arena_printf(a, "Yiqian-Signature-Previous: hmac-sm3 %s", signature));
    assert_null(strstr(headers[3], signature));
}

static void what_is_not_there_is_left_out_and_text_is_quoted(void **state)
{
    (void)state;
    callback_message m = {.id = id,
                          .event = "task.declined",
                          .task = task,
                          .batch = id,
                          .state = "declined",
                          .reference = "\"\\/\n\t\x01\x1f中",
                          .reason = "",
                          .sequence = 7};
    check_body(
        &m,
        "{\"id\":\"019348a5-7c3e-7b21-9f00-5a6b7c8d9e0f\",\"event\":\"task.declined\","
        "\"task\":\"019348a5-6000-7000-8000-000000000001\",\"state\":\"declined\","
        "\"reference\":\"\\\"\\\\/\\u000a\\u0009\\u0001\\u001f中\",\"batch\":\"019348a5-7c3e-7b21-9f00-5a6b7c8d9e0f\","
        "\"sequence\":7,\"happened_at\":\"1970-01-01T00:00:00.000Z\",\"reason\":\"\"}");
    m = (callback_message){
        .id = id, .event = "task.waiting", .staff_no = "D1", .waiting = 3, .happened_ms = 1000, .sequence = 9};
    check_body(
        &m,
        "{\"id\":\"019348a5-7c3e-7b21-9f00-5a6b7c8d9e0f\",\"event\":\"task.waiting\",\"staff_no\":\"D1\",\"waiting\":3,"
        "\"happened_at\":\"1970-01-01T00:00:01.000Z\"}");
    m = (callback_message){.id = id, .event = "test"};
    check_body(&m, "{\"id\":\"019348a5-7c3e-7b21-9f00-5a6b7c8d9e0f\",\"event\":\"test\",\"happened_at\":\"1970-01-"
                   "01T00:00:00.000Z\"}");
}

static void a_full_arena_is_told(void **state)
{
    (void)state;
    arena *tiny = arena_create(64);
    callback_message m = {.id = id, .event = "task.signed", .task = task, .state = "signed", .reference = "x"};
    const char *headers[CALLBACK_HEADERS];
    size_t n;
    bytes body;
    assert_int_equal(callback_message_body(tiny, &m, &body), ERR_MEMORY);
    assert_int_equal(callback_message_headers(tiny, secret, NULL, 1, id, bytes_of_text(example), headers, &n),
                     ERR_MEMORY);
    arena_destroy(tiny);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_example_is_the_documents),
        TEST(each_part_is_signed),
        TEST(the_secret_before_signs_in_a_header_of_its_own),
        TEST(what_is_not_there_is_left_out_and_text_is_quoted),
        TEST(a_full_arena_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
