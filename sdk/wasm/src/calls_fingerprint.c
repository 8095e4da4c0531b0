/* Turning the fingerprint on and off. Whether there is one here at all is asked outside. */
#include "device.h"

static yq_status enable(call *c)
{
    const char *key;
    bytes pin = call_blob(c, 0);
    YQ_TRY(call_text(c, &key, "key"));
    return yq_enable_fingerprint(device, key, (const char *)pin.p, pin.n, &c->problem);
}

static yq_status disable(call *c)
{
    const char *key;
    YQ_TRY(call_text(c, &key, "key"));
    return yq_disable_fingerprint(device, key);
}

const call_row calls_fingerprint[] = {{"enableFingerprint", enable}, {"disableFingerprint", disable}, {NULL, NULL}};
