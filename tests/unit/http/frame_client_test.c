#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <signal.h>

#include "http/frame_client.h"
#include "http/frame_server.h"
#include "os/file.h"
#include "os/log.h"
#include "os/socket.h"
#include "self_signed.h"
#include "wire.h"

enum { ANSWER_MAX = 4096 };

static arena *a;

static int set_up(void **state)
{
    (void)state;
    log_set_level(LOG_ERROR);
    (void)signal(SIGPIPE, SIG_IGN);
    a = arena_create(1 << 20);
    return a ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    arena_destroy(a);
    return 0;
}

/* ---- a server that says what the test gives it, once, whatever it is asked ---- */

typedef struct script {
    int fd;
    uint16_t port;
    const char *says;
    size_t n;
    char heard[256];
    size_t heard_n;
    pthread_t thread;
} script;

static void *play(void *arg)
{
    script *s = arg;
    struct pollfd at = {.fd = s->fd, .events = POLLIN};
    assert_int_equal(poll(&at, 1, WIRE_PATIENCE_MS), 1);
    int fd = accept(s->fd, NULL, NULL);
    (void)wire_send_bytes(fd, s->says, s->n);
    (void)shutdown(fd, SHUT_WR);
    for (ssize_t n;
         s->heard_n < sizeof s->heard && (n = recv(fd, s->heard + s->heard_n, sizeof s->heard - s->heard_n, 0)) > 0;)
        s->heard_n += (size_t)n;
    (void)close(fd);
    return NULL;
}

static err ask(script *s, const char *says, size_t n, uint32_t timeout_ms, bytes *answer, const char **why)
{
    *s = (script){.says = says, .n = n};
    assert_int_equal(socket_listen_tcp(&s->fd, &s->port, "127.0.0.1:0"), ERR_OK);
    assert_int_equal(pthread_create(&s->thread, NULL, play, s), 0);
    const frame_request rq = {.address = arena_printf(a, "127.0.0.1:%u", s->port),
                              .message = bytes_of_text("query"),
                              .answer_max = ANSWER_MAX,
                              .timeout_ms = timeout_ms};
    err e = frame_exchange(a, &rq, answer, why);
    (void)pthread_join(s->thread, NULL);
    (void)close(s->fd);
    return e;
}

#define ASK(says, timeout_ms) ask(&s, (says), sizeof(says) - 1, (timeout_ms), &answer, &why)

static void a_final_answer(void **state)
{
    (void)state;
    script s;
    bytes answer;
    const char *why;
    assert_int_equal(ASK("\0\0\0\x6\5token", 3000), ERR_OK);
    assert_true(bytes_equal(answer, bytes_of_text("token")));
    assert_int_equal(s.heard_n, 10);
    assert_memory_equal(s.heard, "\0\0\0\6\0query", 10);
    assert_string_equal(why, "");
    assert_int_equal(ASK("\0\0\0\x6\0token", 3000), ERR_OK); /* some answer so */
    assert_true(bytes_equal(answer, bytes_of_text("token")));
}

static void a_server_that_asks_to_poll(void **state)
{
    (void)state;
    script s;
    bytes answer;
    const char *why;
    static const char polls[] = "\0\0\0\x9\1\1\2\3\4\0\0\0\0"
                                "\0\0\0\xd\4\1\2\3\5\0\0\0\0DER!"
                                "\0\0\0\6\5token";
    uint64_t before = clock_monotonic_ns();
    assert_int_equal(ASK(polls, 5000), ERR_OK);
    assert_true(bytes_equal(answer, bytes_of_text("token")));
    assert_int_equal(s.heard_n, 10 + 9 + 9);
    assert_memory_equal(s.heard + 10, "\0\0\0\5\2\1\2\3\4\0\0\0\5\2\1\2\3\5", 18);
    /* In the time that the server says, or not at all. */
    static const char later[] = "\0\0\0\x9\1\1\2\3\4\0\0\0\1\0\0\0\6\5token";
    assert_int_equal(ASK(later, 5000), ERR_OK);
    assert_true(clock_monotonic_ns() - before >= UINT64_C(1000000000));
    assert_int_equal(ASK(later, 500), ERR_TIMEOUT);
    static const char never[] = "\0\0\0\x9\1\1\2\3\4\xff\xff\xff\xff";
    assert_int_equal(ASK(never, 1000), ERR_TIMEOUT);
}

static void a_server_that_polls_for_ever(void **state)
{
    (void)state;
    script s;
    bytes answer;
    const char *why;
    static char polls[13 * 200];
    for (int i = 0; i < 200; i++)
        memcpy(polls + 13L * i, "\0\0\0\x9\1\1\2\3\4\0\0\0\0", 13);
    assert_int_equal(ask(&s, polls, sizeof polls, 5000, &answer, &why), ERR_REMOTE);
    assert_non_null(strstr(why, "no answer"));
}

static void what_a_server_may_not_say(void **state)
{
    (void)state;
    script s;
    bytes answer;
    const char *why;
    assert_int_equal(ASK("\0\0\0\x5\6half", 3000), ERR_REMOTE);
    assert_string_equal(why, "half");
    assert_int_equal(ASK("\0\0\0\2\6\xff", 3000), ERR_REMOTE); /* no UTF-8 */
    assert_int_equal(ASK("\0\0\0\2\3\0", 3000), ERR_REMOTE);
    assert_int_equal(ASK("\0\0\0\5\2\0\0\0\1", 3000), ERR_REMOTE);
    assert_int_equal(ASK("\0\0\0\1\5", 3000), ERR_REMOTE);
    assert_int_equal(ASK("\0\1\0\0\5x", 3000), ERR_REMOTE); /* longer than it may be */
    assert_int_equal(ASK("\0\0\0\2\7x", 3000), ERR_REMOTE);
    assert_int_equal(ASK("HTTP/1.1 400 Bad Request\r\n\r\n", 3000), ERR_REMOTE);
    assert_string_equal(why, "no message of the timestamp socket");
    assert_int_equal(ASK("\0\0\0\6\5toke", 3000), ERR_TRANSPORT); /* cut short */
    assert_int_equal(ASK("", 3000), ERR_TRANSPORT);
}

static void nobody_there(void **state)
{
    (void)state;
    bytes answer;
    const char *why;
    int fd;
    uint16_t port;
    assert_int_equal(socket_listen_tcp(&fd, &port, "127.0.0.1:0"), ERR_OK);
    frame_request rq = {.address = arena_printf(a, "127.0.0.1:%u", port),
                        .message = bytes_of_text("query"),
                        .answer_max = ANSWER_MAX,
                        .timeout_ms = 300};
    assert_int_equal(frame_exchange(a, &rq, &answer, &why), ERR_TIMEOUT); /* listens and says nothing */
    (void)close(fd);
    assert_int_equal(frame_exchange(a, &rq, &answer, &why), ERR_TRANSPORT);
    rq.address = "127.0.0.1";
    assert_int_equal(frame_exchange(a, &rq, &answer, &why), ERR_CONFIG);
    rq.address = "no-such-host.invalid:318";
    assert_int_equal(frame_exchange(a, &rq, &answer, &why), ERR_TRANSPORT);
    rq.tls = true;
    rq.ca_file = "/nonexistent";
    assert_int_equal(frame_exchange(a, &rq, &answer, &why), ERR_CONFIG);
}

/* ---- against the server ---- */

static err echo(void *app, arena *into, const char *origin, bytes message, bytes *answer, const char **why)
{
    (void)app;
    (void)into;
    (void)origin;
    *why = "拒绝";
    *answer = message;
    return message.p[0] == 'd' ? ERR_ACCESS : ERR_OK;
}

static frame_server_options server_options(void)
{
    return (frame_server_options){.listen = "[::]:0",
                                  .answer = echo,
                                  .message_max = ANSWER_MAX,
                                  .connections_max = 8,
                                  .request_seconds = 3,
                                  .idle_seconds = 3};
}

static void with_our_own_server(void **state)
{
    (void)state;
    frame_server *server;
    const frame_server_options o = server_options();
    assert_int_equal(frame_server_start(&server, &o), ERR_OK);
    static const char *const hosts[] = {"127.0.0.1", "[::1]", "localhost"};
    for (size_t i = 0; i < 3; i++) {
        bytes answer;
        const char *why;
        frame_request rq = {.address = arena_printf(a, "%s:%u", hosts[i], frame_server_port(server)),
                            .message = bytes_of_text("query"),
                            .answer_max = ANSWER_MAX,
                            .timeout_ms = 3000};
        assert_int_equal(frame_exchange(a, &rq, &answer, &why), ERR_OK);
        assert_true(bytes_equal(answer, bytes_of_text("query")));
        rq.message = bytes_of_text("denied");
        assert_int_equal(frame_exchange(a, &rq, &answer, &why), ERR_REMOTE);
        assert_string_equal(why, "拒绝");
    }
    frame_server_stop(server);
}

static void over_tls(void **state)
{
    (void)state;
    static char certificate[4096], key[4096], other[4096], other_key[4096];
    frame_server *server;
    bytes answer;
    const char *why, *trusted = arena_printf(a, "/tmp/yiqian-frame-ca-%d", (int)getpid()),
                     *foreign = arena_printf(a, "/tmp/yiqian-frame-other-%d", (int)getpid());
    self_signed_make(certificate, key, sizeof key);
    self_signed_make(other, other_key, sizeof other_key);
    assert_int_equal(file_write(trusted, certificate, strlen(certificate), 0600), ERR_OK);
    assert_int_equal(file_write(foreign, other, strlen(other), 0600), ERR_OK);
    frame_server_options o = server_options();
    o.tls_cert_pem = certificate;
    o.tls_key_pem = key;
    assert_int_equal(frame_server_start(&server, &o), ERR_OK);
    frame_request rq = {.address = arena_printf(a, "127.0.0.1:%u", frame_server_port(server)),
                        .tls = true,
                        .ca_file = trusted,
                        .message = bytes_of_text("query"),
                        .answer_max = ANSWER_MAX,
                        .timeout_ms = 3000};
    assert_int_equal(frame_exchange(a, &rq, &answer, &why), ERR_OK);
    assert_true(bytes_equal(answer, bytes_of_text("query")));
    rq.ca_file = foreign;
    assert_int_equal(frame_exchange(a, &rq, &answer, &why), ERR_TRANSPORT);
    rq.ca_file = trusted;
    rq.address = arena_printf(a, "[::1]:%u", frame_server_port(server)); /* not an address of the certificate */
    assert_int_equal(frame_exchange(a, &rq, &answer, &why), ERR_TRANSPORT);
    rq.address = arena_printf(a, "localhost:%u", frame_server_port(server)); /* nor a name */
    assert_int_equal(frame_exchange(a, &rq, &answer, &why), ERR_TRANSPORT);
    rq.tls = false;
    assert_true(frame_exchange(a, &rq, &answer, &why) != ERR_OK);
    frame_server_stop(server);
    (void)unlink(trusted);
    (void)unlink(foreign);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_final_answer),
        TEST(a_server_that_asks_to_poll),
        TEST(a_server_that_polls_for_ever),
        TEST(what_a_server_may_not_say),
        TEST(nobody_there),
        TEST(with_our_own_server),
        TEST(over_tls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
