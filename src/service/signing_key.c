#include "service/signing_key.h"

#include <string.h>

#include "os/log.h"
#include "service/authorisation_sign.h"
#include "service/clone_alarm.h"
#include "service/column.h"
#include "service/internal.h"
#include "service/key_event.h"

err signing_key_certificate_check(const call *c, const store_value *v, bytes *serial)
{
    const char *state = column_text(&v[1]);
    *serial = column_bytes(&v[0]);
    if (!state)
        return ERR_CERTIFICATE_NOT_FOUND;
    if (strcmp(state, "expired") == 0 || v[2].i <= c->now_ms)
        return ERR_CERTIFICATE_EXPIRED;
    if (strcmp(state, "frozen") == 0)
        return ERR_CERTIFICATE_FROZEN;
    if (strcmp(state, "superseded") == 0)
        return ERR_CERTIFICATE_SUPERSEDED;
    return strcmp(state, "active") == 0 ? ERR_OK : ERR_CERTIFICATE_REVOKED;
}

/* Why an active or frozen key may not be used, by its certificate. */
static err standing_check(call *c, const store_value *certificate, signing_key *key)
{
    err standing = signing_key_certificate_check(c, certificate, &key->serial);
    bool active = strcmp(key->state, "active") == 0;
    key->not_after_ms = column_int(&certificate[2]);
    /* The certificate is what the person knows of: its end or its being frozen says more than the key's state. */
    bool ended = standing == ERR_CERTIFICATE_REVOKED || standing == ERR_CERTIFICATE_SUPERSEDED;
    return active || ended || standing == ERR_CERTIFICATE_FROZEN ? standing : ERR_KEY_STATE;
}

static err columns_read(const store_value *v, signing_key *key)
{
    TRY(store_column_id(key->user_id, &v[0]));
    TRY(store_column_blob(key->public_key, sizeof key->public_key, &v[1]));
    key->state = v[2].p;
    key->sealed = column_bytes(&v[3]);
    key->failures = v[4].i;
    if (v[5].type != STORE_NULL) {
        TRY(store_column_id(key->open_sid, &v[5]));
        key->open_until = v[6].i;
    }
    key->failures_since_refresh = v[11].i;
    key->failures_untold = v[12].i;
    if (v[13].type != STORE_NULL) {
        TRY(store_column_id(key->issued_sid, &v[13]));
        key->issued_until = v[14].i;
    }
    key->pending = column_bytes(&v[15]);
    key->refreshed_ms = column_int(&v[17]);
    key->has_rid = v[16].type != STORE_NULL;
    return key->has_rid ? store_column_id(key->rid, &v[16]) : ERR_OK;
}

err signing_key_load(call *c, const uint8_t id[16], signing_key *key)
{
    const store_value *v;
    if (c->actor == ACTOR_WORKSTATION)
        return authorisation_key_load(c, id, key);
    memset(key, 0, sizeof *key);
    TRY(store_query_one(
        c->service->options.store, c->arena, &v, ERR_KEY_NOT_FOUND,
        "SELECT k.user_id, k.public_key, k.state, k.sealed_share, k.failures, k.open_sid, k.open_until, "
        "u.state, c.serial, c.state, c.not_after, k.failures_since_refresh, k.failures_untold, k.issued_sid, "
        "k.issued_until, k.sealed_pending, k.pending_rid, k.refreshed_at FROM device_key k JOIN enrolment n ON n.id = "
        "k.enrolment_id "
        "JOIN app_user u ON u.id = k.user_id LEFT JOIN certificate c ON c.serial = k.serial "
        "WHERE k.id = $1 AND k.enrolment_id = $2 AND n.state IN ('open', 'enrolled')",
        (store_value[]){store_id(id), store_id(c->actor_id)}, 2));
    memcpy(key->id, id, 16);
    memcpy(key->key_id, id, 16);
    memcpy(key->enrolment_id, c->actor_id, 16);
    TRY(columns_read(v, key));
    key->enrolling = strcmp(key->state, "enrolling") == 0;
    if (strcmp(v[7].p, "active") != 0)
        return ERR_USER_SUSPENDED;
    if (strcmp(key->state, "locked") == 0)
        return ERR_KEY_LOCKED;
    return key->enrolling ? ERR_OK : standing_check(c, &v[8], key);
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
err signing_key_failed(call *c, const signing_key *key, const signing_key_proof *proof)
{
    bool clone;
    TRY(clone_alarm_check(c, key, proof, &clone));
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit)
        return ERR_MEMORY;
    store_unit_add(
        unit, 1, ERR_KEY_STATE,
        "UPDATE device_key SET failures = failures + 1, failures_since_refresh = failures_since_refresh + 1, "
        "failures_untold = failures_untold + 1, issued_sid = NULL, issued_until = NULL, "
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
    if (clone)
        TRY(clone_alarm_add(c, unit, key));
    else if (left == 0)
        TRY(key_event_add(c, unit, key->id, key->user_id, KEY_LOCKED));
    TRY(call_commit_refusal(c, unit, ERR_PIN));
    if (clone)
        log_write(LOG_WARN, "service", "clone alarm: a retired share was used, the key is frozen %s",
                  call_subject(c, "key", key->id));
    c->fault.tries_left = left;
    return ERR_PIN;
}

void signing_key_settle(const call *c, store_unit *unit, const signing_key *key, const uint8_t sid[16])
{
    store_unit_add(unit, 1, ERR_KEY_STATE,
                   "UPDATE device_key SET state = 'active', failures = 0, failures_untold = 0, used_at = $4, "
                   "open_until = CASE WHEN open_sid = $2 THEN NULL ELSE open_until END, "
                   "open_sid = CASE WHEN open_sid = $2 THEN NULL ELSE open_sid END WHERE id = $1 AND state = $3",
                   (store_value[]){store_id(key->id), store_id(sid), store_text(key->state), store_int(c->now_ms)}, 4);
}
