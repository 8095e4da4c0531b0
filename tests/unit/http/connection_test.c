#define _GNU_SOURCE /* POLLRDHUP */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "service.h"

static wire_answer answer;

static int set_up_hasty(void **state)
{
    (void)state;
    http_options options = service_options();
    options.request_seconds = 1;
    options.idle_seconds = 2;
    service_start(&options);
    return 0;
}

/* A client that sends what it has at once and then a byte every 50 ms. */
typedef struct slow_client {
    const char *at_once, *each; /* each: NULL sends no more */
    int fd;
    int64_t cut_ms; /* when the server cut it; 0: not yet */
} slow_client;

static bool is_cut(const slow_client *client)
{
    struct pollfd now = {.fd = client->fd, .events = POLLIN | POLLRDHUP};
    bool sent = !client->each || wire_send_bytes(client->fd, client->each, 1);
    return !sent || poll(&now, 1, 0) > 0;
}

static void slow_requests_are_cut_in_time(void **state)
{
    (void)state;
    slow_client clients[] = {
        {"", NULL, 0, 0}, /* not a byte */
        {"", "\n", 0, 0}, /* only the empty lines that may stand before a request */
        {"GET /", "a", 0, 0},
        {"GET /echo HTTP/1.1\r\nHost: x\r\nX-Slow: ", "a", 0, 0},
        {"POST /mirror HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nab", NULL, 0, 0},
        {"POST /mirror HTTP/1.1\r\nHost: x\r\nContent-Length: 4000\r\n\r\n", "x", 0, 0},
        {"POST /mirror HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nfff\r\n", "x", 0, 0},
        {"POST /mirror HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-Trailer: ", "x", 0, 0},
    };
    const size_t n = sizeof clients / sizeof *clients;
    for (size_t i = 0; i < n; i++) {
        clients[i].fd = wire_connect(port);
        assert_true(wire_send(clients[i].fd, clients[i].at_once));
    }
    uint64_t before = clock_monotonic_ns();
    for (size_t left = n; left > 0;) {
        (void)usleep(50000);
        int64_t ms = (int64_t)((clock_monotonic_ns() - before) / 1000000);
        for (size_t i = 0; i < n; i++) {
            if (clients[i].cut_ms > 0 || !is_cut(&clients[i]))
                continue;
            clients[i].cut_ms = ms;
            left--;
        }
        if (ms > WIRE_PATIENCE_MS)
            fail_msg("%zu were not cut", left);
    }
    for (size_t i = 0; i < n; i++) {
        if (clients[i].cut_ms < 900 || clients[i].cut_ms > 2500)
            fail_msg("client %zu: cut after %lld ms", i, (long long)clients[i].cut_ms);
        (void)close(clients[i].fd);
    }
    assert_int_equal(handled, 0);
}

static void an_idle_connection_is_kept_for_its_time_and_no_longer(void **state)
{
    (void)state;
    int fd = wire_connect(port);
    for (int i = 0; i < 2; i++) {
        assert_true(wire_send(fd, "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n"));
        wire_read(fd, &answer, false);
        assert_int_equal(answer.status, 200);
        if (i == 0)
            (void)usleep(1300000); /* longer than a request may take */
    }
    assert_in_range(wire_closes_after(fd), 1500, 4000);
    (void)close(fd);
}

/* The time that a handler takes is not the client's fault. */
static void a_slow_handler_is_not_cut(void **state)
{
    (void)state;
    int fd = wire_connect(port);
    assert_true(wire_send(fd, "GET /wait HTTP/1.1\r\nHost: x\r\n\r\n"));
    (void)usleep(1800000);
    gate_set(true);
    wire_read(fd, &answer, false);
    assert_int_equal(answer.status, 200);
    (void)close(fd);
}

static void a_half_closed_connection_does_not_stay(void **state)
{
    (void)state;
    int fd = wire_connect(port);
    assert_true(wire_send(fd, "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n"));
    assert_int_equal(shutdown(fd, SHUT_WR), 0);
    wire_read(fd, &answer, false);
    assert_true(answer.status == 200 || answer.status == 0);
    assert_true(answer.status == 0 || wire_closed(fd));
    (void)close(fd);
    fd = wire_connect(port);
    assert_true(wire_send(fd, "POST /mirror HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nab"));
    assert_int_equal(shutdown(fd, SHUT_WR), 0);
    assert_true(wire_closes_after(fd) < 2500);
    (void)close(fd);
    assert_true(handled <= 1);
}

static uint64_t requests_finished(void)
{
    http_figures figures;
    http_read_figures(server, &figures);
    return figures.requests;
}

/* A client that asks and asks and does not read: when its and our buffers are full, one answer cannot leave. It is given up in time,
 * so that its memory comes back. */
static void an_answer_that_is_not_read_is_given_up(void **state)
{
    (void)state;
    int fd = socket(AF_INET, SOCK_STREAM, 0), small = 2048;
    const struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    const struct timeval stalled = {0, 300000};
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small), 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &stalled, sizeof stalled), 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&to, sizeof to), 0);
    static char request[4096 + 128];
    int head = snprintf(request, sizeof request, "POST /mirror HTTP/1.1\r\nHost: x\r\nContent-Length: 4096\r\n\r\n");
    while (wire_send_bytes(fd, request, (size_t)head + 4096)) {
    }
    assert_true(requests_finished() + 1 >= handled); /* on a busy machine it is given up by now */
    uint64_t until = clock_monotonic_ns() + UINT64_C(3000000000);
    while (requests_finished() < handled && clock_monotonic_ns() < until)
        (void)usleep(10000);
    assert_int_equal(requests_finished(), handled);
    static char answers[1 << 16];
    uint64_t come = 0;
    ssize_t n;
    while ((n = recv(fd, answers, sizeof answers, 0)) > 0)
        come += (uint64_t)n;
    assert_true(come < handled * 4096); /* given up, not answered late */
    (void)close(fd);
}

enum { DOWNLOAD = 24 << 20 }; /* more than the system's buffers take */

static err handle_download(void *app, http_request *request, http_response *response)
{
    (void)app;
    (void)request;
    char path[] = "/tmp/yiqian-download-XXXXXX";
    *response = (http_response){.status = 200, .content_type = "application/octet-stream", .has_file = true};
    response->file = mkstemp(path);
    response->file_size = DOWNLOAD;
    assert_true(response->file >= 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(ftruncate(response->file, DOWNLOAD), 0);
    return ERR_OK;
}

static int set_up_download(void **state)
{
    (void)state;
    static const http_route routes[] = {{"GET", "/file", 1, NULL, 0, handle_download}};
    http_options options = service_options();
    options.routes = routes;
    options.routes_n = 1;
    options.request_seconds = 1;
    service_start(&options);
    return 0;
}

/* Its time is by its size, as that of an answer in memory. */
static void a_file_that_is_read_slowly_comes_whole(void **state)
{
    (void)state;
    static char piece[1 << 16];
    int fd = wire_connect(port);
    uint64_t come = 0;
    ssize_t n;
    assert_true(wire_send(fd, "GET /file HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
    for (int i = 0; i < 25; i++) { /* 2.5 s, where a request has one */
        assert_true((n = recv(fd, piece, 1024, 0)) > 0);
        come += (uint64_t)n;
        (void)usleep(100000);
    }
    while ((n = recv(fd, piece, sizeof piece, 0)) > 0)
        come += (uint64_t)n;
    assert_int_equal(n, 0);
    assert_true(come > DOWNLOAD); /* and its head */
    (void)close(fd);
}

static void slow_clients_leave_room_for_others(void **state)
{
    (void)state;
    enum { SLOW = 150 };
    int fds[SLOW];
    for (int i = 0; i < SLOW; i++) {
        fds[i] = wire_connect(port);
        assert_true(wire_send(fds[i], "POST /mirror HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\na"));
    }
    uint64_t before = clock_monotonic_ns();
    for (int i = 0; i < 20; i++) {
        wire_ask(port, "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n", &answer);
        assert_int_equal(answer.status, 200);
    }
    assert_true(clock_monotonic_ns() - before < UINT64_C(900000000));
    for (int i = 0; i < SLOW; i++) {
        assert_true(wire_closed(fds[i]));
        (void)close(fds[i]);
    }
}

int main(void)
{
#define HASTY_TEST(f) cmocka_unit_test_setup_teardown(f, set_up_hasty, service_tear_down)
    const struct CMUnitTest tests[] = {
        HASTY_TEST(slow_requests_are_cut_in_time),
        HASTY_TEST(an_idle_connection_is_kept_for_its_time_and_no_longer),
        HASTY_TEST(a_slow_handler_is_not_cut),
        HASTY_TEST(a_half_closed_connection_does_not_stay),
        HASTY_TEST(an_answer_that_is_not_read_is_given_up),
        HASTY_TEST(slow_clients_leave_room_for_others),
        cmocka_unit_test_setup_teardown(a_file_that_is_read_slowly_comes_whole, set_up_download, service_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
