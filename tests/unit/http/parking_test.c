/* Requests that wait and streams, through a real server. The handlers answer as soon as `value` has passed what the client knows. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <time.h>

#include "http/parking.h"
#include "http/problem.h"
#include "service.h"

enum { PATIENCE_MS = WIRE_PATIENCE_MS, MANY = 40, EVENTS = 200, PIECE = 60000 };

#define REST " HTTP/1.1\r\nHost: x\r\n\r\n"

static const uint8_t topic[16] = {1, 2, 3}, another[16] = {1, 2, 4};
static atomic_uint value, padded; /* padded: the last number given to a stream with ?piece */
static wire_answer answer;

static unsigned argument(const http_request *request, const char *name)
{
    const char *text = http_query(request, name);
    return text ? (unsigned)strtoul(text, NULL, 10) : 0;
}

static err wait_for_more(http_request *request, unsigned ms)
{
    uint8_t topics[2 * 16];
    memcpy(topics, another, 16);
    memcpy(topics + 16, topic, 16);
    const http_waiting wish = {
        .topics = topics, .n = 2, .ms = ms, .owner = another, .owner_max = argument(request, "owner_max")};
    return http_wait(request, &wish);
}

/* ?above: answers when value is; ?ms: or so late; ?gate: stays between the look and the wish to wait. */
static err handle_poll(void *app, http_request *request, http_response *response)
{
    (void)app;
    unsigned seen = value, ms = argument(request, "ms");
    if (argument(request, "gate") && request->runs == 0)
        (void)handle_wait(app, request, &(http_response){0});
    if (seen <= argument(request, "above") && request->waited_ms < ms)
        return wait_for_more(request, ms - (unsigned)request->waited_ms);
    const char *text =
        arena_printf(request->arena, "%u %u %s %s", seen, request->runs, request->params[0], request->path);
    *response = (http_response){.status = 200, .content_type = "text/plain", .body = bytes_of_text(text)};
    return ERR_OK;
}

/* Each number up to value once, in a line, padded to ?piece bytes; ends with the number ?last. */
static err handle_stream(void *app, http_request *request, http_response *response)
{
    (void)app;
    unsigned sent, now = value, piece = argument(request, "piece"), last = argument(request, "last");
    memcpy(&sent, request->kept, sizeof sent);
    size_t n = 0, room = (size_t)(now - sent + 1) * (piece + 16);
    char *text = arena_alloc(request->arena, room);
    if (!text)
        return ERR_MEMORY;
    while (sent < now && (last == 0 || sent < last))
        n += (size_t)snprintf(text + n, room - n, "%*u\n", (int)piece, ++sent);
    memcpy(request->kept, &sent, sizeof sent);
    if (piece > 0)
        padded = sent;
    *response = (http_response){.status = 200, .content_type = "text/plain", .body = bytes_of(text, n), .stream = true};
    return last > 0 && sent >= last ? ERR_OK : wait_for_more(request, 5000);
}

static const http_route routes[] = {
    {"GET", "/poll/{name}", 1, NULL, 0, handle_poll},
    {"GET", "/stream", 1, NULL, 0, handle_stream},
    {"GET", "/wait", 1, NULL, 0, handle_wait},
};

static http_options options_of_test(void)
{
    http_options options = service_options();
    options.routes = routes;
    options.routes_n = sizeof routes / sizeof *routes;
    return options;
}

static int set_up(void **state)
{
    (void)state;
    value = padded = 0;
    http_options options = options_of_test();
    service_start(&options);
    return 0;
}

/* A server with so much room in its place. */
static void start_again(unsigned workers, unsigned queue_max, unsigned waiting_max)
{
    http_options options = options_of_test();
    options.workers = workers;
    options.queue_max = queue_max;
    options.waiting_max = waiting_max;
    http_stop(server);
    service_start(&options);
}

static uint64_t now_ms(void)
{
    return clock_monotonic_ns() / 1000000;
}

static void pause_ms(long ms)
{
    const struct timespec step = {0, ms * 1000000};
    (void)nanosleep(&step, NULL);
}

static uint64_t parked_now(void)
{
    http_figures figures;
    http_read_figures(server, &figures);
    return figures.waiting;
}

static void until_parked(uint64_t n)
{
    uint64_t until = now_ms() + PATIENCE_MS;
    while (parked_now() != n && now_ms() < until)
        pause_ms(2);
    assert_int_equal(parked_now(), n);
}

static void until_handled(unsigned n)
{
    uint64_t until = now_ms() + PATIENCE_MS;
    while (handled < n && now_ms() < until)
        pause_ms(2);
    assert_true(handled >= n);
}

static int asked(const char *text)
{
    int fd = wire_connect(port);
    assert_true(wire_send(fd, text));
    return fd;
}

static void assert_answer(int fd, int status, const char *body)
{
    wire_read(fd, &answer, false);
    assert_int_equal(answer.status, status);
    assert_string_equal(status == 200 ? answer.body : wire_code(&answer), body);
}

static void publish(unsigned n)
{
    value = n;
    http_wake(server, topic);
}

/* ---- requests that wait ---- */

static void a_wake_between_look_and_parking_counts(void **state)
{
    (void)state;
    uint64_t before = now_ms();
    int fd = asked("GET /poll/a?ms=7000&gate=1" REST);
    until_handled(1);
    while (waiting < 1)
        pause_ms(1);
    publish(1); /* the handler has looked, and waits for nothing yet */
    gate_set(true);
    assert_answer(fd, 200, "1 1 a /poll/a");
    assert_true(now_ms() - before < 5000);
    (void)close(fd);
}

static void no_wake_is_lost_at_any_moment(void **state)
{
    (void)state;
    enum { CLIENTS = 4, ROUNDS = 300 };
    int fds[CLIENTS];
    for (size_t i = 0; i < CLIENTS; i++)
        fds[i] = wire_connect(port);
    uint64_t before = now_ms();
    for (unsigned round = 0; round < ROUNDS; round++) {
        char text[128];
        (void)snprintf(text, sizeof text, "GET /poll/a?ms=60000&above=%u" REST, round);
        for (size_t i = 0; i < CLIENTS; i++)
            assert_true(wire_send(fds[i], text));
        for (unsigned i = 0; i < round % 50; i++)
            (void)parked_now(); /* some time, of no certain length */
        publish(round + 1);
        for (size_t i = 0; i < CLIENTS; i++) {
            wire_read(fds[i], &answer, false); /* within the patience of the wire */
            assert_int_equal(answer.status, 200);
            assert_int_equal(strtoul(answer.body, NULL, 10), round + 1);
        }
    }
    assert_true(now_ms() - before < 60000);
    for (size_t i = 0; i < CLIENTS; i++)
        (void)close(fds[i]);
    until_parked(0);
}

static void all_that_wait_for_a_topic_wake(void **state)
{
    (void)state;
    int fds[MANY];
    for (size_t i = 0; i < MANY; i++)
        fds[i] = asked("GET /poll/%E5%8C%BB?ms=60000&above=1" REST);
    until_parked(MANY);
    until_handled(MANY);
    http_wake(server, (const uint8_t[16]){9}); /* nobody's */
    publish(1);                                /* runs all, in vain */
    until_handled(2 * MANY);
    until_parked(MANY);
    publish(2);
    for (size_t i = 0; i < MANY; i++) {
        wire_read(fds[i], &answer, false);
        assert_int_equal(answer.status, 200);
        assert_non_null(strstr(answer.body, " 医 /poll/%E5%8C%BB"));
        (void)close(fds[i]);
    }
    until_parked(0);
    assert_true(handled >= 3 * MANY);
}

static void the_deadline_runs_it_again(void **state)
{
    (void)state;
    uint64_t before = now_ms();
    int fd = asked("GET /poll/a?ms=400" REST);
    assert_answer(fd, 200, "0 1 a /poll/a");
    uint64_t took = now_ms() - before;
    assert_true(took >= 400 && took < 3000);
    assert_true(wire_send(fd, "GET /poll/b" REST)); /* and the connection is as before */
    assert_answer(fd, 200, "0 0 b /poll/b");
    (void)close(fd);
    until_parked(0);
}

static void a_client_that_went_away_is_noticed(void **state)
{
    (void)state;
    int fds[MANY];
    for (size_t i = 0; i < MANY; i++)
        fds[i] = asked(i % 2 ? "GET /poll/a?ms=60000" REST : "GET /stream" REST);
    until_parked(MANY);
    for (size_t i = 0; i < MANY - 1; i++)
        (void)close(fds[i]);
    until_parked(1);
    publish(1);
    assert_answer(fds[MANY - 1], 200, "1 1 a /poll/a");
    (void)close(fds[MANY - 1]);
}

static void stopping_answers_what_waits(void **state)
{
    (void)state;
    int fds[MANY];
    for (size_t i = 0; i < MANY; i++)
        fds[i] = asked("GET /poll/a?ms=60000" REST);
    until_parked(MANY);
    http_stop(server);
    server = NULL;
    for (size_t i = 0; i < MANY; i++) {
        assert_answer(fds[i], 503, "busy");
        (void)close(fds[i]);
    }
}

static void what_finds_no_room_in_the_queue_stays_due(void **state)
{
    (void)state;
    enum { QUEUE = 4, BLOCKING = QUEUE + 2 };
    int fds[MANY];
    struct pollfd blocking[BLOCKING];
    start_again(1, QUEUE, MANY);
    for (size_t i = 0; i < MANY; i++) {
        fds[i] = asked("GET /poll/a?ms=60000" REST);
        until_parked(i + 1);
    }
    /* One is at the worker, the others fill the queue but for the last, which finds it full. */
    for (size_t i = 0; i < BLOCKING; i++) {
        blocking[i] = (struct pollfd){.fd = asked("GET /wait" REST), .events = POLLIN};
        until_handled(MANY + 1);
    }
    assert_int_equal(poll(blocking, BLOCKING, PATIENCE_MS), 1);
    for (size_t i = 0; i < BLOCKING; i++)
        if (blocking[i].revents)
            assert_answer(blocking[i].fd, 503, "busy");
    publish(1);
    pause_ms(300);
    assert_int_equal(handled, MANY + 1);
    gate_set(true);
    for (size_t i = 0; i < MANY; i++) {
        assert_answer(fds[i], 200, "1 1 a /poll/a");
        (void)close(fds[i]);
    }
    for (size_t i = 0; i < BLOCKING; i++)
        (void)close(blocking[i].fd);
}

static void so_many_may_wait(void **state)
{
    (void)state;
    start_again(2, 64, 3);
    int first = asked("GET /poll/a?ms=60000&owner_max=2" REST), second = asked("GET /poll/a?ms=60000&owner_max=2" REST);
    until_parked(2);
    int fd = asked("GET /poll/a?ms=60000&owner_max=2" REST);
    assert_answer(fd, 429, "too_many_requests");
    (void)close(fd);
    int third = asked("GET /poll/a?ms=60000" REST);
    until_parked(3);
    fd = asked("GET /poll/a?ms=60000" REST);
    assert_answer(fd, 503, "busy");
    (void)close(fd);
    (void)close(first);
    until_parked(2);
    fd = asked("GET /poll/a?ms=60000" REST);
    until_parked(3);
    (void)close(fd);
    (void)close(second);
    (void)close(third);
    until_parked(0);
}

static void so_many_topics(void **state)
{
    (void)state;
    static const uint8_t topics[(PARKING_TOPICS_MAX + 1) * 16];
    parked w = {0};
    assert_int_equal(parked_topics(&w, topics, 0), ERR_ARG);
    assert_int_equal(parked_topics(&w, topics, PARKING_TOPICS_MAX + 1), ERR_ARG);
    assert_int_equal(parked_topics(&w, topics, 1), ERR_OK);
    assert_int_equal(parked_topics(&w, topics, PARKING_TOPICS_MAX), ERR_OK);
    assert_int_equal(w.topics_n, PARKING_TOPICS_MAX);
    assert_int_equal(parked_topics(&w, topics, 2), ERR_OK);
    assert_int_equal(w.topics_n, 2);
    parking_leave(NULL, &w);
    assert_null(w.topics);
}

/* ---- streams ---- */

/* The next byte of a chunked body; -1 at its end. */
typedef struct chunked {
    int fd;
    size_t left;
} chunked;

static int next_byte(chunked *c)
{
    char byte, size[16] = "";
    if (c->left == 0) {
        for (size_t n = 0; n < 2 || size[n - 1] != '\n'; n++) {
            assert_true(n < sizeof size - 1);
            assert_int_equal(wire_byte(c->fd, &size[n]), 1);
        }
        c->left = strtoul(size, NULL, 16);
        if (c->left == 0) {
            assert_int_equal(wire_byte(c->fd, &byte), 1);
            assert_int_equal(wire_byte(c->fd, &byte), 1);
            return -1;
        }
    }
    assert_int_equal(wire_byte(c->fd, &byte), 1);
    int got = byte;
    if (--c->left == 0) {
        assert_int_equal(wire_byte(c->fd, &byte), 1);
        assert_int_equal(wire_byte(c->fd, &byte), 1);
    }
    return got;
}

static unsigned next_event(chunked *c)
{
    char line[64] = "";
    for (size_t n = 0;; n++) {
        assert_true(n < sizeof line - 1);
        int byte = next_byte(c);
        if (byte < 0 || byte == '\n')
            return (unsigned)strtoul(line, NULL, 10);
        line[n] = (char)byte;
    }
}

static chunked streaming(const char *text)
{
    chunked c = {.fd = asked(text)};
    wire_read(c.fd, &answer, false);
    assert_int_equal(answer.status, 200);
    assert_string_equal(wire_header(&answer, "Transfer-Encoding"), "chunked");
    return c;
}

static void events_come_in_order_and_end(void **state)
{
    (void)state;
    value = 1;
    chunked c = streaming("GET /stream?last=200" REST);
    assert_int_equal(next_event(&c), 1);
    unsigned last = 1;
    for (unsigned i = 2; i <= EVENTS; i++) {
        publish(i);
        while (i % 3 == 0 && last < i) /* those between may come together */
            assert_int_equal(next_event(&c), ++last);
    }
    while (last < EVENTS)
        assert_int_equal(next_event(&c), ++last);
    assert_int_equal(next_byte(&c), -1);
    assert_true(wire_send(c.fd, "GET /poll/a" REST)); /* the connection serves on */
    assert_answer(c.fd, 200, "200 0 a /poll/a");
    (void)close(c.fd);
    until_parked(0);
}

static void http_1_0_has_no_chunks(void **state)
{
    (void)state;
    char byte, line[16] = "";
    value = 1;
    int fd = asked("GET /stream?last=3 HTTP/1.0\r\n\r\n");
    wire_read(fd, &answer, false);
    assert_int_equal(answer.status, 200);
    for (unsigned i = 1; i <= 3; i++) {
        publish(i);
        for (size_t n = 0; n < 2; n++)
            assert_int_equal(wire_byte(fd, &line[n]), 1);
        assert_int_equal(strtoul(line, NULL, 10), i);
    }
    assert_int_equal(wire_byte(fd, &byte), 0);
    (void)close(fd);
}

static void a_slow_reader_is_cut(void **state)
{
    (void)state;
    char text[128];
    (void)snprintf(text, sizeof text, "GET /stream?piece=%d" REST, PIECE);
    int slow = asked(text);
    chunked quick = streaming("GET /stream" REST);
    until_parked(2);
    unsigned n = 0;
    while (parked_now() == 2 && n < 1000) {
        publish(++n);
        assert_int_equal(next_event(&quick), n);
        while (padded < n && parked_now() == 2)
            pause_ms(1);
    }
    assert_int_equal(parked_now(), 1);
    assert_true(n > 1);
    publish(++n); /* the other one does not notice */
    assert_int_equal(next_event(&quick), n);
    assert_true(padded < n);
    static char taken[PIECE];
    while (recv(slow, taken, sizeof taken, 0) > 0) /* what was sent before; then the end */
        ;
    (void)close(slow);
    (void)close(quick.fd);
}

static void stopping_ends_streams_in_order(void **state)
{
    (void)state;
    chunked c[MANY];
    value = 1;
    for (size_t i = 0; i < MANY; i++) {
        c[i] = streaming("GET /stream" REST);
        assert_int_equal(next_event(&c[i]), 1);
    }
    until_parked(MANY);
    http_stop(server);
    server = NULL;
    for (size_t i = 0; i < MANY; i++) {
        assert_int_equal(next_byte(&c[i]), -1);
        (void)close(c[i].fd);
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, service_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_wake_between_look_and_parking_counts),
        TEST(no_wake_is_lost_at_any_moment),
        TEST(all_that_wait_for_a_topic_wake),
        TEST(the_deadline_runs_it_again),
        TEST(a_client_that_went_away_is_noticed),
        TEST(stopping_answers_what_waits),
        TEST(what_finds_no_room_in_the_queue_stays_due),
        TEST(so_many_may_wait),
        cmocka_unit_test(so_many_topics),
        TEST(events_come_in_order_and_end),
        TEST(http_1_0_has_no_chunks),
        TEST(a_slow_reader_is_cut),
        TEST(stopping_ends_streams_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
