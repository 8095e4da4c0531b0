#include "os/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static void from_v4(address *out, const void *v4)
{
    memcpy(out->bytes, mapped, sizeof mapped);
    memcpy(out->bytes + 12, v4, 4);
}

static bool within(const address *a, const address *network, unsigned bits)
{
    unsigned whole = bits / 8, rest = bits % 8;
    return memcmp(a->bytes, network->bytes, whole) == 0 &&
           (rest == 0 || (a->bytes[whole] ^ network->bytes[whole]) >> (8 - rest) == 0);
}

/* IPv4 inside IPv6: NAT64 (RFC 6052 2.1), 6to4 (RFC 3056 2), compatible (RFC 4291 2.5.5.1). */
static void unwrap(address *a)
{
    static const uint8_t nat64[12] = {0, 0x64, 0xff, 0x9b}, zero[12];
    uint8_t v4[4];
    if (memcmp(a->bytes, nat64, sizeof nat64) == 0)
        memcpy(v4, a->bytes + 12, 4);
    else if (a->bytes[0] == 0x20 && a->bytes[1] == 0x02)
        memcpy(v4, a->bytes + 2, 4);
    else if (memcmp(a->bytes, zero, sizeof zero) == 0 && (a->bytes[12] || a->bytes[13]))
        memcpy(v4, a->bytes + 12, 4);
    else
        return;
    from_v4(a, v4);
}

static const struct {
    const char *network;
    unsigned bits;
    address_kind kind;
} kinds[] = {{"100.100.100.200", 128, ADDRESS_REFUSED}, /* Alibaba Cloud's metadata, outside the link-local range */
             {"168.63.129.16", 128, ADDRESS_REFUSED},   /* Azure's host, likewise */
             {"fd00:ec2::254", 128, ADDRESS_REFUSED},   /* Amazon's over IPv6 */
             {"fd20:ce::254", 128, ADDRESS_REFUSED},    /* Google's */
             {"0.0.0.0", 104, ADDRESS_REFUSED},
             {"169.254.0.0", 112, ADDRESS_REFUSED},
             {"224.0.0.0", 100, ADDRESS_REFUSED}, /* multicast */
             {"240.0.0.0", 100, ADDRESS_REFUSED}, /* reserved, and broadcast */
             {"127.0.0.0", 104, ADDRESS_PRIVATE},
             {"10.0.0.0", 104, ADDRESS_PRIVATE},
             {"172.16.0.0", 108, ADDRESS_PRIVATE},
             {"192.168.0.0", 112, ADDRESS_PRIVATE},
             {"0.0.0.0", 96, ADDRESS_PUBLIC}, /* the rest of IPv4, before what holds for IPv6 */
             {"::1", 128, ADDRESS_PRIVATE},
             {"fc00::", 7, ADDRESS_PRIVATE},
             {"2000::", 3, ADDRESS_PUBLIC}};

address_kind address_kind_of(const address *a)
{
    address of = *a, network;
    unwrap(&of);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (address_parse(&network, kinds[i].network) == ERR_OK && within(&of, &network, kinds[i].bits))
            return kinds[i].kind;
    return ADDRESS_REFUSED; /* RFC 4291 2.4: nothing else is unicast that leads anywhere */
}

err address_parse(address *out, const char *text)
{
    uint8_t v4[4];
    if (inet_pton(AF_INET, text, v4) == 1) {
        from_v4(out, v4);
        return ERR_OK;
    }
    return inet_pton(AF_INET6, text, out->bytes) == 1 ? ERR_OK : ERR_ENCODING;
}

err address_of_socket(address *out, const struct sockaddr *socket)
{
    if (socket->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, socket, sizeof in);
        from_v4(out, &in.sin_addr);
        return ERR_OK;
    }
    if (socket->sa_family == AF_INET6) {
        struct sockaddr_in6 in;
        memcpy(&in, socket, sizeof in);
        memcpy(out->bytes, &in.sin6_addr, sizeof out->bytes);
        return ERR_OK;
    }
    return ERR_UNSUPPORTED;
}

/* Bits of the prefix as written, at most three digits. */
static bool read_bits(const char *text, unsigned max, unsigned *out)
{
    *out = 0;
    if (!*text || strlen(text) > 3)
        return false;
    for (; *text; text++) {
        if (*text < '0' || *text > '9')
            return false;
        *out = *out * 10 + (unsigned)(*text - '0');
    }
    return *out <= max;
}

static err read_network(const char *text, size_t n, address_network *out)
{
    char copy[INET6_ADDRSTRLEN + 4];
    if (n >= sizeof copy)
        return ERR_ENCODING;
    memcpy(copy, text, n);
    copy[n] = '\0';
    char *slash = strchr(copy, '/');
    if (slash)
        *slash = '\0';
    TRY(address_parse(&out->base, copy));
    bool v4 = strchr(copy, ':') == NULL;
    out->bits = v4 ? 32 : 128;
    if (slash && !read_bits(slash + 1, v4 ? 32 : 128, &out->bits))
        return ERR_ENCODING;
    out->bits += v4 ? 96 : 0;
    return ERR_OK;
}

err address_network_parse(address_network *out, const char *text)
{
    return read_network(text, strlen(text), out);
}

bool address_is_v4(const address *a)
{
    return memcmp(a->bytes, mapped, sizeof mapped) == 0;
}

void address_mask(address *a, unsigned bits)
{
    for (unsigned i = 0; i < sizeof a->bytes; i++) {
        unsigned kept = bits <= 8 * i ? 0 : bits - 8 * i < 8 ? bits - 8 * i : 8;
        a->bytes[i] &= (uint8_t)(0xff00 >> kept);
    }
}

void address_network_text(char out[ADDRESS_NETWORK_TEXT], const address_network *network)
{
    bool v4 = network->bits >= 96 && address_is_v4(&network->base);
    unsigned most = v4 ? 32 : 128, bits = v4 ? network->bits - 96 : network->bits;
    (void)inet_ntop(v4 ? AF_INET : AF_INET6, network->base.bytes + (v4 ? 12 : 0), out, ADDRESS_NETWORK_TEXT);
    size_t n = strlen(out);
    if (bits < most)
        (void)snprintf(out + n, ADDRESS_NETWORK_TEXT - n, "/%u", bits);
}

bool address_network_has(const address_network *network, const address *a)
{
    return within(a, &network->base, network->bits) && (network->bits >= 96 || !address_is_v4(a));
}

err address_ranges_parse(address_ranges *out, const char *text)
{
    out->n = 0;
    for (text += strspn(text, " "); *text; text += strspn(text, " ")) {
        size_t n = strcspn(text, ", ");
        if (out->n == ADDRESS_RANGES)
            return ERR_LIMIT;
        TRY(read_network(text, n, &out->range[out->n]));
        out->n++;
        text += n;
        text += strspn(text, " ");
        if (*text && *text++ != ',')
            return ERR_ENCODING;
    }
    return ERR_OK;
}

bool address_ranges_have(const address_ranges *ranges, const address *a)
{
    address of = *a;
    unwrap(&of);
    for (size_t i = 0; i < ranges->n; i++)
        if (within(a, &ranges->range[i].base, ranges->range[i].bits) ||
            within(&of, &ranges->range[i].base, ranges->range[i].bits))
            return true;
    return false;
}

bool address_ranges_have_exactly(const address_ranges *ranges, const address *a)
{
    for (size_t i = 0; i < ranges->n; i++)
        if (address_network_has(&ranges->range[i], a))
            return true;
    return false;
}
