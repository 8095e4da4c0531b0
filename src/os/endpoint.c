#include "os/endpoint.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool read_port(uint16_t *out, const char *text)
{
    unsigned port = 0;
    size_t n = strlen(text);
    if (n == 0 || n > 5)
        return false;
    for (; *text; text++) {
        if (*text < '0' || *text > '9')
            return false;
        port = port * 10 + (unsigned)(*text - '0');
    }
    *out = (uint16_t)port;
    return port > 0 && port <= 65535;
}

/* Host and port of the text; *port stays where there is none. */
static bool split(endpoint *out, const char *text)
{
    bool bracketed = *text == '[';
    const char *host = text + bracketed, *end = bracketed ? strchr(text, ']') : strchr(text, ':');
    size_t n = end ? (size_t)(end - host) : strlen(host);
    const char *rest = end ? end + bracketed : "";
    if ((bracketed && !end) || n == 0 || n >= sizeof out->host || (*rest && *rest != ':'))
        return false;
    memcpy(out->host, host, n);
    out->host[n] = '\0';
    return !*rest || read_port(&out->port, rest + 1);
}

err endpoint_read(endpoint *out, const char *text, uint16_t port)
{
    struct in_addr v4;
    struct in6_addr v6;
    *out = (endpoint){.port = port};
    if (!split(out, text))
        return ERR_ENCODING;
    if (*text != '[' && inet_pton(AF_INET, out->host, &v4) == 1) {
        struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(out->port), .sin_addr = v4};
        memcpy(&out->address, &in, out->n = sizeof in);
        (void)snprintf(out->text, sizeof out->text, "%.46s:%u", out->host, out->port);
    } else if (*text == '[' && inet_pton(AF_INET6, out->host, &v6) == 1) {
        struct sockaddr_in6 in = {.sin6_family = AF_INET6, .sin6_port = htons(out->port), .sin6_addr = v6};
        memcpy(&out->address, &in, out->n = sizeof in);
        (void)snprintf(out->text, sizeof out->text, "[%.46s]:%u", out->host, out->port);
    } else {
        return ERR_ENCODING;
    }
    return ERR_OK;
}

err endpoint_connect(int *out, const endpoint *to, int type)
{
    int fd = socket(to->address.ss_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return ERR_IO;
    if (connect(fd, (const struct sockaddr *)&to->address, to->n) != 0 && errno != EINPROGRESS) {
        (void)close(fd);
        return ERR_IO;
    }
    *out = fd;
    return ERR_OK;
}
