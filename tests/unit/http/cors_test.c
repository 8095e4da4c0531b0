#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "http/cors.h"
#include "service.h"

static void origins_are_read(void **state)
{
    (void)state;
    arena *a = arena_create(1 << 16);
    cors_origins o;
    assert_int_equal(cors_parse(a, &o, ""), ERR_OK);
    assert_int_equal(o.n, 0);
    assert_int_equal(cors_parse(a, &o, "https://a.example , capacitor://localhost:8080,http://[::1]:3"), ERR_OK);
    assert_int_equal(o.n, 3);
    assert_string_equal(cors_find(&o, "https://a.example"), "https://a.example");
    assert_string_equal(cors_find(&o, "capacitor://localhost:8080"), "capacitor://localhost:8080");
    assert_string_equal(cors_find(&o, "http://[::1]:3"), "http://[::1]:3");
    static const char *const others[] = {"https://a.example:443",
                                         "https://a.example/",
                                         "https://A.example",
                                         "null",
                                         "https://a.example.evil",
                                         "https://a.exampl",
                                         "",
                                         "*"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_null(cors_find(&o, others[i]));
    assert_null(cors_find(&o, NULL));
    arena_destroy(a);
}

static void what_is_no_origin_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"*",
                                      "null",
                                      "a.example",
                                      "https://",
                                      "https://a.example/",
                                      "https://a.example/x",
                                      "https://*.a.example",
                                      "HTTPS://a.example",
                                      "https://A.example",
                                      "https://user@a.example",
                                      "https://a.example:",
                                      "https://a.example:123456",
                                      "https://a.example:8080x",
                                      "https://[]",
                                      "https://[::1",
                                      "://a",
                                      ",https://a.example",
                                      "https://a.example,,https://b.example",
                                      "https://a.example https://b.example",
                                      "https://a.example;https://b.example"};
    arena *a = arena_create(1 << 16);
    cors_origins o;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (cors_parse(a, &o, bad[i]) != ERR_ARG)
            fail_msg("\"%s\" was taken", bad[i]);
    char many[512] = "";
    for (size_t i = 0; i < CORS_ORIGINS; i++)
        (void)snprintf(many + strlen(many), sizeof many - strlen(many), "%shttp://a%zu", i > 0 ? "," : "", i);
    assert_int_equal(cors_parse(a, &o, many), ERR_OK);
    assert_int_equal(o.n, CORS_ORIGINS);
    (void)snprintf(many + strlen(many), sizeof many - strlen(many), ",http://b");
    assert_int_equal(cors_parse(a, &o, many), ERR_ARG);
    arena_destroy(a);
    a = arena_create(16);
    assert_int_equal(cors_parse(a, &o, "https://sign.hospital.example"), ERR_MEMORY);
    arena_destroy(a);
}

static void headers_are_the_two_that_devices_send(void **state)
{
    (void)state;
    static const char *const good[] = {"", "authorization", "Content-Type", "content-type, authorization", " , "};
    static const char *const bad[] = {"cookie", "authorization,x-test", "authorizatio", "content-types", "*"};
    assert_true(cors_headers_allowed(NULL));
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(cors_headers_allowed(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(cors_headers_allowed(bad[i]));
}

/* ---- In the server: /echo is shared, and nothing else ---- */

static bool is_shared(const http_route *route)
{
    return strncmp(route->pattern, "/echo", 5) == 0 || strcmp(route->pattern, "/mirror") == 0;
}

static int set_up(void **state)
{
    (void)state;
    static const cors_origins origins = {{"https://app.example", "capacitor://localhost"}, 2};
    http_options options = service_options();
    options.origins = &origins;
    options.is_shared = is_shared;
    service_start(&options);
    return 0;
}

static wire_answer answer;

static void ask(const char *method, const char *path, const char *headers)
{
    char text[1024];
    (void)snprintf(text, sizeof text, "%s %s HTTP/1.1\r\nHost: x\r\n%s\r\n", method, path, headers);
    wire_ask(port, text, &answer);
}

static void assert_nothing_is_shared(void)
{
    assert_null(strstr(answer.head, "Access-Control"));
}

static void assert_shared_with(const char *origin)
{
    assert_string_equal(wire_header(&answer, "Access-Control-Allow-Origin"), origin);
    assert_string_equal(wire_header(&answer, "Vary"), "Origin");
    assert_null(wire_header(&answer, "Access-Control-Allow-Credentials"));
}

static void answers_are_shared_with_the_origins_alone(void **state)
{
    (void)state;
    ask("GET", "/echo", "Origin: https://app.example\r\n");
    assert_int_equal(answer.status, 200);
    assert_shared_with("https://app.example");
    ask("GET", "/echo/a", "Origin: capacitor://localhost\r\n");
    assert_shared_with("capacitor://localhost");
    /* who asks otherwise is answered, but no page may read it; a cache may not mix the two up */
    static const char *const others[] = {"", "Origin: https://evil.example\r\n", "Origin: null\r\n",
                                         "Origin: https://app.example.evil.example\r\n",
                                         "Origin: https://app.example, https://evil.example\r\n"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        ask("GET", "/echo", others[i]);
        assert_int_equal(answer.status, 200);
        assert_nothing_is_shared();
        assert_string_equal(wire_header(&answer, "Vary"), "Origin");
    }
    ask("GET", "/headers", "Origin: https://app.example\r\n");
    assert_int_equal(answer.status, 201);
    assert_nothing_is_shared();
    assert_null(wire_header(&answer, "Vary"));
}

static void problems_are_shared_too(void **state)
{
    (void)state;
    ask("POST", "/mirror", "Origin: https://app.example\r\nContent-Length: 4097\r\n");
    assert_int_equal(answer.status, 413);
    assert_shared_with("https://app.example");
    ask("POST", "/json", "Origin: https://app.example\r\nContent-Length: 4097\r\n");
    assert_int_equal(answer.status, 413);
    assert_nothing_is_shared();
    ask("GET", "/none", "Origin: https://app.example\r\n");
    assert_int_equal(answer.status, 404);
    assert_nothing_is_shared();
    ask("PUT", "/echo", "Origin: https://app.example\r\n");
    assert_int_equal(answer.status, 405);
    assert_nothing_is_shared();
}

#define ORIGIN "Origin: https://app.example\r\n"
#define METHOD(method) "Access-Control-Request-Method: " method "\r\n"

static void a_preflight_is_answered(void **state)
{
    (void)state;
    ask("OPTIONS", "/mirror", ORIGIN METHOD("POST") "Access-Control-Request-Headers: authorization, content-type\r\n");
    assert_int_equal(answer.status, 204);
    assert_shared_with("https://app.example");
    assert_string_equal(wire_header(&answer, "Access-Control-Allow-Methods"), "POST");
    assert_string_equal(wire_header(&answer, "Access-Control-Allow-Headers"), "Authorization, Content-Type");
    assert_string_equal(wire_header(&answer, "Access-Control-Max-Age"), "600");
    assert_string_equal(wire_header(&answer, "Cache-Control"), "no-store");
    ask("OPTIONS", "/echo/x", ORIGIN METHOD("DELETE"));
    assert_int_equal(answer.status, 204);
    assert_string_equal(wire_header(&answer, "Access-Control-Allow-Methods"), "DELETE");
    assert_int_equal(handled, 0); /* no handler has run */
}

/* Each refusal is that of a method that no route has, and no page may read it. */
static void every_other_preflight_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *path, *headers;
        int status;
    } bad[] = {
        {"/mirror", "Origin: https://evil.example\r\n" METHOD("POST"), 405},
        {"/mirror", "Origin: null\r\n" METHOD("POST"), 405},
        {"/mirror", METHOD("POST"), 405},
        {"/mirror", ORIGIN, 405},
        {"/mirror", ORIGIN METHOD("PUT"), 405},
        {"/mirror", ORIGIN METHOD("post"), 405},
        {"/mirror", ORIGIN METHOD("OPTIONS"), 405},
        {"/mirror", ORIGIN METHOD("POST") "Access-Control-Request-Headers: x-test\r\n", 405},
        {"/mirror", ORIGIN METHOD("POST") "Access-Control-Request-Headers: authorization, cookie\r\n", 405},
        {"/mirror", ORIGIN METHOD("POST") "Content-Length: 1\r\n", 405},
        {"/mirror", ORIGIN METHOD("POST") "Transfer-Encoding: chunked\r\n", 405},
        {"/json", ORIGIN METHOD("POST"), 405},
        {"/headers", ORIGIN METHOD("GET"), 405},
        {"/none", ORIGIN METHOD("GET"), 404},
        {"*", ORIGIN METHOD("GET"), 404},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ask("OPTIONS", bad[i].path, bad[i].headers);
        if (answer.status != bad[i].status)
            fail_msg("%s %s: %d", bad[i].path, bad[i].headers, answer.status);
        assert_nothing_is_shared();
    }
    assert_int_equal(handled, 0);
}

static void a_connection_goes_on_after_a_preflight(void **state)
{
    (void)state;
    int fd = wire_connect(port);
    assert_true(wire_send(fd, "OPTIONS /mirror HTTP/1.1\r\nHost: x\r\n" ORIGIN METHOD(
                                  "POST") "\r\n"
                                          "POST /mirror HTTP/1.1\r\nHost: x\r\n" ORIGIN "Content-Length: 2\r\n\r\nok"));
    wire_read(fd, &answer, false);
    assert_int_equal(answer.status, 204);
    wire_read(fd, &answer, false);
    assert_int_equal(answer.status, 200);
    assert_string_equal(answer.body, "ok");
    assert_shared_with("https://app.example");
    (void)close(fd);
}

static void without_origins_nothing_is_shared(void **state)
{
    (void)state;
    ask("OPTIONS", "/mirror", ORIGIN METHOD("POST"));
    assert_int_equal(answer.status, 405);
    assert_nothing_is_shared();
    ask("GET", "/echo", ORIGIN);
    assert_int_equal(answer.status, 200);
    assert_nothing_is_shared();
    assert_null(wire_header(&answer, "Vary"));
    http_options options = service_options();
    static const cors_origins none = {.n = 0};
    http_server *other = NULL;
    options.origins = &none;
    assert_int_equal(http_start(&other, &options), ERR_CONFIG); /* nobody says what is shared */
}

int main(void)
{
#define SHARING_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, service_tear_down)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(origins_are_read),
        cmocka_unit_test(what_is_no_origin_is_refused),
        cmocka_unit_test(headers_are_the_two_that_devices_send),
        SHARING_TEST(answers_are_shared_with_the_origins_alone),
        SHARING_TEST(problems_are_shared_too),
        SHARING_TEST(a_preflight_is_answered),
        SHARING_TEST(every_other_preflight_is_refused),
        SHARING_TEST(a_connection_goes_on_after_a_preflight),
        SERVICE_TEST(without_origins_nothing_is_shared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
