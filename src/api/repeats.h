/* Requests that come again: one mechanism for the rows that make something (WHO_ONCE), under an Idempotency-Key. They act once, and a repetition gets the answer
 * that the first one got (service/once.h), with "Idempotency-Replayed: true" and an audit row of its own. Not for what sets a state: it is the same however
 * often it is sent, and one that was undone since is not to be answered as done. A handler that reads its key itself (input_idempotency) answers for itself; a
 * row that does neither knows no key. */
#ifndef YIQIAN_API_REPEATS_H
#define YIQIAN_API_REPEATS_H

#include "api/api.h"

/* Has `act` run, or the answer given that it gave before. As act; and as once_begin. */
MUST_CHECK err repeats_run(api_call *ac, http_request *request, http_response *response, http_handler act);

#endif
