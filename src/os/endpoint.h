/* A numeric address with a port, to connect to: "10.0.0.1", "10.0.0.1:123", "[fd00::1]:123". */
#ifndef YIQIAN_OS_ENDPOINT_H
#define YIQIAN_OS_ENDPOINT_H

#include <stdint.h>
#include <sys/socket.h>

#include "base/err.h"

enum { ENDPOINT_TEXT = 64 };

typedef struct endpoint {
    struct sockaddr_storage address;
    socklen_t n;
    uint16_t port;
    char host[ENDPOINT_TEXT]; /* without port and brackets */
    char text[ENDPOINT_TEXT]; /* "10.0.0.1:123", "[fd00::1]:123" */
} endpoint;

/* port where the text has none. Names are not looked up. ERR_ENCODING. */
MUST_CHECK err endpoint_read(endpoint *out, const char *text, uint16_t port);

/* A non-blocking socket of this type (SOCK_STREAM, SOCK_DGRAM), connected or connecting. ERR_IO. The caller closes it. */
MUST_CHECK err endpoint_connect(int *fd, const endpoint *to, int type);

#endif
