/* Signs by itself what waits for a key: `yiqian device listen --sign`, and the fictional signers of a sandbox. */
#ifndef YIQIAN_CMD_VIRTUAL_SIGNER_H
#define YIQIAN_CMD_VIRTUAL_SIGNER_H

#include "yiqian/device.h"

typedef struct virtual_signer {
    yq_device *device;
    const char *key;
    const char *pin;
    size_t pin_n;
    bool allow_unseen; /* as in yq_sign_item */
    /* Which tasks; NULL: all. */
    bool (*wanted)(void *context, const yq_task *task);
    /* Each task that was signed, and each that could not be: problem says why, where the server did. */
    void (*told)(void *context, const yq_task *task, const yq_sign_result *result, const yq_problem *problem);
    void *context;
} virtual_signer;

/* Signs all, a page of the list in one request; a task that stops a request is told and left out. *again: some were left out for a reason
 * that may pass. What yq_pull_tasks and yq_sign give, for what is not one task's fault; a wrong PIN is not tried twice. */
YQ_MUST_CHECK yq_status virtual_signer_run(const virtual_signer *s, bool *again, yq_problem *problem);

/* The refusal may pass by itself: another device is signing, the server is busy. */
bool virtual_signer_passes(yq_status status, const yq_problem *problem);

#endif
