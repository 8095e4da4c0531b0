/* The other end of a TCP connection that does not speak HTTP: bytes in clear or over TLS, each step with a time by which it must be
 * done. Used by one thread at a time; peer_hang_up alone comes from another. */
#ifndef YIQIAN_HTTP_PEER_H
#define YIQIAN_HTTP_PEER_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* What TLS connections have in common: certificate and key. */
typedef struct peer_tls peer_tls;

/* As server: TLS 1.2 and 1.3, from the PEM texts of the certificate chain and its key. ERR_CONFIG (they cannot be used, or do not belong together),
 * ERR_MEMORY. Ownership: peer_tls_destroy, when no peer uses it; NULL is fine. */
MUST_CHECK err peer_tls_create(peer_tls **out, const char *certificate_pem, const char *key_pem);
void peer_tls_destroy(peer_tls *tls);

/* As client: trusts the roots of this file (PEM), NULL those of the system. ERR_CONFIG (the file), ERR_MEMORY. */
MUST_CHECK err peer_tls_create_client(peer_tls **out, const char *ca_file);

typedef struct peer peer;

/* Over a connected socket that does not block; tls NULL: in clear. host: of a client's, whose name or address the server's certificate must
 * carry; else NULL. ERR_MEMORY: the socket is still the caller's. Ownership: peer_close, which closes the socket; NULL is fine. */
MUST_CHECK err peer_open(peer **out, int fd, peer_tls *tls, const char *host);
void peer_close(peer *p);

/* The deadlines are of the monotonic clock, in nanoseconds. ERR_TIMEOUT; ERR_TRANSPORT: the connection is broken. */

/* TLS's beginning; nothing in clear. Of a client ERR_TRANSPORT too where the certificate is not trusted or not of that host. */
MUST_CHECK err peer_greet(peer *p, uint64_t deadline_ns);

/* At least one byte and at most n; *got 0: the other end sends no more. */
MUST_CHECK err peer_read(peer *p, void *to, size_t n, uint64_t deadline_ns, size_t *got);

/* All of them. */
MUST_CHECK err peer_write(peer *p, const void *from, size_t n, uint64_t deadline_ns);

/* Says that nothing more comes, and reads and drops what the other end still sends: to close a socket with unread bytes would reset the
 * connection, and the other end might lose the last answer. */
void peer_finish(peer *p, uint64_t deadline_ns);

/* From another thread: as if the other end had said that it sends no more (what is read stops, what is written goes on); or, at once, as
 * if the connection were broken. */
void peer_hang_up(peer *p, int at_once);

#endif
