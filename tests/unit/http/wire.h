/* A client that writes bytes to a socket and reads them: what no well-behaved HTTP library would send, a test must. */
#ifndef YIQIAN_TESTS_HTTP_WIRE_H
#define YIQIAN_TESTS_HTTP_WIRE_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "os/clock.h"

enum { WIRE_PATIENCE_MS = 8000 };

static inline int wire_connect(uint16_t port)
{
    const struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

static inline int wire_connect_unix(const char *path)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    (void)snprintf(to.sun_path, sizeof to.sun_path, "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

/* False: the peer does not take it. */
static inline bool wire_send_bytes(int fd, const void *p, size_t n)
{
    const char *at = p;
    while (n > 0) {
        ssize_t sent = send(fd, at, n, MSG_NOSIGNAL);
        if (sent < 0)
            return false;
        at += sent;
        n -= (size_t)sent;
    }
    return true;
}

static inline bool wire_send(int fd, const char *text)
{
    return wire_send_bytes(fd, text, strlen(text));
}

/* One byte: 1, the end of the connection: 0, a reset: -1; fails the test when nothing comes for long. */
static inline int wire_byte(int fd, char *c)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    if (poll(&wait, 1, WIRE_PATIENCE_MS) != 1)
        fail_msg("no answer");
    return (int)recv(fd, c, 1, 0);
}

typedef struct wire_answer {
    int status; /* 0: the connection ended without an answer */
    char head[4096];
    char body[65536];
    size_t body_n;
} wire_answer;

/* The value of a header, up to its end of line; NULL where there is none. */
static inline const char *wire_header(const wire_answer *answer, const char *name)
{
    static _Thread_local char value[512];
    size_t n = strlen(name);
    for (const char *line = answer->head; (line = strchr(line, '\n')) != NULL;) {
        line++;
        if (strncasecmp(line, name, n) != 0 || line[n] != ':')
            continue;
        (void)snprintf(value, sizeof value, "%.*s", (int)strcspn(line + n + 2, "\r"), line + n + 2);
        return value;
    }
    return NULL;
}

/* Reads one answer and no byte more. without_body: the answer to a HEAD. */
static inline void wire_read(int fd, wire_answer *answer, bool without_body)
{
    memset(answer, 0, sizeof *answer);
    size_t n = 0;
    while (n < 4 || memcmp(answer->head + n - 4, "\r\n\r\n", 4) != 0) {
        assert_true(n < sizeof answer->head - 1);
        if (wire_byte(fd, &answer->head[n]) <= 0) {
            assert_int_equal(n, 0);
            return;
        }
        n++;
    }
    assert_int_equal(sscanf(answer->head, "HTTP/1.1 %d ", &answer->status), 1);
    const char *length = wire_header(answer, "Content-Length");
    size_t want = length && !without_body ? strtoul(length, NULL, 10) : 0;
    assert_true(want < sizeof answer->body);
    for (; answer->body_n < want; answer->body_n++)
        assert_int_equal(wire_byte(fd, &answer->body[answer->body_n]), 1);
}

/* Whether the peer closes, within the test's patience, without having sent anything more. */
static inline bool wire_closed(int fd)
{
    char c;
    return wire_byte(fd, &c) <= 0;
}

/* Milliseconds until the peer closes. */
static inline int64_t wire_closes_after(int fd)
{
    uint64_t before = clock_monotonic_ns();
    assert_true(wire_closed(fd));
    return (int64_t)((clock_monotonic_ns() - before) / 1000000);
}

/* One request on a connection of its own. */
static inline void wire_ask(uint16_t port, const char *text, wire_answer *answer)
{
    int fd = wire_connect(port);
    assert_true(wire_send(fd, text));
    wire_read(fd, answer, strncmp(text, "HEAD", 4) == 0);
    (void)close(fd);
}

/* The value of "code" in a problem; "" where there is none. */
static inline const char *wire_code(const wire_answer *answer)
{
    static _Thread_local char code[64];
    const char *at = strstr(answer->body, "\"code\":\"");
    (void)snprintf(code, sizeof code, "%.*s", at ? (int)strcspn(at + 8, "\"") : 0, at ? at + 8 : "");
    return code;
}

#endif
