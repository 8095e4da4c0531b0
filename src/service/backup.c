#include "service/backup.h"

#include <string.h>

#include "base/text.h"
#include "os/clock.h"
#include "os/entropy.h"
#include "os/file.h"
#include "os/large_file.h"
#include "os/log.h"
#include "service/backup_content.h"
#include "service/backup_job.h"
#include "service/backup_make.h"
#include "service/backup_permit.h"
#include "service/backup_setting.h"
#include "service/column.h"
#include "service/console_session.h"
#include "service/internal.h"

enum { ENDED_MAX = 100, EXPIRE_MAX = 1000 };

#define COLUMNS                                                                                                        \
    "b.id, b.scope, b.cause, b.state, b.file, b.size, b.digest, b.error, b.made_by, b.created_at, b.finished_at, "     \
    "b.verified_at, b.finding, coalesce((SELECT p.expires_at FROM backup_permit p WHERE p.backup_id = b.id AND "       \
    "p.operator_id = $1 AND p.expires_at > $2), 0)"

const char *backup_directory(const service *s, arena *a)
{
    const service_options *o = &s->options;
    if (o->backup_dir)
        return o->backup_dir;
    return o->data_dir ? arena_printf(a, "%s/backups", o->data_dir) : NULL;
}

const char *backup_path(const service *s, arena *a, const char *file)
{
    const char *directory = backup_directory(s, a);
    return directory ? arena_printf(a, "%s/%s", directory, file) : NULL;
}

/* ---- reading ---- */

static err read_backup(call *c, const store_value *v, backup *out)
{
    uint64_t size;
    backup_job_state job;
    *out = (backup){.scope = column_text(&v[1]),
                    .cause = column_text(&v[2]),
                    .state = column_text(&v[3]),
                    .file = column_text(&v[4]),
                    .size = column_int(&v[5]),
                    .digest = column_bytes(&v[6]),
                    .error = column_text(&v[7]),
                    .made_by = column_text(&v[8]),
                    .created_ms = column_int(&v[9]),
                    .finished_ms = column_int(&v[10]),
                    .verified_ms = column_int(&v[11]),
                    .finding = column_text(&v[12]),
                    .permit_until_ms = column_int(&v[13])};
    TRY(store_column_id(out->id, &v[0]));
    int64_t returned_ms = backup_permit_returned(c, out->id);
    out->permit_until_ms = returned_ms > out->permit_until_ms ? returned_ms : out->permit_until_ms;
    if (!out->scope || !out->cause || !out->state || !out->file || !out->made_by)
        return ERR_CORRUPT;
    const char *path = backup_path(c->service, c->arena, out->file);
    if (!path)
        return ERR_MEMORY;
    out->missing = strcmp(out->state, "done") == 0 && (file_size(path, &size) != ERR_OK || (int64_t)size != out->size);
    backup_job_read(c->service, &job);
    bool verified = job.verifies && memcmp(job.id, out->id, 16) == 0;
    out->verifying = verified && job.running;
    if (verified && !job.running && !backup_job_is_finding(job.outcome))
        out->error = err_code(job.outcome);
    return ERR_OK;
}

static store_value person(const call *c)
{
    return c->console ? store_id(c->console->operator_id) : store_null();
}

err backup_list(call *c, const uint8_t *before, int64_t limit, const backup **out, size_t *n)
{
    store_result rows;
    TRY(store_query(c->service->options.store, c->arena, &rows,
                    "SELECT " COLUMNS " FROM backup b WHERE b.state <> 'removed' AND ($3 IS NULL OR b.id < $3) "
                    "ORDER BY b.id DESC LIMIT $4",
                    (store_value[]){person(c), store_int(c->now_ms), store_id(before), store_int(limit)}, 4));
    backup *list = arena_alloc(c->arena, (rows.rows + 1) * sizeof *list);
    if (!list)
        return ERR_MEMORY;
    for (size_t i = 0; i < rows.rows; i++)
        TRY(read_backup(c, rows.values + i * rows.columns, &list[i]));
    *out = list;
    *n = rows.rows;
    return ERR_OK;
}

err backup_get(call *c, const uint8_t id[16], backup *out)
{
    const store_value *row;
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_BACKUP_NOT_FOUND,
                        "SELECT " COLUMNS " FROM backup b WHERE b.id = $3 AND b.state <> 'removed'",
                        (store_value[]){person(c), store_int(c->now_ms), store_id(id)}, 3));
    return read_backup(c, row, out);
}

err backup_last_good(const service *s, arena *a, int64_t *created_ms)
{
    store_result rows;
    *created_ms = 0;
    TRY(store_query(
        s->options.store, a, &rows,
        "SELECT created_at, file, size FROM backup WHERE state = 'done' AND coalesce(finding, 'ok') = 'ok' AND digest "
        "IS NOT NULL ORDER BY created_at DESC LIMIT 50",
        NULL, 0));
    for (size_t i = 0; i < rows.rows && *created_ms == 0; i++) {
        const store_value *v = rows.values + i * rows.columns;
        const char *file = column_text(&v[1]), *path = file ? backup_path(s, a, file) : NULL;
        uint64_t size;
        if (path && file_size(path, &size) == ERR_OK && (int64_t)size == column_int(&v[2]))
            *created_ms = column_int(&v[0]);
    }
    return ERR_OK;
}

/* ---- acts ---- */

/* "yiqian-20260301-083000-all-1a2b3c4d.yqb" */
static const char *file_name(arena *a, const uint8_t id[16], backup_scope scope, int64_t now_ms)
{
    char end[9];
    clock_civil at;
    hex_encode(end, id + 12, 4);
    clock_civil_of(&at, now_ms / 1000);
    return arena_printf(a, "yiqian-%04d%02u%02u-%02u%02u%02u-%s-%s" BACKUP_FILE_END, (int)at.year, at.month, at.day,
                        at.hour, at.minute, at.second, backup_scope_name(scope), end);
}

static err choose_passphrase(call *c, const char *given, bool check, backup_passphrase *out)
{
    if (!given)
        return backup_setting_passphrase(c->service, c->arena, out);
    bytes text = bytes_of_text(given);
    if (check)
        TRY(backup_passphrase_check(text));
    if (text.n > sizeof out->text)
        return ERR_PASSPHRASE_WRONG;
    memcpy(out->text, text.p, text.n);
    out->n = text.n;
    return ERR_OK;
}

/* why: ERR_OK of one that is being made. */
static void add_row(const call *c, store_unit *unit, const backup_job_order *order, err why)
{
    bool failed = why != ERR_OK;
    store_unit_add(unit, 1, ERR_INTERNAL,
                   "INSERT INTO backup (id, scope, cause, state, file, made_by, created_at, finished_at, error) VALUES "
                   "($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                   (store_value[]){
                       store_id(order->id), store_text(backup_scope_name(order->scope)),
                       store_text(order->scheduled ? "scheduled" : "manual"), store_text(failed ? "failed" : "running"),
                       store_text(order->file), store_text(c->actor_text), store_int(c->now_ms),
                       failed ? store_int(c->now_ms) : store_null(), failed ? store_text(err_code(why)) : store_null()},
                   9);
}

/* Of what failed, and of what was removed and whose file could not be, the newest are enough. */
static void add_bound(store_unit *unit)
{
    store_unit_add(unit, STORE_ANY, ERR_OK,
                   "DELETE FROM backup WHERE (state = 'failed' OR state = 'removed') AND id NOT IN (SELECT id FROM "
                   "backup WHERE state = 'failed' OR state = 'removed' ORDER BY id DESC LIMIT $1)",
                   (store_value[]){store_int(ENDED_MAX)}, 1);
}

static err start_reserved(call *c, backup_job_order *order)
{
    TRY(backup_room_check(c->service, c->arena, order->scope));
    store_unit *unit = store_unit_begin(c->arena);
    add_row(c, unit, order, ERR_OK);
    add_bound(unit);
    TRY(call_commit(c, unit));
    return backup_job_start(c->service, order, c->actor_text, c->origin);
}

static err make_order(call *c, backup_scope scope, backup_job_order *out)
{
    *out = (backup_job_order){.scope = scope, .created_ms = c->now_ms, .scheduled = c->actor == ACTOR_SERVER};
    TRY(uuid7_create(out->id));
    out->file = file_name(c->arena, out->id, scope, c->now_ms);
    c->subject = call_subject(c, "backup", out->id);
    c->detail = arena_printf(c->arena, "scope=%s", backup_scope_name(scope));
    return out->file && c->subject && c->detail ? ERR_OK : ERR_MEMORY;
}

err backup_not_started(call *c, backup_scope scope, err why)
{
    backup_job_order order;
    TRY(make_order(c, scope, &order));
    store_unit *unit = store_unit_begin(c->arena);
    add_row(c, unit, &order, why);
    add_bound(unit);
    return call_commit_refusal(c, unit, why);
}

err backup_start(call *c, backup_scope scope, const char *passphrase, backup *out)
{
    backup_job_order order;
    TRY(make_order(c, scope, &order));
    TRY(backup_files_check(c->service, c->arena, &c->fault));
    TRY(backup_job_reserve(c->service));
    err e = choose_passphrase(c, passphrase, true, &order.passphrase);
    if (e == ERR_OK)
        e = start_reserved(c, &order);
    backup_passphrase_wipe(&order.passphrase);
    if (e != ERR_OK)
        backup_job_release(c->service);
    TRY(e);
    return backup_get(c, order.id, out);
}

err backup_verify(call *c, const uint8_t id[16], const char *passphrase, backup *out)
{
    backup_job_order order = {.verifies = true};
    c->subject = call_subject(c, "backup", id);
    TRY(backup_get(c, id, out));
    if (strcmp(out->state, "done") != 0)
        return ERR_CONFLICT;
    memcpy(order.id, id, sizeof order.id);
    order.file = out->file;
    order.size = out->size;
    order.has_digest = out->digest.n == sizeof order.digest;
    if (order.has_digest)
        memcpy(order.digest, out->digest.p, sizeof order.digest);
    TRY(backup_job_reserve(c->service));
    err e = choose_passphrase(c, passphrase, false, &order.passphrase);
    if (e == ERR_OK)
        e = call_commit(c, store_unit_begin(c->arena));
    if (e == ERR_OK)
        e = backup_job_start(c->service, &order, c->actor_text, c->origin);
    backup_passphrase_wipe(&order.passphrase);
    if (e != ERR_OK)
        backup_job_release(c->service);
    TRY(e);
    return backup_get(c, id, out);
}

err backup_permit(call *c, const uint8_t id[16], backup *out)
{
    c->subject = call_subject(c, "backup", id);
    TRY(backup_get(c, id, out));
    if (strcmp(out->state, "done") != 0)
        return ERR_CONFLICT;
    store_unit *unit = store_unit_begin(c->arena);
    if (c->console)
        store_unit_add(
            unit, 1, ERR_CONFLICT,
            "INSERT INTO backup_permit (backup_id, operator_id, expires_at) SELECT id, $2, $3 FROM backup WHERE id = $1 "
            "AND state = 'done' ON CONFLICT (backup_id, operator_id) DO UPDATE SET expires_at = $3",
            (store_value[]){store_id(id), person(c), store_int(c->now_ms + BACKUP_PERMIT_MINUTES * INT64_C(60000))}, 3);
    TRY(call_commit(c, unit));
    return backup_get(c, id, out);
}

static err take(call *c, const backup *b, backup_taken **taken)
{
    store_unit *unit = store_unit_begin(c->arena);
    TRY(backup_permit_take(c, unit, b->id, b->permit_until_ms, taken));
    err e = call_commit(c, unit);
    if (e == ERR_OK) {
        backup_permit_begun(*taken, c->service);
        return ERR_OK;
    }
    backup_permit_end(*taken, false);
    *taken = NULL;
    return e;
}

err backup_fetch(call *c, const uint8_t id[16], backup *out, int *fd, backup_taken **taken)
{
    uint64_t size = 0;
    *fd = -1;
    *taken = NULL;
    c->subject = call_subject(c, "backup", id);
    TRY(backup_get(c, id, out));
    if (strcmp(out->state, "done") != 0)
        return ERR_CONFLICT;
    if (c->console && out->permit_until_ms == 0)
        return ERR_BACKUP_DOWNLOAD;
    const char *path = backup_path(c->service, c->arena, out->file);
    c->detail = arena_printf(c->arena, "file=%s size=%lld", out->file, (long long)out->size);
    if (!path || !c->detail)
        return ERR_MEMORY;
    err e = large_file_open(fd, &size, path);
    if (e != ERR_OK || (int64_t)size != out->size)
        log_write(LOG_ERROR, "backup", "%s is not the file that it was code=%s", path, err_code(e));
    if (e == ERR_OK)
        e = (int64_t)size == out->size ? take(c, out, taken) : ERR_BACKUP_NOT_FOUND;
    if (e != ERR_OK)
        large_file_close(*fd);
    return e == ERR_IO || e == ERR_NOT_FOUND ? ERR_BACKUP_NOT_FOUND : e;
}

void backup_add_forgetting(store_unit *unit, const uint8_t id[16])
{
    store_unit_add(unit, STORE_ANY, ERR_OK,
                   "DELETE FROM backup_permit WHERE backup_id = (SELECT id FROM backup WHERE id = $1 AND state = 'removed')",
                   (store_value[]){store_id(id)}, 1);
    store_unit_add(unit, STORE_ANY, ERR_OK, "DELETE FROM backup WHERE id = $1 AND state = 'removed'",
                   (store_value[]){store_id(id)}, 1);
}

/* The row first: what a crash leaves of the file goes at the next start (backup_job_open). Once the file is gone the row goes too, so that one that is put
 * back by hand is a new one. */
static void remove_file(const service *s, arena *a, const uint8_t id[16], const char *file)
{
    const char *path = backup_path(s, a, file);
    err e = path ? file_remove(path) : ERR_MEMORY;
    store_unit *unit = e == ERR_OK || e == ERR_NOT_FOUND ? store_unit_begin(a) : NULL;
    if (unit) {
        backup_add_forgetting(unit, id);
        e = store_commit(s->options.store, unit);
    }
    if (e != ERR_OK && e != ERR_NOT_FOUND)
        log_write(LOG_ERROR, "backup", "%s cannot be removed code=%s", path ? path : file, err_code(e));
}

static void add_removal(store_unit *unit, const uint8_t id[16])
{
    store_unit_add(unit, STORE_ANY, ERR_OK, "DELETE FROM backup_permit WHERE backup_id = $1",
                   (store_value[]){store_id(id)}, 1);
    store_unit_add(unit, 1, ERR_BACKUP_NOT_FOUND,
                   "UPDATE backup SET state = 'removed' WHERE id = $1 AND (state = 'done' OR state = 'failed')",
                   (store_value[]){store_id(id)}, 1);
}

err backup_remove(call *c, const uint8_t id[16])
{
    backup b;
    c->subject = call_subject(c, "backup", id);
    TRY(backup_get(c, id, &b));
    c->detail = arena_printf(c->arena, "file=%s", b.file);
    if (strcmp(b.state, "running") == 0 || b.verifying)
        return ERR_CONFLICT;
    store_unit *unit = store_unit_begin(c->arena);
    add_removal(unit, id);
    TRY(call_commit(c, unit));
    remove_file(c->service, c->arena, id, b.file);
    return ERR_OK;
}

static err expire_of(call *c, backup_scope scope, int64_t keep)
{
    store_result rows;
    TRY(store_query(
        c->service->options.store, c->arena, &rows,
        "SELECT id, file FROM backup WHERE cause = 'scheduled' AND state = 'done' AND scope = $1 ORDER BY created_at "
        "DESC, id DESC LIMIT $2 OFFSET $3",
        (store_value[]){store_text(backup_scope_name(scope)), store_int(EXPIRE_MAX), store_int(keep)}, 3));
    for (size_t i = 0; i < rows.rows; i++) {
        const store_value *v = rows.values + i * rows.columns;
        const char *file = column_text(&v[1]);
        store_unit *unit = store_unit_begin(c->arena);
        if (!unit || v[0].n != 16 || !file)
            return unit ? ERR_CORRUPT : ERR_MEMORY;
        add_removal(unit, v[0].p);
        TRY(audit_add(c->service->options.audit, c->arena, unit,
                      &(audit_record){.time_ms = c->now_ms,
                                      .event = "backup.expire",
                                      .outcome = err_code(ERR_OK),
                                      .actor = "server",
                                      .subject = call_subject(c, "backup", v[0].p),
                                      .origin = "server",
                                      .detail = arena_printf(c->arena, "file=%s", file)}));
        TRY(store_commit(c->service->options.store, unit));
        remove_file(c->service, c->arena, v[0].p, file);
    }
    return ERR_OK;
}

err backup_expire(call *c, int64_t keep)
{
    TRY(expire_of(c, BACKUP_CONFIGURATION, keep));
    return expire_of(c, BACKUP_ALL, keep);
}
