#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "http/router.h"

static err handler(void *app, http_request *request, http_response *response)
{
    (void)app;
    (void)request;
    (void)response;
    return ERR_OK;
}

#define ROW(method, pattern)                                                                                           \
    {                                                                                                                  \
        method, pattern, 1, NULL, 0, handler                                                                           \
    }

static const http_route rows[] = {
    ROW("GET", "/"),
    ROW("GET", "/v1/tasks"),
    ROW("POST", "/v1/tasks"),
    ROW("GET", "/v1/tasks/{id}"),
    ROW("DELETE", "/v1/tasks/{id}"),
    ROW("GET", "/v1/tasks/next"),
    ROW("POST", "/v1/tasks/{id}/claim"),
    ROW("GET", "/v1/tasks/next/hint"),
    ROW("GET", "/v1/{a}/{b}/{c}/{d}"),
    ROW("GET", "/app/{path*}"),
    ROW("GET", "/app/{a}/fixed"),
    ROW("GET", "/app/fixed"),
};

static router *r;

static int set_up(void **state)
{
    (void)state;
    return router_create(&r, rows, sizeof rows / sizeof *rows) == ERR_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    router_destroy(r);
    return 0;
}

static void assert_found(const char *method, const char *path, const char *pattern, const char *const *params, size_t n)
{
    router_match match;
    assert_int_equal(router_find(r, method, path, &match), ERR_OK);
    assert_string_equal(match.route->pattern, pattern);
    assert_int_equal(match.params_n, n);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(match.params[i].n, strlen(params[i]));
        assert_memory_equal(match.params[i].p, params[i], match.params[i].n);
    }
}

#define FOUND(method, path, pattern, ...)                                                                              \
    assert_found(method, path, pattern, (const char *const[]){"", __VA_ARGS__} + 1,                                    \
                 sizeof((const char *const[]){"", __VA_ARGS__}) / sizeof(char *) - 1)

static void literals_and_parameters(void **state)
{
    (void)state;
    assert_found("GET", "/", "/", NULL, 0);
    assert_found("POST", "/v1/tasks", "/v1/tasks", NULL, 0);
    FOUND("GET", "/v1/tasks/42", "/v1/tasks/{id}", "42");
    FOUND("DELETE", "/v1/tasks/4%202", "/v1/tasks/{id}", "4%202");
    FOUND("POST", "/v1/tasks/x/claim", "/v1/tasks/{id}/claim", "x");
    FOUND("GET", "/v1/w/x/y/z", "/v1/{a}/{b}/{c}/{d}", "w", "x", "y", "z");
}

static void a_literal_beats_a_parameter(void **state)
{
    (void)state;
    assert_found("GET", "/v1/tasks/next", "/v1/tasks/next", NULL, 0);
    /* but only where it leads somewhere for this method and the rest of the path */
    FOUND("DELETE", "/v1/tasks/next", "/v1/tasks/{id}", "next");
    FOUND("POST", "/v1/tasks/next/claim", "/v1/tasks/{id}/claim", "next");
    FOUND("GET", "/v1/tasks/next/hint/z", "/v1/{a}/{b}/{c}/{d}", "tasks", "next", "hint", "z");
}

static void a_rest_takes_all_that_is_left(void **state)
{
    (void)state;
    FOUND("GET", "/app/", "/app/{path*}", "");
    FOUND("HEAD", "/app/x", "/app/{path*}", "x");
    FOUND("GET", "/app/x/y.js", "/app/{path*}", "x/y.js");
    FOUND("GET", "/app/x//", "/app/{path*}", "x//");
    FOUND("GET", "/app//x", "/app/{path*}", "/x");
    FOUND("GET", "/app/fixed/y", "/app/{path*}", "fixed/y");
    /* what is said more exactly comes first */
    assert_found("GET", "/app/fixed", "/app/fixed", NULL, 0);
    FOUND("GET", "/app/x/fixed", "/app/{a}/fixed", "x");
    FOUND("GET", "/app/x/fixed/y", "/app/{path*}", "x/fixed/y");
    router_match match;
    assert_int_equal(router_find(r, "GET", "/app", &match), ERR_ROUTE);
    assert_int_equal(router_find(r, "GET", "/apps/x", &match), ERR_ROUTE);
    assert_int_equal(router_find(r, "POST", "/app/x/y", &match), ERR_METHOD);
    assert_string_equal(match.allow, "GET, HEAD");
    assert_int_equal(router_find(r, "GET", "/app/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15", &match), ERR_OK);
    assert_int_equal(router_find(r, "GET", "/app/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16", &match), ERR_ROUTE);
}

static void head_finds_get(void **state)
{
    (void)state;
    FOUND("HEAD", "/v1/tasks/42", "/v1/tasks/{id}", "42");
}

static void unknown_paths(void **state)
{
    (void)state;
    static const char *const paths[] = {"",
                                        "v1/tasks",
                                        "/v1",
                                        "/v1/",
                                        "/v1/task",
                                        "/v1/tasks/",
                                        "/v1/tasks//claim",
                                        "//v1/tasks",
                                        "/V1/tasks",
                                        "/v1/tasks/1/2",
                                        "/v1/%74asks",
                                        "*",
                                        "http://x/v1/tasks",
                                        "/v1/a/b/c/d/e",
                                        "/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r/s/t"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        router_match match;
        if (router_find(r, "GET", paths[i], &match) != ERR_ROUTE)
            fail_msg("\"%s\" was found", paths[i]);
    }
}

static void other_methods_are_told(void **state)
{
    (void)state;
    router_match match;
    assert_int_equal(router_find(r, "PUT", "/v1/tasks", &match), ERR_METHOD);
    assert_string_equal(match.allow, "GET, HEAD, POST");
    assert_int_equal(router_find(r, "get", "/v1/tasks", &match), ERR_METHOD);
    assert_int_equal(router_find(r, "GET", "/v1/tasks/1/claim", &match), ERR_METHOD);
    assert_string_equal(match.allow, "POST");
    assert_int_equal(router_find(r, "HEAD", "/v1/tasks/1/claim", &match), ERR_METHOD);
}

static void bad_tables_are_refused(void **state)
{
    (void)state;
    static const http_route bad[][2] = {
        {ROW("GET", "/a"), ROW("GET", "/a")},
        {ROW("GET", "/a/{x}"), ROW("GET", "/a/{y}")},
        {ROW("GET", "/a"), ROW("GET", "b")},
        {ROW("GET", "/a"), ROW("GET", "/b/{rest*}/c")},
        {ROW("GET", "/a/{x*}"), ROW("GET", "/a/{y*}")},
        {ROW("GET", "/a"), ROW("GET", "")},
        {ROW("GET", "/a"), ROW("GET", "/{a}/{b}/{c}/{d}/{e}")},
        {ROW("GET", "/a"), {"GET", "/b", 1, NULL, 0, NULL}},
        {ROW("GET", "/a"), {NULL, "/a", 1, NULL, 0, handler}},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        router *none = NULL;
        assert_int_equal(router_create(&none, bad[i], 2), ERR_CONFIG);
        assert_null(none);
    }
    router *empty = NULL;
    router_match match;
    assert_int_equal(router_create(&empty, rows, 0), ERR_OK);
    assert_int_equal(router_find(empty, "GET", "/", &match), ERR_ROUTE);
    router_destroy(empty);
    router_destroy(NULL);
}

/* Two rows of one path need not stand together, and many rows find each other. */
static void a_large_table(void **state)
{
    (void)state;
    enum { N = 300 };
    static http_route many[N];
    static char patterns[N][32];
    for (int i = 0; i < N; i++) {
        (void)snprintf(patterns[i], sizeof patterns[i], i % 3 ? "/v1/things%d/{id}" : "/v1/things%d/x/{id}", i / 2);
        many[i] = (http_route){i % 2 ? "GET" : "PUT", patterns[i], 1, NULL, 0, handler};
    }
    router *large;
    assert_int_equal(router_create(&large, many, N), ERR_OK);
    for (int i = 0; i < N; i++) {
        char path[48];
        router_match match;
        (void)snprintf(path, sizeof path, i % 3 ? "/v1/things%d/a" : "/v1/things%d/x/a", i / 2);
        assert_int_equal(router_find(large, many[i].method, path, &match), ERR_OK);
        assert_ptr_equal(match.route, &many[i]);
    }
    router_destroy(large);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(literals_and_parameters),
        cmocka_unit_test(a_literal_beats_a_parameter),
        cmocka_unit_test(a_rest_takes_all_that_is_left),
        cmocka_unit_test(head_finds_get),
        cmocka_unit_test(unknown_paths),
        cmocka_unit_test(other_methods_are_told),
        cmocka_unit_test(bad_tables_are_refused),
        cmocka_unit_test(a_large_table),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
