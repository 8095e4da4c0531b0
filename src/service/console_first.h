/* The first administrator: as long as there is no operator, each start makes a link by which somebody becomes one. */
#ifndef YIQIAN_SERVICE_CONSOLE_FIRST_H
#define YIQIAN_SERVICE_CONSOLE_FIRST_H

#include "service/console_link.h"
#include "service/enrolment_offer.h"

/* The link's URL in the arena, where there is no operator (else NULL); earlier ones are void. */
MUST_CHECK err console_first_link(service *s, arena *a, int64_t now_ms, const char **url);

typedef struct console_first_request {
    const char *link, *staff_no, *name;
    bytes csr; /* empty: he logs in with the app */
} console_first_request;

typedef struct console_first_made {
    console_operator operator_made;
    bytes certificate; /* DER, for the CSR */
    bool has_offer;
    enrolment_offer offer; /* without one: an activation code for the app */
    const char *cookie;    /* he is logged in */
} console_first_made;

/* ERR_UNAUTHENTICATED (the link), ERR_CONFLICT (there is an operator by now), and what operator_create, csr_verify and user_create give. */
MUST_CHECK err console_first_use(call *c, const console_first_request *request, console_first_made *out);

#endif
