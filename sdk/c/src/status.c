#include "status.h"

const char *yq_status_text(yq_status status)
{
    static const char *const texts[] = {
        [YQ_OK] = "ok",
        [YQ_INVALID_ARGUMENT] = "an argument is missing, too long or malformed",
        [YQ_OUT_OF_MEMORY] = "out of memory",
        [YQ_REENTERED] = "called from a callback of the same context",
        [YQ_CLOSED] = "the context was closed meanwhile",
        [YQ_NOT_FOUND] = "there is no such key on this device",
        [YQ_WRONG_STATE] = "the key is not in a state for this call",
        [YQ_LIMIT_REACHED] = "a limit of this device is reached",
        [YQ_WEAK_PIN] = "the PIN must have 6 to 12 digits and must not be a common one",
        [YQ_DECLINED] = "declined by the person",
        [YQ_ENTROPY_FAILED] = "the platform gave no random numbers",
        [YQ_STORAGE_FAILED] = "the platform's storage failed",
        [YQ_CREDENTIAL_FAILED] = "the platform's credential store failed",
        [YQ_CLOCK_FAILED] = "the platform's clock gave no time",
        [YQ_TRANSPORT_FAILED] = "the server did not answer",
        [YQ_TRANSPORT_INSECURE] = "the address of the server must begin with https://",
        [YQ_BAD_ANSWER] = "the server's answer is malformed",
        [YQ_ANSWER_REJECTED] = "the server's answer is false",
        [YQ_REFUSED] = "the server refused",
        [YQ_PIN_WRONG] = "the PIN is wrong",
        [YQ_KEY_LOCKED] = "the key is locked",
        [YQ_DOCUMENT_CHANGED] = "the document is not the one of the task",
        [YQ_CONTENT_UNSEEN] = "the content to be signed is not here to be seen",
        [YQ_FORM_REFUSED] = "content of this form cannot be signed",
        [YQ_NOT_ATTEMPTED] = "not attempted",
        [YQ_CODE_INVALID] = "the code is not valid",
        [YQ_CODE_EXPIRED] = "the code is over",
        [YQ_OUT_OF_SCOPE] = "the authorisation does not cover this",
        [YQ_NOT_ACTIVE] = "the authorisation is not active",
        [YQ_FINGERPRINT_OFF] = "the PIN is needed: there is no fingerprint for this",
        [YQ_FINGERPRINT_FAILED] = "the platform's fingerprint failed",
        [YQ_CANCELLED] = "the person closed the prompt",
    };
    return (size_t)status < sizeof texts / sizeof *texts ? texts[status] : "unknown status";
}

yq_status status_of_answer(err e)
{
    switch (e) {
    case ERR_OK:
        return YQ_OK;
    case ERR_MEMORY:
        return YQ_OUT_OF_MEMORY;
    case ERR_ENTROPY:
        return YQ_ENTROPY_FAILED;
    case ERR_ANSWER:
    case ERR_POINT:
    case ERR_SCALAR:
    case ERR_SIGNATURE:
    case ERR_PROOF:
        return YQ_ANSWER_REJECTED;
    default:
        return YQ_BAD_ANSWER;
    }
}

yq_status status_of_own(err e)
{
    switch (e) {
    case ERR_OK:
        return YQ_OK;
    case ERR_MEMORY:
        return YQ_OUT_OF_MEMORY;
    case ERR_ENTROPY:
        return YQ_ENTROPY_FAILED;
    case ERR_WEAK_PIN:
        return YQ_WEAK_PIN;
    case ERR_CORRUPT:
    case ERR_SCALAR:
        return YQ_STORAGE_FAILED; /* a blob that is none */
    default:
        return YQ_INVALID_ARGUMENT;
    }
}
