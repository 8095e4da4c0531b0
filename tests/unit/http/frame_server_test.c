#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#include "http/frame_server.h"
#include "os/log.h"
#include "self_signed.h"
#include "tsa/frame.h"
#include "wire.h"

enum { MESSAGE_MAX = 4096, CONNECTIONS = 8, LARGE = 1 << 20 };

static frame_server *server;
static uint16_t port;
static atomic_uint asked;

/* What is asked for by the first octet; anything else comes back behind the octet 'A'. */
static err answer(void *app, arena *a, const char *origin, bytes message, bytes *out, const char **why)
{
    assert_string_equal(app, "the app");
    assert_string_equal(origin, "127.0.0.1");
    asked++;
    if (message.p[0] == 'd') {
        *why = "不在访问许可之内 (not admitted)";
        return ERR_ACCESS;
    }
    if (message.p[0] == 'r') {
        *why = "too many requests";
        return ERR_RATE;
    }
    if (message.p[0] == 's') /* an error that nobody has words for */
        return ERR_INTERNAL;
    if (message.p[0] == 'w') {
        struct timespec pause = {0, 300000000};
        (void)nanosleep(&pause, NULL);
    }
    static const uint8_t large[LARGE];
    if (message.p[0] == 'L') {
        *out = bytes_of(large, sizeof large);
        return ERR_OK;
    }
    size_t n = message.n + 1;
    uint8_t *room = arena_alloc(a, n);
    assert_non_null(room);
    room[0] = 'A';
    memcpy(room + 1, message.p, message.n);
    *out = bytes_of(room, n);
    return ERR_OK;
}

static frame_server_options options_of_test(void)
{
    return (frame_server_options){.listen = "127.0.0.1:0",
                                  .answer = answer,
                                  .app = (void *)(uintptr_t) "the app",
                                  .message_max = MESSAGE_MAX,
                                  .connections_max = CONNECTIONS,
                                  .request_seconds = 1,
                                  .idle_seconds = 2};
}

static void start(const frame_server_options *o)
{
    assert_int_equal(frame_server_start(&server, o), ERR_OK);
    port = frame_server_port(server);
}

static int set_up(void **state)
{
    (void)state;
    log_set_level(LOG_ERROR);
    (void)signal(SIGPIPE, SIG_IGN);
    frame_server_options o = options_of_test();
    asked = 0;
    start(&o);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    frame_server_stop(server);
    server = NULL;
    return 0;
}

/* ---- a client ---- */

static size_t put(uint8_t *room, uint8_t flag, const char *value, size_t n)
{
    store_u32be(room, (uint32_t)n + 1);
    room[4] = flag;
    memcpy(room + 5, value, n);
    return n + 5;
}

static void say(int fd, uint8_t flag, const char *value)
{
    uint8_t room[MESSAGE_MAX + 64];
    assert_true(wire_send_bytes(fd, room, put(room, flag, value, strlen(value))));
}

/* The next message from the server: its flag, and its value as text. */
static int hear(int fd, char *value, size_t cap)
{
    uint8_t head[FRAME_HEAD];
    for (size_t i = 0; i < sizeof head; i++)
        if (wire_byte(fd, (char *)&head[i]) != 1)
            return -1;
    size_t n = load_u32be(head) - 1;
    assert_true(n < cap);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(wire_byte(fd, &value[i]), 1);
    value[n] = '\0';
    return head[4];
}

static void assert_heard(int fd, int flag, const char *text)
{
    char value[MESSAGE_MAX + 64];
    assert_int_equal(hear(fd, value, sizeof value), flag);
    if (!strstr(value, text))
        fail_msg("\"%s\" is not in \"%s\"", text, value);
}

static unsigned connections(void)
{
    frame_server_figures f;
    frame_server_read_figures(server, &f);
    return f.connections;
}

static void wait_for_connections(unsigned n)
{
    const struct timespec step = {0, 2000000};
    for (int i = 0; i < 4000 && connections() != n; i++)
        (void)nanosleep(&step, NULL);
    assert_int_equal(connections(), n);
}

/* ---- what it does ---- */

static void a_message_is_answered(void **state)
{
    (void)state;
    int fd = wire_connect(port);
    say(fd, FRAME_MESSAGE, "one");
    assert_heard(fd, FRAME_FINAL_REPLY, "Aone");
    say(fd, FRAME_MESSAGE, "two");
    assert_heard(fd, FRAME_FINAL_REPLY, "Atwo");
    (void)close(fd);
    wait_for_connections(0);
    frame_server_figures f;
    frame_server_read_figures(server, &f);
    assert_int_equal(f.answered, 2);
    assert_int_equal(f.turned_away, 0);
}

static void messages_may_come_all_at_once(void **state)
{
    (void)state;
    enum { N = 500 };
    static uint8_t room[N * 32];
    size_t n = 0;
    char text[32];
    for (int i = 0; i < N; i++) {
        (void)snprintf(text, sizeof text, "m%d", i);
        n += put(room + n, FRAME_MESSAGE, text, strlen(text));
    }
    int fd = wire_connect(port);
    assert_true(wire_send_bytes(fd, room, n));
    assert_int_equal(shutdown(fd, SHUT_WR), 0); /* half open: it is answered all the same */
    for (int i = 0; i < N; i++) {
        char value[MESSAGE_MAX];
        (void)snprintf(text, sizeof text, "Am%d", i);
        assert_int_equal(hear(fd, value, sizeof value), FRAME_FINAL_REPLY);
        assert_string_equal(value, text);
    }
    assert_true(wire_closed(fd));
    (void)close(fd);
}

static void a_message_may_come_octet_by_octet(void **state)
{
    (void)state;
    uint8_t room[64];
    size_t n = put(room, FRAME_MESSAGE, "part", 4);
    int fd = wire_connect(port), on = 1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const struct timespec step = {0, 5000000};
    for (size_t i = 0; i < n; i++) {
        assert_true(wire_send_bytes(fd, room + i, 1));
        (void)nanosleep(&step, NULL);
    }
    assert_heard(fd, FRAME_FINAL_REPLY, "Apart");
    (void)close(fd);
}

static void the_longest_message_and_a_longer_one(void **state)
{
    (void)state;
    static char value[MESSAGE_MAX + 2];
    memset(value, 'x', MESSAGE_MAX);
    int fd = wire_connect(port);
    say(fd, FRAME_MESSAGE, value);
    assert_heard(fd, FRAME_FINAL_REPLY, "Axxx");
    value[MESSAGE_MAX] = 'x';
    say(fd, FRAME_MESSAGE, value);
    assert_heard(fd, FRAME_ERROR, "length");
    assert_true(wire_closed(fd));
    (void)close(fd);
    assert_int_equal(asked, 1);
}

static void errors_are_said_and_the_connection_goes_on(void **state)
{
    (void)state;
    int fd = wire_connect(port);
    say(fd, FRAME_MESSAGE, "rate");
    assert_heard(fd, FRAME_ERROR, "too many requests");
    say(fd, FRAME_MESSAGE, "s");
    assert_heard(fd, FRAME_ERROR, "internal");
    uint8_t poll[64];
    size_t n = put(poll, FRAME_POLL_REQUEST, "\0\0\0\7", 4);
    assert_true(wire_send_bytes(fd, poll, n));
    assert_heard(fd, FRAME_ERROR, "no such polling reference");
    say(fd, FRAME_MESSAGE, "on");
    assert_heard(fd, FRAME_FINAL_REPLY, "Aon");
    say(fd, FRAME_MESSAGE, "denied");
    assert_heard(fd, FRAME_ERROR, "不在访问许可之内");
    assert_true(wire_closed(fd));
    (void)close(fd);
}

static void what_is_no_message_for_a_server(void **state)
{
    (void)state;
    static const struct {
        const char *octets;
        size_t n;
        const char *text;
    } wrong[] = {{"\0\0\0\0\0", 5, "length"},
                 {"\0\0\0\1\0", 5, "length"},
                 {"\xff\xff\xff\xff\0", 5, "length"},
                 {"\0\0\0\6\2\0\0\0\7\0", 10, "length"},
                 {"\0\0\0\2\7x", 6, "no such message"},
                 {"\0\0\0\2\xffx", 6, "no such message"},
                 {"\0\0\0\x9\1\0\0\0\1\0\0\0\1", 13, "only tsaMsg"},
                 {"\0\0\0\2\3\0", 6, "only tsaMsg"},
                 {"\0\0\0\xa\4\0\0\0\1\0\0\0\1x", 14, "only tsaMsg"},
                 {"\0\0\0\2\5x", 6, "only tsaMsg"},
                 {"\0\0\0\2\6x", 6, "only tsaMsg"},
                 {"GET /tsa HTTP/1.1\r\nHost: x\r\n\r\n", 31, "no such message"},
                 {"\x16\x03\x01\x02\0\1\0\1\xfc\3\3", 11, "length"}}; /* TLS, where there is none */
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        int fd = wire_connect(port);
        assert_true(wire_send_bytes(fd, wrong[i].octets, wrong[i].n));
        assert_heard(fd, FRAME_ERROR, wrong[i].text);
        assert_true(wire_closed(fd));
        (void)close(fd);
    }
    assert_int_equal(asked, 0);
    wait_for_connections(0);
}

static void a_message_cut_short_gets_no_answer(void **state)
{
    (void)state;
    int fd = wire_connect(port);
    assert_true(wire_send_bytes(fd, "\0\0\0\6\0abc", 8));
    assert_int_equal(shutdown(fd, SHUT_WR), 0);
    assert_true(wire_closed(fd));
    (void)close(fd);
    assert_int_equal(asked, 0);
}

static void who_is_slow_or_silent_is_cut(void **state)
{
    (void)state;
    int silent = wire_connect(port), slow = wire_connect(port);
    uint64_t before = clock_monotonic_ns();
    assert_true(wire_send_bytes(slow, "\0\0\0\x40\0", 5));
    /* An octet now and then is no progress. */
    const struct timespec step = {0, 100000000};
    int sent = 0;
    while (sent < 50 && wire_send_bytes(slow, "x", 1)) {
        sent++;
        (void)nanosleep(&step, NULL);
    }
    assert_true(sent < 20);
    assert_true(wire_closes_after(silent) < 3000);
    assert_true(clock_monotonic_ns() - before > UINT64_C(1500000000));
    (void)close(silent);
    (void)close(slow);
    assert_int_equal(asked, 0);
    wait_for_connections(0);
}

static void who_takes_no_answer_is_cut(void **state)
{
    (void)state;
    int fd = wire_connect(port), small = 4096;
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    for (int i = 0; i < 16; i++)
        say(fd, FRAME_MESSAGE, "Large");
    wait_for_connections(1);
    wait_for_connections(0);
    (void)close(fd);
}

static void clients_that_are_killed_leave_nothing(void **state)
{
    (void)state;
    const struct linger reset = {1, 0};
    for (int i = 0; i < 200; i++) {
        int fd = wire_connect(port);
        uint8_t room[64];
        size_t n = put(room, FRAME_MESSAGE, i % 3 ? "bye" : "Large", i % 3 ? 3 : 5);
        (void)wire_send_bytes(fd, room, (size_t)i % (n + 1));
        (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        (void)close(fd);
    }
    /* Those that the listener has not come to yet may still take all the room. */
    int flag = FRAME_ERROR;
    for (int tries = 0; tries < 500 && flag != FRAME_FINAL_REPLY; tries++) {
        char value[MESSAGE_MAX];
        const struct timespec step = {0, 10000000};
        int fd = wire_connect(port);
        uint8_t room[64];
        (void)wire_send_bytes(fd, room, put(room, FRAME_MESSAGE, "on", 2));
        flag = hear(fd, value, sizeof value);
        (void)close(fd);
        (void)nanosleep(&step, NULL);
    }
    assert_int_equal(flag, FRAME_FINAL_REPLY);
    wait_for_connections(0);
}

static void connections_are_limited(void **state)
{
    (void)state;
    int fds[CONNECTIONS];
    for (int i = 0; i < CONNECTIONS; i++) {
        fds[i] = wire_connect(port);
        say(fds[i], FRAME_MESSAGE, "in");
        assert_heard(fds[i], FRAME_FINAL_REPLY, "Ain");
    }
    int more = wire_connect(port);
    assert_heard(more, FRAME_ERROR, "too many connections");
    assert_true(wire_closed(more));
    (void)close(more);
    (void)close(fds[0]);
    wait_for_connections(CONNECTIONS - 1);
    more = wire_connect(port);
    say(more, FRAME_MESSAGE, "in");
    assert_heard(more, FRAME_FINAL_REPLY, "Ain");
    (void)close(more);
    for (int i = 1; i < CONNECTIONS; i++)
        (void)close(fds[i]);
    frame_server_figures f;
    frame_server_read_figures(server, &f);
    assert_int_equal(f.turned_away, 1);
}

static void connections_of_one_address_are_limited(void **state)
{
    (void)state;
    frame_server_options o = options_of_test();
    o.connections_per_address_max = 2;
    start(&o);
    int one = wire_connect(port), two = wire_connect(port);
    say(two, FRAME_MESSAGE, "in");
    assert_heard(two, FRAME_FINAL_REPLY, "Ain");
    int three = wire_connect(port);
    assert_heard(three, FRAME_ERROR, "too many connections");
    (void)close(three);
    /* Another address has room. */
    const struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK + 1)}},
                             to = {
                                 .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int other = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(other, (const struct sockaddr *)&from, sizeof from), 0);
    assert_int_equal(connect(other, (const struct sockaddr *)&to, sizeof to), 0);
    wait_for_connections(3);
    (void)close(one);
    (void)close(two);
    (void)close(other);
    assert_int_equal(tear_down(state), 0);
}

static bool admit_others(void *app, const char *origin)
{
    assert_string_equal(app, "the app");
    return strcmp(origin, "127.0.0.1") != 0;
}

/* Who gets no answer takes no room. */
static void an_address_may_be_kept_out(void **state)
{
    (void)state;
    frame_server_options o = options_of_test();
    o.admit = admit_others;
    start(&o);
    for (int i = 0; i < 3; i++) {
        int fd = wire_connect(port);
        assert_heard(fd, FRAME_ERROR, "access denied");
        assert_true(wire_closed(fd));
        (void)close(fd);
    }
    frame_server_figures f;
    frame_server_read_figures(server, &f);
    assert_int_equal(f.turned_away, 3);
    assert_int_equal(f.connections, 0);
    assert_int_equal(tear_down(state), 0);
}

static void *ask_slowly(void *arg)
{
    int fd = *(int *)arg;
    say(fd, FRAME_MESSAGE, "wait");
    assert_heard(fd, FRAME_FINAL_REPLY, "Await");
    assert_true(wire_closed(fd));
    return NULL;
}

static void a_stop_lets_the_answer_leave(void **state)
{
    (void)state;
    frame_server_options o = options_of_test();
    start(&o);
    int fd = wire_connect(port), idle = wire_connect(port);
    pthread_t client;
    asked = 0;
    assert_int_equal(pthread_create(&client, NULL, ask_slowly, &fd), 0);
    const struct timespec step = {0, 2000000};
    while (asked == 0)
        (void)nanosleep(&step, NULL);
    uint64_t before = clock_monotonic_ns();
    assert_int_equal(tear_down(state), 0);
    assert_true(clock_monotonic_ns() - before < UINT64_C(3000000000));
    assert_int_equal(pthread_join(client, NULL), 0);
    assert_true(wire_closed(idle));
    (void)close(idle);
    (void)close(fd);
}

static void options_that_make_no_sense(void **state)
{
    (void)state;
    frame_server *s = NULL;
    frame_server_options o = options_of_test();
    o.connections_max = 0;
    assert_int_equal(frame_server_start(&s, &o), ERR_CONFIG);
    o = options_of_test();
    o.tls_cert_pem = "x";
    assert_int_equal(frame_server_start(&s, &o), ERR_CONFIG);
    o.tls_key_pem = "x";
    assert_int_equal(frame_server_start(&s, &o), ERR_CONFIG);
    o = options_of_test();
    o.listen = "localhost:1";
    assert_int_equal(frame_server_start(&s, &o), ERR_CONFIG);
    char taken[64];
    (void)snprintf(taken, sizeof taken, "127.0.0.1:%u", port);
    o.listen = taken;
    assert_int_equal(frame_server_start(&s, &o), ERR_IO);
    assert_null(s);
    frame_server_stop(NULL);
}

/* ---- TLS ---- */

static SSL *tls_connect(SSL_CTX *context, int fd)
{
    SSL *ssl = SSL_new(context);
    assert_non_null(ssl);
    assert_int_equal(SSL_set_fd(ssl, fd), 1);
    assert_int_equal(SSL_connect(ssl), 1);
    return ssl;
}

static void over_tls(void **state)
{
    static char certificate[4096], key[4096], other_certificate[4096], other_key[4096];
    self_signed_make(certificate, key, sizeof key);
    self_signed_make(other_certificate, other_key, sizeof other_key);
    frame_server_options o = options_of_test();
    o.request_seconds = 4; /* a busy machine takes its time for the handshake */
    o.tls_cert_pem = certificate;
    o.tls_key_pem = other_key;
    assert_int_equal(frame_server_start(&server, &o), ERR_CONFIG);
    o.tls_key_pem = key;
    start(&o);
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    BIO *pem = BIO_new_mem_buf(certificate, -1);
    X509 *root = PEM_read_bio_X509(pem, NULL, NULL, NULL);
    assert_int_equal(X509_STORE_add_cert(SSL_CTX_get_cert_store(context), root), 1);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    for (int round = 0; round < 3; round++) {
        int fd = wire_connect(port);
        SSL *ssl = tls_connect(context, fd);
        uint8_t room[MESSAGE_MAX + 64];
        for (int i = 0; i < 3; i++) {
            size_t n = put(room, FRAME_MESSAGE, "in TLS", 6), got = 0, part;
            assert_int_equal(SSL_write(ssl, room, (int)n), (int)n);
            while (got < n + 1 && SSL_read_ex(ssl, room + got, sizeof room - got, &part) == 1)
                got += part;
            assert_int_equal(got, n + 1);
            assert_memory_equal(room, "\0\0\0\x8\5Ain TLS", 12);
        }
        if (round != 1)
            (void)SSL_shutdown(ssl);
        SSL_free(ssl);
        (void)close(fd);
    }
    /* Who does not speak TLS gets no word of the protocol, and who says nothing is cut. */
    int clear = wire_connect(port), silent = wire_connect(port);
    say(clear, FRAME_MESSAGE, "in clear");
    char byte;
    while (wire_byte(clear, &byte) == 1)
        assert_int_not_equal(byte, 'A');
    assert_true(wire_closes_after(silent) < 6000);
    (void)close(clear);
    (void)close(silent);
    wait_for_connections(0);
    X509_free(root);
    BIO_free(pem);
    SSL_CTX_free(context);
    assert_int_equal(tear_down(state), 0);
}

#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(a_message_is_answered),
        WITH_SERVER(messages_may_come_all_at_once),
        WITH_SERVER(a_message_may_come_octet_by_octet),
        WITH_SERVER(the_longest_message_and_a_longer_one),
        WITH_SERVER(errors_are_said_and_the_connection_goes_on),
        WITH_SERVER(what_is_no_message_for_a_server),
        WITH_SERVER(a_message_cut_short_gets_no_answer),
        WITH_SERVER(who_is_slow_or_silent_is_cut),
        WITH_SERVER(who_takes_no_answer_is_cut),
        WITH_SERVER(clients_that_are_killed_leave_nothing),
        WITH_SERVER(connections_are_limited),
        WITH_SERVER(options_that_make_no_sense),
        cmocka_unit_test(connections_of_one_address_are_limited),
        cmocka_unit_test(an_address_may_be_kept_out),
        cmocka_unit_test(a_stop_lets_the_answer_leave),
        cmocka_unit_test(over_tls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
