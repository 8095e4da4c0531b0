/* The connections of the server: who is at the other end, and by when it must have done what it is expected to. One thread cuts
 * those that are late, which the inactivity timeout of the HTTP library does not do: a byte now and then is activity. */
#ifndef YIQIAN_HTTP_CONNECTION_H
#define YIQIAN_HTTP_CONNECTION_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/err.h"
#include "os/socket.h"

typedef struct connection {
    struct connection *previous, *next; /* in the set */
    int fd;
    bool unix_socket, loopback;
    uint32_t uid; /* of a Unix socket's peer */
    char origin[SOCKET_ADDRESS_TEXT];
    /* What the peer sends is read and dropped for a moment after the end. Otherwise closing the socket resets the connection,
     * and the peer may lose the answer that says why its request was refused. Changed by the connection's event loop only. */
    bool linger;
    bool cut;                     /* by the reaper; guarded by the set's lock */
    _Atomic uint64_t deadline_ns; /* of the monotonic clock */
} connection;

typedef struct connection_set connection_set;

/* ERR_MEMORY. Ownership: connection_set_destroy, when no connection is in it; NULL is fine. */
MUST_CHECK err connection_set_create(connection_set **out);
void connection_set_destroy(connection_set *set);

/* A new connection with `seconds` to send its first request; NULL if memory is out. address is not read for a Unix socket. */
connection *connection_add(connection_set *set, int fd, const struct sockaddr *address, bool unix_socket,
                           unsigned seconds);

/* The connection is about to be closed: call before its descriptor is. Frees it. */
void connection_remove(connection_set *set, connection *c);

/* Sets the deadline, to `seconds` from now; or only brings it nearer; or lifts it. */
void connection_allow(connection *c, uint64_t seconds);
void connection_hasten(connection *c, uint64_t seconds);
void connection_wait_for_us(connection *c);

#endif
