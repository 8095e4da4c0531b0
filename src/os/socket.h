/* Listening sockets, and who is at the other end. */
#ifndef YIQIAN_OS_SOCKET_H
#define YIQIAN_OS_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/err.h"

/* A non-blocking TCP socket that listens on "127.0.0.1:8970" or "[::1]:8970" (numeric; port 0 takes a free one, told in *port).
 * "[::]" takes IPv4 and IPv6. ERR_CONFIG (not such an address), ERR_IO (in use, not of this machine, not permitted); the log says
 * which. The caller closes *fd. */
MUST_CHECK err socket_listen_tcp(int *fd, uint16_t *port, const char *address);

/* Connects to "host:port" or "[address]:port", trying the host's addresses one after another; the socket then does not block. ERR_CONFIG (no
 * host and port), ERR_NOT_FOUND (no such host), ERR_TIMEOUT, ERR_IO. The caller closes *fd. */
MUST_CHECK err socket_connect_tcp(int *fd, const char *address, uint32_t timeout_ms);

/* A non-blocking Unix socket that listens at `path`, which only this uid may connect to (0600). A socket that nobody listens on
 * is removed first. ERR_CONFIG (path too long), ERR_EXISTS (something else has that name, or somebody listens there), ERR_IO. */
MUST_CHECK err socket_listen_unix(int *fd, const char *path);

/* The uid of the process that connected this Unix socket. */
MUST_CHECK err socket_peer_uid(int fd, uint32_t *uid);

/* The address without its port as text ("192.0.2.1", "2001:db8::1"; IPv4 that arrived over an IPv6 socket as IPv4), and whether it is a
 * loopback address. "unknown" for other families. */
enum { SOCKET_ADDRESS_TEXT = 64 };
void socket_address_text(char out[SOCKET_ADDRESS_TEXT], bool *loopback, const struct sockaddr *address);

#endif
