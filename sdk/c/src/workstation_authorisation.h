/* Behind yq_authorisation: the offer, what came of it, and how it ends. */
#ifndef YIQIAN_SDK_WORKSTATION_AUTHORISATION_H
#define YIQIAN_SDK_WORKSTATION_AUTHORISATION_H

#include "mpc/mpc_scope.h"
#include "workstation.h"
#include "workstation_code.h"

/* Everything but `watch` is under the lock of `act`; who holds that of `watch` may take that of `act`, not the other way. */
struct yq_authorisation {
    yq_workstation *workstation;
    yq_device *act, *watch; /* two contexts, so that waiting holds up nothing */
    context_key act_key, watch_key;
    context_grant grant;
    arena *memory; /* the scope's texts */
    workstation_code code;
    char code_text[WORKSTATION_CODE_TEXT];
    atomic_bool approved; /* what was sent was opened: which change is waited for */
    uint8_t dW[32];       /* the one-time key, until the share is opened */
    mpc_scope limits;
    yq_authorisation_status status; /* count_left is the grant's */
};

/* Ends it here: the share and the one-time key are wiped. */
void workstation_authorisation_end(yq_authorisation *a, yq_authorisation_state state, const char *by);

/* YQ_NOT_ACTIVE; where its time is over by the platform's clock it ends here. YQ_CLOCK_FAILED. */
YQ_MUST_CHECK yq_status workstation_authorisation_require(yq_authorisation *a);

#endif
