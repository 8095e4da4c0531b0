/* The steps of an enrolment that re-keying takes too. */
#ifndef YIQIAN_SDK_ENROL_H
#define YIQIAN_SDK_ENROL_H

#include "cosign.h"

/* The credential of this key, made where there is none: its public point. YQ_CREDENTIAL_FAILED. */
YQ_MUST_CHECK yq_status enrol_credential(yq_device *device, const stored_key *stored, uint8_t public_key[65]);

/* K1 to K3, anew where a share is there that has no certificate. */
YQ_MUST_CHECK yq_status enrol_make_key(yq_device *device, context_key *key, bytes pin);

/* From an opened enrolment, wherever its record stands, to the certificate. */
YQ_MUST_CHECK yq_status enrol_finish(yq_device *device, context_key *key, bytes pin);

#endif
