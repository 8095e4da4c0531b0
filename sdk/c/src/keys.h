/* Keys as the caller sees them. */
#ifndef YIQIAN_SDK_KEYS_H
#define YIQIAN_SDK_KEYS_H

#include "context.h"

/* out may be NULL. */
void keys_describe(yq_key_info *out, const context_key *key);

/* Asks the server about the key and stores the answer, as yq_sync_key. */
YQ_MUST_CHECK yq_status keys_sync(yq_device *device, context_key *key);

/* The enrolled key of that name: YQ_NOT_FOUND, YQ_WRONG_STATE. */
YQ_MUST_CHECK yq_status keys_enrolled(context_key **out, yq_device *device, const char *name);

/* Asks the server about the enrolled key and stores the answer. What yq_sync_key gives. */
YQ_MUST_CHECK yq_status keys_sync(yq_device *device, context_key *key);

#endif
