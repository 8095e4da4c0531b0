#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "http/exchange.h"

enum { BODIES_MAX = 20 * 1024 * 1024 };

static exchange_pool *pool;
static connection from = {.fd = -1, .uid = 7, .unix_socket = true, .origin = "unix"};

static int set_up(void **state)
{
    (void)state;
    return exchange_pool_create(&pool, BODIES_MAX) == ERR_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    exchange_pool_destroy(pool);
    return 0;
}

static exchange *take(const char *target)
{
    exchange *x = exchange_take(pool, &from, NULL, target);
    assert_non_null(x);
    return x;
}

static void a_target_is_split(void **state)
{
    (void)state;
    static const struct {
        const char *target, *path, *query;
    } known[] = {{"/a/b?c=d?e", "/a/b", "c=d?e"}, {"/a?", "/a", ""}, {"/a", "/a", ""}, {"", "", ""}, {"?x", "", "x"}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        exchange *x = take(known[i].target);
        assert_string_equal(x->request.path, known[i].path);
        assert_string_equal(x->request.query, known[i].query);
        assert_string_equal(x->request.origin, "unix");
        assert_true(x->request.unix_socket);
        assert_int_equal(x->request.uid, 7);
        exchange_give_back(x);
    }
}

static void an_exchange_is_used_again_and_clean(void **state)
{
    (void)state;
    const http_route route = {.body_max = 100};
    exchange *x = take("/secret?token=1");
    x->match.route = &route;
    x->stage = EXCHANGE_BODY;
    x->why.tries_left = 3;
    assert_int_equal(exchange_append(x, "secret", 6), ERR_OK);
    const uint8_t *body = x->body;
    exchange_give_back(x);
    assert_memory_equal(body, "\0\0\0\0\0\0", 6); /* the arena's chunk is kept, and was wiped */
    exchange *again = take("/b");
    assert_ptr_equal(again, x);
    assert_int_equal(again->stage, EXCHANGE_HEADERS);
    assert_int_equal(again->body_n, 0);
    assert_int_equal(again->why.tries_left, -1);
    assert_null(again->match.route);
    exchange *other = take("/c");
    assert_ptr_not_equal(other, again);
    exchange_give_back(other);
    exchange_give_back(again);
}

/* Appends  bytes in pieces and compares. */
static void grow_to(size_t size, size_t body_max, size_t announced, size_t piece)
{
    const http_route route = {.body_max = body_max};
    char *bytes_sent = malloc(size + 1);
    for (size_t i = 0; i < size; i++)
        bytes_sent[i] = (char)(i * 251 + i / 256);
    exchange *x = take("/");
    x->match.route = &route;
    x->body_size = announced;
    assert_int_equal(exchange_expect_body(x, body_max), ERR_OK);
    for (size_t at = 0; at < size; at += piece)
        assert_int_equal(exchange_append(x, bytes_sent + at, size - at < piece ? size - at : piece), ERR_OK);
    assert_int_equal(x->body_n, size);
    assert_memory_equal(x->body, bytes_sent, size);
    assert_true(x->body_cap <= 2 * size + 65536);
    if (size == body_max) {
        assert_int_equal(exchange_append(x, "x", 1), ERR_BODY_TOO_LARGE);
        assert_int_equal(x->body_n, size);
    }
    /* What is left of the arena is enough to decode it all. */
    assert_non_null(arena_alloc(x->request.arena, size));
    exchange_give_back(x);
    free(bytes_sent);
}

static void a_body_grows_as_it_comes(void **state)
{
    (void)state;
    grow_to(10, 100, 10, 3);
    grow_to(100, 100, 0, 7);
    grow_to(65537, 100000, 65537, 5000);
    grow_to(262144, 262144, 0, 16384);
    grow_to(262145, 262145, 262145, 16384);
    grow_to(3000000, 3000000, 0, 16384);
    grow_to(3000000, 5000000, 3000000, 100000);
}

static void a_promise_takes_no_memory(void **state)
{
    (void)state;
    const http_route route = {.body_max = 100000000};
    exchange *x = take("/");
    x->match.route = &route;
    x->body_size = 100000000;
    assert_int_equal(exchange_expect_body(x, route.body_max), ERR_OK);
    assert_int_equal(exchange_append(x, "x", 1), ERR_OK);
    assert_true(x->body_cap <= 65536);
    exchange_give_back(x);
}

static void bodies_of_all_requests_are_bounded(void **state)
{
    (void)state;
    enum { MANY = 64, EACH = 1024 * 1024 };
    const http_route route = {.body_max = EACH};
    static exchange *all[MANY];
    static char piece[1 << 16];
    err e = ERR_OK;
    size_t n = 0, taken = 0;
    for (; n < MANY && e == ERR_OK; n++) {
        all[n] = take("/");
        all[n]->match.route = &route;
        assert_int_equal(exchange_expect_body(all[n], EACH), ERR_OK);
        while (e == ERR_OK && all[n]->body_n < EACH)
            e = exchange_append(all[n], piece, sizeof piece);
        taken += all[n]->body_n;
    }
    assert_int_equal(e, ERR_BUSY);
    assert_in_range(taken, BODIES_MAX / 2, BODIES_MAX);
    while (n-- > 0)
        exchange_give_back(all[n]);
    exchange *x = take("/"); /* and the room comes back */
    x->match.route = &route;
    assert_int_equal(exchange_expect_body(x, EACH), ERR_OK);
    assert_int_equal(exchange_append(x, piece, sizeof piece), ERR_OK);
    exchange_give_back(x);
}

static void an_absurd_limit_is_refused(void **state)
{
    (void)state;
    exchange *x = take("/");
    assert_int_equal(exchange_expect_body(x, SIZE_MAX / 2), ERR_CONFIG);
    exchange_give_back(x);
}

static void note_end(void *context, bool whole)
{
    *(int *)context = whole;
}

static int ended_as(const char *method, bool whole)
{
    int told = -1;
    exchange *x = take("/file");
    x->request.method = method;
    x->response.file_end = note_end;
    x->response.file_context = &told;
    x->whole = whole;
    exchange_give_back(x);
    return told;
}

static void a_file_was_sent_whole_only_with_its_body(void **state)
{
    (void)state;
    assert_int_equal(ended_as("GET", true), 1);
    assert_int_equal(ended_as("GET", false), 0);
    assert_int_equal(ended_as("HEAD", true), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_target_is_split),
        cmocka_unit_test(an_exchange_is_used_again_and_clean),
        cmocka_unit_test(a_body_grows_as_it_comes),
        cmocka_unit_test(a_promise_takes_no_memory),
        cmocka_unit_test(bodies_of_all_requests_are_bounded),
        cmocka_unit_test(an_absurd_limit_is_refused),
        cmocka_unit_test(a_file_was_sent_whole_only_with_its_body),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
