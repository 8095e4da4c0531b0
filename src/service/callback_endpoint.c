#include "service/callback_endpoint.h"

#include <stdio.h>
#include <string.h>

#include "base/ct.h"
#include "base/text.h"
#include "os/entropy.h"
#include "os/outbound.h"
#include "service/callback_url.h"
#include "service/column.h"
#include "service/internal.h"

enum {
    SECRET_BYTES = 32,
    SECRET = CALLBACK_SECRET_TEXT - 1,
    SEALED_SECRET = SECRET + KEYSTORE_OVERHEAD,
    CONNECT_MS = 3000,
    TIMEOUT_MS = 10000,
    DAY_MS = 86400000
};

#define COLUMNS "e.id, e.system_id, e.url, e.events, e.state, e.created_at, e.previous_until, e.version"
/* Each by an index of its own (store/migrations). day: since when what was delivered is counted. */
#define COUNTS(day)                                                                                                    \
    ", (SELECT count(*) FROM callback c WHERE c.endpoint_id = e.id AND c.finished_at IS NULL), "                       \
    "(SELECT min(c.queued_at) FROM callback c WHERE c.endpoint_id = e.id AND c.finished_at IS NULL), "                 \
    "(SELECT count(*) FROM callback c WHERE c.endpoint_id = e.id AND c.state = 'failed'), "                            \
    "(SELECT count(*) FROM callback c WHERE c.endpoint_id = e.id AND c.state = 'delivered' AND "                       \
    "c.finished_at > " day ")"
/* Of its system, or of the push endpoints where $1 is NULL. */
#define OWNED "(system_id = $1 OR ($1 IS NULL AND kind = 'push')) AND state <> 'removed'"

static err read_endpoint(const store_value *v, int64_t now_ms, callback_endpoint *out)
{
    memset(out, 0, sizeof *out);
    TRY(store_column_id(out->id, &v[0]));
    out->push = v[1].type == STORE_NULL;
    if (!out->push)
        TRY(store_column_id(out->system_id, &v[1]));
    out->url = column_text(&v[2]);
    out->events = (uint32_t)v[3].i;
    out->state = column_text(&v[4]);
    out->created_ms = column_int(&v[5]);
    out->previous_until = column_int(&v[6]) > now_ms ? column_int(&v[6]) : 0;
    out->version = column_int(&v[7]);
    out->queued = column_int(&v[8]);
    out->oldest_ms = column_int(&v[9]);
    out->failed = column_int(&v[10]);
    out->delivered = column_int(&v[11]);
    return out->url && out->state ? ERR_OK : ERR_CORRUPT;
}

err callback_endpoint_get(call *c, const uint8_t *system_id, const uint8_t id[16], callback_endpoint *out)
{
    const store_value *row;
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_NOT_FOUND,
                        "SELECT " COLUMNS COUNTS("$3") " FROM callback_endpoint e WHERE " OWNED " AND id = $2",
                        (store_value[]){store_id(system_id), store_id(id), store_int(c->now_ms - DAY_MS)}, 3));
    return read_endpoint(row, c->now_ms, out);
}

static err require_system(call *c, const uint8_t *system_id)
{
    const store_value *row;
    return system_id ? store_query_one(c->service->options.store, c->arena, &row, ERR_SYSTEM_NOT_FOUND,
                                       "SELECT id FROM system WHERE id = $1", (store_value[]){store_id(system_id)}, 1)
                     : ERR_OK;
}

err callback_endpoint_list(call *c, const uint8_t *system_id, const callback_endpoint **out, size_t *n)
{
    store_result rows;
    TRY(require_system(c, system_id));
    TRY(store_query(c->service->options.store, c->arena, &rows,
                    "SELECT " COLUMNS COUNTS("$2") " FROM callback_endpoint e WHERE " OWNED " ORDER BY id",
                    (store_value[]){store_id(system_id), store_int(c->now_ms - DAY_MS)}, 2));
    callback_endpoint *endpoints = arena_alloc(c->arena, rows.rows * sizeof *endpoints);
    if (!endpoints)
        return ERR_MEMORY;
    for (size_t i = 0; i < rows.rows; i++)
        TRY(read_endpoint(rows.values + i * rows.columns, c->now_ms, &endpoints[i]));
    *out = endpoints;
    *n = rows.rows;
    return ERR_OK;
}

/* The key store's context: table, column and id of the row. A secret that becomes the previous one stays what it is. */
static bytes secret_context(arena *a, const uint8_t id[16])
{
    char text[UUID_TEXT];
    uuid_encode(text, id);
    const char *context = arena_printf(a, "callback_endpoint.secret:%s", text);
    return context ? bytes_of_text(context) : bytes_of(NULL, 0);
}

static err draw_secret(call *c, const uint8_t id[16], char secret[CALLBACK_SECRET_TEXT], uint8_t sealed[SEALED_SECRET])
{
    err e = ERR_OK;
    const entropy *rng = &c->service->options.rng;
    uint8_t raw[SECRET_BYTES];
    bytes context = secret_context(c->arena, id);
    TRY(selftest_require(c));
    TRY_OUT(rng->fill(rng->ctx, raw, sizeof raw));
    char *text = base64url_text(c->arena, raw, sizeof raw);
    if (!text || !context.p) {
        e = ERR_MEMORY;
        goto out;
    }
    memcpy(secret, text, CALLBACK_SECRET_TEXT);
    wipe(text, SECRET);
    e = keystore_seal(c->service->options.keystore, context, bytes_of(secret, SECRET), sealed, rng);
out:
    wipe(raw, sizeof raw);
    return e;
}

err callback_secret_open(service *s, arena *a, const uint8_t id[16], bytes sealed, char secret[CALLBACK_SECRET_TEXT])
{
    bytes context = secret_context(a, id);
    if (!context.p)
        return ERR_MEMORY;
    if (sealed.n != SEALED_SECRET)
        return ERR_CORRUPT;
    secret[SECRET] = '\0';
    return keystore_unseal(s->options.keystore, context, sealed, (uint8_t *)secret);
}

static err check_url(call *c, const char *url)
{
    const service_options *o = &c->service->options;
    const char *wrong = callback_url_fault(url, o->callback_deny, o->callback_plain_http);
    if (!wrong)
        return ERR_OK;
    fault_set(&c->fault, ERR_FIELD_VALUE, "%s", wrong);
    return fault_field(&c->fault, ERR_FIELD_VALUE, "url");
}

static err check_events(call *c, uint32_t events)
{
    return events != 0 && !(events & ~(uint32_t)CALLBACK_SYSTEM_EVENTS)
               ? ERR_OK
               : fault_field(&c->fault, ERR_FIELD_VALUE, "events");
}

/* The act's subject; its detail names the endpoint. */
static err describe(call *c, const uint8_t *system_id, const uint8_t id[16], const char *what)
{
    char text[UUID_TEXT];
    uuid_encode(text, id);
    c->subject = system_id ? call_subject(c, "system", system_id) : "push";
    c->detail = arena_printf(c->arena, "endpoint=%s%s%s", text, *what ? " " : "", what);
    return c->subject && c->detail ? ERR_OK : ERR_MEMORY;
}

/* What the queue knows of endpoints is read anew at once: what happens from now on goes to them. */
static err commit(call *c, store_unit *unit)
{
    TRY(call_commit(c, unit));
    return callback_queue_refresh(c->service, c->arena);
}

/* The lowest place that is free is taken inside the unit; of two calls at once for the last one, one fails. */
static err insert(call *c, const uint8_t *system_id, const callback_endpoint_request *r, const uint8_t id[16],
                  const uint8_t *sealed)
{
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit)
        return ERR_MEMORY;
    store_unit_add(
        unit, 1, ERR_LIMIT,
        "INSERT INTO callback_endpoint (id, system_id, kind, place, url, events, sealed_secret, state, created_at) "
        "SELECT $2, $1, $3, MIN(p.place), $4, $5, $6, 'active', $7 FROM "
        "(SELECT 0 AS place UNION SELECT 1 UNION SELECT 2 UNION SELECT 3) p WHERE p.place NOT IN "
        "(SELECT place FROM callback_endpoint WHERE " OWNED ") HAVING COUNT(*) > 0",
        (store_value[]){store_id(system_id), store_id(id), store_text(system_id ? "system" : "push"),
                        store_text(r->url), store_int(system_id ? r->events : CALLBACK_PUSH_EVENTS),
                        store_blob(sealed, SEALED_SECRET), store_int(c->now_ms)},
        7);
    return commit(c, unit);
}

err callback_endpoint_create(call *c, const uint8_t *system_id, const callback_endpoint_request *r,
                             callback_endpoint *out, char secret[CALLBACK_SECRET_TEXT])
{
    uint8_t id[16], sealed[SEALED_SECRET];
    secret[0] = '\0';
    c->subject = system_id ? call_subject(c, "system", system_id) : "push";
    TRY(require_system(c, system_id));
    TRY(check_url(c, r->url));
    if (system_id)
        TRY(check_events(c, r->events));
    TRY(uuid7_create(id));
    TRY(describe(c, system_id, id, ""));
    TRY(draw_secret(c, id, secret, sealed));
    TRY(insert(c, system_id, r, id, sealed));
    return callback_endpoint_get(c, system_id, id, out);
}

err callback_endpoint_update(call *c, const uint8_t *system_id, const uint8_t id[16],
                             const callback_endpoint_change *change, callback_endpoint *out)
{
    TRY(describe(c, system_id, id, change->state ? change->state : ""));
    TRY(callback_endpoint_get(c, system_id, id, out));
    if (change->url)
        TRY(check_url(c, change->url));
    if (change->has_events && out->push)
        return fault_field(&c->fault, ERR_FIELD_UNKNOWN, "events");
    if (change->has_events)
        TRY(check_events(c, change->events));
    if (change->state && strcmp(change->state, "active") != 0 && strcmp(change->state, "suspended") != 0)
        return fault_field(&c->fault, ERR_FIELD_VALUE, "state");
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit)
        return ERR_MEMORY;
    store_unit_add(unit, 1, ERR_STALE, "SELECT 1 FROM callback_endpoint WHERE id = $1 AND (version = $2 OR $2 = 0)",
                   (store_value[]){store_id(id), store_int(change->version)}, 2);
    store_unit_add(unit, 1, ERR_NOT_FOUND,
                   "UPDATE callback_endpoint SET url = COALESCE($2, url), events = COALESCE($3, events), "
                   "state = COALESCE($4, state), version = version + 1 WHERE id = $1 AND state <> 'removed'",
                   (store_value[]){store_id(id), store_text(change->url),
                                   change->has_events ? store_int(change->events) : store_null(),
                                   store_text(change->state)},
                   4);
    TRY(commit(c, unit));
    callback_queue_wake(c->service);
    return callback_endpoint_get(c, system_id, id, out);
}

err callback_endpoint_remove(call *c, const uint8_t *system_id, const uint8_t id[16])
{
    callback_endpoint endpoint;
    TRY(describe(c, system_id, id, ""));
    TRY(callback_endpoint_get(c, system_id, id, &endpoint));
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit)
        return ERR_MEMORY;
    store_unit_add(unit, 1, ERR_NOT_FOUND,
                   "UPDATE callback_endpoint SET state = 'removed', sealed_secret = $2, sealed_previous = NULL "
                   "WHERE id = $1 AND state <> 'removed'",
                   (store_value[]){store_id(id), store_blob(NULL, 0)}, 2);
    store_unit_add(unit, STORE_ANY, ERR_OK,
                   "UPDATE callback SET state = 'failed', finished_at = $2, last_error = 'the endpoint was removed' "
                   "WHERE endpoint_id = $1 AND finished_at IS NULL",
                   (store_value[]){store_id(id), store_int(c->now_ms)}, 2);
    return commit(c, unit);
}

err callback_endpoint_rotate(call *c, const uint8_t *system_id, const uint8_t id[16], callback_endpoint *out,
                             char secret[CALLBACK_SECRET_TEXT])
{
    uint8_t sealed[SEALED_SECRET];
    secret[0] = '\0';
    TRY(describe(c, system_id, id, ""));
    TRY(callback_endpoint_get(c, system_id, id, out));
    TRY(draw_secret(c, id, secret, sealed));
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit)
        return ERR_MEMORY;
    store_unit_add(
        unit, 1, ERR_NOT_FOUND,
        "UPDATE callback_endpoint SET sealed_previous = sealed_secret, previous_until = $3, sealed_secret = $2 "
        "WHERE id = $1 AND state <> 'removed'",
        (store_value[]){store_id(id), store_blob(sealed, SEALED_SECRET),
                        store_int(c->now_ms + (int64_t)CALLBACK_OVERLAP_HOURS * 3600 * 1000)},
        3);
    TRY(call_commit(c, unit));
    return callback_endpoint_get(c, system_id, id, out);
}

err callback_outbound_create(service *s, struct outbound **out)
{
    outbound_options options = {.ca_file = s->options.callback_ca_file,
                                .deny = s->options.callback_deny,
                                .plain_http = s->options.callback_plain_http,
                                .connect_ms = CONNECT_MS,
                                .timeout_ms = TIMEOUT_MS};
    return outbound_create(out, &options);
}

static err send_test(call *c, const callback_endpoint *endpoint, const char *secret, callback_test *out)
{
    outbound *o;
    outbound_result result;
    bytes body;
    const char *headers[CALLBACK_HEADERS];
    size_t n;
    callback_message message = {.id = out->id, .event = "test", .happened_ms = c->now_ms};
    TRY(callback_message_body(c->arena, &message, &body));
    TRY(callback_message_headers(c->arena, secret, NULL, c->now_ms / 1000, out->id, body, headers, &n));
    TRY(callback_outbound_create(c->service, &o));
    err e = outbound_post(o, endpoint->url, headers, n, body, NULL);
    while (e == ERR_OK && !outbound_take(o, &result))
        outbound_run(o, 1000); /* ends: a transfer has its time limit */
    outbound_destroy(o);
    TRY(e);
    out->status = result.status;
    out->took_ms = result.took_ms;
    out->message = arena_text(c->arena, result.message, strlen(result.message));
    return out->message ? ERR_OK : ERR_MEMORY;
}

err callback_endpoint_test(call *c, const uint8_t *system_id, const uint8_t id[16], callback_test *out)
{
    char secret[CALLBACK_SECRET_TEXT];
    callback_endpoint endpoint;
    const store_value *row;
    memset(out, 0, sizeof *out);
    TRY(describe(c, system_id, id, ""));
    TRY(callback_endpoint_get(c, system_id, id, &endpoint));
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_NOT_FOUND,
                        "SELECT sealed_secret FROM callback_endpoint WHERE id = $1", (store_value[]){store_id(id)}, 1));
    TRY(uuid7_create(out->id));
    err e = callback_secret_open(c->service, c->arena, id, column_bytes(&row[0]), secret);
    if (e == ERR_OK)
        e = send_test(c, &endpoint, secret, out);
    wipe(secret, sizeof secret);
    TRY(e);
    c->detail = arena_printf(c->arena, "%s status=%d", c->detail, out->status);
    return call_commit(c, store_unit_begin(c->arena));
}
