/* The key that says what the time is: the clock's history and GET /v1/time are signed with it. Certified by the issuing CA, made when it is
 * first needed, and anew where its certificate comes to its end. */
#ifndef YIQIAN_SERVICE_TIME_SIGNER_H
#define YIQIAN_SERVICE_TIME_SIGNER_H

#include "service/service.h"

typedef struct time_signer {
    struct signer *signer;
    bytes certificate; /* DER, of the service's life */
} time_signer;

/* The signer of now. ERR_SELF_TEST and what store and key store give. */
MUST_CHECK err time_signer_get(service *s, arena *a, int64_t now_ms, time_signer *out);

void time_signer_close(service *s);

#endif
