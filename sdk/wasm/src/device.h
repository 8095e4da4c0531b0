/* The one device, or the one workstation, of this module's instance. Nobody closes it: at the end the whole memory is wiped. */
#ifndef YIQIAN_WASM_DEVICE_H
#define YIQIAN_WASM_DEVICE_H

#include "call.h"
#include "imports.h"

extern yq_device *device;

/* The options of `open` and `openWorkstation`. */
YQ_MUST_CHECK yq_status device_options(call *c, yq_options *out);

/* Asks the person of this call, as yq_enrolment.confirm. */
bool device_confirm(void *context, const yq_person *person);

/* What was answered to a question; its PIN is wiped. */
void device_reply_free(import_reply *reply);

#endif
