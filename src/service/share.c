#include "service/share.h"

#include <string.h>

#include "base/ct.h"
#include "service/internal.h"

enum { SHARE_PLAIN = 32 + POINT_SIZE };

err share_seal(call *c, const uint8_t key_id[16], const mpc_server_share *share, uint8_t sealed[SHARE_SEALED])
{
    uint8_t plain[SHARE_PLAIN];
    const char *context = call_subject(c, "device_key.share", key_id);
    if (!context)
        return ERR_MEMORY;
    scalar_to_bytes(plain, &share->d2);
    memcpy(plain + 32, share->P1, POINT_SIZE);
    err e = keystore_seal(c->service->options.keystore, bytes_of_text(context), bytes_of(plain, sizeof plain), sealed,
                          &c->service->options.rng);
    wipe(plain, sizeof plain);
    return e;
}

err share_open(call *c, const uint8_t key_id[16], const uint8_t public_key[POINT_SIZE], bytes sealed,
               mpc_server_share *share)
{
    uint8_t plain[SHARE_PLAIN];
    const char *context = call_subject(c, "device_key.share", key_id);
    if (!context)
        return ERR_MEMORY;
    if (sealed.n != SHARE_SEALED)
        return ERR_CORRUPT;
    err e = keystore_unseal(c->service->options.keystore, bytes_of_text(context), sealed, plain);
    if (e == ERR_OK)
        e = scalar_from_bytes(&share->d2, plain);
    if (e == ERR_OK)
        memcpy(share->P1, plain + 32, POINT_SIZE);
    memcpy(share->P, public_key, POINT_SIZE);
    wipe(plain, sizeof plain);
    return e == ERR_OK ? ERR_OK : ERR_CORRUPT;
}
