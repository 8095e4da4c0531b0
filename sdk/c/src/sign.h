/* Signing tasks, for a key of this device and for an authorisation. */
#ifndef YIQIAN_SDK_SIGN_H
#define YIQIAN_SDK_SIGN_H

#include "cosign.h"

/* Nothing is attempted yet. */
void sign_results_clear(yq_sign_result *results, size_t n, yq_sign_summary *summary);

/* yq_sign for this key, after sign_results_clear; `by` is not looked at under a grant. */
YQ_MUST_CHECK yq_status sign_items(yq_device *device, context_key *key, const yq_sign_item *items, size_t n,
                                   unmasking *by, yq_sign_result *results, yq_sign_summary *summary);

/* The PIN's form, or that the fingerprint is on: before anything is fetched. YQ_WEAK_PIN, YQ_FINGERPRINT_OFF. */
YQ_MUST_CHECK yq_status sign_check_person(const yq_device *device, const context_key *key, const unmasking *by);

/* Signs n items, whose task and e are filled in, in one request. As yq_sign. */
YQ_MUST_CHECK yq_status sign_digests(yq_device *device, context_key *key, cosign_item *signing, size_t n, unmasking *by,
                                     yq_sign_result *results, yq_sign_summary *summary);

#endif
