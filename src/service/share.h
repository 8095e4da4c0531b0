/* The server's share of a key at rest: d2 || P1 sealed under the master key, bound to the key's id. Nothing outside src/service
 * includes this. */
#ifndef YIQIAN_SERVICE_SHARE_H
#define YIQIAN_SERVICE_SHARE_H

#include "mpc/mpc_server.h"
#include "service/service.h"

enum { SHARE_SEALED = 32 + POINT_SIZE + KEYSTORE_OVERHEAD };

MUST_CHECK err share_seal(call *c, const uint8_t key_id[16], const mpc_server_share *share,
                          uint8_t sealed[SHARE_SEALED]);

/* P is not sealed: it stands in the certificate. ERR_CORRUPT. Ownership: the caller wipes *share. */
MUST_CHECK err share_open(call *c, const uint8_t key_id[16], const uint8_t public_key[POINT_SIZE], bytes sealed,
                          mpc_server_share *share);

#endif
