#include "service/share.h"

#include <string.h>

#include "base/ct.h"
#include "base/text.h"
#include "service/internal.h"

enum {
    SHARE_PLAIN = 32 + POINT_SIZE,
    PENDING_PLAIN = SHARE_PLAIN + 32 + 32,
};

/* context NULL: memory is out. plain is wiped. */
static err seal(call *c, const char *context, uint8_t *plain, size_t n, uint8_t *sealed)
{
    err e = ERR_MEMORY;
    if (context)
        e = keystore_seal(c->service->options.keystore, bytes_of_text(context), bytes_of(plain, n), sealed,
                          &c->service->options.rng);
    wipe(plain, n);
    return e;
}

static err unseal(call *c, const char *context, bytes sealed, uint8_t *plain, size_t n)
{
    if (!context)
        return ERR_MEMORY;
    if (sealed.n != n + KEYSTORE_OVERHEAD)
        return ERR_CORRUPT;
    err e = keystore_unseal(c->service->options.keystore, bytes_of_text(context), sealed, plain);
    return e == ERR_OK ? ERR_OK : ERR_CORRUPT;
}

static void share_write(uint8_t plain[SHARE_PLAIN], const mpc_server_share *share)
{
    scalar_to_bytes(plain, &share->d2);
    memcpy(plain + 32, share->P1, POINT_SIZE);
}

static err share_read(mpc_server_share *share, const uint8_t plain[SHARE_PLAIN], const uint8_t public_key[POINT_SIZE])
{
    memcpy(share->P1, plain + 32, POINT_SIZE);
    memcpy(share->P, public_key, POINT_SIZE);
    return scalar_from_bytes(&share->d2, plain) == ERR_OK ? ERR_OK : ERR_CORRUPT;
}

err share_seal(call *c, const uint8_t key_id[16], const mpc_server_share *share, uint8_t sealed[SHARE_SEALED])
{
    uint8_t plain[SHARE_PLAIN];
    share_write(plain, share);
    return seal(c, call_subject(c, "device_key.share", key_id), plain, sizeof plain, sealed);
}

err share_open(call *c, const uint8_t key_id[16], const uint8_t public_key[POINT_SIZE], bytes sealed,
               mpc_server_share *share)
{
    uint8_t plain[SHARE_PLAIN];
    err e = unseal(c, call_subject(c, "device_key.share", key_id), sealed, plain, sizeof plain);
    if (e == ERR_OK)
        e = share_read(share, plain, public_key);
    wipe(plain, sizeof plain);
    return e;
}

static const char *pending_context(call *c, const uint8_t key_id[16], const uint8_t rid[16])
{
    const char *context = call_subject(c, "device_key.pending", key_id), *hex = hex_text(c->arena, rid, 16);
    return context && hex ? arena_printf(c->arena, "%s:%s", context, hex) : NULL;
}

err share_seal_pending(call *c, const uint8_t key_id[16], const uint8_t rid[16], const share_pending *pending,
                       uint8_t sealed[SHARE_PENDING_SEALED])
{
    uint8_t plain[PENDING_PLAIN];
    share_write(plain, &pending->fresh);
    memcpy(plain + SHARE_PLAIN, pending->u_device, 32);
    memcpy(plain + SHARE_PLAIN + 32, pending->u_server, 32);
    return seal(c, pending_context(c, key_id, rid), plain, sizeof plain, sealed);
}

err share_open_pending(call *c, const uint8_t key_id[16], const uint8_t rid[16], const uint8_t public_key[POINT_SIZE],
                       bytes sealed, share_pending *pending)
{
    uint8_t plain[PENDING_PLAIN];
    err e = unseal(c, pending_context(c, key_id, rid), sealed, plain, sizeof plain);
    if (e == ERR_OK)
        e = share_read(&pending->fresh, plain, public_key);
    if (e == ERR_OK) {
        memcpy(pending->u_device, plain + SHARE_PLAIN, 32);
        memcpy(pending->u_server, plain + SHARE_PLAIN + 32, 32);
    }
    wipe(plain, sizeof plain);
    return e;
}

err share_seal_retired(call *c, const uint8_t key_id[16], const uint8_t P1[POINT_SIZE],
                       uint8_t sealed[SHARE_RETIRED_SEALED])
{
    uint8_t plain[POINT_SIZE];
    memcpy(plain, P1, POINT_SIZE);
    return seal(c, call_subject(c, "retired_share", key_id), plain, sizeof plain, sealed);
}

err share_open_retired(call *c, const uint8_t key_id[16], bytes sealed, uint8_t P1[POINT_SIZE])
{
    return unseal(c, call_subject(c, "retired_share", key_id), sealed, P1, POINT_SIZE);
}
