#include "unmasking.h"

#include <string.h>

#include "base/ct.h"

unmasking unmasking_of(bytes pin)
{
    return (unmasking){.pin = pin, .by_fingerprint = !pin.p && pin.n == 0};
}

yq_status unmasking_share(scalar *d1, const mpc_device_blob *blob, const unmasking *by)
{
    if (!by->by_fingerprint)
        return status_of_own(mpc_device_unmask(d1, blob, by->pin));
    if (!by->open || memcmp(by->salt, blob->salt, sizeof by->salt) != 0)
        return YQ_FINGERPRINT_OFF;
    return status_of_own(mpc_device_unmask_with(d1, blob, &by->mask));
}

void unmasking_wipe(unmasking *by)
{
    scalar_wipe(&by->mask);
    by->open = false;
}
