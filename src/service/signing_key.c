#include "service/signing_key.h"

#include <string.h>

#include "service/column.h"
#include "service/internal.h"

/* The newest certificate of the key must be valid: v are its serial, state and not_after. */
static err certificate_check(const call *c, const store_value *v, bytes *serial)
{
    const char *state = column_text(&v[1]);
    *serial = column_bytes(&v[0]);
    if (!state)
        return ERR_CERTIFICATE_NOT_FOUND;
    if (strcmp(state, "expired") == 0 || v[2].i <= c->now_ms)
        return ERR_CERTIFICATE_EXPIRED;
    return strcmp(state, "active") == 0 ? ERR_OK : ERR_CERTIFICATE_REVOKED;
}

/* Loads the key if it is the calling device's and may be used now. */
err signing_key_load(call *c, const uint8_t id[16], signing_key *key)
{
    const store_value *v;
    memset(key, 0, sizeof *key);
    TRY(store_query_one(
        c->service->options.store, c->arena, &v, ERR_KEY_NOT_FOUND,
        "SELECT k.user_id, k.public_key, k.state, k.sealed_share, k.failures, k.open_sid, k.open_until, "
        "u.state, c.serial, c.state, c.not_after, k.failures_since_refresh, k.failures_untold FROM device_key k JOIN "
        "enrolment n ON n.id = k.enrolment_id "
        "JOIN app_user u ON u.id = k.user_id LEFT JOIN certificate c ON c.serial = k.serial "
        "WHERE k.id = $1 AND k.enrolment_id = $2 AND n.state IN ('open', 'enrolled')",
        (store_value[]){store_id(id), store_id(c->actor_id)}, 2));
    memcpy(key->id, id, 16);
    memcpy(key->enrolment_id, c->actor_id, 16);
    TRY(store_column_id(key->user_id, &v[0]));
    TRY(store_column_blob(key->public_key, sizeof key->public_key, &v[1]));
    key->state = v[2].p;
    key->sealed = column_bytes(&v[3]);
    key->failures = v[4].i;
    key->failures_since_refresh = v[11].i;
    key->failures_untold = v[12].i;
    if (v[5].type != STORE_NULL) {
        TRY(store_column_id(key->open_sid, &v[5]));
        key->open_until = v[6].i;
    }
    key->enrolling = strcmp(key->state, "enrolling") == 0;
    if (strcmp(v[7].p, "active") != 0)
        return ERR_USER_SUSPENDED;
    if (strcmp(key->state, "locked") == 0)
        return ERR_KEY_LOCKED;
    if (key->enrolling)
        return ERR_OK;
    err standing = certificate_check(c, &v[8], &key->serial);
    if (strcmp(key->state, "active") == 0)
        return standing;
    /* A revoked certificate destroys its key: the certificate is what the person knows of. */
    return standing == ERR_CERTIFICATE_REVOKED ? ERR_CERTIFICATE_REVOKED : ERR_KEY_STATE;
}

int signing_key_seconds_until(int64_t until_ms, int64_t now_ms)
{
    return until_ms > now_ms ? (int)((until_ms - now_ms + 999) / 1000) : 1;
}

int signing_key_tries_left(const char *state, int64_t failures, int64_t failures_since_refresh)
{
    int64_t in_row = SIGN_FAILURES_MAX - failures, in_all = SIGN_FAILURES_SINCE_REFRESH_MAX - failures_since_refresh;
    int64_t left = in_row < in_all ? in_row : in_all;
    return strcmp(state, "locked") == 0 || left < 0 ? 0 : (int)left;
}

/* A failed PIN attempt: durable before it is answered. */
err signing_key_failed(call *c, const signing_key *key)
{
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit)
        return ERR_MEMORY;
    store_unit_add(
        unit, 1, ERR_KEY_STATE,
        "UPDATE device_key SET failures = failures + 1, failures_since_refresh = failures_since_refresh + 1, "
        "failures_untold = failures_untold + 1, "
        "state = CASE WHEN failures + 1 >= $2 OR failures_since_refresh + 1 >= $3 THEN 'locked' ELSE state END "
        "WHERE id = $1 AND state IN ('active', 'enrolling')",
        (store_value[]){store_id(key->id), store_int(SIGN_FAILURES_MAX), store_int(SIGN_FAILURES_SINCE_REFRESH_MAX)},
        3);
    /* Under the key's lock the row is as it was read. */
    int left = signing_key_tries_left(key->state, key->failures + 1, key->failures_since_refresh + 1);
    c->detail =
        arena_printf(c->arena, "%s failures=%d%s", c->detail, (int)key->failures + 1, left == 0 ? " locked" : "");
    if (!c->detail)
        return ERR_MEMORY;
    TRY(call_commit_refusal(c, unit, ERR_PIN));
    c->fault.tries_left = left;
    return ERR_PIN;
}
