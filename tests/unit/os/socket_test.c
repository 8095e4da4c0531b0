#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <sys/un.h>

#include "os/file.h"
#include "os/socket.h"
#include "scratch.h"

static bool connects_v4(uint16_t port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    bool connected = connect(fd, (struct sockaddr *)&to, sizeof to) == 0;
    (void)close(fd);
    return connected;
}

static bool connects_v6(uint16_t port)
{
    struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int fd = socket(AF_INET6, SOCK_STREAM, 0);
    bool connected = fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) == 0;
    (void)close(fd);
    return connected;
}

static int connect_unix(const char *path)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    (void)snprintf(to.sun_path, sizeof to.sun_path, "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

static void a_peer_that_is_silently_gone_is_given_up_in_a_minute(void **state)
{
    (void)state;
    int fd;
    uint16_t port = 0;
    unsigned ms = 0;
    socklen_t n = sizeof ms;
    assert_int_equal(socket_listen_tcp(&fd, &port, "127.0.0.1:0"), ERR_OK);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int client = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(client, (struct sockaddr *)&to, sizeof to), 0);
    int accepted = accept(fd, NULL, NULL);
    assert_int_equal(getsockopt(accepted, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, &n), 0);
    assert_int_equal(ms, 60000);
    (void)close(accepted);
    (void)close(client);
    (void)close(fd);
}

static void listens_on_ipv4_ipv6_and_both(void **state)
{
    (void)state;
    int fd;
    uint16_t port = 0;
    assert_int_equal(socket_listen_tcp(&fd, &port, "127.0.0.1:0"), ERR_OK);
    assert_true(port > 0 && connects_v4(port) && !connects_v6(port));
    (void)close(fd);
    assert_int_equal(socket_listen_tcp(&fd, &port, "[::1]:0"), ERR_OK);
    assert_true(connects_v6(port) && !connects_v4(port));
    (void)close(fd);
    assert_int_equal(socket_listen_tcp(&fd, &port, "[::]:0"), ERR_OK);
    assert_true(connects_v6(port) && connects_v4(port));
    (void)close(fd);
    assert_int_equal(socket_listen_tcp(&fd, &port, "0.0.0.0:0"), ERR_OK);
    assert_true(connects_v4(port) && !connects_v6(port));
    (void)close(fd);
}

static void refuses_what_is_no_address(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      ":",
                                      "8970",
                                      ":8970",
                                      "127.0.0.1",
                                      "127.0.0.1:",
                                      "127.0.0.1:65536",
                                      "127.0.0.1:x",
                                      "127.0.0.1:-1",
                                      "::1:8970",
                                      "[::1]8970",
                                      "[::1:8970",
                                      "[]:8970",
                                      "[127.0.0.1]:0",
                                      "localhost:0",
                                      "1.2.3:0",
                                      "127.0.0.1:8970 ",
                                      "[::1]:",
                                      "256.0.0.1:80"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int fd = -1;
        uint16_t port;
        if (socket_listen_tcp(&fd, &port, bad[i]) != ERR_CONFIG)
            fail_msg("accepted \"%s\"", bad[i]);
    }
}

static void an_address_in_use_is_told(void **state)
{
    (void)state;
    int fd, second;
    uint16_t port, other;
    char address[32];
    assert_int_equal(socket_listen_tcp(&fd, &port, "127.0.0.1:0"), ERR_OK);
    (void)snprintf(address, sizeof address, "127.0.0.1:%u", port);
    assert_int_equal(socket_listen_tcp(&second, &other, address), ERR_IO);
    (void)close(fd);
    assert_int_equal(socket_listen_tcp(&second, &other, "192.0.2.1:0"), ERR_IO); /* not of this machine */
}

static void a_unix_socket_is_private_and_knows_its_peer(void **state)
{
    (void)state;
    int fd;
    struct stat status;
    const char *path = scratch_path("s");
    mode_t before = umask(0);
    assert_int_equal(socket_listen_unix(&fd, path), ERR_OK);
    (void)umask(before);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    int client = connect_unix(path);
    int peer = accept(fd, NULL, NULL);
    assert_true(peer >= 0);
    uint32_t uid = 77;
    assert_int_equal(socket_peer_uid(peer, &uid), ERR_OK);
    assert_int_equal(uid, getuid());
    (void)close(peer);
    (void)close(client);
    (void)close(fd);
}

static void a_stale_unix_socket_is_replaced_and_a_live_one_is_not(void **state)
{
    (void)state;
    int fd, second;
    const char *path = scratch_path("s");
    assert_int_equal(socket_listen_unix(&fd, path), ERR_OK);
    assert_int_equal(socket_listen_unix(&second, path), ERR_EXISTS);
    (void)close(connect_unix(path)); /* the first still has the name */
    (void)close(fd);
    assert_int_equal(socket_listen_unix(&fd, path), ERR_OK);
    (void)close(fd);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(file_write(path, "mine", 4, 0600), ERR_OK);
    assert_int_equal(socket_listen_unix(&fd, path), ERR_EXISTS);
    assert_true(file_exists(path));
}

static void an_overlong_path_is_refused(void **state)
{
    (void)state;
    char path[200];
    int fd;
    memset(path, 'a', sizeof path - 1);
    path[0] = '/';
    path[sizeof path - 1] = 0;
    assert_int_equal(socket_listen_unix(&fd, path), ERR_CONFIG);
    assert_int_equal(socket_listen_unix(&fd, ""), ERR_CONFIG);
    assert_int_equal(socket_listen_unix(&fd, scratch_path("no/such")), ERR_IO);
}

static void addresses_as_text(void **state)
{
    (void)state;
    static const struct {
        const char *in, *text;
        bool loopback;
    } known[] = {
        {"127.0.0.1", "127.0.0.1", true},         {"127.9.8.7", "127.9.8.7", true},
        {"192.0.2.7", "192.0.2.7", false},        {"::1", "::1", true},
        {"2001:db8::1", "2001:db8::1", false},    {"::ffff:127.0.0.1", "127.0.0.1", true},
        {"::ffff:192.0.2.7", "192.0.2.7", false},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        struct sockaddr_storage at = {0};
        struct sockaddr_in *v4 = (struct sockaddr_in *)&at;
        struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&at;
        bool is_v6 = strchr(known[i].in, ':') != NULL;
        at.ss_family = is_v6 ? AF_INET6 : AF_INET;
        assert_int_equal(inet_pton(at.ss_family, known[i].in, is_v6 ? (void *)&v6->sin6_addr : (void *)&v4->sin_addr),
                         1);
        char text[SOCKET_ADDRESS_TEXT];
        bool loopback = !known[i].loopback;
        socket_address_text(text, &loopback, (const struct sockaddr *)&at);
        assert_string_equal(text, known[i].text);
        assert_int_equal(loopback, known[i].loopback);
    }
    struct sockaddr other = {.sa_family = AF_UNIX};
    char text[SOCKET_ADDRESS_TEXT];
    bool loopback = true;
    socket_address_text(text, &loopback, &other);
    assert_string_equal(text, "unknown");
    assert_false(loopback);
}

static void connects_by_address_and_by_name(void **state)
{
    (void)state;
    static const char *const hosts[] = {"127.0.0.1", "[::1]", "localhost"};
    static const char *const none[] = {"", "127.0.0.1", "[::1]", ":318", "127.0.0.1:x", "127.0.0.1:65536"};
    int listening, fd;
    uint16_t port = 0;
    char address[64];
    assert_int_equal(socket_listen_tcp(&listening, &port, "[::]:0"), ERR_OK);
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        (void)snprintf(address, sizeof address, "%s:%u", hosts[i], port);
        assert_int_equal(socket_connect_tcp(&fd, address, 2000), ERR_OK);
        char c;
        assert_int_equal(recv(fd, &c, 1, 0), -1); /* does not block */
        assert_int_equal(errno, EAGAIN);
        (void)close(fd);
    }
    (void)close(listening);
    (void)snprintf(address, sizeof address, "127.0.0.1:%u", port);
    assert_int_equal(socket_connect_tcp(&fd, address, 2000), ERR_IO);
    assert_int_equal(socket_connect_tcp(&fd, "no-such-host.invalid:318", 2000), ERR_NOT_FOUND);
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_int_equal(socket_connect_tcp(&fd, none[i], 2000), ERR_CONFIG);
}

int main(void)
{
#define SCRATCH_TEST(f) cmocka_unit_test_setup_teardown(f, scratch_make, scratch_remove)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(listens_on_ipv4_ipv6_and_both),
        cmocka_unit_test(a_peer_that_is_silently_gone_is_given_up_in_a_minute),
        cmocka_unit_test(refuses_what_is_no_address),
        cmocka_unit_test(an_address_in_use_is_told),
        SCRATCH_TEST(a_unix_socket_is_private_and_knows_its_peer),
        SCRATCH_TEST(a_stale_unix_socket_is_replaced_and_a_live_one_is_not),
        SCRATCH_TEST(an_overlong_path_is_refused),
        cmocka_unit_test(addresses_as_text),
        cmocka_unit_test(connects_by_address_and_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
