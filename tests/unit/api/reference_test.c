#include "api/reference.h"

#include "server.h"

static void the_page_names_every_route_and_asks_for_nothing_from_outside(void **state)
{
    (void)state;
    http_response response = {0};
    assert_int_equal(reference_page(NULL, NULL, &response), ERR_OK);
    assert_int_equal(response.status, 200);
    assert_string_equal(response.content_type, "text/html; charset=utf-8");
    char *page = strndup((const char *)response.body.p, response.body.n);
    assert_non_null(page);
    for (size_t i = 0; i < api_routes_n; i++)
        if (!strstr(page, api_routes[i].pattern))
            fail_msg("%s is not on the page", api_routes[i].pattern);
    assert_null(strstr(page, "<script"));
    assert_null(strstr(page, " src="));
    assert_non_null(strstr(page, "<link rel=\"stylesheet\" href=\"docs/reference.css\">"));
    free(page);
}

static void its_files_are_there_and_no_others(void **state)
{
    server *s = *state;
    assert_int_equal(server_call(s, "", "GET", "/docs/reference.css", NULL), 200);
    assert_string_equal(s->content_type, "text/css; charset=utf-8");
    assert_int_equal(server_call(s, "", "GET", "/docs/openapi.yaml", NULL), 200);
    assert_true(s->raw.n > 10000 && memcmp(s->raw.p, "openapi: 3", 10) == 0);
    assert_int_equal(server_call(s, "", "GET", "/docs/reference.html", NULL), 404);
    assert_int_equal(server_call(s, "", "GET", "/docs/..%2Fmaster.key", NULL), 400);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_page_names_every_route_and_asks_for_nothing_from_outside),
        WITH_SERVER(its_files_are_there_and_no_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
