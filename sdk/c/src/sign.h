/* Signing tasks, for a key of this device and for an authorisation. */
#ifndef YIQIAN_SDK_SIGN_H
#define YIQIAN_SDK_SIGN_H

#include "cosign.h"

/* Nothing is attempted yet. */
void sign_results_clear(yq_sign_result *results, size_t n, yq_sign_summary *summary);

/* yq_sign for this key, after sign_results_clear; the PIN is not looked at under a grant. */
YQ_MUST_CHECK yq_status sign_items(yq_device *device, context_key *key, const yq_sign_item *items, size_t n, bytes pin,
                                   yq_sign_result *results, yq_sign_summary *summary);

/* Signs n items, whose task and e are filled in, in one request under the PIN. As yq_sign. */
YQ_MUST_CHECK yq_status sign_digests(yq_device *device, context_key *key, cosign_item *signing, size_t n, bytes pin,
                                     yq_sign_result *results, yq_sign_summary *summary);

#endif
