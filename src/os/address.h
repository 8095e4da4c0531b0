/* IP addresses and networks: of those who call the server; and of those that the server itself may connect to when somebody else named the
 * host: what no receiver can have is refused, what lies inside the hospital is told from what does not. */
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

/* Whether it is an IPv4 address, mapped. */
bool address_is_v4(const address *a);

/* A network; bits of 128, an IPv4 one's prefix behind the 96 that map it. */
typedef struct address_network {
    address base;
    unsigned bits;
} address_network;

/* "10.9.0.0/16", "fd00:1::/32"; an address alone is a network of one. Bits beyond the prefix stay as they were written. ERR_ENCODING. */
MUST_CHECK err address_network_parse(address_network *out, const char *text);

/* Clears the bits beyond the prefix. */
void address_mask(address *a, unsigned bits);

/* As it is read back, in its one shortest form; a network of one without its prefix. */
enum { ADDRESS_NETWORK_TEXT = 46 + 4 };
void address_network_text(char out[ADDRESS_NETWORK_TEXT], const address_network *network);

/* The address alone: one of another notation (6to4, NAT64) is not taken for the IPv4 address that it carries. An IPv4 address lies in IPv4
 * networks only: "::/0" is every IPv6 address. */
bool address_network_has(const address_network *network, const address *a);

enum { ADDRESS_RANGES = 64 };
typedef struct address_ranges {
    address_network range[ADDRESS_RANGES];
    size_t n;
} address_ranges;

/* "10.9.0.0/16, 10.2.0.7, fd00:1::/32": addresses and networks, separated by commas, spaces around them; "" is none. ERR_ENCODING, ERR_LIMIT
 * (more than ADDRESS_RANGES). */
MUST_CHECK err address_ranges_parse(address_ranges *out, const char *text);
/* An address that carries an IPv4 one counts as both. */
bool address_ranges_have(const address_ranges *ranges, const address *a);
/* The same as address_network_has: who calls is who he is. */
bool address_ranges_have_exactly(const address_ranges *ranges, const address *a);

#endif
