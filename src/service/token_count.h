/* How many timestamps were refused, by hour, client and reason: counted in memory, so that a flood of refusals costs the database nothing, and
 * added to the table by housekeeping. What a crash loses is the last seconds'. */
#ifndef YIQIAN_SERVICE_TOKEN_COUNT_H
#define YIQIAN_SERVICE_TOKEN_COUNT_H

#include "service/service.h"

/* Part of service_open and service_close; NULL is fine in the latter. */
MUST_CHECK err token_counts_open(service *s);
void token_counts_close(service *s);

/* reason: the name of a PKIFailureInfo ("badAlg") or an error's code ("access_denied"). Thread-safe. */
void token_count_refusal(service *s, int64_t now_ms, const char *client, const char *reason);

/* Adds what was counted to the table token_refusal; where that fails, it stays counted. Part of service_housekeeping. */
MUST_CHECK err token_count_flush(service *s, arena *a);

#endif
