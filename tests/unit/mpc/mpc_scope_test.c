#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "mpc/mpc_scope.h"

static const char whole[] = "{\"v\":1,\"systems\":[\"电子病历\",\"a\\\"\\\\b\"],\"record_types\":[\"护理记录\"],"
                            "\"until\":1772345678,\"count\":1000}";

static err read_text(const char *text, mpc_scope *out)
{
    static arena *a;
    if (!a)
        a = arena_create(16 << 20);
    assert_non_null(a);
    return mpc_scope_read(a, bytes_of_text(text), out);
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    mpc_scope s;
    char room[512];
    assert_int_equal(read_text(whole, &s), ERR_OK);
    assert_int_equal(s.systems_n, 2);
    assert_string_equal(s.systems[1], "a\"\\b");
    assert_string_equal(s.record_types[0], "护理记录");
    assert_int_equal(s.until, 1772345678);
    assert_int_equal(s.count, 1000);
    buffer b = buffer_over(room, sizeof room);
    assert_int_equal(mpc_scope_build(&b, &s), ERR_OK);
    assert_int_equal(b.n, strlen(whole));
    assert_memory_equal(room, whole, b.n);
    b = buffer_over(room, 20);
    assert_int_equal(mpc_scope_build(&b, &s), ERR_LENGTH);
}

static void nothing_else_is_read(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "{}",
        "{\"v\":2,\"systems\":[],\"record_types\":[],\"until\":1,\"count\":1}",
        "{\"v\":1,\"systems\":[],\"record_types\":[],\"until\":1,\"count\":1} ",
        "{\"v\":1, \"systems\":[],\"record_types\":[],\"until\":1,\"count\":1}",
        "{\"v\":1,\"systems\":[],\"record_types\":[],\"until\":01,\"count\":1}",
        "{\"v\":1,\"systems\":[],\"record_types\":[],\"until\":1,\"count\":0}",
        "{\"v\":1,\"systems\":[],\"record_types\":[],\"until\":1,\"count\":1001}",
        "{\"v\":1,\"systems\":[],\"record_types\":[],\"until\":0,\"count\":1}",
        "{\"v\":1,\"systems\":[],\"record_types\":[],\"until\":-1,\"count\":1}",
        "{\"v\":1,\"systems\":[],\"record_types\":[],\"until\":1,\"count\":1",
        "{\"v\":1,\"systems\":[\"a\",\"a\"],\"record_types\":[],\"until\":1,\"count\":1}",
        "{\"v\":1,\"systems\":[\"\"],\"record_types\":[],\"until\":1,\"count\":1}",
        "{\"v\":1,\"systems\":[\"a\",],\"record_types\":[],\"until\":1,\"count\":1}",
        "{\"v\":1,\"systems\":[,\"a\"],\"record_types\":[],\"until\":1,\"count\":1}",
        "{\"v\":1,\"systems\":[\"\\a\"],\"record_types\":[],\"until\":1,\"count\":1}",
        "{\"v\":1,\"systems\":[\"a\n\"],\"record_types\":[],\"until\":1,\"count\":1}",
        "{\"v\":1,\"systems\":[\"a\\",
        "{\"v\":1,\"systems\":[\"\xc3\x28\"],\"record_types\":[],\"until\":1,\"count\":1}",
        "{\"v\":1,\"systems\":[\"a\xe2\x80\xae\"],\"record_types\":[],\"until\":1,\"count\":1}",
    };
    mpc_scope s;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_not_equal(read_text(bad[i], &s), ERR_OK);
    /* Cut anywhere it is no scope. */
    char cut[sizeof whole];
    for (size_t n = 0; n + 1 < sizeof whole; n++) {
        memcpy(cut, whole, n);
        cut[n] = '\0';
        assert_int_not_equal(read_text(cut, &s), ERR_OK);
    }
}

static void what_a_scope_covers(void **state)
{
    (void)state;
    mpc_scope s;
    assert_int_equal(read_text(whole, &s), ERR_OK);
    assert_true(mpc_scope_covers(&s, "电子病历", "护理记录"));
    assert_false(mpc_scope_covers(&s, "检验", "护理记录"));
    assert_false(mpc_scope_covers(&s, "电子病历", ""));
    assert_true(mpc_scope_covers_system(&s, "电子病历"));
    assert_int_equal(read_text("{\"v\":1,\"systems\":[],\"record_types\":[],\"until\":1,\"count\":1}", &s), ERR_OK);
    assert_true(mpc_scope_covers(&s, "检验", ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_written_is_read),
                                       cmocka_unit_test(nothing_else_is_read), cmocka_unit_test(what_a_scope_covers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
