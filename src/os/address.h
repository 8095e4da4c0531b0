/* IP addresses that the server itself may connect to when somebody else named the host: what no receiver can have is refused, what lies
 * inside the hospital is told from what does not. */
#ifndef YIQIAN_OS_ADDRESS_H
#define YIQIAN_OS_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* IPv6; IPv4 as RFC 4291 2.5.5.2 maps it. */
typedef struct address {
    uint8_t bytes[16];
} address;

typedef enum address_kind {
    ADDRESS_REFUSED, /* link-local and the clouds' metadata services, unspecified, multicast, reserved */
    ADDRESS_PRIVATE, /* loopback (RFC 1122), RFC 1918, unique local (RFC 4193) */
    ADDRESS_PUBLIC
} address_kind;

/* An address that carries an IPv4 one (mapped, NAT64, 6to4) is what that one is. */
address_kind address_kind_of(const address *a);

/* "10.1.2.3", "fd00::1"; ERR_ENCODING. */
MUST_CHECK err address_parse(address *out, const char *text);

/* Of a socket address; ERR_UNSUPPORTED for other families than IPv4 and IPv6. */
struct sockaddr;
MUST_CHECK err address_of_socket(address *out, const struct sockaddr *socket);

enum { ADDRESS_RANGES = 64 };
typedef struct address_ranges {
    struct {
        address network;
        unsigned bits; /* of 128 */
    } range[ADDRESS_RANGES];
    size_t n;
} address_ranges;

/* "10.9.0.0/16, 10.2.0.7, fd00:1::/32": addresses and networks, separated by commas, spaces around them; "" is none. ERR_ENCODING, ERR_LIMIT
 * (more than ADDRESS_RANGES). */
MUST_CHECK err address_ranges_parse(address_ranges *out, const char *text);
bool address_ranges_have(const address_ranges *ranges, const address *a);

#endif
