#include "service/system_network.h"

#include <string.h>

err system_network_read(call *c, const char *text, const char *field, const char **out)
{
    address_network given, masked;
    char form[ADDRESS_NETWORK_TEXT];
    if (address_network_parse(&given, text) != ERR_OK) {
        (void)fault_set(&c->fault, ERR_FIELD_VALUE,
                        "want an address or a network: 192.0.2.7, 10.1.0.0/16, 2001:db8::/32");
        return fault_field(&c->fault, ERR_FIELD_VALUE, "%s", field);
    }
    masked = given;
    address_mask(&masked.base, masked.bits);
    address_network_text(form, &masked);
    if (memcmp(&masked.base, &given.base, sizeof given.base) != 0) {
        (void)fault_set(&c->fault, ERR_FIELD_VALUE, "it has bits beyond its prefix; the network is %s", form);
        return fault_field(&c->fault, ERR_FIELD_VALUE, "%s", field);
    }
    *out = arena_text(c->arena, form, strlen(form));
    return *out ? ERR_OK : ERR_MEMORY;
}

/* Whether the joined list has this network already. */
static bool has(const char *list, const char *network)
{
    size_t n = strlen(network);
    while (*list) {
        size_t length = strcspn(list, ",");
        if (length == n && memcmp(list, network, n) == 0)
            return true;
        list += length + strspn(list + length, ", ");
    }
    return false;
}

err system_networks_read(call *c, const char *const *texts, size_t n, const char **out)
{
    *out = "";
    if (n > SYSTEM_NETWORKS)
        return fault_field(&c->fault, ERR_LIMIT, "networks");
    for (size_t i = 0; i < n; i++) {
        const char *network, *field = arena_printf(c->arena, "networks[%zu]", i);
        if (!field)
            return ERR_MEMORY;
        TRY(system_network_read(c, texts[i], field, &network));
        if (has(*out, network)) {
            (void)fault_set(&c->fault, ERR_FIELD_VALUE, "it stands there twice");
            return fault_field(&c->fault, ERR_FIELD_VALUE, "%s", field);
        }
        *out = arena_printf(c->arena, "%s%s%s", *out, **out ? ", " : "", network);
        if (!*out)
            return ERR_MEMORY;
    }
    return ERR_OK;
}

err system_network_check(call *c, const char *networks)
{
    address_ranges ranges;
    address from;
    if (!*networks)
        return ERR_OK;
    if (address_ranges_parse(&ranges, networks) != ERR_OK)
        return ERR_CORRUPT;
    if (address_parse(&from, strcmp(c->origin, "unix") == 0 ? "127.0.0.1" : c->origin) == ERR_OK &&
        address_ranges_have_exactly(&ranges, &from))
        return ERR_OK;
    return fault_set(&c->fault, ERR_ADDRESS, "%s is not among its networks", c->origin);
}
