#include <stdlib.h>
#include <string.h>

#include "calls_device.h"
#include "values.h"

/* The consent's texts live in the answer until yq_authorise has returned. */
typedef struct asking {
    calls_call *call;
    uint8_t *answer;
    size_t answer_n;
    bool malformed; /* the consent is none: too many names, for one */
} asking;

static bool confirm_offer(void *context, const yq_workstation_offer *offer, yq_consent *consent)
{
    asking *a = context;
    pack_writer asked = {0};
    values_write_workstation_offer(&asked, offer);
    bool yes = bridge_ask(a->call->env, a->call->callback, &asked, &a->answer, &a->answer_n);
    pack_writer_free(&asked);
    if (!yes)
        return false;
    pack_reader in = {a->answer, a->answer_n, false};
    size_t pin_n;
    consent->by_fingerprint = pack_read_bool(&in);
    const uint8_t *pin = pack_read_any(&in, &pin_n);
    values_read_scope(&in, &consent->allowed);
    a->malformed = in.bad;
    if (in.bad)
        return false;
    size_t kept = pin_n < sizeof consent->pin ? pin_n : sizeof consent->pin;
    memcpy(consent->pin, pin, kept);
    consent->pin_n = pin_n; /* one that is too long is refused as what it is */
    return true;
}

yq_status calls_authorise(calls_call *call)
{
    char id[37];
    asking a = {.call = call};
    const char *key = pack_read_text(&call->in);
    const yq_approval approval = {.code = pack_read_text(&call->in), .confirm = confirm_offer, .confirm_context = &a};
    if (call->in.bad || !call->callback)
        return YQ_INVALID_ARGUMENT;
    yq_status status = yq_authorise(calls_device_of(call), key, &approval, id, &call->problem);
    if (status == YQ_OK)
        pack_write_text(&call->out, id);
    if (status == YQ_DECLINED && a.malformed)
        status = YQ_INVALID_ARGUMENT;
    pack_wipe(a.answer, a.answer_n);
    free(a.answer);
    return status;
}

yq_status calls_list_authorisations(calls_call *call)
{
    yq_authorisations all;
    const char *key = pack_read_text(&call->in);
    if (call->in.bad)
        return YQ_INVALID_ARGUMENT;
    yq_status status = yq_list_authorisations(calls_device_of(call), key, &all, &call->problem);
    if (status != YQ_OK)
        return status;
    pack_write_u32(&call->out, (uint32_t)all.n);
    for (size_t i = 0; i < all.n; i++)
        values_write_authorisation(&call->out, &all.items[i]);
    yq_authorisations_free(&all);
    return YQ_OK;
}

yq_status calls_close_authorisation(calls_call *call)
{
    const char *key = pack_read_text(&call->in);
    const char *authorisation = pack_read_text(&call->in);
    return call->in.bad ? YQ_INVALID_ARGUMENT
                        : yq_close_authorisation(calls_device_of(call), key, authorisation, &call->problem);
}
