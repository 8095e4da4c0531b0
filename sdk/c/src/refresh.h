/* Share refresh, R1 to R4 (step 9 of docs/spec/device-api.md), and what follows from it for every use of a key: a refresh that is open is
 * finished first, and no share but the right one is ever used, since a proof under the other one is a clone's. */
#ifndef YIQIAN_SDK_REFRESH_H
#define YIQIAN_SDK_REFRESH_H

#include "cosign.h"

/* A fresh id for one proof, of the server's. */
YQ_MUST_CHECK yq_status refresh_sid(yq_device *device, context_key *key, uint8_t sid[MPC_ID]);

/* Uses the share under the PIN, with an open refresh finished before it; once more where the server had one open that is not known here. */
typedef yq_status (*refresh_use)(yq_device *device, context_key *key, bytes pin, void *context);
YQ_MUST_CHECK yq_status refresh_before(yq_device *device, context_key *key, bytes pin, refresh_use use, void *context);

/* cosign_sign, with an open refresh finished before it. */
YQ_MUST_CHECK yq_status refresh_sign(yq_device *device, context_key *key, cosign_item *items, size_t n, bytes pin,
                                     uint8_t sid[16]);

/* After the PIN was used with success: refreshes the shares where that is due. What fails is finished at the next use. */
void refresh_after_use(yq_device *device, context_key *key, bytes pin, bool due);

#endif
