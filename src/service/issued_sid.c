#include "service/issued_sid.h"

#include <string.h>

#include "service/internal.h"

err issued_sid_draw(call *c, issued_sid *out)
{
    const entropy *rng = &c->service->options.rng;
    out->expires_ms = c->now_ms + ISSUED_SID_SECONDS * 1000;
    return rng->fill(rng->ctx, out->sid, sizeof out->sid);
}

static err make_locked(call *c, const uint8_t key_id[16], issued_sid *out)
{
    signing_key key;
    TRY(signing_key_load(c, key_id, &key));
    if (key.enrolling)
        return ERR_KEY_STATE;
    TRY(issued_sid_draw(c, out));
    store_unit *unit = store_unit_begin(c->arena);
    store_unit_add(unit, 1, ERR_KEY_STATE,
                   "UPDATE device_key SET issued_sid = $2, issued_until = $3 WHERE id = $1 AND state = 'active'",
                   (store_value[]){store_id(key_id), store_id(out->sid), store_int(out->expires_ms)}, 3);
    return call_commit(c, unit);
}

err issued_sid_make(call *c, const uint8_t key_id[16], issued_sid *out)
{
    c->subject = call_subject(c, "key", key_id);
    TRY(selftest_require(c));
    TRY(key_lock_take(c->service->locks, key_id));
    err e = make_locked(c, key_id, out);
    key_lock_release(c->service->locks, key_id);
    return e;
}

err issued_sid_check(const call *c, const signing_key *key, const uint8_t sid[16])
{
    return key->issued_until > c->now_ms && memcmp(key->issued_sid, sid, 16) == 0 ? ERR_OK : ERR_SID;
}
