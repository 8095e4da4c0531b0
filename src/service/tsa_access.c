#include "service/tsa_access.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "os/entropy.h"
#include "os/log.h"
#include "service/column.h"
#include "service/internal.h"
#include "service/rate.h"
#include "service/system_network.h"
#include "service/timestamp.h"
#include "service/token_count.h"
#include "service/tsa_access_lists.h"

enum { READING_ARENA = 8 << 20 /* TSA_ACCESS_MAX rows of the longest networks take 3 MiB */ };

/* The writer's lock is held only to change a pointer, the readers' for a look-up. */
struct tsa_access {
    pthread_rwlock_t lock; /* of lists */
    tsa_access_lists *lists;
    pthread_mutex_t reading; /* one reads the rows at a time, so that the last who reads has seen all that is durable */
    atomic_bool stale;       /* a change is not in effect yet */
};

/* ---- the rows in memory ---- */

#define ENTRY_COLUMNS "id, action, network, system_id, per_minute"

static err read_entry(const store_value *v, tsa_access_entry *out)
{
    const char *action = column_text(&v[1]), *network = column_text(&v[2]);
    memset(out, 0, sizeof *out);
    TRY(store_column_id(out->id, &v[0]));
    if (!action)
        return ERR_CORRUPT;
    out->deny = strcmp(action, "deny") == 0;
    out->of_system = !network;
    out->per_minute = v[4].type == STORE_NULL ? -1 : column_int(&v[4]);
    if (!network)
        return store_column_id(out->system_id, &v[3]);
    return address_network_parse(&out->network, network) == ERR_OK ? ERR_OK : ERR_CORRUPT;
}

static err read_lists(service *s, arena *a, tsa_access_lists **out)
{
    store_result rows;
    TRY(store_query(s->options.store, a, &rows, "SELECT " ENTRY_COLUMNS " FROM tsa_access", NULL, 0));
    tsa_access_entry *entries = arena_alloc(a, rows.rows * sizeof *entries);
    if (!entries)
        return ERR_MEMORY;
    for (size_t i = 0; i < rows.rows; i++)
        TRY(read_entry(rows.values + i * rows.columns, &entries[i]));
    *out = tsa_access_lists_create(entries, rows.rows);
    return *out ? ERR_OK : ERR_MEMORY;
}

/* Puts into effect what stands in the database. */
static err reload(service *s)
{
    struct tsa_access *t = s->tsa_access;
    tsa_access_lists *fresh = NULL;
    arena *a = arena_create(READING_ARENA);
    (void)pthread_mutex_lock(&t->reading);
    err e = a ? read_lists(s, a, &fresh) : ERR_MEMORY;
    if (e == ERR_OK) {
        (void)pthread_rwlock_wrlock(&t->lock);
        tsa_access_lists *old = t->lists;
        t->lists = fresh;
        (void)pthread_rwlock_unlock(&t->lock);
        tsa_access_lists_destroy(old);
    }
    t->stale = e != ERR_OK;
    (void)pthread_mutex_unlock(&t->reading);
    arena_destroy(a);
    return e;
}

err tsa_access_open(service *s)
{
    s->tsa_access = calloc(1, sizeof *s->tsa_access);
    if (!s->tsa_access)
        return ERR_MEMORY;
    pthread_mutex_init(&s->tsa_access->reading, NULL);
    /* A look-up is short, and there are always some: who changes the pointer must not wait until there happens to be none. */
    pthread_rwlockattr_t attributes;
    pthread_rwlockattr_init(&attributes);
    pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    pthread_rwlock_init(&s->tsa_access->lock, &attributes);
    pthread_rwlockattr_destroy(&attributes);
    return reload(s);
}

void tsa_access_close(service *s)
{
    struct tsa_access *t = s->tsa_access;
    if (!t)
        return;
    tsa_access_lists_destroy(t->lists);
    pthread_rwlock_destroy(&t->lock);
    pthread_mutex_destroy(&t->reading);
    free(t);
    s->tsa_access = NULL;
}

err tsa_access_refresh(service *s)
{
    return s->tsa_access->stale ? reload(s) : ERR_OK;
}

/* After a change: it is durable. Where it cannot be put into effect now, its caller hears of it, and housekeeping goes on trying. */
static err put_into_effect(call *c)
{
    err e = reload(c->service);
    if (e != ERR_OK)
        log_write(LOG_ERROR, "tsa-access",
                  "the lists could not be read again: the old ones stay until they are code=%s", err_code(e));
    return e;
}

/* ---- looking up ---- */

static err read_origin(const char *origin, address *out)
{
    /* The server's own socket, which only its own user and root can open. */
    return address_parse(out, strcmp(origin, "unix") == 0 ? "127.0.0.1" : origin);
}

static int64_t limit_of(const service *s, const tsa_access_entry *row, bool of_system)
{
    if (row && row->per_minute >= 0)
        return row->per_minute;
    return of_system ? s->options.tsa_per_minute : s->options.tsa_per_address_per_minute;
}

static void look_up(service *s, const address *from, const uint8_t *system_id, tsa_access_verdict *out)
{
    struct tsa_access *t = s->tsa_access;
    *out = (tsa_access_verdict){.admitted = false};
    (void)pthread_rwlock_rdlock(&t->lock);
    const tsa_access_entry *row = tsa_access_lists_find(t->lists, from, system_id, &out->admitted);
    if (row) {
        out->has_row = true;
        memcpy(out->row_id, row->id, sizeof out->row_id);
    }
    if (out->admitted)
        out->per_minute = limit_of(s, row, system_id != NULL);
    (void)pthread_rwlock_unlock(&t->lock);
}

/* A client is counted by its system, else by its address; of IPv6 by its /64, which one subscriber has whole. */
static err count(call *c, const address *from, const uint8_t *system_id, int64_t per_minute)
{
    const rate_limit limit = {per_minute, per_minute * 60};
    bytes name = system_id             ? bytes_of(system_id, 16)
                 : address_is_v4(from) ? bytes_of(from->bytes + 12, 4)
                                       : bytes_of(from->bytes, 8);
    return rate_take_within(c, RATE_TSA, limit, name, NULL);
}

static err admit(call *c, const char *origin)
{
    address from;
    tsa_access_verdict v;
    const uint8_t *system_id = c->actor == ACTOR_SYSTEM ? c->actor_id : NULL;
    if (read_origin(origin, &from) != ERR_OK)
        return fault_set(&c->fault, ERR_ACCESS, "no address: %s", origin);
    look_up(c->service, &from, system_id, &v);
    if (!v.admitted)
        return fault_set(&c->fault, ERR_ACCESS, v.has_row ? "%s is denied" : "%s is not allowed",
                         system_id ? c->actor_text : origin);
    return count(c, &from, system_id, v.per_minute);
}

err tsa_access_check(call *c, const char *origin)
{
    err e = admit(c, origin);
    if (e != ERR_OK)
        token_count_refusal(c->service, c->now_ms, timestamp_client(c), err_code(e));
    return e;
}

err tsa_access_would(call *c, const char *origin, const uint8_t *system_id, tsa_access_verdict *out)
{
    address from;
    if (read_origin(origin, &from) != ERR_OK) {
        (void)fault_set(&c->fault, ERR_FIELD_VALUE, "want one address: 192.0.2.7 or 2001:db8::7");
        return fault_field(&c->fault, ERR_FIELD_VALUE, "address");
    }
    look_up(c->service, &from, system_id, out);
    return ERR_OK;
}

/* ---- rows ---- */

#define ROW_COLUMNS "a.id, a.action, a.network, a.system_id, a.per_minute, s.name, a.note, a.created_at, a.version"
#define ROWS "tsa_access a LEFT JOIN system s ON s.id = a.system_id"

static err read_row(const store_value *v, tsa_access_row *out)
{
    tsa_access_entry entry;
    TRY(read_entry(v, &entry));
    memset(out, 0, sizeof *out);
    memcpy(out->id, entry.id, sizeof out->id);
    out->deny = entry.deny;
    out->network = column_text(&v[2]);
    memcpy(out->system_id, entry.system_id, sizeof out->system_id);
    out->per_minute = entry.per_minute;
    out->system_name = column_text(&v[5]);
    out->note = column_text(&v[6]);
    out->created_ms = column_int(&v[7]);
    out->version = column_int(&v[8]);
    return out->note && (out->network || out->system_name) ? ERR_OK : ERR_CORRUPT;
}

err tsa_access_get(call *c, const uint8_t id[16], tsa_access_row *out)
{
    const store_value *row;
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_NOT_FOUND,
                        "SELECT " ROW_COLUMNS " FROM " ROWS " WHERE a.id = $1", (store_value[]){store_id(id)}, 1));
    return read_row(row, out);
}

err tsa_access_list(call *c, const uint8_t *after, int64_t limit, const tsa_access_row **out, size_t *n)
{
    static const uint8_t least[16];
    store_result rows;
    TRY(store_query(c->service->options.store, c->arena, &rows,
                    "SELECT " ROW_COLUMNS " FROM " ROWS " WHERE a.id > $1 ORDER BY a.id LIMIT $2",
                    (store_value[]){store_id(after ? after : least), store_int(limit)}, 2));
    tsa_access_row *list = arena_alloc(c->arena, rows.rows * sizeof *list);
    if (!list)
        return ERR_MEMORY;
    for (size_t i = 0; i < rows.rows; i++)
        TRY(read_row(rows.values + i * rows.columns, &list[i]));
    *out = list;
    *n = rows.rows;
    return ERR_OK;
}

static err check_system(call *c, const uint8_t id[16], const char **name)
{
    const store_value *row;
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_SYSTEM_NOT_FOUND,
                        "SELECT name FROM system WHERE id = $1", (store_value[]){store_id(id)}, 1));
    *name = column_text(&row[0]);
    return *name ? ERR_OK : ERR_CORRUPT;
}

/* *network: NULL for a system's row; *who: for the audit log. */
static err check_request(call *c, const tsa_access_request *r, const char **network, const char **who)
{
    *network = NULL;
    if (!r->network && !r->system_id)
        return fault_field(&c->fault, ERR_FIELD_MISSING, "network");
    if (r->network && r->system_id)
        return fault_field(&c->fault, ERR_FIELD_UNKNOWN, "system");
    if (r->deny && r->per_minute >= 0)
        return fault_field(&c->fault, ERR_FIELD_UNKNOWN, "per_minute");
    if (r->per_minute > TSA_ACCESS_PER_MINUTE_MAX)
        return fault_field(&c->fault, ERR_FIELD_VALUE, "per_minute");
    if (r->system_id)
        return check_system(c, r->system_id, who);
    TRY(system_network_read(c, r->network, "network", network));
    *who = *network;
    return ERR_OK;
}

/* The limit is counted inside the unit: of two calls at once only one takes the last place. */
static void insert(call *c, store_unit *unit, const tsa_access_request *r, const uint8_t id[16], const char *network)
{
    store_unit_add(unit, 1, ERR_LIMIT,
                   "INSERT INTO tsa_access (id, action, network, system_id, per_minute, note, created_at) "
                   "SELECT $1, $2, $3, $4, $5, $6, $7 WHERE (SELECT count(*) FROM tsa_access) < $8",
                   (store_value[]){store_id(id), store_text(r->deny ? "deny" : "allow"), store_text(network),
                                   store_id(r->system_id), r->per_minute < 0 ? store_null() : store_int(r->per_minute),
                                   store_text(r->note ? r->note : ""), store_int(c->now_ms), store_int(TSA_ACCESS_MAX)},
                   8);
}

err tsa_access_add(call *c, const tsa_access_request *r, tsa_access_row *out)
{
    uint8_t id[16];
    const char *network, *who = NULL;
    TRY(uuid7_create(id));
    c->subject = call_subject(c, "tsa-access", id);
    TRY(check_request(c, r, &network, &who));
    c->detail = r->per_minute < 0 ? arena_printf(c->arena, "%s %s", r->deny ? "deny" : "allow", who)
                                  : arena_printf(c->arena, "allow %s per_minute=%lld", who, (long long)r->per_minute);
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit || !c->subject || !c->detail)
        return ERR_MEMORY;
    insert(c, unit, r, id, network);
    err e = call_commit(c, unit);
    if (e == ERR_EXISTS)
        return fault_field(&c->fault, ERR_EXISTS, network ? "network" : "system");
    TRY(e);
    TRY(put_into_effect(c));
    return tsa_access_get(c, id, out);
}

static err change_detail(call *c, const tsa_access_row *row, const tsa_access_change *change)
{
    const char *who = row->network ? row->network : row->system_name, *what = row->deny ? "deny" : "allow";
    const char *noted = change->note ? " note=changed" : "";
    if (!change->has_per_minute)
        c->detail = arena_printf(c->arena, "%s %s%s", what, who, noted);
    else if (change->per_minute < 0)
        c->detail = arena_printf(c->arena, "%s %s per_minute=default%s", what, who, noted);
    else
        c->detail = arena_printf(c->arena, "%s %s per_minute=%lld%s", what, who, (long long)change->per_minute, noted);
    return c->subject && c->detail ? ERR_OK : ERR_MEMORY;
}

err tsa_access_update(call *c, const uint8_t id[16], const tsa_access_change *change, tsa_access_row *out)
{
    c->subject = call_subject(c, "tsa-access", id);
    TRY(tsa_access_get(c, id, out));
    if (out->deny && change->has_per_minute && change->per_minute >= 0)
        return fault_field(&c->fault, ERR_FIELD_UNKNOWN, "per_minute");
    if (change->per_minute > TSA_ACCESS_PER_MINUTE_MAX)
        return fault_field(&c->fault, ERR_FIELD_VALUE, "per_minute");
    TRY(change_detail(c, out, change));
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit)
        return ERR_MEMORY;
    store_unit_add(unit, 1, ERR_STALE,
                   "UPDATE tsa_access SET per_minute = CASE WHEN $2 THEN $3 ELSE per_minute END, "
                   "note = COALESCE($4, note), version = version + 1 WHERE id = $1 AND (version = $5 OR $5 = 0)",
                   (store_value[]){store_id(id), store_bool(change->has_per_minute),
                                   change->per_minute < 0 ? store_null() : store_int(change->per_minute),
                                   store_text(change->note), store_int(change->version)},
                   5);
    TRY(call_commit(c, unit));
    TRY(put_into_effect(c));
    return tsa_access_get(c, id, out);
}

err tsa_access_remove(call *c, const uint8_t id[16])
{
    tsa_access_row row;
    c->subject = call_subject(c, "tsa-access", id);
    TRY(tsa_access_get(c, id, &row));
    c->detail =
        arena_printf(c->arena, "%s %s", row.deny ? "deny" : "allow", row.network ? row.network : row.system_name);
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit || !c->subject || !c->detail)
        return ERR_MEMORY;
    store_unit_add(unit, 1, ERR_NOT_FOUND, "DELETE FROM tsa_access WHERE id = $1", (store_value[]){store_id(id)}, 1);
    TRY(call_commit(c, unit));
    return put_into_effect(c);
}
