#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/text.h"
#include "http/json.h"
#include "http/problem.h"

static arena *a;

static int set_up(void **state)
{
    (void)state;
    a = arena_create(1 << 16);
    return a ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    arena_destroy(a);
    return 0;
}

static bool is_text(const char *text)
{
    return text && *text && utf8_valid(text, strlen(text));
}

static bool has_chinese(const char *text)
{
    return strpbrk(text, "\xe4\xe5\xe6\xe7\xe8\xe9") != NULL;
}

static void every_error_has_a_row(void **state)
{
    (void)state;
    for (unsigned e = 0; e < ERR_COUNT; e++) {
        const problem_row *row = problem_of((err)e);
        if (e != ERR_INTERNAL && row == problem_of(ERR_INTERNAL))
            fail_msg("%s has no row", err_code((err)e));
        assert_true(e == ERR_OK ? row->status == 200 : row->status >= 400 && row->status < 600);
        assert_true(is_text(row->title_zh) && is_text(row->title_en));
        assert_true(has_chinese(row->title_zh) && !has_chinese(row->title_en));
        assert_int_equal(row->hint_zh == NULL, row->hint_en == NULL);
        if (row->hint_zh)
            assert_true(is_text(row->hint_zh) && is_text(row->hint_en) && has_chinese(row->hint_zh) &&
                        !has_chinese(row->hint_en));
        assert_true(e == ERR_OK || row->hint_zh != NULL);
    }
    assert_ptr_equal(problem_of((err)9999), problem_of(ERR_INTERNAL));
}

static void no_two_errors_look_the_same(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ERR_COUNT; i++)
        for (unsigned j = 0; j < i; j++)
            if (strcmp(problem_of((err)i)->title_zh, problem_of((err)j)->title_zh) == 0)
                fail_msg("%s and %s", err_code((err)i), err_code((err)j));
}

static json_t *parsed(const http_response *response)
{
    json_t *document = json_loadb((const char *)response->body.p, response->body.n, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(document);
    return document;
}

static void a_bare_problem_has_only_what_is_set(void **state)
{
    (void)state;
    http_response response;
    problem_respond(a, &response, ERR_TASK_CLAIMED, NULL);
    assert_int_equal(response.status, 409);
    assert_string_equal(response.content_type, "application/problem+json");
    assert_null(response.headers[0].name);
    json_t *document = parsed(&response);
    assert_int_equal(json_object_size(document), 7);
    assert_string_equal(json_string_value(json_object_get(document, "type")), "urn:yiqian:problem:task_claimed");
    assert_string_equal(json_string_value(json_object_get(document, "code")), "task_claimed");
    assert_int_equal(json_integer_value(json_object_get(document, "status")), 409);
    assert_string_equal(json_string_value(json_object_get(document, "title")), problem_of(ERR_TASK_CLAIMED)->title_zh);
    assert_string_equal(json_string_value(json_object_get(document, "title_en")),
                        problem_of(ERR_TASK_CLAIMED)->title_en);
    assert_string_equal(json_string_value(json_object_get(document, "hint")), problem_of(ERR_TASK_CLAIMED)->hint_zh);
    assert_string_equal(json_string_value(json_object_get(document, "hint_en")), problem_of(ERR_TASK_CLAIMED)->hint_en);
    json_decref(document);
}

static void a_full_problem(void **state)
{
    (void)state;
    fault f;
    http_response response;
    fault_clear(&f);
    (void)fault_set(&f, ERR_PIN, "第 %d 次 \"x\"\n", 3);
    (void)fault_field(&f, ERR_PIN, "proof");
    f.tries_left = 0;
    f.retry_after = 30;
    problem_respond(a, &response, ERR_PIN, &f);
    assert_int_equal(response.status, 403);
    assert_string_equal(response.headers[0].name, "Retry-After");
    assert_string_equal(response.headers[0].value, "30");
    json_t *document = parsed(&response);
    assert_int_equal(json_object_size(document), 11);
    assert_string_equal(json_string_value(json_object_get(document, "detail")), "第 3 次 \"x\"\n");
    assert_string_equal(json_string_value(json_object_get(document, "field")), "proof");
    assert_int_equal(json_integer_value(json_object_get(document, "tries_left")), 0);
    assert_int_equal(json_integer_value(json_object_get(document, "retry_after")), 30);
    json_decref(document);
}

static void busy_always_says_when_to_retry(void **state)
{
    (void)state;
    http_response response;
    problem_respond(a, &response, ERR_BUSY, NULL);
    assert_int_equal(response.status, 503);
    assert_string_equal(response.headers[0].name, "Retry-After");
    assert_string_equal(response.headers[0].value, "1");
    problem_respond(a, &response, ERR_UNAUTHENTICATED, NULL);
    assert_string_equal(response.headers[0].name, "WWW-Authenticate");
}

static void out_of_memory_still_answers(void **state)
{
    (void)state;
    arena *none = arena_create(16);
    http_response response;
    problem_respond(none, &response, ERR_INTERNAL, NULL);
    assert_int_equal(response.status, 500);
    json_t *document = parsed(&response);
    assert_non_null(json_object_get(document, "code"));
    json_decref(document);
    arena_destroy(none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_error_has_a_row),
        cmocka_unit_test(no_two_errors_look_the_same),
        cmocka_unit_test(a_bare_problem_has_only_what_is_set),
        cmocka_unit_test(a_full_problem),
        cmocka_unit_test(busy_always_says_when_to_retry),
        cmocka_unit_test(out_of_memory_still_answers),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
