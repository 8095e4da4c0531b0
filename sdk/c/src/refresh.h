/* Share refresh, R1 to R4 (step 9 of docs/spec/device-api.md), and what follows from it for every use of a key: a refresh that is open is
 * finished first, and no share but the right one is ever used, since a proof under the other one is a clone's. */
#ifndef YIQIAN_SDK_REFRESH_H
#define YIQIAN_SDK_REFRESH_H

#include "cosign.h"

/* cosign_sign, with an open refresh finished before it. */
YQ_MUST_CHECK yq_status refresh_sign(yq_device *device, context_key *key, cosign_item *items, size_t n, bytes pin,
                                     uint8_t sid[16]);

/* After the PIN was used with success: refreshes the shares where that is due. What fails is finished at the next use. */
void refresh_after_use(yq_device *device, context_key *key, bytes pin, bool due);

#endif
