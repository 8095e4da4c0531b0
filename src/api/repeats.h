/* Requests that come again: one mechanism for every POST of an operator that carries an Idempotency-Key. It acts once, and its repetition gets the answer that
 * the first one got (service/once.h), with "Idempotency-Replayed: true". A handler that reads its key itself (input_idempotency), or wants none (call.once NULL),
 * answers for itself. */
#ifndef YIQIAN_API_REPEATS_H
#define YIQIAN_API_REPEATS_H

#include "api/api.h"

/* Has `act` run, or the answer given that it gave before. As act; and as once_begin. */
MUST_CHECK err repeats_run(api_call *ac, http_request *request, http_response *response, http_handler act);

#endif
