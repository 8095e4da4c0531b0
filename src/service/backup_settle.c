#include "service/backup_settle.h"

#include <inttypes.h>
#include <string.h>

#include "audit/audit.h"
#include "base/ct.h"
#include "base/text.h"
#include "os/clock.h"
#include "os/log.h"
#include "pki/crl.h"
#include "service/backup_content.h"
#include "service/column.h"
#include "store/engine.h"

enum { PAGE = 500, PAGE_ARENA = 4 << 20, CRL_LEAP = 1 << 20, CALLBACK_LEAP = 1 << 20 };

typedef struct settling {
    const backup_restoring *r;
    store *store;
    audit *audit;
    int64_t now_ms;
    backup_restored *out;
} settling;

/* ---- keys that were refreshed since ---- */

/* A copy of the phone made before the refresh would fit the share that comes back: the key must not be used again. */
static void add_destruction(store_unit *unit, const uint8_t *id, int64_t refreshed_ms, int64_t now_ms)
{
    store_unit_add(
        unit, STORE_ANY, ERR_OK,
        "UPDATE certificate SET state = 'revoked', revoked_at = coalesce(revoked_at, $3), reason = $4 WHERE "
        "key_id = $1 AND state IN ('active', 'frozen') AND EXISTS (SELECT 1 FROM device_key k WHERE k.id = $1 "
        "AND k.state <> 'destroyed' AND k.refreshed_at < $2)",
        (store_value[]){store_id(id), store_int(refreshed_ms), store_int(now_ms), store_int(CRL_SUPERSEDED)}, 4);
    store_unit_add(
        unit, STORE_ANY, ERR_OK,
        "UPDATE device_key SET state = 'destroyed', sealed_share = NULL, sealed_pending = NULL, issued_sid = "
        "NULL, issued_until = NULL WHERE id = $1 AND state <> 'destroyed' AND refreshed_at < $2",
        (store_value[]){store_id(id), store_int(refreshed_ms)}, 2);
}

static err destroy_page(settling *s, engine *old, arena *a, uint8_t after[16], size_t *n)
{
    store_result rows;
    TRY(engine_query(old, a, &rows,
                     "SELECT id, refreshed_at FROM device_key WHERE id > $1 AND refreshed_at > $2 ORDER BY id LIMIT $3",
                     (store_value[]){store_id(after), store_int(s->out->header.created_ms - 1), store_int(PAGE)}, 3));
    *n = rows.rows;
    store_unit *unit = store_unit_begin(a);
    for (size_t i = 0; i < rows.rows; i++) {
        const store_value *v = rows.values + i * rows.columns, *known;
        TRY(store_column_id(after, &v[0]));
        err e = store_query_one(s->store, a, &known, ERR_NOT_FOUND,
                                "SELECT 1 FROM device_key WHERE id = $1 AND state <> 'destroyed' AND refreshed_at < $2",
                                (store_value[]){v[0], v[1]}, 2);
        if (e == ERR_NOT_FOUND)
            continue;
        TRY(e);
        add_destruction(unit, v[0].p, column_int(&v[1]), s->now_ms);
        s->out->refreshed++;
    }
    return *n > 0 ? store_commit(s->store, unit) : ERR_OK;
}

static err destroy_refreshed(settling *s, const char *old_path)
{
    uint8_t after[16] = {0};
    size_t n = PAGE;
    engine *old = NULL;
    s->out->refreshed = -1;
    arena *a = arena_create(PAGE_ARENA);
    err e = a ? ERR_OK : ERR_MEMORY;
    if (e != ERR_OK || !old_path || engine_open(&old, old_path, ENGINE_READER) != ERR_OK) {
        arena_destroy(a);
        return e;
    }
    s->out->refreshed = 0;
    while (e == ERR_OK && n == PAGE) {
        arena_reset(a);
        e = destroy_page(s, old, a, after, &n);
    }
    engine_close(old);
    arena_destroy(a);
    if (e == ERR_OK)
        return ERR_OK;
    /* The old database may be what the restore is for. What was destroyed stays destroyed. */
    log_write(LOG_WARN, "restore", "the old database cannot be read for keys refreshed since code=%s", err_code(e));
    s->out->refreshed = -1;
    return e == ERR_MEMORY || e == ERR_DISK_FULL ? e : ERR_OK;
}

/* ---- the rest ---- */

static err count(settling *s, const char *sql, int64_t *out)
{
    const store_value *v;
    TRY(store_query_one(s->store, s->r->arena, &v, ERR_INTERNAL, sql, NULL, 0));
    *out = column_int(&v[0]);
    return ERR_OK;
}

/* Numbers of revocation lists rise beyond any that was issued since: by far more lists than there could be, or by the time. */
static void add_changes(const settling *s, store_unit *unit)
{
    const store_value now = store_int(s->now_ms);
    store_unit_add(
        unit, STORE_ANY, ERR_OK,
        "UPDATE authorisation SET state = 'closed', closed_at = $1, closed_by = 'operator', sealed_share = NULL, "
        "sealed_for_workstation = NULL, open_sid = NULL, open_until = NULL WHERE state = 'offered' OR state = "
        "'active'",
        (store_value[]){now}, 1);
    store_unit_add(unit, STORE_ANY, ERR_OK, "UPDATE console_session SET ended_at = $1 WHERE ended_at IS NULL",
                   (store_value[]){now}, 1);
    store_unit_add(unit, STORE_ANY, ERR_OK,
                   "UPDATE device_key SET open_sid = NULL, open_until = NULL, issued_sid = NULL, issued_until = NULL",
                   NULL, 0);
    store_unit_add(unit, STORE_ANY, ERR_OK,
                   "UPDATE crl SET number = CASE WHEN number + $1 > $2 THEN number + $1 ELSE $2 END, changes = -1",
                   (store_value[]){store_int(CRL_LEAP), store_int(s->now_ms / 1000)}, 2);
    store_unit_add(unit, STORE_ANY, ERR_OK, "UPDATE callback SET sequence = sequence + $1",
                   (store_value[]){store_int(CALLBACK_LEAP)}, 1);
}

static err add_record(const settling *s, store_unit *unit)
{
    char id[UUID_TEXT], time[CLOCK_TEXT];
    const backup_header *h = &s->out->header;
    arena *a = s->r->arena;
    uuid_encode(id, h->id);
    clock_text(time, h->created_ms);
    return audit_add(s->audit, a, unit,
                     &(audit_record){.time_ms = s->now_ms,
                                     .event = "backup.restore",
                                     .outcome = err_code(ERR_OK),
                                     .actor = s->r->actor,
                                     .subject = arena_printf(a, "backup:%s", id),
                                     .origin = "yiqiand restore",
                                     .detail = arena_printf(
                                         a, "made=%s scope=%s server=%s sm3=%s replaced=%s keys_destroyed=%" PRId64,
                                         time, backup_scope_name(h->scope), h->server_version,
                                         hex_text(a, s->out->digest, sizeof s->out->digest),
                                         s->out->aside ? "yes" : "no", s->out->refreshed)});
}

static err settle(settling *s, const char *old_path)
{
    TRY(destroy_refreshed(s, old_path));
    TRY(count(s, "SELECT count(*) FROM device_key WHERE state = 'active' OR state = 'locked'", &s->out->keys));
    TRY(count(s, "SELECT count(*) FROM authorisation WHERE state = 'offered' OR state = 'active'",
              &s->out->authorisations));
    store_unit *unit = store_unit_begin(s->r->arena);
    add_changes(s, unit);
    TRY(add_record(s, unit));
    return store_commit(s->store, unit);
}

err backup_settle(const backup_restoring *r, const keystore *ks, const char *path, const char *old_path,
                  backup_restored *out)
{
    uint8_t key[32];
    settling s = {.r = r, .now_ms = clock_unix_ms(), .out = out};
    TRY(store_open(&s.store, &(store_options){.path = path, .readers = 1, .group_max = 1}));
    keystore_derive(ks, AUDIT_KEY_PURPOSE, key);
    /* Without its data the log begins anew; its first row says after which one. */
    err e = audit_open(&s.audit, s.store, key, out->header.scope == BACKUP_CONFIGURATION);
    wipe(key, sizeof key);
    if (e == ERR_OK)
        e = settle(&s, old_path);
    audit_close(s.audit);
    store_close(s.store);
    return e;
}
