#include "service/system.h"

#include <string.h>

#include "base/ct.h"
#include "base/text.h"
#include "os/entropy.h"
#include "service/column.h"
#include "service/internal.h"

enum {
    SECRET_BYTES = 32,
    SECRET_TEXT = SYSTEM_SECRET_TEXT - 1,
    SEALED_SECRET = SECRET_TEXT + KEYSTORE_OVERHEAD,
    CREDENTIALS_LISTED = 1000
};

#define SYSTEM_COLUMNS "id, name, scopes, state, created_at, stamps"

static err read_system(const store_value *v, business_system *out)
{
    memset(out, 0, sizeof *out);
    TRY(store_column_id(out->id, &v[0]));
    out->name = column_text(&v[1]);
    const char *scopes = column_text(&v[2]);
    out->state = column_text(&v[3]);
    out->created_ms = column_int(&v[4]);
    out->stamps = v[5].i != 0;
    if (!out->name || !scopes || !out->state)
        return ERR_CORRUPT;
    return scope_parse(scopes, &out->scopes);
}

static err system_get(call *c, const uint8_t id[16], business_system *out)
{
    const store_value *row;
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_SYSTEM_NOT_FOUND,
                        "SELECT " SYSTEM_COLUMNS " FROM system WHERE id = $1", (store_value[]){store_id(id)}, 1));
    return read_system(row, out);
}

err system_create(call *c, const char *name, uint32_t scopes, bool stamps, business_system *out)
{
    uint8_t id[16];
    if (scopes == 0 || scopes & ~(uint32_t)SCOPE_OF_SYSTEMS)
        return fault_field(&c->fault, ERR_FIELD_VALUE, "scopes");
    size_t characters = utf8_length(name, strlen(name));
    if (characters < 1 || characters > SYSTEM_NAME_MAX)
        return fault_field(&c->fault, ERR_FIELD_LENGTH, "name");
    TRY(uuid7_create(id));
    c->subject = call_subject(c, "system", id);
    const char *scopes_text = scope_text(c->arena, scopes);
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit || !scopes_text)
        return ERR_MEMORY;
    c->detail = arena_printf(c->arena, "name=%s scopes=%s stamps=%s", name, scopes_text, stamps ? "on" : "off");
    store_unit_add(
        unit, 1, ERR_INTERNAL,
        "INSERT INTO system (id, name, scopes, stamps, state, created_at) VALUES ($1, $2, $3, $4, 'active', $5)",
        (store_value[]){store_id(id), store_text(name), store_text(scopes_text), store_bool(stamps),
                        store_int(c->now_ms)},
        5);
    err e = call_commit(c, unit);
    if (e == ERR_EXISTS)
        return fault_field(&c->fault, ERR_EXISTS, "name");
    TRY(e);
    return system_get(c, id, out);
}

err system_set_stamps(call *c, const uint8_t id[16], bool stamps, business_system *out)
{
    store_unit *unit = store_unit_begin(c->arena);
    c->subject = call_subject(c, "system", id);
    c->detail = stamps ? "stamps=on" : "stamps=off";
    if (!unit)
        return ERR_MEMORY;
    store_unit_add(unit, 1, ERR_SYSTEM_NOT_FOUND, "UPDATE system SET stamps = $2 WHERE id = $1",
                   (store_value[]){store_id(id), store_bool(stamps)}, 2);
    TRY(call_commit(c, unit));
    return system_get(c, id, out);
}

err system_list(call *c, const uint8_t *after, int64_t limit, const business_system **out, size_t *n)
{
    static const uint8_t least[16];
    store_result rows;
    TRY(store_query(c->service->options.store, c->arena, &rows,
                    "SELECT " SYSTEM_COLUMNS " FROM system WHERE id > $1 ORDER BY id LIMIT $2",
                    (store_value[]){store_id(after ? after : least), store_int(limit)}, 2));
    business_system *systems = arena_alloc(c->arena, rows.rows * sizeof *systems);
    if (!systems)
        return ERR_MEMORY;
    for (size_t i = 0; i < rows.rows; i++)
        TRY(read_system(rows.values + i * rows.columns, &systems[i]));
    *out = systems;
    *n = rows.rows;
    return ERR_OK;
}

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

/* The limit is counted inside the unit: of two calls at once only one takes the last place. */
static err credential_commit(call *c, const system_credential *credential, const uint8_t *sealed)
{
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit)
        return ERR_MEMORY;
    store_unit_add(unit, 1, ERR_LIMIT,
                   "INSERT INTO system_credential (id, system_id, sealed_secret, state, created_at) "
                   "SELECT $1, id, $3, 'active', $4 FROM system WHERE id = $2 AND "
                   "(SELECT count(*) FROM system_credential WHERE system_id = $2 AND state = 'active') < $5",
                   (store_value[]){store_text(credential->id), store_id(credential->system_id),
                                   store_blob(sealed, SEALED_SECRET), store_int(c->now_ms),
                                   store_int(SYSTEM_CREDENTIALS)},
                   5);
    return call_commit(c, unit);
}

err system_credential_create(call *c, const uint8_t system_id[16], system_credential *out)
{
    business_system owner;
    uint8_t sealed[SEALED_SECRET];
    c->subject = call_subject(c, "system", system_id);
    TRY(system_get(c, system_id, &owner));
    memcpy(out->system_id, system_id, sizeof out->system_id);
    out->scopes = owner.scopes;
    TRY(selftest_require(c));
    TRY(credential_draw(c, out));
    c->detail = arena_printf(c->arena, "credential=%s", out->id);
    bytes context = secret_context(c->arena, out->id);
    if (!c->detail || !context.p)
        return ERR_MEMORY;
    TRY(keystore_seal(c->service->options.keystore, context, bytes_of(out->secret, SECRET_TEXT), sealed,
                      &c->service->options.rng));
    return credential_commit(c, out, sealed);
}

err system_credential_open(call *c, const char *key_id, system_credential *out)
{
    const store_value *row;
    if (strlen(key_id) != SYSTEM_KEY_ID_TEXT - 1)
        return ERR_UNAUTHENTICATED;
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_UNAUTHENTICATED,
                        "SELECT c.system_id, c.sealed_secret, s.scopes FROM system_credential c JOIN system s ON "
                        "s.id = c.system_id WHERE c.id = $1 AND c.state = 'active' AND s.state = 'active'",
                        (store_value[]){store_text(key_id)}, 1));
    bytes context = secret_context(c->arena, key_id), sealed = column_bytes(&row[1]);
    const char *scopes = column_text(&row[2]);
    memset(out, 0, sizeof *out);
    memcpy(out->id, key_id, SYSTEM_KEY_ID_TEXT - 1);
    TRY(store_column_id(out->system_id, &row[0]));
    if (!context.p)
        return ERR_MEMORY;
    if (sealed.n != SEALED_SECRET || !scopes)
        return ERR_CORRUPT;
    TRY(scope_parse(scopes, &out->scopes));
    return keystore_unseal(c->service->options.keystore, context, sealed, (uint8_t *)out->secret);
}

err system_credential_list(call *c, const uint8_t system_id[16], const system_credential_view **out, size_t *n)
{
    business_system owner;
    store_result rows;
    TRY(system_get(c, system_id, &owner));
    TRY(store_query(c->service->options.store, c->arena, &rows,
                    "SELECT id, state, created_at FROM system_credential WHERE system_id = $1 "
                    "ORDER BY created_at DESC, id LIMIT $2",
                    (store_value[]){store_id(system_id), store_int(CREDENTIALS_LISTED)}, 2));
    system_credential_view *views = arena_alloc(c->arena, rows.rows * sizeof *views);
    if (!views)
        return ERR_MEMORY;
    for (size_t i = 0; i < rows.rows; i++) {
        const store_value *v = rows.values + i * rows.columns;
        views[i] = (system_credential_view){column_text(&v[0]), column_text(&v[1]), column_int(&v[2])};
    }
    *out = views;
    *n = rows.rows;
    return ERR_OK;
}

err system_credential_revoke(call *c, const uint8_t system_id[16], const char *key_id)
{
    const store_value *row;
    store_value params[] = {store_text(key_id), store_id(system_id)};
    c->subject = call_subject(c, "system", system_id);
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_NOT_FOUND,
                        "SELECT id FROM system_credential WHERE id = $1 AND system_id = $2", params, 2));
    c->detail = arena_printf(c->arena, "credential=%s", key_id);
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit)
        return ERR_MEMORY;
    store_unit_add(
        unit, 1, ERR_CONFLICT,
        "UPDATE system_credential SET state = 'revoked' WHERE id = $1 AND system_id = $2 AND state = 'active'", params,
        2);
    return call_commit(c, unit);
}
