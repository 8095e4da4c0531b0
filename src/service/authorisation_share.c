#include "service/authorisation_share.h"

#include <string.h>

#include "base/ct.h"
#include "base/text.h"
#include "os/file.h"
#include "os/log.h"
#include "service/internal.h"

enum { PLAIN = 32 + POINT_SIZE, SWEEP_ARENA = 1 << 16 };

static const char *pad_path(const service *s, arena *a, const uint8_t auth_id[16])
{
    char id[UUID_TEXT];
    uuid_encode(id, auth_id);
    return s->options.authorisations_dir ? arena_printf(a, "%s/%s", s->options.authorisations_dir, id) : NULL;
}

static void add(uint8_t plain[PLAIN], const uint8_t pad[PLAIN])
{
    for (size_t i = 0; i < PLAIN; i++)
        plain[i] ^= pad[i];
}

err authorisation_share_seal(call *c, const uint8_t auth_id[16], const mpc_server_share *share,
                             uint8_t sealed[SHARE_SEALED])
{
    err e = ERR_OK;
    const entropy *rng = &c->service->options.rng;
    uint8_t plain[PLAIN], pad[PLAIN];
    const char *context = call_subject(c, "authorisation.share", auth_id),
               *path = pad_path(c->service, c->arena, auth_id);
    if (!context || !path)
        return ERR_MEMORY;
    scalar_to_bytes(plain, &share->d2);
    memcpy(plain + 32, share->P1, POINT_SIZE);
    TRY_OUT(rng->fill(rng->ctx, pad, sizeof pad));
    add(plain, pad);
    TRY_OUT(keystore_seal(c->service->options.keystore, bytes_of_text(context), bytes_of(plain, sizeof plain), sealed,
                          rng));
    TRY_OUT(file_create(path, pad, sizeof pad, 0600));
out:
    wipe(plain, sizeof plain);
    wipe(pad, sizeof pad);
    return e;
}

err authorisation_share_open(call *c, const uint8_t auth_id[16], const uint8_t public_key[POINT_SIZE], bytes sealed,
                             mpc_server_share *share)
{
    err e = ERR_OK;
    uint8_t plain[PLAIN], pad[PLAIN];
    size_t n = 0;
    const char *context = call_subject(c, "authorisation.share", auth_id),
               *path = pad_path(c->service, c->arena, auth_id);
    if (!context || !path)
        return ERR_MEMORY;
    if (sealed.n != SHARE_SEALED)
        return ERR_CORRUPT;
    e = file_read_secret(pad, sizeof pad, path, &n);
    if (e == ERR_NOT_FOUND)
        return ERR_AUTHORISATION_CLOSED;
    if (e != ERR_OK || n != sizeof pad) {
        e = e == ERR_OK ? ERR_CORRUPT : e;
        goto out;
    }
    TRY_OUT(keystore_unseal(c->service->options.keystore, bytes_of_text(context), sealed, plain));
    add(plain, pad);
    TRY_OUT(scalar_from_bytes(&share->d2, plain));
    memcpy(share->P1, plain + 32, POINT_SIZE);
    memcpy(share->P, public_key, POINT_SIZE);
out:
    wipe(plain, sizeof plain);
    wipe(pad, sizeof pad);
    return e == ERR_DECRYPT || e == ERR_SCALAR ? ERR_CORRUPT : e;
}

void authorisation_share_destroy(service *s, arena *a, const uint8_t auth_id[16])
{
    const char *path = pad_path(s, a, auth_id);
    err e = path ? file_remove(path) : ERR_MEMORY;
    if (e != ERR_OK)
        log_write(LOG_ERROR, "service", "the pad of a closed authorisation is not destroyed yet code=%s", err_code(e));
}

typedef struct sweep {
    service *service;
    arena *scratch; /* of one pad: there may be any number */
} sweep;

static err sweep_one(void *context, const char *name)
{
    const sweep *w = context;
    uint8_t id[16];
    const store_value *row;
    if (uuid_decode(id, name, strlen(name)) != ERR_OK)
        return ERR_OK;
    /* One that is being approved has its file before its state: its key is held meanwhile. */
    err e = key_lock_try(w->service->locks, id);
    if (e == ERR_KEY_BUSY)
        return ERR_OK;
    TRY(e);
    e = store_query_one(w->service->options.store, w->scratch, &row, ERR_NOT_FOUND,
                        "SELECT 1 FROM authorisation WHERE id = $1 AND state = 'active'", (store_value[]){store_id(id)},
                        1);
    if (e == ERR_NOT_FOUND)
        authorisation_share_destroy(w->service, w->scratch, id);
    key_lock_release(w->service->locks, id);
    arena_reset(w->scratch);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

err authorisation_share_sweep(service *s)
{
    sweep w = {.service = s};
    if (!s->options.authorisations_dir)
        return ERR_OK;
    w.scratch = arena_create(SWEEP_ARENA);
    if (!w.scratch)
        return ERR_MEMORY;
    err e = file_each(s->options.authorisations_dir, sweep_one, &w);
    arena_destroy(w.scratch);
    return e;
}
