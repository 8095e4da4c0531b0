#include "service/system.h"

#include <string.h>

#include "base/text.h"
#include "os/entropy.h"
#include "service/column.h"
#include "service/console_login.h"
#include "service/internal.h"
#include "service/like.h"

/* $1 is the time. */
#define COLUMNS                                                                                                        \
    "s.id, s.name, s.scopes, s.state, s.created_at, s.stamps, s.note, s.contact, s.networks, s.version, "              \
    "(SELECT count(*) FROM system_credential k WHERE k.system_id = s.id AND k.state = 'active' AND "                   \
    "(k.expires_at IS NULL OR k.expires_at > $1)), "                                                                   \
    "(SELECT max(k.used_at) FROM system_credential k WHERE k.system_id = s.id)"

static err read_system(const store_value *v, business_system *out)
{
    memset(out, 0, sizeof *out);
    TRY(store_column_id(out->id, &v[0]));
    out->name = column_text(&v[1]);
    const char *scopes = column_text(&v[2]);
    out->state = column_text(&v[3]);
    out->created_ms = column_int(&v[4]);
    out->stamps = v[5].i != 0;
    out->note = column_text(&v[6]);
    out->contact = column_text(&v[7]);
    out->networks = column_text(&v[8]);
    out->version = column_int(&v[9]);
    out->credentials = column_int(&v[10]);
    out->used_ms = column_int(&v[11]);
    if (!out->name || !scopes || !out->state || !out->note || !out->contact || !out->networks)
        return ERR_CORRUPT;
    return scope_parse(scopes, &out->scopes);
}

err system_get(call *c, const uint8_t id[16], business_system *out)
{
    const store_value *row;
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_SYSTEM_NOT_FOUND,
                        "SELECT " COLUMNS " FROM system s WHERE s.id = $2",
                        (store_value[]){store_int(c->now_ms), store_id(id)}, 2));
    return read_system(row, out);
}

static err check_length(call *c, const char *field, const char *text, size_t min, size_t max)
{
    size_t characters = text ? utf8_length(text, strlen(text)) : min;
    return characters >= min && characters <= max ? ERR_OK : fault_field(&c->fault, ERR_FIELD_LENGTH, "%s", field);
}

static err check_texts(call *c, const char *name, const char *note, const char *contact)
{
    TRY(check_length(c, "name", name, 1, SYSTEM_NAME_MAX));
    TRY(check_length(c, "note", note, 0, SYSTEM_NOTE_MAX));
    return check_length(c, "contact", contact, 0, SYSTEM_CONTACT_MAX);
}

static err check_scopes(call *c, uint32_t scopes)
{
    return scopes != 0 && !(scopes & ~(uint32_t)SCOPE_OF_SYSTEMS) ? ERR_OK
                                                                  : fault_field(&c->fault, ERR_FIELD_VALUE, "scopes");
}

err system_register(call *c, const system_request *r, business_system *out)
{
    uint8_t id[16];
    const char *networks;
    TRY(check_scopes(c, r->scopes));
    TRY(check_texts(c, r->name, r->note, r->contact));
    TRY(system_networks_read(c, r->networks, r->networks_n, &networks));
    TRY(uuid7_create(id));
    c->subject = call_subject(c, "system", id);
    const char *scopes = scope_text(c->arena, r->scopes);
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit || !scopes)
        return ERR_MEMORY;
    c->detail = arena_printf(c->arena, "name=%s scopes=%s stamps=%s%s%s", r->name, scopes, r->stamps ? "on" : "off",
                             *networks ? " networks=" : "", networks);
    store_unit_add(unit, 1, ERR_INTERNAL,
                   "INSERT INTO system (id, name, scopes, stamps, state, created_at, note, contact, networks) "
                   "VALUES ($1, $2, $3, $4, 'active', $5, $6, $7, $8)",
                   (store_value[]){store_id(id), store_text(r->name), store_text(scopes), store_bool(r->stamps),
                                   store_int(c->now_ms), store_text(r->note ? r->note : ""),
                                   store_text(r->contact ? r->contact : ""), store_text(networks)},
                   8);
    err e = call_commit(c, unit);
    if (e == ERR_EXISTS)
        return fault_field(&c->fault, ERR_EXISTS, "name");
    TRY(e);
    return system_get(c, id, out);
}

err system_create(call *c, const char *name, uint32_t scopes, bool stamps, business_system *out)
{
    return system_register(c, &(system_request){.name = name, .scopes = scopes, .stamps = stamps}, out);
}

/* "state=suspended networks=10.1.0.0/16", of what is changed; a note may be long, and is no decision. */
static err change_detail(call *c, const system_change *change, const char *scopes, const char *networks)
{
    const struct {
        const char *name, *value;
    } parts[] = {{"name", change->name},
                 {"scopes", scopes},
                 {"stamps", !change->has_stamps ? NULL
                            : change->stamps    ? "on"
                                                : "off"},
                 {"state", change->state},
                 {"networks", networks && !*networks ? "any" : networks},
                 {"contact", change->contact ? "changed" : NULL},
                 {"note", change->note ? "changed" : NULL}};
    c->detail = "";
    for (size_t i = 0; i < sizeof parts / sizeof *parts && c->detail; i++)
        if (parts[i].value)
            c->detail =
                arena_printf(c->arena, "%s%s%s=%s", c->detail, *c->detail ? " " : "", parts[i].name, parts[i].value);
    return c->detail ? ERR_OK : ERR_MEMORY;
}

static err check_change(call *c, const system_change *change)
{
    if (change->has_scopes)
        TRY(check_scopes(c, change->scopes));
    TRY(check_texts(c, change->name, change->note, change->contact));
    return !change->state || strcmp(change->state, "active") == 0 || strcmp(change->state, "suspended") == 0
               ? ERR_OK
               : fault_field(&c->fault, ERR_FIELD_VALUE, "state");
}

err system_update(call *c, const uint8_t id[16], const system_change *change, business_system *out)
{
    const char *scopes = NULL, *networks = NULL;
    c->subject = call_subject(c, "system", id);
    TRY(system_get(c, id, out));
    TRY(check_change(c, change));
    if (change->has_scopes && !(scopes = scope_text(c->arena, change->scopes)))
        return ERR_MEMORY;
    if (change->has_networks)
        TRY(system_networks_read(c, change->networks, change->networks_n, &networks));
    TRY(change_detail(c, change, scopes, networks));
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit)
        return ERR_MEMORY;
    store_unit_add(unit, 1, ERR_STALE,
                   "UPDATE system SET name = COALESCE($2, name), scopes = COALESCE($3, scopes), "
                   "stamps = COALESCE($4, stamps), state = COALESCE($5, state), note = COALESCE($6, note), "
                   "contact = COALESCE($7, contact), networks = COALESCE($8, networks), version = version + 1 "
                   "WHERE id = $1 AND (version = $9 OR $9 = 0)",
                   (store_value[]){store_id(id), store_text(change->name), store_text(scopes),
                                   change->has_stamps ? store_bool(change->stamps) : store_null(),
                                   store_text(change->state), store_text(change->note), store_text(change->contact),
                                   store_text(networks), store_int(change->version)},
                   9);
    err e = call_commit(c, unit);
    if (e == ERR_EXISTS)
        return fault_field(&c->fault, ERR_EXISTS, "name");
    TRY(e);
    return system_get(c, id, out);
}

err system_list(call *c, const system_filter *f, const business_system **out, size_t *n)
{
    /* Not the console's own, which is the first. */
    const uint8_t *after = f->after && memcmp(f->after, console_login_system, 16) > 0 ? f->after : console_login_system;
    store_result rows;
    const char *pattern = f->q ? like_contains(c->arena, f->q, strlen(f->q)) : NULL;
    if (f->q && !pattern)
        return ERR_MEMORY;
    TRY(store_query(c->service->options.store, c->arena, &rows,
                    "SELECT " COLUMNS " FROM system s WHERE s.id > $2 AND (s.state = $3 OR $3 IS NULL) AND ($4 IS NULL "
                    "OR lower(s.name) LIKE $4 ESCAPE '!' OR lower(s.contact) LIKE $4 ESCAPE '!' OR "
                    "lower(s.note) LIKE $4 ESCAPE '!') ORDER BY s.id LIMIT $5",
                    (store_value[]){store_int(c->now_ms), store_id(after), store_text(f->state), store_text(pattern),
                                    store_int(f->limit)},
                    5));
    business_system *systems = arena_alloc(c->arena, rows.rows * sizeof *systems);
    if (!systems)
        return ERR_MEMORY;
    for (size_t i = 0; i < rows.rows; i++)
        TRY(read_system(rows.values + i * rows.columns, &systems[i]));
    *out = systems;
    *n = rows.rows;
    return ERR_OK;
}
