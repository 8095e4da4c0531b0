#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "service.h"

static wire_answer answer;

/* Asks on a connection of its own and wants this status and problem code. */
static void assert_refused(const char *text, int status, const char *code)
{
    wire_ask(port, text, &answer);
    if (answer.status != status || strcmp(wire_code(&answer), code) != 0)
        fail_msg("%.60s...: %d %s, want %d %s", text, answer.status, wire_code(&answer), status, code);
    assert_int_equal(handled, 0);
}

#define REST " HTTP/1.1\r\nHost: x\r\n\r\n"

static void unknown_paths_and_methods(void **state)
{
    (void)state;
    assert_refused("GET /" REST, 404, "no_such_route");
    assert_refused("GET /echo/" REST, 404, "no_such_route");
    assert_refused("GET /echo/a/b" REST, 404, "no_such_route");
    assert_refused("OPTIONS *" REST, 404, "no_such_route");
    assert_refused("GET http://x/echo" REST, 404, "no_such_route");
    assert_refused("DELETE /echo" REST, 405, "method_not_allowed");
    assert_string_equal(wire_header(&answer, "Allow"), "GET, HEAD");
    assert_refused("BREW /echo/a" REST, 405, "method_not_allowed");
    assert_string_equal(wire_header(&answer, "Allow"), "GET, HEAD, DELETE");
    assert_string_equal(wire_header(&answer, "Content-Type"), "application/problem+json");
    assert_string_equal(wire_header(&answer, "Cache-Control"), "no-store");
    assert_string_equal(wire_header(&answer, "X-Content-Type-Options"), "nosniff");
}

static void ill_encoded_targets(void **state)
{
    (void)state;
    assert_refused("GET /echo/%ff" REST, 400, "not_utf8");
    assert_refused("GET /echo/\xb1\xb1" REST, 400, "not_utf8");
    assert_refused("GET /echo/%00" REST, 400, "bad_encoding");
    assert_refused("GET /echo/a%2fb" REST, 400, "bad_encoding");
    assert_refused("GET /echo/%" REST, 400, "bad_encoding");
    assert_refused("GET /echo/a%0d%0ab" REST, 400, "bad_encoding");
    assert_refused("GET /echo?q=%zz" REST, 400, "bad_encoding");
    assert_refused("GET /echo?q=%b1%b1" REST, 400, "not_utf8");
}

static void an_overlong_target(void **state)
{
    (void)state;
    char text[8192];
    memset(text, 'a', sizeof text);
    memcpy(text, "GET /echo/", 10);
    memcpy(text + 10 + 4096, REST, sizeof REST);
    assert_refused(text, 400, "wrong_length");
    memset(text, 'a', sizeof text);
    memcpy(text, "GET /echo/", 10);
    memcpy(text + 10 + 4080, REST, sizeof REST);
    wire_ask(port, text, &answer);
    assert_int_equal(answer.status, 200);
}

static void refusals_without_a_body_keep_the_connection(void **state)
{
    (void)state;
    int fd = wire_connect(port);
    static const char *const texts[] = {"GET /none" REST, "PUT /echo" REST, "GET /echo/%ff" REST, "GET /echo" REST};
    static const int statuses[] = {404, 405, 400, 200};
    for (int i = 0; i < 40; i++) {
        assert_true(wire_send(fd, texts[i % 4]));
        wire_read(fd, &answer, false);
        assert_int_equal(answer.status, statuses[i % 4]);
    }
    (void)close(fd);
}

static void more_headers_than_there_is_room_for(void **state)
{
    (void)state;
    static char text[70000];
    size_t n = (size_t)snprintf(text, sizeof text, "GET /echo HTTP/1.1\r\nHost: x\r\n");
    while (n < 60000)
        n += (size_t)snprintf(text + n, sizeof text - n, "X-Filler-%zu: %0100d\r\n", n, 0);
    (void)snprintf(text + n, sizeof text - n, "\r\n");
    int fd = wire_connect(port);
    (void)wire_send(fd, text);
    wire_read(fd, &answer, false);
    assert_int_equal(answer.status, 431);
    assert_true(wire_closed(fd));
    (void)close(fd);
    /* and one line that does not end */
    fd = wire_connect(port);
    memset(text, 'a', 60000);
    memcpy(text, "GET /", 5);
    (void)wire_send_bytes(fd, text, 60000);
    wire_read(fd, &answer, false);
    assert_int_equal(answer.status, 414);
    (void)close(fd);
    wire_ask(port, "GET /echo" REST, &answer);
    assert_int_equal(answer.status, 200);
}

static void a_promised_100_mb_are_refused_at_once(void **state)
{
    (void)state;
    static const char *const heads[] = {
        "POST /mirror HTTP/1.1\r\nHost: x\r\nContent-Length: 104857600\r\n\r\n",
        "POST /mirror HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 104857600\r\n\r\n",
        "POST /mirror HTTP/1.1\r\nHost: x\r\nContent-Length: 4097\r\n\r\n",
        "POST /sum HTTP/1.1\r\nHost: x\r\nContent-Length: 18446744073709551615\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        int fd = wire_connect(port);
        assert_true(wire_send(fd, heads[i]));
        wire_read(fd, &answer, false);
        assert_int_equal(answer.status, 413);
        assert_string_equal(wire_code(&answer), "body_too_large");
        assert_true(wire_closed(fd));
        (void)close(fd);
    }
    assert_int_equal(handled, 0);
}

/* A client that writes all of a large body before it reads must find the answer still. */
static void the_answer_survives_what_is_still_being_sent(void **state)
{
    (void)state;
    static char filler[65536];
    int fd = wire_connect(port);
    assert_true(wire_send(fd, "POST /mirror HTTP/1.1\r\nHost: x\r\nContent-Length: 104857600\r\n\r\n"));
    size_t sent = 0;
    while (sent < 1500000 && wire_send_bytes(fd, filler, sizeof filler))
        sent += sizeof filler;
    assert_true(sent >= 1500000);
    wire_read(fd, &answer, false);
    assert_int_equal(answer.status, 413);
    assert_string_equal(wire_code(&answer), "body_too_large");
    (void)close(fd);
}

static void an_endless_chunked_body_is_cut(void **state)
{
    (void)state;
    static char chunk[16384 + 16];
    size_t head = (size_t)snprintf(chunk, sizeof chunk, "4000\r\n");
    memset(chunk + head, 'x', 0x4000);
    memcpy(chunk + head + 0x4000, "\r\n", 2);
    int fd = wire_connect(port);
    assert_true(wire_send(fd, "POST /mirror HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"));
    size_t sent = 0;
    uint64_t until = clock_monotonic_ns() + UINT64_C(8000000000);
    assert_true(wire_send_bytes(fd, chunk, head + 0x4002));
    wire_read(fd, &answer, false);
    assert_int_equal(answer.status, 413);
    assert_string_equal(wire_code(&answer), "body_too_large");
    assert_string_equal(wire_header(&answer, "Content-Type"), "application/problem+json");
    while (sent < (size_t)100 << 20 && clock_monotonic_ns() < until && wire_send_bytes(fd, chunk, head + 0x4002))
        sent += 0x4000;
    assert_true(sent < (size_t)50 << 20); /* it did not read them */
    (void)close(fd);
    assert_int_equal(handled, 0);
}

/* Many clients send an empty object with everything. */
static void a_route_without_body_takes_an_empty_object(void **state)
{
    (void)state;
    static const struct {
        const char *head;
        int status;
    } cases[] = {
        {"Content-Length: 0\r\n\r\n", 200},
        {"Content-Length: 2\r\n\r\n{}", 200},
        {"Content-Length: 7\r\n\r\n\r\n{ \t}\n", 200},
        {"Content-Length: 3\r\n\r\n \r\n", 200},
        {"Content-Length: 1\r\n\r\n{", 400},
        {"Content-Length: 2\r\n\r\n}{", 400},
        {"Content-Length: 3\r\n\r\n{}}", 400},
        {"Content-Length: 2\r\n\r\n[]", 400},
        {"Content-Length: 7\r\n\r\n{\"a\":1}", 400},
        {"Content-Length: 17\r\n\r\n", 400}, /* at once, whatever it is */
        {"Content-Length: 104857600\r\n\r\n", 400},
        {"Transfer-Encoding: chunked\r\n\r\n", 400},
    };
    handled = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char request[256];
        int fd = wire_connect(port);
        (void)snprintf(request, sizeof request, "GET /echo HTTP/1.1\r\nHost: x\r\n%s", cases[i].head);
        assert_true(wire_send(fd, request));
        wire_read(fd, &answer, false);
        assert_int_equal(answer.status, cases[i].status);
        if (cases[i].status == 400)
            assert_string_equal(wire_code(&answer), "invalid_argument");
        (void)close(fd);
    }
    assert_int_equal(handled, 4);
}

static void chunked_bodies_up_to_the_limit(void **state)
{
    (void)state;
    int fd = wire_connect(port);
    assert_true(wire_send(fd, "POST /mirror HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\n\r\n"
                              "3\r\nabc\r\n1;ext=1\r\nd\r\n00002\r\nef\r\n0\r\nX-Trailer: 1\r\n\r\n"));
    wire_read(fd, &answer, false);
    assert_int_equal(answer.status, 200);
    assert_string_equal(answer.body, "abcdef");
    char text[8192];
    size_t n = (size_t)snprintf(text, sizeof text,
                                "POST /mirror HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1000\r\n");
    memset(text + n, 'y', SERVICE_BODY_MAX);
    memcpy(text + n + SERVICE_BODY_MAX, "\r\n0\r\n\r\n", 8);
    assert_true(wire_send(fd, text));
    wire_read(fd, &answer, false);
    assert_int_equal(answer.status, 200);
    assert_int_equal(answer.body_n, SERVICE_BODY_MAX);
    (void)close(fd);
}

static void bytes_arrive_as_they_were(void **state)
{
    (void)state;
    char text[1024];
    int fd = wire_connect(port);
    size_t n = (size_t)snprintf(text, sizeof text, "POST /mirror HTTP/1.1\r\nHost: x\r\nContent-Length: 256\r\n\r\n");
    for (int i = 0; i < 256; i++)
        text[n + (size_t)i] = (char)i;
    for (size_t i = 0; i < n + 256; i++) /* byte by byte */
        assert_true(wire_send_bytes(fd, text + i, 1));
    wire_read(fd, &answer, false);
    assert_int_equal(answer.body_n, 256);
    assert_memory_equal(answer.body, text + n, 256);
    assert_true(wire_send(fd, "POST /mirror HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"));
    wire_read(fd, &answer, false);
    assert_int_equal(answer.status, 200);
    assert_int_equal(answer.body_n, 0);
    assert_true(wire_send(fd, "POST /mirror HTTP/1.1\r\nHost: x\r\n\r\n"));
    wire_read(fd, &answer, false);
    assert_int_equal(answer.status, 200);
    assert_int_equal(answer.body_n, 0);
    (void)close(fd);
}

static void a_large_body_arrives_whole(void **state)
{
    (void)state;
    static char body[SERVICE_LARGE_MAX];
    static const size_t sizes[] = {65535, 65536, 65537, 1000003, SERVICE_LARGE_MAX};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char head[128], want[64];
        uint64_t sum = 0;
        for (size_t j = 0; j < sizes[i]; j++) {
            body[j] = (char)(j * 131 + i);
            sum = sum * 31 + (uint8_t)body[j];
        }
        (void)snprintf(head, sizeof head, "POST /sum HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n\r\n", sizes[i]);
        (void)snprintf(want, sizeof want, "%zu %llu", sizes[i], (unsigned long long)sum);
        int fd = wire_connect(port);
        assert_true(wire_send(fd, head) && wire_send_bytes(fd, body, sizes[i]));
        wire_read(fd, &answer, false);
        assert_int_equal(answer.status, 200);
        assert_string_equal(answer.body, want);
        (void)close(fd);
    }
}

static void where_a_request_ends_is_never_in_doubt(void **state)
{
    (void)state;
    assert_refused("POST /mirror HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", 400,
                   "invalid_argument");
    assert_refused("POST /mirror HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n", 400,
                   "invalid_argument");
    assert_refused(
        "POST /mirror HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400,
        "invalid_argument");
    assert_refused("POST /mirror HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400,
                   "invalid_argument");
    assert_refused(
        "POST /mirror HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n", 400,
        "invalid_argument");
    assert_refused("POST /mirror HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: identity\r\n\r\nabc", 400,
                   "invalid_argument");
    static const char *const malformed[] = {
        "POST /mirror HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        "POST /mirror HTTP/1.1\r\nHost: x\r\nContent-Length: 3x\r\n\r\nabc",
        "POST /mirror HTTP/1.1\r\nHost: x\r\nContent-Length: \r\n\r\n",
        "POST /mirror HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "GET /echo HTTP/1.1\r\n\r\n", /* no Host */
        "GET /echo HTTP/9.9\r\nHost: x\r\n\r\n",
        "GET\r\n\r\n",
        "\x16\x03\x01\x02\x01\x01\r\n\r\n", /* TLS to the clear port */
    };
    for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++) {
        int fd = wire_connect(port);
        assert_true(wire_send(fd, malformed[i]));
        wire_read(fd, &answer, false);
        if (answer.status != 0 && (answer.status < 400 || answer.status > 505))
            fail_msg("%s: %d", malformed[i], answer.status);
        (void)close(fd);
    }
    assert_int_equal(handled, 0);
    wire_ask(port, "GET /echo" REST, &answer);
    assert_int_equal(answer.status, 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SERVICE_TEST(unknown_paths_and_methods),
        SERVICE_TEST(ill_encoded_targets),
        SERVICE_TEST(an_overlong_target),
        SERVICE_TEST(refusals_without_a_body_keep_the_connection),
        SERVICE_TEST(more_headers_than_there_is_room_for),
        SERVICE_TEST(a_promised_100_mb_are_refused_at_once),
        SERVICE_TEST(the_answer_survives_what_is_still_being_sent),
        SERVICE_TEST(an_endless_chunked_body_is_cut),
        SERVICE_TEST(a_route_without_body_takes_an_empty_object),
        SERVICE_TEST(chunked_bodies_up_to_the_limit),
        SERVICE_TEST(bytes_arrive_as_they_were),
        SERVICE_TEST(a_large_body_arrives_whole),
        SERVICE_TEST(where_a_request_ends_is_never_in_doubt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
