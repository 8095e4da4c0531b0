/* Who may ask for timestamps. */
#ifndef YIQIAN_SERVICE_TSA_ACCESS_H
#define YIQIAN_SERVICE_TSA_ACCESS_H

#include "service/service.h"

/* Admits the call, whose actor is set where it is authenticated, from this address. ERR_ACCESS, ERR_RATE. */
MUST_CHECK err tsa_access_check(call *c, const char *origin);

#endif
