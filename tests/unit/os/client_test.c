#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/time.h>

#include "os/client.h"
#include "os/file.h"
#include "os/socket.h"
#include "scratch.h"

/* A server of a few lines that answers every request of a connection with the same text, and keeps the last request. */
typedef struct peer {
    int listener;
    uint16_t port;
    const char *answer;
    size_t answer_n;
    unsigned delay_ms;
    bool keeps_open;
    char request[65536];
    size_t request_n;
    atomic_uint connections;
    atomic_bool stopping;
    pthread_t thread;
} peer;

static peer server;

/* Reads one request: its head, and as much body as Content-Length says. False at the end of the connection. */
static bool read_request(int fd)
{
    size_t n = 0;
    for (;;) {
        ssize_t got = recv(fd, server.request + n, sizeof server.request - 1 - n, 0);
        if (got <= 0)
            return false;
        n += (size_t)got;
        server.request[n] = 0;
        const char *end = strstr(server.request, "\r\n\r\n"), *length = strstr(server.request, "Content-Length: ");
        if (end && n >= (size_t)(end + 4 - server.request) + (length ? strtoul(length + 16, NULL, 10) : 0))
            break;
    }
    server.request_n = n;
    return true;
}

static void *serve(void *arg)
{
    (void)arg;
    while (!server.stopping) {
        int fd = accept(server.listener, NULL, NULL);
        if (fd < 0) {
            (void)usleep(1000);
            continue;
        }
        const struct timeval patience = {1, 0};
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        server.connections++;
        while (!server.stopping && read_request(fd)) {
            (void)usleep(server.delay_ms * 1000);
            (void)send(fd, server.answer, server.answer_n, MSG_NOSIGNAL);
            if (!server.keeps_open)
                break;
        }
        (void)close(fd);
    }
    return NULL;
}

static client *c;
static arena *a;
static char message[CLIENT_MESSAGE];

static int set_up(void **state)
{
    (void)state;
    memset(&server, 0, sizeof server);
    a = arena_create(8 << 20);
    return scratch_make(state) == 0 && client_create(&c) == ERR_OK ? 0 : -1;
}

static void answer_with(const char *text, size_t n, const char *unix_path)
{
    server.answer = text;
    server.answer_n = n;
    if (unix_path)
        assert_int_equal(socket_listen_unix(&server.listener, unix_path), ERR_OK);
    else
        assert_int_equal(socket_listen_tcp(&server.listener, &server.port, "127.0.0.1:0"), ERR_OK);
    assert_int_equal(pthread_create(&server.thread, NULL, serve, NULL), 0);
}

#define ANSWER(text) answer_with(text, sizeof(text) - 1, NULL)

static int tear_down(void **state)
{
    client_destroy(c); /* first: the server waits for the end of a kept connection */
    arena_destroy(a);
    if (server.answer) {
        server.stopping = true;
        (void)pthread_join(server.thread, NULL);
        (void)close(server.listener);
    }
    return scratch_remove(state);
}

static const char *url(const char *path)
{
    static char text[128];
    (void)snprintf(text, sizeof text, "http://127.0.0.1:%u%s", server.port, path);
    return text;
}

static err get(client_response *out)
{
    const client_request request = {.method = "GET", .url = url("/x?y=1"), .timeout_ms = 3000, .response_max = 1000};
    return client_send(c, a, &request, out, message);
}

static void a_request_arrives_and_its_response_comes_back(void **state)
{
    (void)state;
    ANSWER("HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 4\r\n\r\n\0ab\xff");
    static const char *const headers[] = {"X-One: 1", "Content-Type: application/octet-stream"};
    const client_request request = {.method = "PUT",
                                    .url = url("/things/%E4%B8%AD?a=b"),
                                    .headers = headers,
                                    .headers_n = 2,
                                    .body = bytes_of("b\0dy", 4),
                                    .timeout_ms = 3000,
                                    .response_max = 4};
    client_response got;
    assert_int_equal(client_send(c, a, &request, &got, message), ERR_OK);
    assert_int_equal(got.status, 201);
    assert_string_equal(got.content_type, "application/json");
    assert_int_equal(got.body.n, 4);
    assert_memory_equal(got.body.p, "\0ab\xff", 5);
    assert_int_equal(got.retry_after, -1);
    assert_string_equal(message, "");
    assert_memory_equal(server.request, "PUT /things/%E4%B8%AD?a=b HTTP/1.1\r\n", 36);
    assert_non_null(strstr(server.request, "\r\nX-One: 1\r\n"));
    assert_non_null(strstr(server.request, "\r\nContent-Length: 4\r\n"));
    assert_null(strstr(server.request, "Expect:"));
    assert_memory_equal(server.request + server.request_n - 4, "b\0dy", 4);
}

static void methods_without_a_body(void **state)
{
    (void)state;
    ANSWER("HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n");
    client_response got;
    assert_int_equal(get(&got), ERR_OK);
    assert_int_equal(got.status, 503);
    assert_int_equal(got.retry_after, 7);
    assert_int_equal(got.body.n, 0);
    assert_string_equal(got.content_type, "");
    assert_memory_equal(server.request, "GET /x?y=1 HTTP/1.1\r\n", 21);
    static const char *const methods[] = {"DELETE", "POST", "HEAD"};
    for (size_t i = 0; i < 3; i++) {
        const client_request request = {.method = methods[i], .url = url("/"), .timeout_ms = 3000, .response_max = 10};
        assert_int_equal(client_send(c, a, &request, &got, message), ERR_OK);
        assert_memory_equal(server.request, methods[i], strlen(methods[i]));
        assert_non_null(strstr(server.request, " / HTTP/1.1\r\n"));
    }
}

static void the_connection_is_kept(void **state)
{
    (void)state;
    server.keeps_open = true;
    ANSWER("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    client_response got;
    for (int i = 0; i < 5; i++)
        assert_int_equal(get(&got), ERR_OK);
    assert_int_equal(server.connections, 1);
}

static void redirects_are_not_followed(void **state)
{
    (void)state;
    ANSWER("HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n");
    client_response got;
    assert_int_equal(get(&got), ERR_OK);
    assert_int_equal(got.status, 302);
    assert_int_equal(server.connections, 1);
}

static void a_response_over_the_limit_is_refused(void **state)
{
    (void)state;
    ANSWER("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n12345");
    client_request request = {.method = "GET", .url = url("/"), .timeout_ms = 3000, .response_max = 4};
    client_response got;
    assert_int_equal(client_send(c, a, &request, &got, message), ERR_LIMIT);
    assert_non_null(strstr(message, "4 bytes"));
    request.response_max = 5;
    assert_int_equal(client_send(c, a, &request, &got, message), ERR_OK);
    assert_int_equal(got.body.n, 5);
}

static void a_large_response_is_whole(void **state)
{
    (void)state;
    enum { SIZE = 1000000 };
    char *text = malloc(SIZE + 100);
    int head = snprintf(text, 100, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", SIZE);
    for (int i = 0; i < SIZE; i++)
        text[head + i] = (char)(i * 7);
    answer_with(text, (size_t)head + SIZE, NULL);
    const client_request request = {.method = "GET", .url = url("/"), .timeout_ms = 5000, .response_max = SIZE};
    client_response got;
    assert_int_equal(client_send(c, a, &request, &got, message), ERR_OK);
    assert_int_equal(got.body.n, SIZE);
    assert_memory_equal(got.body.p, text + head, SIZE);
    arena *small = arena_create(4096);
    assert_int_equal(client_send(c, small, &request, &got, message), ERR_MEMORY);
    arena_destroy(small);
    /* The server is done with the text once the connection is over. */
    assert_int_equal(tear_down(state), 0);
    free(text);
    assert_int_equal(set_up(state), 0);
}

static void failures_have_words(void **state)
{
    (void)state;
    client_response got;
    client_request request = {.method = "GET", .url = "http://127.0.0.1:1/", .timeout_ms = 2000, .response_max = 10};
    assert_int_equal(client_send(c, a, &request, &got, message), ERR_TRANSPORT);
    assert_non_null(strstr(message, "127.0.0.1"));
    static const char *const bad[] = {"file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/", "", "http://",
                                      "http://a b/"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        request.url = bad[i];
        if (client_send(c, a, &request, &got, message) != ERR_ARG)
            fail_msg("\"%s\" was tried", bad[i]);
        assert_string_not_equal(message, "");
    }
    request.url = "http://127.0.0.1:1/";
    request.headers_n = 1;
    static const char *const bad_headers[] = {"X: a\r\nY: b", "X", "X: a\n"};
    for (size_t i = 0; i < 3; i++) {
        request.headers = &bad_headers[i];
        assert_int_equal(client_send(c, a, &request, &got, message), ERR_ARG);
    }
}

static void garbage_and_silence_are_transport_errors(void **state)
{
    (void)state;
    server.delay_ms = 400;
    ANSWER("SSH-2.0-OpenSSH\r\n");
    client_response got;
    assert_int_equal(get(&got), ERR_TRANSPORT);
    client_request request = {.method = "GET", .url = url("/"), .timeout_ms = 100, .response_max = 10};
    assert_int_equal(client_send(c, a, &request, &got, message), ERR_TRANSPORT);
    assert_non_null(strstr(message, "timed out"));
    (void)usleep(400000);
}

static void a_cut_response_is_an_error(void **state)
{
    (void)state;
    ANSWER("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf");
    client_response got;
    assert_int_equal(get(&got), ERR_TRANSPORT);
}

static void over_a_unix_socket(void **state)
{
    (void)state;
    const char *path = scratch_path("s");
    static const char text[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
    answer_with(text, sizeof text - 1, path);
    const client_request request = {
        .method = "GET", .url = "http://localhost/v1", .unix_path = path, .timeout_ms = 2000, .response_max = 10};
    client_response got;
    assert_int_equal(client_send(c, a, &request, &got, message), ERR_OK);
    assert_memory_equal(got.body.p, "hi", 2);
}

static void the_environment_names_no_proxy(void **state)
{
    (void)state;
    ANSWER("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    assert_int_equal(setenv("http_proxy", "http://127.0.0.1:1", 1), 0);
    client_response got;
    assert_int_equal(get(&got), ERR_OK);
    assert_int_equal(unsetenv("http_proxy"), 0);
}

int main(void)
{
#define CLIENT_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CLIENT_TEST(a_request_arrives_and_its_response_comes_back),
        CLIENT_TEST(methods_without_a_body),
        CLIENT_TEST(the_connection_is_kept),
        CLIENT_TEST(redirects_are_not_followed),
        CLIENT_TEST(a_response_over_the_limit_is_refused),
        CLIENT_TEST(a_large_response_is_whole),
        CLIENT_TEST(failures_have_words),
        CLIENT_TEST(garbage_and_silence_are_transport_errors),
        CLIENT_TEST(a_cut_response_is_an_error),
        CLIENT_TEST(over_a_unix_socket),
        CLIENT_TEST(the_environment_names_no_proxy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
