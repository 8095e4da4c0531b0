#include "http/forwarded.h"

#include <arpa/inet.h>
#include <string.h>

enum { HOPS_MAX = 16 };

/* "192.0.2.1", "192.0.2.1:4711", "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:4711": proxies write all of these. */
static bool read_address(address *out, const char *text, size_t n)
{
    char copy[SOCKET_ADDRESS_TEXT];
    while (n > 0 && (*text == ' ' || *text == '\t')) {
        text++;
        n--;
    }
    while (n > 0 && (text[n - 1] == ' ' || text[n - 1] == '\t'))
        n--;
    if (n == 0 || n >= sizeof copy)
        return false;
    memcpy(copy, text, n);
    copy[n] = '\0';
    char *host = copy, *end = strchr(copy, ']');
    if (*copy == '[' && end) {
        host++;
    } else {
        end = strchr(copy, ':');
        if (end && strchr(end + 1, ':')) /* an IPv6 address alone */
            end = NULL;
    }
    if (end)
        *end = '\0';
    return address_parse(out, host) == ERR_OK;
}

void forwarded_origin(char origin[SOCKET_ADDRESS_TEXT], const address_ranges *trusted, const char *values)
{
    address at;
    size_t n = strlen(values);
    if (address_parse(&at, origin) != ERR_OK)
        return;
    for (int hops = 0; hops < HOPS_MAX && n > 0 && address_ranges_have_exactly(trusted, &at); hops++) {
        size_t from = n;
        while (from > 0 && values[from - 1] != ',')
            from--;
        if (!read_address(&at, values + from, n - from))
            return;
        address_network_text(origin, &(address_network){at, 128});
        n = from > 0 ? from - 1 : 0;
    }
}
