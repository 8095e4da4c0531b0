/* What unmasks the device's share: the PIN, or the mask itself where the platform kept it for the person's finger. */
#ifndef YIQIAN_SDK_UNMASKING_H
#define YIQIAN_SDK_UNMASKING_H

#include "mpc/mpc_device.h"
#include "status.h"

typedef struct unmasking {
    bytes pin;
    bool by_fingerprint;
    const char *purpose, *detail; /* by fingerprint: what the prompt says; detail is from outside, NULL for none */
    bool open;                    /* the mask is here (fingerprint_open): that of the blob with this salt */
    uint8_t salt[MPC_SALT];
    scalar mask;
} unmasking;

/* By PIN, or by fingerprint where it is NULL and empty: what a caller of the SDK gives. */
unmasking unmasking_of(bytes pin);

/* d1 from the blob. YQ_FINGERPRINT_OFF where the mask is another blob's: with it the proof would be a wrong one, and count. */
YQ_MUST_CHECK yq_status unmasking_share(scalar *d1, const mpc_device_blob *blob, const unmasking *by);

/* Forgets the mask. */
void unmasking_wipe(unmasking *by);

#endif
