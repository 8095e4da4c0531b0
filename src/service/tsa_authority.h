/* The built-in CAs of timestamp units whose clients know no SM2: one self-signed certificate for P-256 and one for RSA, made when the first
 * such unit is. (The SM2 unit's is the issuing CA.) Nothing outside src/service includes this. */
#ifndef YIQIAN_SERVICE_TSA_AUTHORITY_H
#define YIQIAN_SERVICE_TSA_AUTHORITY_H

#include "crypto/signer.h"
#include "pki/cert.h"
#include "service/service.h"

typedef struct tsa_authority {
    signer *signer;
    bytes certificate; /* DER, in the call's arena */
    cert cert;         /* borrows from it */
} tsa_authority;

/* algorithm: SIGNER_P256 or SIGNER_RSA. Makes it where there is none: an act of its own, recorded as the server's. ERR_MEMORY, ERR_CORRUPT,
 * ERR_DECRYPT, and the store's. Ownership: signer_destroy(out->signer), after ERR_OK. */
MUST_CHECK err tsa_authority_open(call *c, signer_algorithm algorithm, tsa_authority *out);

#endif
