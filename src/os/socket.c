/* struct ucred (SO_PEERCRED) is Linux's, shown only to those who ask for GNU extensions. */
#define _GNU_SOURCE

#include "os/socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "os/clock.h"
#include "os/log.h"

enum {
    BACKLOG = 1024,
    HOST_TEXT = 64,
    PORT_TEXT = 6,
    /* A peer that takes nothing for so long is gone: a phone that left its network says no good-bye, and its channel counts as
     * waiting until TCP gives up, by itself after a quarter of an hour. */
    SILENT_MS = 60000
};

/* "host:port" or "[host]:port" into its two parts. */
static err split_address(char host[HOST_TEXT], char port[PORT_TEXT], const char *address)
{
    const char *host_end = strrchr(address, ':');
    if (!host_end)
        return ERR_CONFIG;
    const char *port_text = host_end + 1;
    if (*address == '[') {
        if (host_end == address || host_end[-1] != ']')
            return ERR_CONFIG;
        address++;
        host_end--;
    }
    size_t host_n = (size_t)(host_end - address), port_n = strlen(port_text);
    if (host_end <= address || host_n >= HOST_TEXT || port_n == 0 || port_n >= PORT_TEXT ||
        strspn(port_text, "0123456789") != port_n || strtoul(port_text, NULL, 10) > UINT16_MAX)
        return ERR_CONFIG;
    memcpy(host, address, host_n);
    host[host_n] = 0;
    memcpy(port, port_text, port_n + 1);
    return ERR_OK;
}

static err resolve(struct addrinfo **out, const char *address)
{
    char host[HOST_TEXT], port[PORT_TEXT];
    TRY(split_address(host, port, address));
    const struct addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV};
    /* getaddrinfo lets pass what is more likely a slip: "1.2.3", an IPv4 address in brackets, an IPv6 one without. */
    struct in_addr v4;
    if (*address == '[' ? strchr(host, ':') == NULL : inet_pton(AF_INET, host, &v4) != 1)
        return ERR_CONFIG;
    return getaddrinfo(host, port, &hints, out) == 0 ? ERR_OK : ERR_CONFIG;
}

static bool is_any_v6(const struct sockaddr *address)
{
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)address;
    return address->sa_family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&v6->sin6_addr);
}

static err bound_port(int fd, uint16_t *port)
{
    struct sockaddr_storage bound;
    socklen_t n = sizeof bound;
    if (getsockname(fd, (struct sockaddr *)&bound, &n) != 0)
        return ERR_IO;
    if (bound.ss_family == AF_INET6)
        *port = ntohs(((const struct sockaddr_in6 *)&bound)->sin6_port);
    else
        *port = ntohs(((const struct sockaddr_in *)&bound)->sin_port);
    return ERR_OK;
}

static err listen_at(int *out, const struct addrinfo *at)
{
    int fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return ERR_IO;
    int on = 1, only_v6 = !is_any_v6(at->ai_addr);
    const unsigned silent = SILENT_MS; /* accepted connections have it, too */
    bool set = setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
               setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &silent, sizeof silent) == 0;
    if (at->ai_family == AF_INET6)
        set = set && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only_v6, sizeof only_v6) == 0;
    if (set && bind(fd, at->ai_addr, at->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0) {
        *out = fd;
        return ERR_OK;
    }
    int saved = errno;
    (void)close(fd);
    errno = saved;
    return ERR_IO;
}

err socket_listen_tcp(int *fd, uint16_t *port, const char *address)
{
    struct addrinfo *at = NULL;
    err e = resolve(&at, address);
    if (e != ERR_OK) {
        log_write(LOG_ERROR, "socket", "\"%s\" is not an address to listen on: want 127.0.0.1:8970 or [::]:8970",
                  address);
        return e;
    }
    e = listen_at(fd, at);
    freeaddrinfo(at);
    if (e != ERR_OK) {
        log_write(LOG_ERROR, "socket", "cannot listen on %s: %s", address, strerror(errno));
        return e;
    }
    e = bound_port(*fd, port);
    if (e != ERR_OK)
        (void)close(*fd);
    return e;
}

/* Waits for a connection that was begun. */
static err finish_connecting(int fd, uint64_t deadline_ns)
{
    uint64_t now = clock_monotonic_ns();
    struct pollfd at = {.fd = fd, .events = POLLOUT};
    int failed = 0;
    socklen_t n = sizeof failed;
    if (now >= deadline_ns || poll(&at, 1, (int)((deadline_ns - now) / 1000000) + 1) != 1)
        return ERR_TIMEOUT;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &failed, &n) == 0 && failed == 0 ? ERR_OK : ERR_IO;
}

static err connect_at(int *out, const struct addrinfo *at, uint64_t deadline_ns)
{
    int fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return ERR_IO;
    err e = connect(fd, at->ai_addr, at->ai_addrlen) == 0 ? ERR_OK
            : errno == EINPROGRESS                        ? finish_connecting(fd, deadline_ns)
                                                          : ERR_IO;
    if (e != ERR_OK)
        (void)close(fd);
    else
        *out = fd;
    return e;
}

err socket_connect_tcp(int *fd, const char *address, uint32_t timeout_ms)
{
    char host[HOST_TEXT], port[PORT_TEXT];
    struct addrinfo *found = NULL;
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    uint64_t deadline_ns = clock_monotonic_ns() + timeout_ms * UINT64_C(1000000);
    TRY(split_address(host, port, address));
    if (getaddrinfo(host, port, &hints, &found) != 0)
        return ERR_NOT_FOUND;
    err e = ERR_NOT_FOUND;
    for (const struct addrinfo *at = found; at && e != ERR_OK; at = at->ai_next)
        e = connect_at(fd, at, deadline_ns);
    freeaddrinfo(found);
    return e;
}

/* Removes a socket that nobody listens on any more. */
static err remove_stale(const struct sockaddr_un *at)
{
    struct stat status;
    if (lstat(at->sun_path, &status) != 0)
        return errno == ENOENT ? ERR_OK : ERR_IO;
    if (!S_ISSOCK(status.st_mode))
        return ERR_EXISTS;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return ERR_IO;
    bool dead = connect(fd, (const struct sockaddr *)at, sizeof *at) != 0 && errno == ECONNREFUSED;
    (void)close(fd);
    if (!dead)
        return ERR_EXISTS;
    return unlink(at->sun_path) == 0 ? ERR_OK : ERR_IO;
}

err socket_listen_unix(int *out, const char *path)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    size_t n = strlen(path);
    if (n == 0 || n >= sizeof at.sun_path) {
        log_write(LOG_ERROR, "socket", "the path of a Unix socket has 1 to %zu bytes: %s", sizeof at.sun_path - 1,
                  path);
        return ERR_CONFIG;
    }
    memcpy(at.sun_path, path, n + 1);
    int fd = -1;
    err e = remove_stale(&at);
    if (e == ERR_OK) {
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        /* Linux gives the file the mode of the socket, so that there is no moment in which others could connect. */
        if (fd < 0 || fchmod(fd, S_IRUSR | S_IWUSR) != 0 || bind(fd, (const struct sockaddr *)&at, sizeof at) != 0 ||
            chmod(path, S_IRUSR | S_IWUSR) != 0 || listen(fd, BACKLOG) != 0)
            e = ERR_IO;
    }
    if (e != ERR_OK) {
        log_write(LOG_ERROR, "socket", "cannot listen on %s: %s", path,
                  e == ERR_EXISTS ? "the name is taken, or another process listens there" : strerror(errno));
        if (fd >= 0)
            (void)close(fd);
        return e;
    }
    *out = fd;
    return ERR_OK;
}

err socket_peer_uid(int fd, uint32_t *uid)
{
    struct ucred peer;
    socklen_t n = sizeof peer;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) != 0)
        return ERR_IO;
    *uid = peer.uid;
    return ERR_OK;
}

static void text_v4(char out[SOCKET_ADDRESS_TEXT], bool *loopback, const struct in_addr *v4)
{
    *loopback = ntohl(v4->s_addr) >> 24 == 127;
    (void)inet_ntop(AF_INET, v4, out, SOCKET_ADDRESS_TEXT);
}

void socket_address_text(char out[SOCKET_ADDRESS_TEXT], bool *loopback, const struct sockaddr *address)
{
    *loopback = false;
    if (address->sa_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, address, sizeof v4);
        text_v4(out, loopback, &v4.sin_addr);
    } else if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, address, sizeof v6);
        if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
            struct in_addr v4;
            memcpy(&v4, v6.sin6_addr.s6_addr + 12, sizeof v4);
            text_v4(out, loopback, &v4);
        } else {
            *loopback = IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr);
            (void)inet_ntop(AF_INET6, &v6.sin6_addr, out, SOCKET_ADDRESS_TEXT);
        }
    } else {
        (void)snprintf(out, SOCKET_ADDRESS_TEXT, "unknown");
    }
}
