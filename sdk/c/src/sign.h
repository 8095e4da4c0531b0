/* Signing of what was looked at and hashed: the request, and its delivery. */
#ifndef YIQIAN_SDK_SIGN_H
#define YIQIAN_SDK_SIGN_H

#include "cosign.h"

/* Nothing is attempted yet. */
void sign_results_clear(yq_sign_result *results, size_t n, yq_sign_summary *summary);

/* Signs n items, whose task and e are filled in, in one request under the PIN. As yq_sign. */
YQ_MUST_CHECK yq_status sign_digests(yq_device *device, context_key *key, cosign_item *signing, size_t n, bytes pin,
                                     yq_sign_result *results, yq_sign_summary *summary);

#endif
