/* M of form cms, which this device builds itself (docs/spec/two-party-sm2.md, Digests). */
#ifndef YIQIAN_SDK_ATTRIBUTES_H
#define YIQIAN_SDK_ATTRIBUTES_H

#include "asn1/signed_attributes.h"
#include "context.h"

enum { ATTRIBUTES_TIME = 21 }; /* "2026-03-01T08:30:00Z" and its terminator */

/* Seconds since 1970 by the platform's clock; YQ_CLOCK_FAILED where it gives none, or none that can be written. */
YQ_MUST_CHECK yq_status attributes_now(const yq_device *device, int64_t *seconds);

/* The signed attributes over this digest, under the key's own certificate, and under a grant with its id; *n bytes of out are used. YQ_WRONG_STATE (no certificate). */
YQ_MUST_CHECK yq_status attributes_build(const context_key *key, const uint8_t digest[32], int64_t seconds,
                                         uint8_t out[SIGNED_ATTRIBUTES_BUILT_MAX], size_t *n);

/* As S1 carries it. seconds came from attributes_now. */
void attributes_time_text(char out[ATTRIBUTES_TIME], int64_t seconds);

#endif
