/* Inside the SDK every step gives a yq_status; errors of the modules below become one where the context is known. */
#ifndef YIQIAN_SDK_STATUS_H
#define YIQIAN_SDK_STATUS_H

#include "base/err.h"
#include "yiqian/device.h"

/* As TRY and TRY_OUT of base/err.h. */
#define YQ_TRY(call)                                                                                                   \
    do {                                                                                                               \
        yq_status try_status = (call);                                                                                 \
        if (try_status != YQ_OK)                                                                                       \
            return try_status;                                                                                         \
    } while (0)

#define YQ_TRY_OUT(call)                                                                                               \
    do {                                                                                                               \
        status = (call);                                                                                               \
        if (status != YQ_OK)                                                                                           \
            goto out;                                                                                                  \
    } while (0)

/* An error met while an answer of the server was read or checked: false cryptography is YQ_ANSWER_REJECTED, what is not
 * even well-formed YQ_BAD_ANSWER. */
yq_status status_of_answer(err e);

/* An error met while the device computed by itself. */
yq_status status_of_own(err e);

#endif
