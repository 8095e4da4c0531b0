/* Which task of a request of several could not be signed. */
#ifndef YIQIAN_CMD_SIGN_CULPRIT_H
#define YIQIAN_CMD_SIGN_CULPRIT_H

#include "yiqian/device.h"

/* The place of the task that stopped the request; n for none. */
static inline size_t sign_culprit(const yq_sign_result *results, size_t n)
{
    size_t i = 0;
    while (i < n && results[i].status == YQ_NOT_ATTEMPTED)
        i++;
    return i;
}

#endif
