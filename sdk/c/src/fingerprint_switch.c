/* Turning the fingerprint on and off. */
#include "fingerprint.h"
#include "keys.h"
#include "refresh.h"

static yq_status enable(yq_device *device, const char *name, bytes pin)
{
    context_key *key;
    YQ_TRY(keys_enrolled(&key, device, name));
    YQ_TRY(context_check_pin(pin));
    if (!fingerprint_there(device))
        return YQ_FINGERPRINT_OFF;
    if (fingerprint_shared(device))
        return YQ_WRONG_STATE;
    YQ_TRY(keys_sync(device, key));
    if (key->stored.fingerprint_forbidden)
        return YQ_WRONG_STATE;
    return refresh_and_keep(device, key, pin);
}

yq_status yq_enable_fingerprint(yq_device *device, const char *key, const char *pin, size_t pin_n, yq_problem *problem)
{
    YQ_TRY(context_enter(device, problem));
    return context_leave(device, enable(device, key, bytes_of(pin, pin_n)), problem);
}

static yq_status disable(yq_device *device, const char *name)
{
    context_key *key;
    YQ_TRY(keys_enrolled(&key, device, name));
    return fingerprint_end(device, key);
}

yq_status yq_disable_fingerprint(yq_device *device, const char *key)
{
    YQ_TRY(context_enter(device, NULL));
    return context_leave(device, disable(device, key), NULL);
}
