/* Share refresh, R1 to R4 (step 9 of docs/spec/device-api.md), and what follows from it for every use of a key: a refresh that is open is
 * finished first, and no share but the right one is ever used, since a proof under the other one is a clone's. */
#ifndef YIQIAN_SDK_REFRESH_H
#define YIQIAN_SDK_REFRESH_H

#include "cosign.h"

/* A fresh id for one proof, of the server's. */
YQ_MUST_CHECK yq_status refresh_sid(yq_device *device, context_key *key, uint8_t sid[MPC_ID]);

/* Uses the share, with an open refresh finished before it; once more where the server had one open that is not known here. By fingerprint the
 * finger is asked for first, and the PIN is needed (YQ_FINGERPRINT_OFF) where a refresh has to be made. */
typedef yq_status (*refresh_use)(yq_device *device, context_key *key, const unmasking *by, void *context);
YQ_MUST_CHECK yq_status refresh_before(yq_device *device, context_key *key, unmasking *by, refresh_use use,
                                       void *context);

/* cosign_sign, with an open refresh finished before it. */
YQ_MUST_CHECK yq_status refresh_sign(yq_device *device, context_key *key, cosign_item *items, size_t n, unmasking *by,
                                     uint8_t sid[16]);

/* After the share was used with success: refreshes the shares where that is due. What fails is finished at the next use. By fingerprint they cannot
 * be: true where they should. */
bool refresh_after_use(yq_device *device, context_key *key, const unmasking *by, bool due);

/* A whole refresh under the PIN, whose new mask the platform then keeps under a new key of its own: the fingerprint is on after YQ_OK, else
 * off. YQ_FINGERPRINT_FAILED, YQ_CANCELLED: the shares are fresh. Else as yq_refresh. */
YQ_MUST_CHECK yq_status refresh_and_keep(yq_device *device, context_key *key, bytes pin);

#endif
