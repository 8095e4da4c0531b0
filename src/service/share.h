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

/* What a refresh that is not confirmed needs (docs/spec/two-party-sm2.md, R2): the share as it will be, and what its answer is made of. Bound
 * to the key's id and to rid. PIN-sensitive: the caller wipes it. */
typedef struct share_pending {
    mpc_server_share fresh;
    uint8_t u_device[32], u_server[32];
} share_pending;

enum { SHARE_PENDING_SEALED = 32 + POINT_SIZE + 32 + 32 + KEYSTORE_OVERHEAD };

MUST_CHECK err share_seal_pending(call *c, const uint8_t key_id[16], const uint8_t rid[16],
                                  const share_pending *pending, uint8_t sealed[SHARE_PENDING_SEALED]);
/* ERR_CORRUPT. */
MUST_CHECK err share_open_pending(call *c, const uint8_t key_id[16], const uint8_t rid[16],
                                  const uint8_t public_key[POINT_SIZE], bytes sealed, share_pending *pending);

/* The P1 of a share that a refresh replaced. */
enum { SHARE_RETIRED_SEALED = POINT_SIZE + KEYSTORE_OVERHEAD };

MUST_CHECK err share_seal_retired(call *c, const uint8_t key_id[16], const uint8_t P1[POINT_SIZE],
                                  uint8_t sealed[SHARE_RETIRED_SEALED]);
/* ERR_CORRUPT. */
MUST_CHECK err share_open_retired(call *c, const uint8_t key_id[16], bytes sealed, uint8_t P1[POINT_SIZE]);

#endif
