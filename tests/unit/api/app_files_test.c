#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "api/app_files.h"
#include "app_tree.h"

#define LONG_TEXT "console.log('a text that is longer than what is packed of it')"
#define OTHER_TEXT "console.log('a text that is longer than what was packed of i')"

static app_files *open_tree(void)
{
    app_files *files = NULL;
    assert_int_equal(app_files_open(&files, "app_dir", tree), ERR_OK);
    assert_non_null(files);
    return files;
}

static void assert_refused(void)
{
    app_files *files = NULL;
    assert_int_equal(app_files_open(&files, "app_dir", tree), ERR_CONFIG);
    assert_null(files);
}

static const app_file *file_of(const app_files *files, const char *path)
{
    const app_file *file = app_files_find(files, path);
    assert_non_null(file);
    assert_string_equal(file->path, path);
    return file;
}

static void what_is_there_is_found(void **state)
{
    (void)state;
    tree_put_text("index.html", "<!doctype html>");
    tree_put_text("sw.js", "1");
    tree_put_text("assets/deep/er/a_b-c.svg", "<svg/>");
    tree_put_text(".hidden", "x");
    tree_put_text("empty.txt", "");
    app_files *files = open_tree();
    const app_file *index = file_of(files, "index.html");
    assert_string_equal(index->type, "text/html; charset=utf-8");
    assert_int_equal(index->plain.n, 15);
    assert_memory_equal(index->plain.p, "<!doctype html>", 15);
    assert_int_equal(index->packed.n, 0);
    assert_string_equal(file_of(files, "assets/deep/er/a_b-c.svg")->type, "image/svg+xml");
    assert_int_equal(file_of(files, "empty.txt")->plain.n, 0);
    static const char *const none[] = {"",       "/",       "index.htm", "index.html/",  "INDEX.HTML",
                                       "assets", "assets/", ".hidden",   "../index.html"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_null(app_files_find(files, none[i]));
    app_files_close(files);
    app_files_close(NULL);
}

static void types_are_those_that_browsers_need(void **state)
{
    (void)state;
    static const char *const known[][2] = {{"a.js", "text/javascript; charset=utf-8"},
                                           {"a.mjs", "text/javascript; charset=utf-8"},
                                           {"a.wasm", "application/wasm"},
                                           {"a.css", "text/css; charset=utf-8"},
                                           {"a.webmanifest", "application/manifest+json"},
                                           {"a.woff2", "font/woff2"},
                                           {"a.png", "image/png"},
                                           {"a", "application/octet-stream"},
                                           {"a.exe", "application/octet-stream"},
                                           {"js", "application/octet-stream"}};
    tree_put_text("index.html", "x");
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        tree_put_text(known[i][0], "x");
    app_files *files = open_tree();
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        assert_string_equal(file_of(files, known[i][0])->type, known[i][1]);
    app_files_close(files);
}

static void only_a_hash_in_assets_is_immutable(void **state)
{
    (void)state;
    static const char *const immutable[] = {"assets/index-C3kq9Zt1.js", "assets/x/y-________.wasm",
                                            "assets/a-b--abc-de1.css"};
    static const char *const others[] = {"index.html",
                                         "sw.js",
                                         "index-C3kq9Zt1.js",
                                         "assets/index.js",
                                         "assets/-C3kq9Zt1.js",
                                         "assets/index-C3kq9Zt.js",
                                         "assets/index-C3kq9Zt12.js",
                                         "assets/indexC3kq9Zt1.js",
                                         "assets/index-C3kq9Zt1",
                                         "public/assets/index-C3kq9Zt1.js",
                                         "assets/index-C3kq.Zt1.js"};
    for (size_t i = 0; i < sizeof immutable / sizeof *immutable; i++)
        tree_put_text(immutable[i], "x");
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        tree_put_text(others[i], "x");
    app_files *files = open_tree();
    for (size_t i = 0; i < sizeof immutable / sizeof *immutable; i++)
        assert_true(file_of(files, immutable[i])->immutable);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (file_of(files, others[i])->immutable)
            fail_msg("%s is immutable", others[i]);
    app_files_close(files);
}

static void a_tag_is_of_the_content(void **state)
{
    (void)state;
    tree_put_text("index.html", LONG_TEXT);
    tree_put_packed("index.html.gz", LONG_TEXT);
    tree_put_text("same.js", LONG_TEXT);
    tree_put_text("other.js", LONG_TEXT " ");
    app_files *files = open_tree();
    const app_file *index = file_of(files, "index.html");
    assert_int_equal(strlen(index->tag), 34);
    assert_int_equal(index->tag[0], '"');
    assert_int_equal(index->tag[33], '"');
    assert_string_equal(index->tag, file_of(files, "same.js")->tag);
    assert_string_not_equal(index->tag, file_of(files, "other.js")->tag);
    assert_string_not_equal(index->tag, index->packed_tag);
    app_files_close(files);
}

static void what_is_packed_is_paired(void **state)
{
    (void)state;
    tree_put_text("index.html", LONG_TEXT);
    tree_put_packed("index.html.gz", LONG_TEXT);
    tree_put_text("small.js", "1");
    tree_put_packed("small.js.gz", "1"); /* no smaller: of no use */
    tree_put_text("alone.gz", "no pair of anything");
    app_files *files = open_tree();
    assert_int_equal(file_of(files, "index.html")->packed.n, 20);
    assert_int_equal(file_of(files, "small.js")->packed.n, 0);
    assert_int_equal(file_of(files, "alone.gz")->packed.n, 0);
    app_files_close(files);
}

static void what_is_packed_of_something_else_is_refused(void **state)
{
    (void)state;
    tree_put_text("index.html", LONG_TEXT);
    tree_put_packed("index.html.gz", LONG_TEXT " ");
    assert_refused();
    tree_put_packed("index.html.gz", OTHER_TEXT); /* as long */
    assert_refused();
    tree_put_text("index.html.gz", LONG_TEXT LONG_TEXT);
    assert_refused();
    tree_put_text("index.html.gz", "\x1f\x8b");
    assert_refused();
    tree_put_packed("index.html.gz", LONG_TEXT);
    app_files_close(open_tree());
}

static void what_is_no_app_is_refused(void **state)
{
    (void)state;
    app_files *files = NULL;
    assert_refused(); /* empty */
    assert_int_equal(app_files_open(&files, "app_dir", "/there/is/no/such/directory"), ERR_CONFIG);
    tree_put_text("index.html", "x");
    app_files_close(open_tree());
    char path[128];
    snprintf(path, sizeof path, "%s/index.html", tree);
    assert_int_equal(app_files_open(&files, "app_dir", path), ERR_CONFIG);
    assert_null(files);
}

static void links_are_not_followed(void **state)
{
    (void)state;
    char path[128];
    snprintf(path, sizeof path, "%s/link", tree);
    tree_put_text("index.html", "x");
    assert_int_equal(symlink("/etc/hostname", path), 0);
    assert_refused();
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("/etc", path), 0);
    assert_refused();
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("index.html", path), 0);
    assert_refused();
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_refused();
    assert_int_equal(unlink(path), 0);
    app_files_close(open_tree());
}

static void names_are_plain(void **state)
{
    (void)state;
    static const char *const bad[] = {"a b.js", "医.js", "a%41.js", "a\\b", "a\"b", "a<b", "x y/a.js"};
    tree_put_text("index.html", "x");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char path[128];
        tree_put_text(bad[i], "x");
        assert_refused();
        snprintf(path, sizeof path, "%s/%s", tree, bad[i]);
        assert_int_equal(remove(path), 0);
    }
}

static void the_number_of_files_is_bounded(void **state)
{
    (void)state;
    tree_put_text("index.html", "x");
    for (int i = 1; i < APP_FILES_MAX; i++) {
        char name[32];
        snprintf(name, sizeof name, "d%d/f%d", i % 7, i);
        tree_put_text(name, "x");
    }
    app_files_close(open_tree());
    tree_put_text("one-more", "x");
    assert_refused();
}

static void their_bytes_are_bounded_together(void **state)
{
    (void)state;
    enum { HALF = APP_BYTES_MAX / 2 };
    char *half = calloc(1, HALF);
    assert_non_null(half);
    tree_put_text("index.html", "x");
    tree_put("a", half, HALF);
    tree_put("b", half, HALF - 1);
    app_files_close(open_tree());
    tree_put("b", half, HALF);
    assert_refused();
    free(half);
}

static void so_is_the_depth(void **state)
{
    (void)state;
    tree_put_text("index.html", "x");
    tree_put_text("1/2/3/4/5/6/7/8/a", "x");
    app_files_close(open_tree());
    tree_put_text("1/2/3/4/5/6/7/8/9/a", "x");
    assert_refused();
}

int main(void)
{
#define TREE_TEST(f) cmocka_unit_test_setup_teardown(f, tree_make, tree_remove)
    const struct CMUnitTest tests[] = {
        TREE_TEST(what_is_there_is_found),
        TREE_TEST(types_are_those_that_browsers_need),
        TREE_TEST(only_a_hash_in_assets_is_immutable),
        TREE_TEST(a_tag_is_of_the_content),
        TREE_TEST(what_is_packed_is_paired),
        TREE_TEST(what_is_packed_of_something_else_is_refused),
        TREE_TEST(what_is_no_app_is_refused),
        TREE_TEST(links_are_not_followed),
        TREE_TEST(names_are_plain),
        TREE_TEST(the_number_of_files_is_bounded),
        TREE_TEST(their_bytes_are_bounded_together),
        TREE_TEST(so_is_the_depth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
