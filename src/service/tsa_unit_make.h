/* A timestamp unit's key and certificate. Nothing outside src/service includes this. */
#ifndef YIQIAN_SERVICE_TSA_UNIT_MAKE_H
#define YIQIAN_SERVICE_TSA_UNIT_MAKE_H

#include "service/tsa_unit.h"

/* What goes into a unit's row. */
typedef struct tsa_unit_draft {
    uint8_t id[16];
    bytes certificate, chain, sealed; /* chain: one certificate behind the other */
} tsa_unit_draft;

/* Draws a key, seals it, has it certified: of SM2 by the issuing CA. All in the call's arena; the open key is wiped. ERR_MEMORY, ERR_ENTROPY,
 * ERR_CERTIFICATE_EXPIRED (the CA's). */
MUST_CHECK err tsa_unit_make(call *c, const tsa_unit_request *rq, tsa_unit_draft *out);

/* The signer of a unit's sealed key. ERR_DECRYPT, ERR_MEMORY. Ownership: signer_destroy. */
MUST_CHECK err tsa_unit_key_open(service *s, arena *a, const uint8_t id[16], signer_algorithm algorithm, bytes sealed,
                                 signer **out);

#endif
