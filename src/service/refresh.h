/* Refreshing the two shares of a key (docs/spec/two-party-sm2.md, Share refresh, R1 to R4): by itself every week, and whenever the PIN
 * changes. */
#ifndef YIQIAN_SERVICE_REFRESH_H
#define YIQIAN_SERVICE_REFRESH_H

#include "mpc/mpc.h"
#include "service/issued_sid.h"

/* PIN-sensitive: the caller sends it and keeps nothing. */
typedef struct refresh_answer {
    uint8_t u_server[32];
    issued_sid sid; /* for R3 */
} refresh_answer;

/* R1 and R2: the share as it will be is durable before u_server is given out. The same rid with the same u_device gets the same u_server;
 * another rid replaces it. ERR_SID, ERR_PIN (tries_left), ERR_CONFLICT (the rid with another u_device, or of a refresh that is done), ERR_KEY_BUSY,
 * ERR_KEY_STATE (enrolling), and as signing_key_load. */
MUST_CHECK err refresh_begin(call *c, const mpc_refresh_request *request, refresh_answer *answer);

/* R3 and R4: the share as it will be is the key's from here. The same again is acknowledged again. pin_changed: what the device says of
 * it. ERR_SID, ERR_PIN, ERR_CONFLICT (rid: neither pending nor the last one; no PIN failure), ERR_KEY_BUSY, and as above. */
MUST_CHECK err refresh_confirm(call *c, const mpc_refresh_confirm *confirm, bool pin_changed);

#endif
