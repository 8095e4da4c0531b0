#include "api/app.h"

#include "api/app_files.h"
#include "app_tree.h"
#include "server.h"

#define SCRIPT "console.log('a text that is longer than what is packed of it')"

static app_files *files, *console;

static int set_up(void **state)
{
    (void)tree_make(state);
    tree_put_text("index.html", "<!doctype html><title>医签</title>");
    tree_put_text("sw.js", "1");
    tree_put_text("assets/index-C3kq9Zt1.js", SCRIPT);
    tree_put_packed("assets/index-C3kq9Zt1.js.gz", SCRIPT);
    (void)server_setup(state);
    server *s = *state;
    assert_int_equal(app_files_open(&files, "app_dir", tree), ERR_OK);
    api_set_app(s->api, (api_app){files, NULL, bytes_of("\x30\x01\x00", 3)});
    return 0;
}

/* The console alone, of the same directory. */
static int set_up_console(void **state)
{
    (void)set_up(state);
    server *s = *state;
    assert_int_equal(app_files_open(&console, "console_dir", tree), ERR_OK);
    api_set_app(s->api, (api_app){.console = console});
    return 0;
}

static int tear_down(void **state)
{
    (void)server_teardown(state);
    app_files_close(files);
    app_files_close(console);
    files = console = NULL;
    return tree_remove(state);
}

static int get(server *s, const char *path, const char *header)
{
    s->more = header;
    int status = server_call(s, "", "GET", path, NULL);
    s->more = NULL;
    return status;
}

static void assert_index(const server *s)
{
    assert_string_equal(s->content_type, "text/html; charset=utf-8");
    assert_true(s->raw.n > 15 && memcmp(s->raw.p, "<!doctype html>", 15) == 0);
    assert_string_equal(s->cache_control, "no-cache");
}

static void the_way_to_it_is_short(void **state)
{
    server *s = *state;
    assert_int_equal(get(s, "/", NULL), 302);
    assert_string_equal(server_header(s, "Location"), "app/");
    assert_int_equal(get(s, "/app", NULL), 302);
    assert_string_equal(server_header(s, "Location"), "app/");
    assert_int_equal(get(s, "/app/", NULL), 200);
    assert_index(s);
}

static void its_pages_are_the_index(void **state)
{
    server *s = *state;
    static const char *const pages[] = {"/app/index.html", "/app/tasks",   "/app/tasks/0193",  "/app/login/x/",
                                        "/app/a//b",       "/app/assets/", "/app/x?from=code", "/app/%e7%ad%be"};
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        if (get(s, pages[i], NULL) != 200)
            fail_msg("%s: %ld", pages[i], s->status);
        assert_index(s);
    }
}

static void what_is_missing_is_not_found(void **state)
{
    server *s = *state;
    static const char *const missing[] = {"/app/none.js",         "/app/assets/index-00000000.js",
                                          "/app/assets/none.css", "/app/sw.js/",
                                          "/app/.hidden",         "/app/favicon.ico"};
    for (size_t i = 0; i < sizeof missing / sizeof *missing; i++) {
        bool is_page = missing[i][strlen(missing[i]) - 1] == '/';
        if (get(s, missing[i], NULL) != (is_page ? 200 : 404))
            fail_msg("%s: %ld", missing[i], s->status);
    }
    assert_int_equal(get(s, "/app/..%2findex.html", NULL), 400);
    server_call(s, "", "POST", "/app/index.html", NULL);
    assert_problem(s, 405, "method_not_allowed", NULL);
    assert_string_equal(server_header(s, "Allow"), "GET, HEAD");
}

static void every_file_carries_the_policy(void **state)
{
    server *s = *state;
    static const char *const paths[] = {"/app/", "/app/sw.js", "/app/assets/index-C3kq9Zt1.js"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        assert_int_equal(get(s, paths[i], NULL), 200);
        const char *policy = server_header(s, "Content-Security-Policy");
        assert_non_null(strstr(policy, "default-src 'none';"));
        assert_non_null(strstr(policy, "script-src 'self' 'wasm-unsafe-eval';"));
        assert_non_null(strstr(policy, "worker-src 'self';"));
        assert_non_null(strstr(policy, "connect-src 'self';"));
        assert_non_null(strstr(policy, "frame-ancestors 'none';"));
        assert_null(strstr(policy, "unsafe-inline"));
        assert_null(strstr(policy, "'unsafe-eval'"));
        assert_non_null(strstr(server_header(s, "Permissions-Policy"), "camera=(self)"));
        assert_string_equal(server_header(s, "X-Content-Type-Options"), "nosniff");
        assert_string_equal(server_header(s, "Referrer-Policy"), "no-referrer");
        assert_string_equal(server_header(s, "Cross-Origin-Opener-Policy"), "same-origin");
        assert_string_equal(server_header(s, "Cross-Origin-Resource-Policy"), "same-origin");
        assert_string_equal(server_header(s, "Vary"), "Accept-Encoding");
    }
}

static void names_with_a_hash_are_kept_for_good(void **state)
{
    server *s = *state;
    assert_int_equal(get(s, "/app/assets/index-C3kq9Zt1.js", NULL), 200);
    assert_string_equal(s->cache_control, "public, max-age=31536000, immutable");
    assert_string_equal(s->content_type, "text/javascript; charset=utf-8");
    assert_int_equal(get(s, "/app/sw.js", NULL), 200);
    assert_string_equal(s->cache_control, "no-cache");
}

static void who_accepts_gzip_gets_it(void **state)
{
    server *s = *state;
    static const char path[] = "/app/assets/index-C3kq9Zt1.js";
    static const char *const accept[] = {"Accept-Encoding: gzip", "Accept-Encoding: br, GZIP;q=0.5, *;q=0",
                                         "Accept-Encoding: gzip;q=1.0", "Accept-Encoding: deflate,gzip ; q=0.001"};
    static const char *const plain[] = {"Accept-Encoding: identity",     "Accept-Encoding: gzip;q=0",
                                        "Accept-Encoding: gzip;q=0.000", "Accept-Encoding: xgzip, gzipx",
                                        "Accept-Encoding: br;q=1.0",     "Accept-Encoding:"};
    for (size_t i = 0; i < sizeof accept / sizeof *accept; i++) {
        assert_int_equal(get(s, path, accept[i]), 200);
        assert_string_equal(server_header(s, "Content-Encoding"), "gzip");
        assert_int_equal(s->raw.n, 20);
        assert_string_equal(s->content_type, "text/javascript; charset=utf-8");
    }
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        assert_int_equal(get(s, path, plain[i]), 200);
        assert_string_equal(server_header(s, "Content-Encoding"), "");
        assert_int_equal(s->raw.n, strlen(SCRIPT));
    }
    assert_int_equal(get(s, "/app/sw.js", accept[0]), 200); /* there is none of it */
    assert_string_equal(server_header(s, "Content-Encoding"), "");
}

static void what_is_known_is_not_sent_again(void **state)
{
    server *s = *state;
    assert_int_equal(get(s, "/app/", NULL), 200);
    const char *tag = server_header(s, "ETag");
    assert_int_equal(strlen(tag), 34);
    const char *const same[] = {arena_printf(s->f.arena, "If-None-Match: %s", tag),
                                arena_printf(s->f.arena, "If-None-Match: \"x\", W/%s", tag), "If-None-Match: *"};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        assert_int_equal(get(s, "/app/tasks", same[i]), 304);
        assert_int_equal(s->raw.n, 0);
        assert_string_equal(server_header(s, "ETag"), tag);
        assert_string_equal(s->cache_control, "no-cache");
    }
    assert_int_equal(get(s, "/app/", "If-None-Match: \"x\""), 200);
    assert_int_equal(get(s, "/app/sw.js", same[0]), 200);
    /* what is packed has a tag of its own */
    static const char path[] = "/app/assets/index-C3kq9Zt1.js";
    assert_int_equal(get(s, path, "Accept-Encoding: gzip"), 200);
    const char *packed = server_header(s, "ETag");
    assert_int_equal(get(s, path, arena_printf(s->f.arena, "If-None-Match: %s", packed)), 200);
    assert_string_not_equal(server_header(s, "ETag"), packed);
}

static void head_says_the_same_without_the_body(void **state)
{
    server *s = *state;
    assert_int_equal(server_call(s, "", "HEAD", "/app/", NULL), 200);
    assert_int_equal(s->raw.n, 0);
    assert_string_equal(server_header(s, "Content-Length"), "36");
    assert_true(*server_header(s, "ETag") && *server_header(s, "Content-Security-Policy"));
}

static void the_root_is_offered(void **state)
{
    server *s = *state;
    assert_int_equal(get(s, "/app/tls-root.cer", NULL), 200);
    assert_string_equal(s->content_type, "application/x-x509-ca-cert");
    assert_string_equal(s->cache_control, "no-cache");
    assert_int_equal(s->raw.n, 3);
    api_set_app(s->api, (api_app){files, NULL, bytes_of(NULL, 0)});
    get(s, "/app/tls-root.cer", NULL);
    assert_problem(s, 404, "not_found", NULL);
    assert_non_null(strstr(server_text(s, "detail"), "tls_root"));
}

static void without_an_app_the_problem_says_how(void **state)
{
    server *s = *state;
    static const char *const paths[] = {"/", "/app", "/app/", "/app/tasks/7"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        get(s, paths[i], NULL);
        assert_problem(s, 404, "not_found", NULL);
        assert_non_null(strstr(server_text(s, "detail"), "app_dir"));
    }
    get(s, "/app/tls-root.cer", NULL);
    assert_problem(s, 404, "not_found", NULL);
}

static void the_console_is_served_as_the_app_is(void **state)
{
    server *s = *state;
    static const char *const ways[] = {"/", "/console"};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        assert_int_equal(get(s, ways[i], NULL), 302);
        assert_string_equal(server_header(s, "Location"), "console/");
    }
    assert_int_equal(get(s, "/console/", NULL), 200);
    assert_index(s);
    const char *policy = server_header(s, "Content-Security-Policy"),
               *permissions = server_header(s, "Permissions-Policy");
    assert_non_null(strstr(policy, "default-src 'none';"));
    assert_non_null(strstr(policy, "style-src 'self';"));
    assert_null(strstr(policy, "unsafe-inline"));
    assert_non_null(strstr(permissions, "camera=()"));
    assert_null(strstr(permissions, "camera=(self)"));
    assert_int_equal(get(s, "/console/assets/index-C3kq9Zt1.js", "Accept-Encoding: gzip"), 200);
    assert_string_equal(server_header(s, "Content-Encoding"), "gzip");
    assert_string_equal(s->cache_control, "public, max-age=31536000, immutable");
    assert_int_equal(get(s, "/console/none.js", NULL), 404);
    get(s, "/app/", NULL);
    assert_problem(s, 404, "not_found", NULL);
}

static void without_a_console_the_problem_says_how(void **state)
{
    server *s = *state;
    static const char *const paths[] = {"/console", "/console/", "/console/users"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        get(s, paths[i], NULL);
        assert_problem(s, 404, "not_found", NULL);
        assert_non_null(strstr(server_text(s, "detail"), "console_dir"));
    }
}

int main(void)
{
#define APP_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        APP_TEST(the_way_to_it_is_short),
        APP_TEST(its_pages_are_the_index),
        APP_TEST(what_is_missing_is_not_found),
        APP_TEST(every_file_carries_the_policy),
        APP_TEST(names_with_a_hash_are_kept_for_good),
        APP_TEST(who_accepts_gzip_gets_it),
        APP_TEST(what_is_known_is_not_sent_again),
        APP_TEST(head_says_the_same_without_the_body),
        APP_TEST(the_root_is_offered),
        WITH_SERVER(without_an_app_the_problem_says_how),
        cmocka_unit_test_setup_teardown(the_console_is_served_as_the_app_is, set_up_console, tear_down),
        APP_TEST(without_a_console_the_problem_says_how),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
