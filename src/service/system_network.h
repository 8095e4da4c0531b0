/* From where a business system may call: addresses and networks, kept with its row and read with its credential, so that a change is in effect
 * at once and on every node. */
#ifndef YIQIAN_SERVICE_SYSTEM_NETWORK_H
#define YIQIAN_SERVICE_SYSTEM_NETWORK_H

#include "os/address.h"
#include "service/service.h"

enum { SYSTEM_NETWORKS = ADDRESS_RANGES /* of one system */ };

/* A network as it was written, in its one shortest form, in the arena. field: what is at fault, "network" or "networks[3]". ERR_FIELD_VALUE
 * (none, or bits beyond its prefix: more likely a slip than meant, and larger than it looks). */
MUST_CHECK err system_network_read(call *c, const char *text, const char *field, const char **out);

/* The column: the networks in their order, joined by ", ". ERR_LIMIT (SYSTEM_NETWORKS), ERR_FIELD_VALUE (networks[i]: none, or twice). */
MUST_CHECK err system_networks_read(call *c, const char *const *texts, size_t n, const char **out);

/* Whether who calls may: networks is the column, c->origin the address ("unix" is this machine). ERR_ADDRESS, with the address in the
 * fault; ERR_CORRUPT. */
MUST_CHECK err system_network_check(call *c, const char *networks);

#endif
