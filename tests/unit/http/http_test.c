#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/stat.h>

#include "os/address.h"
#include "os/client.h"
#include "os/file.h"
#include "self_signed.h"
#include "service.h"

static wire_answer answer;

static void assert_line(const char *line)
{
    char whole[256];
    (void)snprintf(whole, sizeof whole, "%s\n", line);
    const char *at = strstr(answer.body, whole);
    if (!at || (at != answer.body && at[-1] != '\n'))
        fail_msg("no line \"%s\" in:\n%s", line, answer.body);
}

static void a_handler_sees_the_request(void **state)
{
    (void)state;
    wire_ask(port, "GET /echo/%E5%8C%BB%20b?q=1+2&r HTTP/1.1\r\nHost: x\r\nx-TEST: first\r\nX-Test: second\r\n\r\n",
             &answer);
    assert_int_equal(answer.status, 200);
    assert_line("method=GET");
    assert_line("path=/echo/%E5%8C%BB%20b");
    assert_line("query=q=1+2&r");
    assert_line("q=1 2");
    assert_line("p0=医 b");
    assert_line("p1=(none)");
    assert_line("unix=0");
    assert_line("tls=0");
    assert_line("loopback=1");
    assert_line("origin=127.0.0.1");
    assert_line("x-test=first");
    assert_line("body=0");
    wire_ask(port, "POST /echo/1/x/2?q HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", &answer);
    assert_line("p0=1");
    assert_line("p1=2");
    assert_line("q=");
    assert_line("x-test=(none)");
    assert_line("body=3");
    wire_ask(port, "GET /echo HTTP/1.1\r\nHost: x\r\nX-Test: \xb1\xb1\r\n\r\n", &answer);
    assert_line("x-test=(none)"); /* not UTF-8 */
    assert_line("query=");
    assert_line("q=(none)");
}

static void answers_carry_the_safe_headers(void **state)
{
    (void)state;
    wire_ask(port, "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n", &answer);
    assert_string_equal(wire_header(&answer, "Content-Type"), "text/plain");
    assert_string_equal(wire_header(&answer, "Cache-Control"), "no-store");
    assert_string_equal(wire_header(&answer, "X-Content-Type-Options"), "nosniff");
    wire_ask(port, "GET /headers HTTP/1.1\r\nHost: x\r\n\r\n", &answer);
    assert_int_equal(answer.status, 201);
    assert_string_equal(wire_header(&answer, "Cache-Control"), "max-age=60");
    assert_null(strstr(answer.head, "no-store"));
    assert_null(wire_header(&answer, "X-Forged"));
    wire_ask(port, "GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n", &answer);
    assert_int_equal(answer.status, 500);
    assert_string_equal(wire_code(&answer), "internal");
    wire_ask(port, "GET /empty HTTP/1.1\r\nHost: x\r\n\r\n", &answer);
    assert_int_equal(answer.status, 204);
    assert_int_equal(answer.body_n, 0);
}

static void a_connection_carries_many_requests(void **state)
{
    (void)state;
    int fd = wire_connect(port);
    for (int i = 0; i < 200; i++) {
        assert_true(
            wire_send(fd, i % 3 ? "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n" : "GET /none HTTP/1.1\r\nHost: x\r\n\r\n"));
        wire_read(fd, &answer, false);
        assert_int_equal(answer.status, i % 3 ? 200 : 404);
    }
    (void)close(fd);
}

static void pipelined_requests_are_answered_in_order(void **state)
{
    (void)state;
    int fd = wire_connect(port);
    char all[20 * 100] = "";
    for (int i = 0; i < 20; i++)
        (void)snprintf(all + strlen(all), 100, "POST /mirror HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n%02d", i);
    assert_true(wire_send(fd, all));
    for (int i = 0; i < 20; i++) {
        char want[3];
        (void)snprintf(want, sizeof want, "%02d", i);
        wire_read(fd, &answer, false);
        assert_int_equal(answer.status, 200);
        assert_string_equal(answer.body, want);
    }
    (void)close(fd);
}

static void connection_close_is_honoured(void **state)
{
    (void)state;
    int fd = wire_connect(port);
    assert_true(wire_send(fd, "GET /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
    wire_read(fd, &answer, false);
    assert_int_equal(answer.status, 200);
    assert_true(wire_closed(fd));
    (void)close(fd);
}

static void head_has_no_body(void **state)
{
    (void)state;
    int fd = wire_connect(port);
    assert_true(wire_send(fd, "HEAD /echo HTTP/1.1\r\nHost: x\r\n\r\nGET /echo/2 HTTP/1.1\r\nHost: x\r\n\r\n"));
    wire_read(fd, &answer, true);
    assert_int_equal(answer.status, 200);
    assert_true(strtoul(wire_header(&answer, "Content-Length"), NULL, 10) > 50);
    wire_read(fd, &answer, false);
    assert_line("p0=2");
    (void)close(fd);
}

static void wait_until(const atomic_uint *counter, unsigned value)
{
    uint64_t until = clock_monotonic_ns() + UINT64_C(5000000000);
    while (*counter < value && clock_monotonic_ns() < until)
        (void)usleep(1000);
    assert_int_equal(*counter, value);
}

static void a_full_queue_answers_busy_at_once(void **state)
{
    (void)state;
    http_options options = service_options();
    options.queue_max = 3;
    service_start(&options);
    int fds[5];
    for (unsigned i = 0; i < 5; i++) { /* two at the workers, three waiting */
        fds[i] = wire_connect(port);
        assert_true(wire_send(fds[i], "GET /wait HTTP/1.1\r\nHost: x\r\n\r\n"));
        if (i < 2)
            wait_until(&waiting, i + 1);
    }
    int fd = wire_connect(port);
    (void)usleep(100000); /* until the three are in the queue */
    for (int i = 0; i < 3; i++) {
        assert_true(wire_send(fd, "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n"));
        wire_read(fd, &answer, false);
        assert_int_equal(answer.status, 503);
        assert_string_equal(wire_code(&answer), "busy");
        assert_string_equal(wire_header(&answer, "Retry-After"), "1");
    }
    assert_true(wire_send(fd, "GET /none HTTP/1.1\r\nHost: x\r\n\r\n")); /* what needs no worker is answered as ever */
    wire_read(fd, &answer, false);
    assert_int_equal(answer.status, 404);
    gate_set(true);
    for (unsigned i = 0; i < 5; i++) {
        wire_read(fds[i], &answer, false);
        assert_int_equal(answer.status, 200);
        (void)close(fds[i]);
    }
    assert_true(wire_send(fd, "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n"));
    wire_read(fd, &answer, false);
    assert_int_equal(answer.status, 200);
    (void)close(fd);
    assert_int_equal(service_tear_down(state), 0);
}

static void a_client_that_leaves_early_does_no_harm(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        int fd = wire_connect(port);
        assert_true(wire_send(fd, "GET /wait HTTP/1.1\r\nHost: x\r\n\r\n"));
        wait_until(&waiting, i + 1);
        const struct linger reset = {1, 0};
        (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        (void)close(fd);
    }
    gate_set(true);
    wire_ask(port, "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n", &answer);
    assert_int_equal(answer.status, 200);
}

static void *stop(void *arg)
{
    http_stop(server);
    *(atomic_bool *)arg = true;
    return NULL;
}

static void stopping_finishes_what_was_begun(void **state)
{
    (void)state;
    http_options options = service_options();
    service_start(&options);
    int fds[4];
    for (unsigned i = 0; i < 4; i++) { /* two at the workers, two waiting */
        fds[i] = wire_connect(port);
        assert_true(wire_send(fds[i], "GET /wait HTTP/1.1\r\nHost: x\r\n\r\n"));
    }
    wait_until(&waiting, 2);
    int half = wire_connect(port);
    assert_true(wire_send(half, "GET /wai"));
    (void)usleep(100000);
    atomic_bool stopped = false;
    pthread_t stopper;
    assert_int_equal(pthread_create(&stopper, NULL, stop, &stopped), 0);
    (void)usleep(100000);
    assert_false(stopped);
    wire_ask(port, "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n", &answer); /* comes too late */
    assert_int_equal(answer.status, 503);
    gate_set(true);
    for (unsigned i = 0; i < 4; i++) {
        wire_read(fds[i], &answer, false);
        assert_int_equal(answer.status, 200);
        assert_string_equal(answer.body, "waited");
        (void)close(fds[i]);
    }
    (void)pthread_join(stopper, NULL);
    assert_true(wire_closed(half));
    (void)close(half);
    server = NULL;
    http_stop(NULL);
}

static int ask_held(void)
{
    unsigned before = held_n;
    int fd = wire_connect(port);
    assert_true(wire_send(fd, "GET /held HTTP/1.1\r\nHost: x\r\n\r\n"));
    wait_until(&held_n, before + 1);
    return fd;
}

static void a_held_answer_waits_for_its_release_and_no_worker_for_it(void **state)
{
    (void)state;
    int fds[6]; /* three times the workers */
    for (unsigned i = 0; i < 6; i++)
        fds[i] = ask_held();
    wire_ask(port, "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n", &answer);
    assert_int_equal(answer.status, 200);
    for (unsigned i = 0; i < 6; i++) {
        struct pollfd ready = {.fd = fds[i], .events = POLLIN};
        assert_int_equal(poll(&ready, 1, 20), 0);
        http_release(held[i], i % 2 ? ERR_BUSY : ERR_OK);
        wire_read(fds[i], &answer, false);
        assert_int_equal(answer.status, i % 2 ? 503 : 200);
        if (i % 2)
            assert_string_equal(wire_code(&answer), "busy");
        else
            assert_string_equal(answer.body, "held");
        /* The connection goes on. */
        assert_true(wire_send(fds[i], "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n"));
        wire_read(fds[i], &answer, false);
        assert_int_equal(answer.status, 200);
        (void)close(fds[i]);
    }
    wire_ask(port, "GET /held?now=ok HTTP/1.1\r\nHost: x\r\n\r\n", &answer); /* before its handler returns */
    assert_int_equal(answer.status, 200);
    wire_ask(port, "GET /held?now=full HTTP/1.1\r\nHost: x\r\n\r\n", &answer);
    assert_int_equal(answer.status, 507);
}

static void a_held_request_whose_client_left_does_no_harm(void **state)
{
    (void)state;
    (void)close(ask_held());
    http_release(held[0], ERR_OK);
    wire_ask(port, "GET /held?now=ok HTTP/1.1\r\nHost: x\r\n\r\n", &answer);
    assert_int_equal(answer.status, 200);
}

static void stopping_waits_for_what_is_held(void **state)
{
    (void)state;
    http_options options = service_options();
    service_start(&options);
    int fd = ask_held();
    atomic_bool stopped = false;
    pthread_t stopper;
    assert_int_equal(pthread_create(&stopper, NULL, stop, &stopped), 0);
    (void)usleep(100000);
    assert_false(stopped);
    http_release(held[0], ERR_OK);
    wire_read(fd, &answer, false);
    assert_int_equal(answer.status, 200);
    (void)pthread_join(stopper, NULL);
    (void)close(fd);
    server = NULL;
}

static void quick_routes_have_workers_of_their_own(void **state)
{
    http_options options = service_options();
    options.is_quick = is_quick;
    assert_int_equal(http_start(&server, &options), ERR_CONFIG);
    options.quick_workers = 1;
    service_start(&options);
    int fds[2];
    for (unsigned i = 0; i < 2; i++) {
        fds[i] = wire_connect(port);
        assert_true(wire_send(fds[i], "GET /wait HTTP/1.1\r\nHost: x\r\n\r\n"));
    }
    wait_until(&waiting, 2); /* all others are busy */
    wire_ask(port, "GET /held?now=ok HTTP/1.1\r\nHost: x\r\n\r\n", &answer);
    assert_int_equal(answer.status, 200);
    gate_set(true);
    for (unsigned i = 0; i < 2; i++) {
        wire_read(fds[i], &answer, false);
        assert_int_equal(answer.status, 200);
        (void)close(fds[i]);
    }
    assert_int_equal(service_tear_down(state), 0);
}

static void over_a_unix_socket(void **state)
{
    (void)state;
    char path[64];
    (void)snprintf(path, sizeof path, "/tmp/yiqian-http-test-%d", (int)getpid());
    http_options options = service_options();
    options.unix_path = path;
    service_start(&options);
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    int fd = wire_connect_unix(path);
    assert_true(wire_send(fd, "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n"));
    wire_read(fd, &answer, false);
    assert_int_equal(answer.status, 200);
    char line[32];
    (void)snprintf(line, sizeof line, "uid=%u", getuid());
    assert_line(line);
    assert_line("unix=1");
    assert_line("origin=unix");
    assert_line("loopback=0");
    (void)close(fd);
    wire_ask(port, "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n", &answer);
    assert_line("unix=0");
    /* A second server does not take the socket away. */
    http_server *second = NULL;
    assert_int_equal(http_start(&second, &options), ERR_IO);
    fd = wire_connect_unix(path);
    (void)close(fd);
    assert_int_equal(service_tear_down(state), 0);
    assert_int_equal(stat(path, &status), -1);
}

static void over_ipv6_and_both(void **state)
{
    (void)state;
    http_options options = service_options();
    options.listen = "[::]:0";
    service_start(&options);
    wire_ask(port, "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n", &answer);
    assert_line("origin=127.0.0.1");
    assert_line("loopback=1");
    const struct sockaddr_in6 to = {
        .sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int fd = socket(AF_INET6, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&to, sizeof to), 0);
    assert_true(wire_send(fd, "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n"));
    wire_read(fd, &answer, false);
    assert_line("origin=::1");
    assert_line("loopback=1");
    (void)close(fd);
    assert_int_equal(service_tear_down(state), 0);
}

/* The client behind a trusted proxy is who the proxy says; what the connection is, it stays. */
static void behind_a_proxy(void **state)
{
    (void)state;
    address_ranges trusted;
    assert_int_equal(address_ranges_parse(&trusted, "127.0.0.0/8, 10.0.0.2"), ERR_OK);
    http_options options = service_options();
    service_start(&options);
    wire_ask(port, "GET /echo HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 192.0.2.7\r\n\r\n", &answer);
    assert_line("origin=127.0.0.1");
    assert_int_equal(service_tear_down(state), 0);
    options.trusted_proxies = &trusted;
    service_start(&options);
    wire_ask(port, "GET /echo HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 192.0.2.7\r\n\r\n", &answer);
    assert_line("origin=192.0.2.7");
    assert_line("loopback=1");
    wire_ask(port,
             "GET /echo HTTP/1.1\r\nHost: x\r\nx-forwarded-for: 10.9.9.9\r\nX-Forwarded-For: 2001:db8::7\r\n"
             "X-FORWARDED-FOR: 10.0.0.2\r\n\r\n",
             &answer);
    assert_line("origin=2001:db8::7");
    wire_ask(port, "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n", &answer);
    assert_line("origin=127.0.0.1");
    assert_int_equal(service_tear_down(state), 0);
}

static void over_tls(void **state)
{
    (void)state;
    static char certificate[4096] = "", key[4096] = "";
    char path[64], url[64], message[CLIENT_MESSAGE];
    self_signed_make(certificate, key, sizeof key);
    (void)snprintf(path, sizeof path, "/tmp/yiqian-http-test-ca-%d", (int)getpid());
    assert_int_equal(file_write(path, certificate, strlen(certificate), 0600), ERR_OK);
    http_options options = service_options();
    options.tls_cert_pem = certificate;
    options.tls_key_pem = key;
    service_start(&options);
    arena *a = arena_create(1 << 20);
    client *c;
    client_response got;
    assert_int_equal(client_create(&c), ERR_OK);
    (void)snprintf(url, sizeof url, "https://127.0.0.1:%u/echo", port);
    client_request request = {.method = "GET", .url = url, .timeout_ms = 5000, .response_max = 4096, .ca_file = path};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(client_send(c, a, &request, &got, message), ERR_OK);
        assert_int_equal(got.status, 200);
        assert_non_null(strstr((const char *)got.body.p, "\ntls=1\n"));
    }
    char *large = malloc(SERVICE_BODY_MAX + 1);
    memset(large, 'x', SERVICE_BODY_MAX + 1);
    (void)snprintf(url, sizeof url, "https://127.0.0.1:%u/mirror", port);
    request.method = "POST";
    request.body = bytes_of(large, SERVICE_BODY_MAX);
    assert_int_equal(client_send(c, a, &request, &got, message), ERR_OK);
    assert_int_equal(got.status, 200);
    assert_memory_equal(got.body.p, large, SERVICE_BODY_MAX);
    request.body.n++;
    assert_int_equal(client_send(c, a, &request, &got, message), ERR_OK);
    assert_int_equal(got.status, 413);
    static const char *const chunked[] = {"Transfer-Encoding: chunked"};
    request.headers = chunked;
    request.headers_n = 1;
    assert_int_equal(client_send(c, a, &request, &got, message), ERR_OK);
    assert_int_equal(got.status, 413);
    free(large);
    /* Without our root the certificate is refused; in clear nobody is served. */
    request = (client_request){.method = "GET", .url = url, .timeout_ms = 5000, .response_max = 4096};
    assert_int_equal(client_send(c, a, &request, &got, message), ERR_TRANSPORT);
    assert_non_null(strstr(message, "certificate"));
    int fd = wire_connect(port);
    assert_true(wire_send(fd, "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n"));
    char first = 0;
    (void)wire_byte(fd, &first);
    assert_int_not_equal(first, 'H');
    (void)close(fd);
    client_destroy(c);
    arena_destroy(a);
    (void)unlink(path);
    assert_int_equal(service_tear_down(state), 0);
}

static void bad_options_are_refused(void **state)
{
    (void)state;
    http_server *none = NULL;
    http_options options = service_options();
    options.listen = "localhost";
    assert_int_equal(http_start(&none, &options), ERR_CONFIG);
    options = service_options();
    options.listen = "192.0.2.1:0";
    assert_int_equal(http_start(&none, &options), ERR_IO);
    options = service_options();
    options.workers = 0;
    assert_int_equal(http_start(&none, &options), ERR_CONFIG);
    options = service_options();
    options.tls_cert_pem = "not PEM";
    assert_int_equal(http_start(&none, &options), ERR_CONFIG);
    options.tls_key_pem = "not PEM either";
    assert_int_equal(http_start(&none, &options), ERR_CONFIG);
    options = service_options();
    const http_route twice[] = {service_routes[0], service_routes[0]};
    options.routes = twice;
    options.routes_n = 2;
    assert_int_equal(http_start(&none, &options), ERR_CONFIG);
    assert_null(none);
    options = service_options();
    service_start(&options);
    char taken[32];
    (void)snprintf(taken, sizeof taken, "127.0.0.1:%u", port);
    options.listen = taken;
    assert_int_equal(http_start(&none, &options), ERR_IO);
    assert_int_equal(service_tear_down(state), 0);
}

static void figures_count(void **state)
{
    (void)state;
    http_figures before, after;
    http_read_figures(server, &before);
    for (int i = 0; i < 50; i++)
        wire_ask(port, i % 2 ? "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n" : "GET /none HTTP/1.1\r\nHost: x\r\n\r\n",
                 &answer);
    uint64_t until = clock_monotonic_ns() + UINT64_C(2000000000);
    do { /* a request is counted when its answer has left, which the client may see first */
        http_read_figures(server, &after);
    } while (after.requests - before.requests < 50 && clock_monotonic_ns() < until);
    assert_int_equal(after.requests - before.requests, 50);
    assert_int_equal(handled, 25);
    assert_true(after.loops_cpu_ns > before.loops_cpu_ns);
    assert_true(after.workers_cpu_ns > before.workers_cpu_ns);
    assert_true(after.loops_cpu_ns - before.loops_cpu_ns < UINT64_C(10000000000));
}

static void connections_of_one_address_are_limited(void **state)
{
    (void)state;
    http_options options = service_options();
    options.connections_per_address_max = 3;
    service_start(&options);
    int fds[4];
    for (int i = 0; i < 3; i++) {
        fds[i] = wire_connect(port);
        assert_true(wire_send(fds[i], "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n"));
        wire_read(fds[i], &answer, false);
        assert_int_equal(answer.status, 200);
    }
    fds[3] = wire_connect(port);
    assert_true(wire_closed(fds[3]));
    (void)close(fds[0]);
    (void)close(fds[3]);
    (void)usleep(100000);
    wire_ask(port, "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n", &answer);
    assert_int_equal(answer.status, 200);
    (void)close(fds[1]);
    (void)close(fds[2]);
    assert_int_equal(service_tear_down(state), 0);
}

static void *hammer(void *arg)
{
    static _Thread_local wire_answer mine;
    (void)arg;
    int fd = wire_connect(port);
    for (int i = 0; i < 300; i++) {
        if (i % 50 == 49) {
            (void)close(fd);
            fd = wire_connect(port);
        }
        assert_true(wire_send(fd, "POST /mirror HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"));
        wire_read(fd, &mine, false);
        assert_int_equal(mine.status, 200);
        assert_string_equal(mine.body, "hello");
    }
    (void)close(fd);
    return NULL;
}

static void many_clients_at_once(void **state)
{
    (void)state;
    pthread_t threads[8];
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hammer, NULL), 0);
    for (size_t i = 0; i < 8; i++)
        (void)pthread_join(threads[i], NULL);
    assert_int_equal(handled, 2400);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SERVICE_TEST(a_handler_sees_the_request),
        SERVICE_TEST(answers_carry_the_safe_headers),
        SERVICE_TEST(a_connection_carries_many_requests),
        SERVICE_TEST(pipelined_requests_are_answered_in_order),
        SERVICE_TEST(connection_close_is_honoured),
        SERVICE_TEST(head_has_no_body),
        cmocka_unit_test(a_full_queue_answers_busy_at_once),
        SERVICE_TEST(a_client_that_leaves_early_does_no_harm),
        cmocka_unit_test(stopping_finishes_what_was_begun),
        SERVICE_TEST(a_held_answer_waits_for_its_release_and_no_worker_for_it),
        SERVICE_TEST(a_held_request_whose_client_left_does_no_harm),
        cmocka_unit_test(stopping_waits_for_what_is_held),
        cmocka_unit_test(quick_routes_have_workers_of_their_own),
        cmocka_unit_test(over_a_unix_socket),
        cmocka_unit_test(over_ipv6_and_both),
        cmocka_unit_test(behind_a_proxy),
        cmocka_unit_test(over_tls),
        cmocka_unit_test(bad_options_are_refused),
        SERVICE_TEST(figures_count),
        cmocka_unit_test(connections_of_one_address_are_limited),
        SERVICE_TEST(many_clients_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
