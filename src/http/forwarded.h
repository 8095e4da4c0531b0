/* Who the client is where a reverse proxy stands before the server. */
#ifndef YIQIAN_HTTP_FORWARDED_H
#define YIQIAN_HTTP_FORWARDED_H

#include "base/arena.h"
#include "os/address.h"
#include "os/socket.h"

/* The values of all X-Forwarded-For headers in their order, joined by commas: each proxy appends the address that it was asked from, so
 * that only what trusted proxies wrote is read, from the end: origin (the peer's address) is replaced by the last address that is not a
 * trusted proxy's; by the first where all are; and by the last good one before text that is no address. */
void forwarded_origin(char origin[SOCKET_ADDRESS_TEXT], const address_ranges *trusted, const char *values);

#endif
