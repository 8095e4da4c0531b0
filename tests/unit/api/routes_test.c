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

/* Of the POSTs that act once under no key: those that read their key themselves, and those that set a state, check, log in or sign, which are the same however
 * often they come or have a rule of their own. A new row goes here, or is flagged. */
static const char *const own_key[] = {"/v1/logins", "/v1/scans", "/v1/task-batches",
                                      "/v1/tasks",  "/v1/users", "/v1/workstations"};
static const char *const no_key[] = {
    "/tsa",
    "/tsa/gm",
    "/tsa/{unit}",
    "/tsa/{unit}/gm",
    "/v1/alarm-channels/{channel}/test",
    "/v1/alarms/{alarm}/acknowledge",
    "/v1/approvals/{approval}/approve",
    "/v1/approvals/{approval}/reject",
    "/v1/approvals/{approval}/withdraw",
    "/v1/audit/checks",
    "/v1/authorisations/{authorisation}/close",
    "/v1/backups/{backup}/downloads",
    "/v1/backups/{backup}/verify",
    "/v1/ca/crls",
    "/v1/callbacks/replay",
    "/v1/callbacks/{callback}/replay",
    "/v1/certificates/{serial}/revoke",
    "/v1/console/challenges",
    "/v1/console/first",
    "/v1/console/logins",
    "/v1/console/sessions",
    "/v1/departments/rename",
    "/v1/device/authorisations/{authorisation}/close",
    "/v1/device/challenges",
    "/v1/device/keys",
    "/v1/device/keys/{key_id}/authorisations",
    "/v1/device/keys/{key_id}/refresh-confirms",
    "/v1/device/keys/{key_id}/refresh-requests",
    "/v1/device/keys/{key_id}/renewals",
    "/v1/device/keys/{key_id}/sids",
    "/v1/device/keys/{key_id}/sign-failures",
    "/v1/device/keys/{key_id}/sign-requests",
    "/v1/device/keys/{key_id}/signatures",
    "/v1/device/lost",
    "/v1/device/scans",
    "/v1/device/scans/{scan}/decline",
    "/v1/device/scans/{scan}/number",
    "/v1/device/sessions",
    "/v1/device/tasks/{task}/decline",
    "/v1/enrolment-scans",
    "/v1/enrolment-scans/{scan}/cancel",
    "/v1/enrolments",
    "/v1/keys/{key_id}/freeze",
    "/v1/keys/{key_id}/unfreeze",
    "/v1/keys/{key_id}/unlock",
    "/v1/logins/{login}/cancel",
    "/v1/profiles/preview",
    "/v1/profiles/{profile}/retire",
    "/v1/profiles/{profile}/use",
    "/v1/push-endpoints/{endpoint}/test",
    "/v1/scans/{scan}/cancel",
    "/v1/system/checks",
    "/v1/systems/{system}/callback-endpoints/{endpoint}/test",
    "/v1/task-batches/{batch}/cancel",
    "/v1/tasks/{task}/cancel",
    "/v1/tasks/{task}/withdraw",
    "/v1/timestamps",
    "/v1/timestamps/verify",
    "/v1/tsa/units/{unit}/retire",
    "/v1/tsa/units/{unit}/start",
    "/v1/tsa/units/{unit}/stop",
    "/v1/user-imports",
    "/v1/users/{user}/lost",
    "/v1/verify",
    "/v1/workstation/authorisations",
    "/v1/workstation/authorisations/{authorisation}/close",
    "/v1/workstation/authorisations/{authorisation}/sign-failures",
    "/v1/workstation/authorisations/{authorisation}/sign-requests",
    "/v1/workstation/authorisations/{authorisation}/signatures",
    "/v1/workstation/challenges",
    "/v1/workstation/registrations",
    "/v1/workstation/sessions",
};

static bool is_among(const char *const *list, size_t n, const char *pattern)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(list[i], pattern) == 0)
            return true;
    return false;
}

static void each_post_acts_once_under_a_key_or_was_decided_not_to(void **state)
{
    (void)state;
    size_t others = 0;
    for (size_t i = 0; i < api_routes_n; i++) {
        const http_route *r = &api_routes[i];
        if (strcmp(r->method, "POST") != 0) {
            assert_false(r->who & WHO_ONCE);
            continue;
        }
        bool listed = is_among(own_key, sizeof own_key / sizeof *own_key, r->pattern) ||
                      is_among(no_key, sizeof no_key / sizeof *no_key, r->pattern);
        others += listed;
        if (listed == ((r->who & WHO_ONCE) != 0))
            fail_msg("POST %s: WHO_ONCE or a place in the list, one of the two", r->pattern);
        /* Operators' alone: nobody else has a key space of this kind; and a repetition leaves a row. */
        if (r->who & WHO_ONCE &&
            (!r->audit_event || r->who & (WHO_ANYONE | WHO_DEVICE | WHO_WORKSTATION | WHO_TSA | WHO_TASKS | WHO_USERS |
                                          WHO_VERIFY | WHO_TIMESTAMPS | WHO_METRICS)))
            fail_msg("POST %s is not an operators' act", r->pattern);
    }
    assert_int_equal(others, sizeof own_key / sizeof *own_key + sizeof no_key / sizeof *no_key);
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
        cmocka_unit_test(each_post_acts_once_under_a_key_or_was_decided_not_to),
        cmocka_unit_test(the_document_says_who_may_call),
        cmocka_unit_test(a_second_person_is_asked_for_acts_alone),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
