/* The fingerprint (docs/spec/two-party-sm2.md, PIN): the platform keeps a key's mask so that only the person's finger opens it. Beside the
 * mask stands the salt of the blob it belongs to, so that a mask that has been left behind is never proved with. */
#ifndef YIQIAN_SDK_FINGERPRINT_H
#define YIQIAN_SDK_FINGERPRINT_H

#include "context.h"
#include "unmasking.h"

/* The platform has one. */
bool fingerprint_there(const yq_device *device);

/* This device has keys of several persons: no fingerprint. */
bool fingerprint_shared(const yq_device *device);

/* YQ_FINGERPRINT_OFF where it is not on for this key; to be asked before anything is fetched. */
YQ_MUST_CHECK yq_status fingerprint_require(const yq_device *device, const context_key *key);

/* Asks for the finger, and has the mask in `by`, whose salt is that of the blob which comes next: the one of an open refresh, or the key's. Where
 * it is another's the fingerprint is turned off, unless a refresh is open that the PIN finishes. YQ_FINGERPRINT_OFF,
 * YQ_FINGERPRINT_FAILED, YQ_CANCELLED. */
YQ_MUST_CHECK yq_status fingerprint_open(yq_device *device, context_key *key, unmasking *by);

/* Has the platform keep the mask that lies between the share and its blob. YQ_FINGERPRINT_FAILED, YQ_CANCELLED. */
YQ_MUST_CHECK yq_status fingerprint_keep(yq_device *device, const context_key *key, const mpc_device_blob *blob,
                                         const scalar *d1);

/* What the platform keeps for the key goes. YQ_FINGERPRINT_FAILED. */
YQ_MUST_CHECK yq_status fingerprint_erase(yq_device *device, const stored_key *key);

/* The same where it is only tidying up, and the mask of no use any more. */
void fingerprint_discard(yq_device *device, const stored_key *key);

/* Off in the record, then at the platform. YQ_STORAGE_FAILED, YQ_FINGERPRINT_FAILED. */
YQ_MUST_CHECK yq_status fingerprint_end(yq_device *device, context_key *key);

/* The hospital's policy forbids it: remembered, and turned off. YQ_STORAGE_FAILED. */
YQ_MUST_CHECK yq_status fingerprint_forbid(yq_device *device, context_key *key);

/* Turns all of them off where the device is shared. */
void fingerprint_end_shared(yq_device *device);

#endif
