#include "service/system_credential.h"

#include <string.h>

#include "base/ct.h"
#include "base/text.h"
#include "service/column.h"
#include "service/internal.h"
#include "service/rate.h"
#include "service/scope.h"
#include "service/system.h"
#include "service/system_use.h"

enum {
    SECRET_BYTES = 32,
    SECRET_TEXT = SYSTEM_SECRET_TEXT - 1,
    SEALED_SECRET = SECRET_TEXT + KEYSTORE_OVERHEAD,
    CREDENTIALS_LISTED = 1000
};

/* Of a row of system_credential: $now is the time. */
#define OPENS(now) "state = 'active' AND (expires_at IS NULL OR expires_at > " now ")"

/* The key store's context: table, column and id of the row. */
static bytes secret_context(arena *a, const char *key_id)
{
    const char *context = arena_printf(a, "system_credential.secret%s", key_id);
    return context ? bytes_of_text(context) : bytes_of(NULL, 0);
}

static err credential_draw(call *c, system_credential *out)
{
    err e = ERR_OK;
    const entropy *rng = &c->service->options.rng;
    uint8_t secret[SECRET_BYTES];
    TRY_OUT(code_random_id(out->id, "ak_", rng));
    TRY_OUT(rng->fill(rng->ctx, secret, sizeof secret));
    char *text = base64url_text(c->arena, secret, sizeof secret);
    if (!text) {
        e = ERR_MEMORY;
        goto out;
    }
    memcpy(out->secret, text, sizeof out->secret);
    wipe(text, SECRET_TEXT);
out:
    wipe(secret, sizeof secret);
    return e;
}

static err credential_seal(call *c, const system_credential *credential, uint8_t sealed[SEALED_SECRET])
{
    bytes context = secret_context(c->arena, credential->id);
    if (!context.p)
        return ERR_MEMORY;
    return keystore_seal(c->service->options.keystore, context, bytes_of(credential->secret, SECRET_TEXT), sealed,
                         &c->service->options.rng);
}

/* The limit is counted inside the unit: of two calls at once only one takes the last place. */
static void insert(call *c, store_unit *unit, const system_credential *made, const uint8_t *sealed, const char *note,
                   int64_t expires_ms)
{
    store_unit_add(unit, 1, ERR_LIMIT,
                   "INSERT INTO system_credential (id, system_id, sealed_secret, state, created_at, note, expires_at) "
                   "SELECT $1, id, $3, 'active', $4, $6, $7 FROM system WHERE id = $2 AND "
                   "(SELECT count(*) FROM system_credential WHERE system_id = $2 AND " OPENS("$4") ") < $5",
                   (store_value[]){store_text(made->id), store_id(made->system_id), store_blob(sealed, SEALED_SECRET),
                                   store_int(c->now_ms), store_int(SYSTEM_CREDENTIALS), store_text(note),
                                   expires_ms ? store_int(expires_ms) : store_null()},
                   7);
}

/* Ready to be inserted: its secret drawn and sealed. */
static err prepare(call *c, const uint8_t system_id[16], system_credential *out, uint8_t sealed[SEALED_SECRET])
{
    business_system owner;
    memset(out, 0, sizeof *out);
    c->subject = call_subject(c, "system", system_id);
    TRY(system_get(c, system_id, &owner));
    memcpy(out->system_id, system_id, sizeof out->system_id);
    out->scopes = owner.scopes;
    TRY(selftest_require(c));
    TRY(credential_draw(c, out));
    return credential_seal(c, out, sealed);
}

static err check_end(call *c, int64_t expires_ms)
{
    if (!expires_ms || expires_ms > c->now_ms)
        return ERR_OK;
    (void)fault_set(&c->fault, ERR_FIELD_VALUE, "it must lie in the future");
    return fault_field(&c->fault, ERR_FIELD_VALUE, "expires_at");
}

err system_credential_issue(call *c, const uint8_t system_id[16], const system_credential_request *r,
                            system_credential *out)
{
    uint8_t sealed[SEALED_SECRET];
    TRY(check_end(c, r->expires_ms));
    TRY(prepare(c, system_id, out, sealed));
    c->detail = arena_printf(c->arena, "credential=%s", out->id);
    store_unit *unit = store_unit_begin(c->arena);
    if (!c->detail || !unit)
        return ERR_MEMORY;
    insert(c, unit, out, sealed, r->note ? r->note : "", r->expires_ms);
    return call_commit(c, unit);
}

err system_credential_create(call *c, const uint8_t system_id[16], system_credential *out)
{
    return system_credential_issue(c, system_id, &(system_credential_request){.note = NULL}, out);
}

/* ---- authentication ---- */

err system_credential_open(call *c, const char *key_id, system_credential *out)
{
    const store_value *row;
    if (strlen(key_id) != SYSTEM_KEY_ID_TEXT - 1)
        return ERR_UNAUTHENTICATED;
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_UNAUTHENTICATED,
                        "SELECT c.system_id, c.sealed_secret, s.scopes, s.networks, c.used_at FROM system_credential c "
                        "JOIN system s ON s.id = c.system_id WHERE c.id = $1 AND c.state = 'active' AND "
                        "s.state = 'active' AND (c.expires_at IS NULL OR c.expires_at > $2)",
                        (store_value[]){store_text(key_id), store_int(c->now_ms)}, 2));
    bytes context = secret_context(c->arena, key_id), sealed = column_bytes(&row[1]);
    const char *scopes = column_text(&row[2]);
    memset(out, 0, sizeof *out);
    memcpy(out->id, key_id, SYSTEM_KEY_ID_TEXT - 1);
    TRY(store_column_id(out->system_id, &row[0]));
    out->networks = column_text(&row[3]);
    out->used_ms = column_int(&row[4]);
    if (!context.p)
        return ERR_MEMORY;
    if (sealed.n != SEALED_SECRET || !scopes || !out->networks)
        return ERR_CORRUPT;
    TRY(scope_parse(scopes, &out->scopes));
    return keystore_unseal(c->service->options.keystore, context, sealed, (uint8_t *)out->secret);
}

err system_credential_admit(call *c, const system_credential *credential, bool *record)
{
    *record = false;
    err e = system_network_check(c, credential->networks);
    if (e == ERR_OK)
        system_use_note(c, credential->id, credential->used_ms);
    /* A client in the wrong place asks again and again: the log would hold little else. */
    if (e == ERR_ADDRESS)
        *record = rate_take(c, RATE_ADDRESS, bytes_of_text(credential->id), NULL) == ERR_OK;
    c->fault.retry_after = -1; /* waiting would not help */
    return e;
}

/* ---- looking at them ---- */

#define VIEW_COLUMNS "id, state, created_at, note, expires_at, used_at, used_from, replaced_by, version"

static err read_view(const store_value *v, int64_t now_ms, system_credential_view *out)
{
    *out = (system_credential_view){.id = column_text(&v[0]),
                                    .state = column_text(&v[1]),
                                    .created_ms = column_int(&v[2]),
                                    .note = column_text(&v[3]),
                                    .expires_ms = column_int(&v[4]),
                                    .used_ms = column_int(&v[5]),
                                    .used_from = column_text(&v[6]),
                                    .replaced_by = column_text(&v[7]),
                                    .version = column_int(&v[8])};
    if (!out->id || !out->state || !out->note)
        return ERR_CORRUPT;
    if (strcmp(out->state, "active") == 0 && out->expires_ms && out->expires_ms <= now_ms)
        out->state = "expired";
    return ERR_OK;
}

err system_credential_list(call *c, const uint8_t system_id[16], const system_credential_view **out, size_t *n)
{
    business_system owner;
    store_result rows;
    TRY(system_get(c, system_id, &owner));
    TRY(store_query(c->service->options.store, c->arena, &rows,
                    "SELECT " VIEW_COLUMNS " FROM system_credential WHERE system_id = $1 "
                    "ORDER BY created_at DESC, id LIMIT $2",
                    (store_value[]){store_id(system_id), store_int(CREDENTIALS_LISTED)}, 2));
    system_credential_view *views = arena_alloc(c->arena, rows.rows * sizeof *views);
    if (!views)
        return ERR_MEMORY;
    for (size_t i = 0; i < rows.rows; i++)
        TRY(read_view(rows.values + i * rows.columns, c->now_ms, &views[i]));
    *out = views;
    *n = rows.rows;
    return ERR_OK;
}

err system_credential_get(call *c, const uint8_t system_id[16], const char *key_id, system_credential_view *out)
{
    const store_value *row;
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_NOT_FOUND,
                        "SELECT " VIEW_COLUMNS " FROM system_credential WHERE id = $1 AND system_id = $2",
                        (store_value[]){store_text(key_id), store_id(system_id)}, 2));
    return read_view(row, c->now_ms, out);
}

/* ---- changing them ---- */

err system_credential_update(call *c, const uint8_t system_id[16], const char *key_id,
                             const system_credential_change *change, system_credential_view *out)
{
    c->subject = call_subject(c, "system", system_id);
    TRY(system_credential_get(c, system_id, key_id, out));
    TRY(check_end(c, change->expires_ms));
    c->detail = arena_printf(c->arena, "credential=%s%s%s", key_id, change->expires_ms ? " expires_at=changed" : "",
                             change->note ? " note=changed" : "");
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit || !c->detail)
        return ERR_MEMORY;
    store_unit_add(unit, 1, ERR_STALE, "SELECT 1 FROM system_credential WHERE id = $1 AND (version = $2 OR $2 = 0)",
                   (store_value[]){store_text(key_id), store_int(change->version)}, 2);
    store_unit_add(unit, 1, ERR_CONFLICT,
                   "UPDATE system_credential SET note = COALESCE($4, note), expires_at = COALESCE($5, expires_at), "
                   "version = version + 1 WHERE id = $1 AND system_id = $2 AND " OPENS("$3"),
                   (store_value[]){store_text(key_id), store_id(system_id), store_int(c->now_ms),
                                   store_text(change->note),
                                   change->expires_ms ? store_int(change->expires_ms) : store_null()},
                   5);
    TRY(call_commit(c, unit));
    return system_credential_get(c, system_id, key_id, out);
}

err system_credential_rotate(call *c, const uint8_t system_id[16], const char *key_id, int64_t until_ms,
                             system_credential *out)
{
    uint8_t sealed[SEALED_SECRET];
    system_credential_view old;
    c->subject = call_subject(c, "system", system_id);
    TRY(system_credential_get(c, system_id, key_id, &old));
    TRY(prepare(c, system_id, out, sealed));
    c->detail = arena_printf(c->arena, "credential=%s replaced_by=%s", key_id, out->id);
    store_unit *unit = store_unit_begin(c->arena);
    if (!c->detail || !unit)
        return ERR_MEMORY;
    store_unit_add(unit, 1, ERR_CONFLICT,
                   "UPDATE system_credential SET replaced_by = $4, version = version + 1, "
                   "expires_at = CASE WHEN expires_at < $5 THEN expires_at ELSE $5 END "
                   "WHERE id = $1 AND system_id = $2 AND " OPENS("$3"),
                   (store_value[]){store_text(key_id), store_id(system_id), store_int(c->now_ms), store_text(out->id),
                                   store_int(until_ms > c->now_ms ? until_ms : c->now_ms)},
                   5);
    insert(c, unit, out, sealed, old.note, 0);
    return call_commit(c, unit);
}

err system_credential_revoke(call *c, const uint8_t system_id[16], const char *key_id)
{
    system_credential_view old;
    store_value params[] = {store_text(key_id), store_id(system_id)};
    c->subject = call_subject(c, "system", system_id);
    TRY(system_credential_get(c, system_id, key_id, &old));
    c->detail = arena_printf(c->arena, "credential=%s", key_id);
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit)
        return ERR_MEMORY;
    store_unit_add(
        unit, 1, ERR_CONFLICT,
        "UPDATE system_credential SET state = 'revoked', version = version + 1 WHERE id = $1 AND system_id = $2 AND "
        "state = 'active'",
        params, 2);
    return call_commit(c, unit);
}
