#include "service/backup_settle.h"

#include <inttypes.h>
#include <string.h>

#include "audit/audit.h"
#include "base/ct.h"
#include "base/text.h"
#include "os/clock.h"
#include "os/log.h"
#include "pki/crl.h"
#include "service/backup_carry.h"
#include "service/backup_content.h"
#include "service/column.h"
#include "service/operator_token.h"
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

/* $2: when the old database's share was refreshed, $3: its newest refresh, which a phone may have finished without saying so. A backup that is newer than the
 * old database has a later $2 itself. */
#define REFRESHED "(refreshed_at < $2 OR (refreshed_at = $2 AND coalesce(pending_rid, x'') <> $3))"

/* A copy of the phone made before the refresh would fit the share that comes back: the key must not be used again. That it was refreshed stays in the row,
 * so that the next restore of the same backup sees it. */
static void add_destruction(store_unit *unit, const store_value key[3], int64_t now_ms)
{
    store_unit_add(unit, STORE_ANY, ERR_OK,
                   "UPDATE certificate SET state = 'revoked', revoked_at = coalesce(revoked_at, $4), reason = $5 WHERE "
                   "key_id = $1 AND state IN ('active', 'frozen') AND EXISTS (SELECT 1 FROM device_key WHERE id = $1 "
                   "AND state <> 'destroyed' AND " REFRESHED ")",
                   (store_value[]){key[0], key[1], key[2], store_int(now_ms), store_int(CRL_SUPERSEDED)}, 5);
    store_unit_add(unit, STORE_ANY, ERR_OK,
                   "UPDATE device_key SET state = 'destroyed', sealed_share = NULL, sealed_pending = NULL, issued_sid "
                   "= NULL, issued_until = NULL, refreshed_at = $2, pending_rid = coalesce($3, pending_rid) WHERE id = "
                   "$1 AND state <> 'destroyed' AND " REFRESHED,
                   key, 3);
}

static err destroy_page(settling *s, engine *old, arena *a, uint8_t after[16], size_t *n)
{
    store_result rows;
    TRY(engine_query(old, a, &rows,
                     "SELECT id, refreshed_at, pending_rid FROM device_key WHERE id > $1 AND (refreshed_at > $2 OR "
                     "pending_rid IS NOT NULL) ORDER BY id LIMIT $3",
                     (store_value[]){store_id(after), store_int(s->out->header.created_ms - 1), store_int(PAGE)}, 3));
    *n = rows.rows;
    store_unit *unit = store_unit_begin(a);
    for (size_t i = 0; i < rows.rows; i++) {
        const store_value *v = rows.values + i * rows.columns, *known;
        TRY(store_column_id(after, &v[0]));
        err e = store_query_one(s->store, a, &known, ERR_NOT_FOUND,
                                "SELECT 1 FROM device_key WHERE id = $1 AND state <> 'destroyed' AND " REFRESHED, v, 3);
        if (e == ERR_NOT_FOUND)
            continue;
        TRY(e);
        add_destruction(unit, v, s->now_ms);
        s->out->refreshed++;
    }
    return *n > 0 ? store_commit(s->store, unit) : ERR_OK;
}

static err destroy_refreshed(settling *s, engine *old)
{
    uint8_t after[16] = {0};
    size_t n = PAGE;
    err e = ERR_OK;
    arena *a = arena_create(PAGE_ARENA);
    if (!a)
        return ERR_MEMORY;
    s->out->refreshed = 0;
    while (e == ERR_OK && n == PAGE) {
        arena_reset(a);
        e = destroy_page(s, old, a, after, &n);
    }
    arena_destroy(a);
    if (e == ERR_OK)
        return ERR_OK;
    /* The old database may be what the restore is for. What was destroyed stays destroyed. */
    log_write(LOG_WARN, "restore", "the old database cannot be read for keys refreshed since code=%s", err_code(e));
    s->out->refreshed = -1;
    return e == ERR_MEMORY || e == ERR_DISK_FULL ? e : ERR_OK;
}

static err compare(settling *s, const char *old_path)
{
    engine *old = NULL;
    s->out->refreshed = -1;
    if (!old_path || engine_open(&old, old_path, ENGINE_READER) != ERR_OK)
        return ERR_OK;
    /* First what was ended there, with its time; then what that does not say. */
    err e = backup_carry(s->store, old, s->out, &s->out->carried_known);
    if (e == ERR_OK)
        e = destroy_refreshed(s, old);
    engine_close(old);
    return e;
}

/* ---- the rest ---- */

static err count(settling *s, const char *sql, int64_t *out)
{
    const store_value *v;
    TRY(store_query_one(s->store, s->r->arena, &v, ERR_INTERNAL, sql, NULL, 0));
    *out = column_int(&v[0]);
    return ERR_OK;
}

/* What was claimed with a key that is destroyed, or under an authorisation, which are all closed, is signed with another: it waits again, for any of them.
 * Who follows callbacks compares his records after a restore anyway. */
static void add_releases(store_unit *unit)
{
    store_unit_add(
        unit, STORE_ANY, ERR_OK,
        "UPDATE task SET state = 'pending' WHERE state = 'claimed' AND finished_at IS NULL AND (claim_key IN "
        "(SELECT id FROM device_key WHERE state = 'destroyed') OR claim_key IN (SELECT id FROM authorisation))",
        NULL, 0);
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
    /* Which ones were ended since nobody knows; they are made anew. */
    if (!s->out->carried_known)
        store_unit_add(unit, STORE_ANY, ERR_OK, "UPDATE operator_token SET state = 'revoked' WHERE state = 'active'",
                       NULL, 0);
    operator_token_add_below(unit); /* the old database may be from before it was kept what was made with what */
    store_unit_add(unit, STORE_ANY, ERR_OK,
                   "DELETE FROM retired_share WHERE key_id IN (SELECT id FROM device_key WHERE state = 'destroyed')",
                   NULL, 0);
    store_unit_add(unit, STORE_ANY, ERR_OK,
                   "UPDATE renewal SET state = 'closed' WHERE state = 'open' AND key_id IN (SELECT id FROM device_key "
                   "WHERE state = 'destroyed')",
                   NULL, 0);
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
    const int64_t *n = s->out->carried;
    const char *carried =
        s->out->carried_known
            ? arena_printf(a,
                           "certificates:%" PRId64 ",keys:%" PRId64 ",enrolments:%" PRId64 ",users:%" PRId64
                           ",operators:%" PRId64 ",tokens:%" PRId64 ",systems:%" PRId64 ",credentials:%" PRId64,
                           n[BACKUP_CARRIED_CERTIFICATES], n[BACKUP_CARRIED_KEYS], n[BACKUP_CARRIED_ENROLMENTS],
                           n[BACKUP_CARRIED_USERS], n[BACKUP_CARRIED_OPERATORS], n[BACKUP_CARRIED_TOKENS],
                           n[BACKUP_CARRIED_SYSTEMS], n[BACKUP_CARRIED_CREDENTIALS])
            : "unknown";
    if (!carried)
        return ERR_MEMORY;
    uuid_encode(id, h->id);
    clock_text(time, h->created_ms);
    return audit_add(
        s->audit, a, unit,
        &(audit_record){.time_ms = s->now_ms,
                        .event = "backup.restore",
                        .outcome = err_code(ERR_OK),
                        .actor = s->r->actor,
                        .subject = arena_printf(a, "backup:%s", id),
                        .origin = "yiqiand restore",
                        .detail = arena_printf(
                            a, "made=%s scope=%s server=%s sm3=%s replaced=%s keys_destroyed=%" PRId64 " carried=%s",
                            time, backup_scope_name(h->scope), h->server_version,
                            hex_text(a, s->out->digest, sizeof s->out->digest), s->out->aside ? "yes" : "no",
                            s->out->refreshed, carried)});
}

static err settle(settling *s, const char *old_path)
{
    TRY(compare(s, old_path));
    TRY(count(s, "SELECT count(*) FROM device_key WHERE state = 'active' OR state = 'locked'", &s->out->keys));
    TRY(count(s, "SELECT count(*) FROM authorisation WHERE state = 'offered' OR state = 'active'",
              &s->out->authorisations));
    store_unit *unit = store_unit_begin(s->r->arena);
    add_changes(s, unit);
    add_releases(unit);
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
