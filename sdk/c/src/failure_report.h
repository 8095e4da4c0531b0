/* Step 7 of docs/spec/device-api.md: the device tells the server what went wrong, which also closes its open request.
 */
#ifndef YIQIAN_SDK_FAILURE_REPORT_H
#define YIQIAN_SDK_FAILURE_REPORT_H

#include "context.h"

/* Sends the report now; where the server cannot be reached it is kept for later. sid and task may be NULL. Neither a
 * failure nor the problem of the call that failed is touched: this is said beside it. */
void failure_report_send(yq_device *device, context_key *key, const uint8_t *sid, const uint8_t *task,
                         const char *code);

/* Keeps the report for later (the server did not answer just now). */
void failure_report_keep(yq_device *device, context_key *key, const uint8_t *sid, const uint8_t *task,
                         const char *code);

/* Sends what was kept, before a new request of this key. YQ_TRANSPORT_FAILED, and what opening a session gives. */
YQ_MUST_CHECK yq_status failure_report_flush(yq_device *device, context_key *key);

#endif
