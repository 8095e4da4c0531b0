#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "callers.h"
#include "os/file.h"
#include "service/audit_name.h"

/* The operations of docs/api/openapi.yaml as "GET /v1/...": paths stand at two spaces, methods at four. */
enum { OPERATIONS = 512 };

typedef struct operations {
    arena *a;
    const char *names[OPERATIONS];
    const char *callers[OPERATIONS]; /* NULL: it says nothing of them */
    size_t n;
} operations;

static bool is_method(const char *line, size_t n)
{
    static const char *const methods[] = {"get", "post", "put", "patch", "delete"};
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (strlen(methods[i]) == n && memcmp(methods[i], line, n) == 0)
            return true;
    return false;
}

static void take_line(operations *all, const char *line, size_t n, const char **path)
{
    static const char callers[] = "      x-callers: [";
    if (n > 3 && memcmp(line, "  /", 3) == 0 && line[n - 1] == ':') {
        *path = arena_text(all->a, line + 2, n - 3);
    } else if (n > 5 && memcmp(line, "    ", 4) == 0 && line[n - 1] == ':' && is_method(line + 4, n - 5)) {
        char method[8] = "";
        for (size_t i = 0; i + 5 < n; i++)
            method[i] = (char)(line[4 + i] - 'a' + 'A');
        assert_non_null(*path);
        assert_true(all->n < OPERATIONS);
        all->names[all->n++] = arena_printf(all->a, "%s %s", method, *path);
    } else if (all->n > 0 && n > sizeof callers && memcmp(line, callers, sizeof callers - 1) == 0 &&
               line[n - 1] == ']') {
        all->callers[all->n - 1] = arena_text(all->a, line + sizeof callers - 1, n - sizeof callers);
    }
}

static int setup(void **state)
{
    static operations all;
    bytes text;
    const char *path = NULL;
    all = (operations){.a = arena_create(16 << 20)};
    assert_int_equal(file_read(all.a, YIQIAN_SOURCE_DIR "/docs/api/openapi.yaml", 1 << 20, &text), ERR_OK);
    const char *p = (const char *)text.p, *end = p + text.n;
    while (p < end) {
        const char *newline = memchr(p, '\n', (size_t)(end - p));
        size_t n = newline ? (size_t)(newline - p) : (size_t)(end - p);
        if (n >= 11 && memcmp(p, "components:", 11) == 0)
            break;
        take_line(&all, p, n, &path);
        p += n + 1;
    }
    *state = &all;
    return 0;
}

static int teardown(void **state)
{
    operations *all = *state;
    arena_destroy(all->a);
    return 0;
}

static void every_route_is_documented(void **state)
{
    const operations *all = *state;
    for (size_t i = 0; i < api_routes_n; i++) {
        const char *name = arena_printf(all->a, "%s %s", api_routes[i].method, api_routes[i].pattern);
        bool found = false;
        for (size_t j = 0; j < all->n && !found; j++)
            found = strcmp(all->names[j], name) == 0;
        if (!found)
            fail_msg("%s is not in docs/api/openapi.yaml", name);
    }
}

static void every_documented_operation_is_a_route(void **state)
{
    const operations *all = *state;
    assert_true(all->n > 0);
    for (size_t j = 0; j < all->n; j++) {
        bool found = false;
        for (size_t i = 0; i < api_routes_n && !found; i++)
            found =
                strcmp(all->names[j], arena_printf(all->a, "%s %s", api_routes[i].method, api_routes[i].pattern)) == 0;
        if (!found)
            fail_msg("%s is not in src/api/routes.c", all->names[j]);
    }
}

static void the_document_says_who_may_call(void **state)
{
    const operations *all = *state;
    for (size_t i = 0; i < api_routes_n; i++) {
        const char *name = arena_printf(all->a, "%s %s", api_routes[i].method, api_routes[i].pattern);
        char want[CALLERS_TEXT];
        callers_text(api_routes[i].who, want);
        for (size_t j = 0; j < all->n; j++) {
            if (strcmp(all->names[j], name) != 0)
                continue;
            if (!all->callers[j])
                fail_msg("%s: no x-callers in docs/api/openapi.yaml (scripts/tools/api_callers writes them)", name);
            if (strcmp(all->callers[j], want) != 0)
                fail_msg("%s: x-callers is [%s], its row says [%s] (scripts/tools/api_callers writes it)", name,
                         all->callers[j], want);
        }
    }
}

/* Rows that need another person are acts, of people with a permission: only the console asks for one. */
static void a_second_person_is_asked_for_acts_alone(void **state)
{
    (void)state;
    size_t found = 0;
    for (size_t i = 0; i < api_routes_n; i++) {
        const http_route *r = &api_routes[i];
        if (!(r->who & WHO_SECOND))
            continue;
        found++;
        assert_non_null(r->audit_event);
        assert_int_not_equal(r->who >> WHO_PERMISSIONS_AT, 0);
        assert_int_equal(r->who & (WHO_ANYONE | WHO_CONSOLE), 0);
        assert_string_not_equal(r->method, "GET");
    }
    assert_true(found > 0);
}

static void every_row_says_who_may_call(void **state)
{
    (void)state;
    for (size_t i = 0; i < api_routes_n; i++) {
        const http_route *r = &api_routes[i];
        assert_int_not_equal(r->who, 0);
        assert_non_null(r->handler);
        /* Whoever is authenticated and changes something leaves an audit row; a timestamp has one in a log of its own. */
        if (strcmp(r->method, "GET") != 0 && !(r->who & (WHO_ANYONE | WHO_TSA | WHO_TIMESTAMPS)) &&
            strcmp(r->pattern, "/v1/verify") != 0 && strcmp(r->pattern, "/v1/timestamps/verify") != 0 &&
            strcmp(r->pattern, "/v1/profiles/preview") != 0 && !r->audit_event)
            fail_msg("%s %s changes something and leaves no audit row", r->method, r->pattern);
        if ((strcmp(r->method, "GET") == 0 || strcmp(r->method, "DELETE") == 0) && r->body_max != 0)
            fail_msg("%s %s takes a body", r->method, r->pattern);
        for (size_t j = 0; j < i; j++)
            assert_false(strcmp(r->method, api_routes[j].method) == 0 &&
                         strcmp(r->pattern, api_routes[j].pattern) == 0);
    }
}

/* An auditor reads "用户新增", not "user.create". */
static void every_act_has_a_name_for_people(void **state)
{
    (void)state;
    for (size_t i = 0; i < api_routes_n; i++)
        if (api_routes[i].audit_event && !audit_name_of(api_routes[i].audit_event))
            fail_msg("%s has no name in src/service/audit_name.c", api_routes[i].audit_event);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_act_has_a_name_for_people),
        cmocka_unit_test(every_route_is_documented),
        cmocka_unit_test(every_documented_operation_is_a_route),
        cmocka_unit_test(every_row_says_who_may_call),
        cmocka_unit_test(the_document_says_who_may_call),
        cmocka_unit_test(a_second_person_is_asked_for_acts_alone),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
