#include "service/backup_adopt.h"

#include <string.h>

#include "audit/audit.h"
#include "os/file.h"
#include "os/large_file.h"
#include "os/log.h"
#include "service/backup_content.h"
#include "service/backup_make.h"
#include "service/column.h"
#include "service/internal.h"

enum { ADOPT_ARENA = 1 << 20, NAME_MAX_ADOPTED = 128, FILES_MAX = 1000, PAGE = 500 };
#define YEAR_10000 INT64_C(253402300800000)

typedef struct adopting {
    const call *c;
    arena *arena; /* of one file */
    size_t files;
} adopting;

/* A plain name: it goes into a header of HTTP, and onto terminals. */
static bool is_backup(const char *name)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    size_t n = strlen(name), end = sizeof BACKUP_FILE_END - 1;
    return n > end && n <= NAME_MAX_ADOPTED && strspn(name, plain) == n && strcmp(name + n - end, BACKUP_FILE_END) == 0;
}

static err read_header(const char *path, backup_header *h, uint64_t *size)
{
    uint8_t octets[BACKUP_HEADER];
    size_t n;
    int fd;
    TRY(large_file_open(&fd, size, path));
    err e = large_file_read(fd, octets, sizeof octets, &n);
    large_file_close(fd);
    TRY(e);
    TRY(n == sizeof octets ? backup_header_read(h, octets) : ERR_BACKUP_SHORTENED);
    return h->created_ms > 0 && h->created_ms < YEAR_10000 ? ERR_OK : ERR_RANGE;
}

static err is_known(const adopting *w, const char *sql, store_value value, bool *known)
{
    store_result rows;
    TRY(store_query(w->c->service->options.store, w->arena, &rows, sql, &value, 1));
    *known = rows.rows > 0;
    return ERR_OK;
}

static err add(const adopting *w, const char *name, const backup_header *h, uint64_t size)
{
    arena *a = w->arena;
    const service_options *o = &w->c->service->options;
    store_unit *unit = store_unit_begin(a);
    call act = *w->c;
    act.arena = a;
    store_unit_add(
        unit, 1, ERR_INTERNAL,
        "INSERT INTO backup (id, scope, cause, state, file, size, made_by, created_at) VALUES ($1, $2, 'manual', "
        "'done', $3, $4, 'unknown', $5)",
        (store_value[]){store_id(h->id), store_text(backup_scope_name(h->scope)), store_text(name),
                        store_int((int64_t)size), store_int(h->created_ms)},
        5);
    TRY(audit_add(o->audit, a, unit,
                  &(audit_record){.time_ms = w->c->now_ms,
                                  .event = "backup.adopt",
                                  .outcome = err_code(ERR_OK),
                                  .actor = "server",
                                  .subject = call_subject(&act, "backup", h->id),
                                  .origin = "server",
                                  .detail = arena_printf(a, "file=%s size=%lld", name, (long long)size)}));
    return store_commit(o->store, unit);
}

static err look_at(void *context, const char *name)
{
    adopting *w = context;
    backup_header h;
    uint64_t size;
    bool known;
    if (!is_backup(name) || w->files == FILES_MAX)
        return ERR_OK;
    arena_reset(w->arena);
    TRY(is_known(w, "SELECT 1 FROM backup WHERE file = $1", store_text(name), &known));
    if (known)
        return ERR_OK;
    w->files++;
    const char *path = backup_path(w->c->service, w->arena, name);
    if (!path)
        return ERR_MEMORY;
    if (read_header(path, &h, &size) != ERR_OK)
        return ERR_OK; /* none, or not to be read: it is somebody else's */
    TRY(is_known(w, "SELECT 1 FROM backup WHERE id = $1", store_id(h.id), &known));
    return known ? ERR_OK : add(w, name, &h, size);
}

/* Whether the row is of a file that is gone, or that was still being copied: the same look finds it anew. What was found of one that was read is kept while it
 * is away: a directory that is not mounted for a while is empty, too, and its files come back as they were. */
static bool has_vanished(const adopting *w, const store_value *v)
{
    const char *file = column_text(&v[1]), *path = file ? backup_path(w->c->service, w->arena, file) : NULL;
    uint64_t size;
    if (!path)
        return false;
    if (!file_exists(path))
        return v[3].type == STORE_NULL;
    return file_size(path, &size) == ERR_OK && (int64_t)size != column_int(&v[2]);
}

/* after: the last row that was looked at; afterwards this page's. */
static err forget_page(const adopting *w, uint8_t after[16], size_t *looked_at)
{
    store *db = w->c->service->options.store;
    store_result rows;
    size_t gone = 0;
    arena_reset(w->arena);
    TRY(store_query(db, w->arena, &rows,
                    "SELECT id, file, size, verified_at FROM backup WHERE state = 'done' AND digest IS NULL AND id > $2 "
                    "ORDER BY id LIMIT $1",
                    (store_value[]){store_int(PAGE), store_id(after)}, 2));
    store_unit *unit = store_unit_begin(w->arena);
    for (size_t i = 0; i < rows.rows; i++) {
        const store_value *v = rows.values + i * rows.columns;
        TRY(store_column_id(after, v));
        if (!has_vanished(w, v))
            continue;
        gone++;
        store_unit_add(unit, STORE_ANY, ERR_OK, "DELETE FROM backup_permit WHERE backup_id = $1", v, 1);
        store_unit_add(unit, STORE_ANY, ERR_OK, "DELETE FROM backup WHERE id = $1 AND digest IS NULL", v, 1);
    }
    *looked_at = rows.rows;
    return gone > 0 ? store_commit(db, unit) : ERR_OK;
}

/* Every row is looked at, however many stay before it. */
static err forget_vanished(const adopting *w)
{
    uint8_t after[16] = {0};
    size_t looked_at = PAGE;
    while (looked_at == PAGE)
        TRY(forget_page(w, after, &looked_at));
    return ERR_OK;
}

err backup_adopt(call *c)
{
    adopting w = {.c = c, .arena = arena_create(ADOPT_ARENA)};
    if (!w.arena)
        return ERR_MEMORY;
    const char *directory = backup_directory(c->service, c->arena);
    bool there = directory && file_exists(directory);
    err e = there ? forget_vanished(&w) : ERR_OK;
    if (e == ERR_OK && there)
        e = file_each(directory, look_at, &w);
    arena_destroy(w.arena);
    return e == ERR_FORBIDDEN || e == ERR_NOT_FOUND || e == ERR_IO ? ERR_OK : e; /* the check says so */
}
