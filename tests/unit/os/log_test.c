#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "os/log.h"

/* Standard error goes to a file while `say` runs. Gives what was written; the caller frees it. */
static char *captured(void (*say)(void))
{
    FILE *file = tmpfile();
    assert_non_null(file);
    int saved = dup(STDERR_FILENO);
    assert_true(saved >= 0 && dup2(fileno(file), STDERR_FILENO) >= 0);
    say();
    assert_true(dup2(saved, STDERR_FILENO) >= 0);
    (void)close(saved);
    long n = ftell(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    n = ftell(file);
    char *text = calloc(1, (size_t)n + 1);
    assert_non_null(text);
    rewind(file);
    assert_int_equal(fread(text, 1, (size_t)n, file), n);
    (void)fclose(file);
    return text;
}

static void say_one(void)
{
    log_write(LOG_WARN, "store", "slow commit ms=%d", 120);
}

static void a_line_has_time_level_module_message(void **state)
{
    (void)state;
    char *text = captured(say_one);
    assert_string_equal(text + 24, " warn  store slow commit ms=120\n");
    assert_int_equal(text[4], '-');
    assert_int_equal(text[23], 'Z');
    free(text);
}

static void say_hostile(void)
{
    log_write(LOG_ERROR, "http", "path=%s", "a\nERROR forged\x1b[2J\x7f\t中");
}

static void control_characters_are_escaped(void **state)
{
    (void)state;
    char *text = captured(say_hostile);
    assert_string_equal(text + 24, " error http path=a\\x0aERROR forged\\x1b[2J\\x7f\\x09中\n");
    free(text);
}

static void say_below(void)
{
    log_set_level(LOG_WARN);
    log_write(LOG_INFO, "x", "not shown");
    log_write(LOG_WARN, "x", "shown");
    log_set_level(LOG_DEBUG);
    log_write(LOG_DEBUG, "x", "shown too");
    log_set_level(LOG_INFO);
    log_write(LOG_DEBUG, "x", "not shown");
}

static void lower_levels_are_silent(void **state)
{
    (void)state;
    char *text = captured(say_below);
    assert_null(strstr(text, "not shown"));
    assert_non_null(strstr(text, "x shown\n"));
    assert_non_null(strstr(text, "x shown too\n"));
    free(text);
}

static void say_long(void)
{
    char *much = calloc(1, 20001);
    assert_non_null(much);
    memset(much, '\n', 20000); /* four bytes each when escaped */
    errno = 42;
    log_write(LOG_INFO, "x", "%s", much);
    assert_int_equal(errno, 42);
    free(much);
}

static void a_long_message_is_one_bounded_line(void **state)
{
    (void)state;
    char *text = captured(say_long);
    size_t n = strlen(text);
    assert_in_range(n, 1000, 4096);
    assert_ptr_equal(strchr(text, '\n'), text + n - 1);
    free(text);
}

static void *say_often(void *arg)
{
    for (int i = 0; i < 200; i++)
        log_write(LOG_INFO, "x", "thread=%s round=%d end", (const char *)arg, i);
    return NULL;
}

static void say_from_threads(void)
{
    pthread_t a, b;
    static char one[] = "one", two[] = "two";
    assert_int_equal(pthread_create(&a, NULL, say_often, one), 0);
    assert_int_equal(pthread_create(&b, NULL, say_often, two), 0);
    (void)pthread_join(a, NULL);
    (void)pthread_join(b, NULL);
}

static void lines_of_threads_do_not_mix(void **state)
{
    (void)state;
    char *text = captured(say_from_threads);
    size_t lines = 0;
    for (char *at = text; *at;) {
        char *end = strchr(at, '\n');
        assert_non_null(end);
        assert_true(end - at > 40 && memcmp(end - 4, " end", 4) == 0);
        assert_memory_equal(at + 24, " info  x thread=", 16);
        at = end + 1;
        lines++;
    }
    assert_int_equal(lines, 400);
    free(text);
}

static void a_brake_lets_so_many_a_second_through(void **state)
{
    (void)state;
    log_brake brake = {0};
    unsigned passed = 0, held = 7;
    for (unsigned i = 0; i < LOG_BRAKE_LINES + 30; i++)
        passed += log_brake_passes_at(&brake, 1, &held);
    assert_int_equal(passed, LOG_BRAKE_LINES);
    assert_int_equal(held, 0); /* of the last that passed */
    assert_true(log_brake_passes_at(&brake, 2, &held));
    assert_int_equal(held, 30);
    assert_true(log_brake_passes_at(&brake, 2, &held));
    assert_int_equal(held, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_has_time_level_module_message),
        cmocka_unit_test(control_characters_are_escaped),
        cmocka_unit_test(lower_levels_are_silent),
        cmocka_unit_test(a_long_message_is_one_bounded_line),
        cmocka_unit_test(lines_of_threads_do_not_mix),
        cmocka_unit_test(a_brake_lets_so_many_a_second_through),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
