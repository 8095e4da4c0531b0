#include "service/backup_make.h"

#include <inttypes.h>
#include <string.h>

#include "base/ct.h"
#include "base/text.h"
#include "os/clock.h"
#include "os/file.h"
#include "os/large_file.h"
#include "os/log.h"
#include "service/backup_content.h"
#include "service/backup_entry.h"
#include "service/column.h"
#include "service/internal.h"
#include "store/migration.h"

enum { MAKE_ARENA = 8 << 20, PIECE = 256 << 10 };
#define RESERVE (UINT64_C(64) << 20) /* a backup does not take the last of the disk from the server */
static const char copies[] = "backup.tmp";

static const char *in_data_dir(const service *s, arena *a, const char *name)
{
    return s->options.data_dir ? arena_printf(a, "%s/%s", s->options.data_dir, name) : NULL;
}

/* ---- room ---- */

static err need_free(const char *directory, uint64_t need)
{
    uint64_t there;
    TRY(file_free_space(directory, &there));
    if (there >= need + RESERVE)
        return ERR_OK;
    log_write(LOG_ERROR, "backup", "not enough room in %s: %" PRIu64 " bytes are free, %" PRIu64 " are needed",
              directory, there, need + RESERVE);
    return ERR_DISK_FULL;
}

static err open_directory(const char *directory)
{
    err e = file_make_directory(directory, 0700);
    if (e == ERR_OK)
        e = file_check_directory(directory);
    if (e == ERR_OK && !file_can_write(directory))
        e = ERR_FORBIDDEN;
    if (e == ERR_OK || e == ERR_DISK_FULL || e == ERR_MEMORY)
        return e;
    log_write(LOG_ERROR, "backup", "the directory of backups (backup_dir) cannot be used: %s code=%s", directory,
              err_code(e));
    return ERR_BACKUP_DIRECTORY;
}

err backup_directory_check(const service *s, arena *a)
{
    const char *directory = backup_directory(s, a);
    if (!directory)
        return s->options.data_dir ? ERR_MEMORY : ERR_BACKUP_DIRECTORY;
    return open_directory(directory);
}

static uint64_t size_of(const service *s, arena *a, const char *name)
{
    uint64_t size = 0;
    const char *path = in_data_dir(s, a, name);
    return path && file_size(path, &size) == ERR_OK ? size : 0;
}

/* Of scope "configuration" the copy may be far smaller than the database: then only its own size says how much room the backup takes, and that
 * is looked at once it is there. */
err backup_room_check(const service *s, arena *a, backup_scope scope)
{
    const char *directory = backup_directory(s, a), *data = s->options.data_dir;
    TRY(backup_directory_check(s, a));
    uint64_t copy = size_of(s, a, "yiqian.db") + size_of(s, a, "yiqian.db-wal");
    if (scope != BACKUP_ALL && copy > RESERVE)
        copy = RESERVE;
    bool same = large_file_same_disk(directory, data);
    TRY(need_free(data, same ? 2 * copy : copy));
    return need_free(directory, same ? 2 * copy : copy);
}

/* ---- what is in it ---- */

typedef struct manifest {
    const char *text;
    const char *copy; /* the database's */
} manifest;

static err read_head(const service *s, arena *a, int64_t *size, const char **root)
{
    const store_value *v;
    TRY(store_query_one(s->options.store, a, &v, ERR_CORRUPT, "SELECT size, root FROM audit_head WHERE id = 1", NULL,
                        0));
    *size = column_int(&v[0]);
    *root = hex_text(a, v[1].p, v[1].n);
    return *root ? ERR_OK : ERR_MEMORY;
}

/* Lines of "name=value"; what is in clear nowhere else. */
static err write_manifest(const service *s, arena *a, const backup_making *m, bytes *out)
{
    char id[UUID_TEXT], time[CLOCK_TEXT];
    uint8_t check[32];
    int64_t size;
    const char *root;
    TRY(read_head(s, a, &size, &root));
    uuid_encode(id, m->id);
    clock_text(time, m->created_ms);
    keystore_derive(s->options.keystore, BACKUP_MASTER_KEY_CHECK, check);
    const char *text = arena_printf(
        a,
        "format=yiqian-backup/1\nid=%s\nscope=%s\ncreated=%s\nserver_version=" YIQIAN_VERSION
        "\nschema=%zu\norganisation=%s\npublic_url=%s\nmaster_key=%s\nmaster_key_check=%s\naudit_size=%" PRId64
        "\naudit_root=%s\n",
        id, backup_scope_name(m->scope), time, store_migration_count, s->options.organisation, s->options.public_url,
        keystore_is_credential(s->options.keystore) ? "credential" : "wrapped", hex_text(a, check, sizeof check), size,
        root);
    wipe(check, sizeof check);
    *out = bytes_of_text(text ? text : "");
    return text ? ERR_OK : ERR_MEMORY;
}

static err put_master_key(const service *s, backup_writer *w, const backup_keys *keys)
{
    uint8_t wrapped[KEYSTORE_WRAPPED];
    if (keystore_is_credential(s->options.keystore))
        return ERR_OK;
    TRY(keystore_wrap(s->options.keystore, keys->wrap, wrapped, &s->options.rng));
    return backup_writer_put(w, BACKUP_ENTRY_MASTER_KEY, bytes_of(wrapped, sizeof wrapped));
}

/* The files of the settings that stand in the data directory: where they are, and the name of the entry; both NULL: not there. */
static err name_file(const service *s, arena *a, size_t i, const char **name, const char **real)
{
    char below[LARGE_FILE_PATH];
    const char *path = s->options.backup_files[i];
    *name = *real = NULL;
    if (!path || large_file_below(below, s->options.data_dir, path) != ERR_OK)
        return ERR_OK;
    *name = arena_printf(a, BACKUP_ENTRY_FILES "%s", below);
    *real = in_data_dir(s, a, below);
    return *name && *real ? ERR_OK : ERR_MEMORY;
}

err backup_files_check(const service *s, arena *a, fault *out)
{
    for (size_t i = 0; s->options.data_dir && i < SERVICE_BACKUP_FILES; i++) {
        const char *name, *real;
        TRY(name_file(s, a, i, &name, &real));
        if (!name || backup_entry_is_file(name))
            continue;
        log_write(LOG_ERROR, "backup", "a file of the settings may not be in a backup: %s", real);
        return fault_set(out, ERR_BACKUP_CONTENT, "%s", real);
    }
    return ERR_OK;
}

/* One that two settings name is there once. */
static err put_files(const service *s, arena *a, backup_writer *w)
{
    backup_entries seen = {0};
    for (size_t i = 0; i < SERVICE_BACKUP_FILES; i++) {
        const char *name, *real;
        TRY(name_file(s, a, i, &name, &real));
        if (!name || backup_entries_has(&seen, name))
            continue;
        TRY(backup_entries_add(&seen, name, 0));
        TRY(backup_writer_put_file(w, name, real));
    }
    return ERR_OK;
}

static err put_all(const service *s, arena *a, backup_writer *w, const backup_keys *keys, bytes text, const char *copy)
{
    const char *settings = s->options.settings_text;
    TRY(backup_writer_put(w, BACKUP_ENTRY_MANIFEST, text));
    TRY(put_master_key(s, w, keys));
    if (settings)
        TRY(backup_writer_put(w, BACKUP_ENTRY_SETTINGS, bytes_of_text(settings)));
    TRY(put_files(s, a, w));
    return backup_writer_put_file(w, BACKUP_ENTRY_DATABASE, copy);
}

static err write_part(const service *s, arena *a, backup_making *m, const char *part, const char *copy, bytes text,
                      const atomic_bool *stop)
{
    backup_keys keys;
    backup_writer *w = NULL;
    backup_header h = {.scope = m->scope,
                       .created_ms = m->created_ms,
                       .schema = (uint32_t)store_migration_count,
                       .server_version = YIQIAN_VERSION,
                       .log2_n = BACKUP_SCRYPT_LOG2_N,
                       .r = BACKUP_SCRYPT_R,
                       .p = BACKUP_SCRYPT_P};
    memcpy(h.id, m->id, sizeof h.id);
    err e;
    TRY_OUT(backup_header_begin(&h, m->passphrase, &keys, &s->options.rng));
    TRY_OUT(backup_writer_open(&w, part, &h, &keys, stop));
    TRY_OUT(put_all(s, a, w, &keys, text, copy));
    e = backup_writer_finish(w, &m->size, m->digest);
out:
    backup_writer_close(w);
    wipe(&keys, sizeof keys);
    return e;
}

static err copy_database(const service *s, arena *a, const backup_making *m, const char *copy, const char *directory,
                         const atomic_bool *stop)
{
    uint64_t size;
    const char *folder = in_data_dir(s, a, copies);
    const copy_rule *rules = backup_rules(a, m->scope);
    if (!folder || !rules)
        return ERR_MEMORY;
    TRY(large_file_remove_tree(folder));
    TRY(file_make_directory(folder, 0700));
    TRY(store_copy(s->options.store, copy, rules, backup_tables_n, backup_scrub, stop));
    TRY(file_size(copy, &size));
    return need_free(directory, size);
}

static err make(const service *s, arena *a, backup_making *m, const atomic_bool *stop)
{
    bytes text;
    const char *directory = backup_directory(s, a), *folder = in_data_dir(s, a, copies),
               *path = backup_path(s, a, m->file);
    const char *copy = folder ? arena_printf(a, "%s/yiqian.db", folder) : NULL,
               *part = path ? arena_printf(a, "%s" BACKUP_PART_END, path) : NULL;
    if (!directory || !copy || !part)
        return ERR_MEMORY;
    err e;
    TRY_OUT(backup_room_check(s, a, m->scope));
    TRY_OUT(write_manifest(s, a, m, &text));
    TRY_OUT(copy_database(s, a, m, copy, directory, stop));
    TRY_OUT(write_part(s, a, m, part, copy, text, stop));
    e = large_file_rename(part, path);
out:
    if (e != ERR_OK && file_exists(part) && file_remove(part) != ERR_OK)
        log_write(LOG_ERROR, "backup", "%s cannot be removed", part);
    if (large_file_remove_tree(folder) != ERR_OK)
        log_write(LOG_ERROR, "backup", "%s cannot be removed", folder);
    if (e == ERR_FORBIDDEN) {
        log_write(LOG_ERROR, "backup", "the directory of backups (backup_dir) cannot be written: %s", directory);
        e = ERR_BACKUP_DIRECTORY;
    }
    return e;
}

err backup_make(const service *s, backup_making *m, const atomic_bool *stop)
{
    arena *a = arena_create(MAKE_ARENA);
    if (!a)
        return ERR_MEMORY;
    err e = make(s, a, m, stop);
    arena_destroy(a);
    return e;
}

/* ---- reading ---- */

static err read_entries(backup_reader *r, uint8_t *piece, backup_entries *seen)
{
    char name[BACKUP_NAME_MAX + 1];
    uint64_t left;
    bool end;
    for (;;) {
        TRY(backup_reader_next(r, name, &left, &end));
        if (end)
            return backup_entries_end(seen);
        TRY(backup_entries_add(seen, name, left));
        while (left > 0) {
            size_t n;
            TRY(backup_reader_read(r, piece, PIECE, &n));
            left -= n;
        }
    }
}

err backup_read_whole(const service *s, backup_making *m, uint64_t size, const uint8_t *digest, const atomic_bool *stop)
{
    backup_reader *r = NULL;
    backup_entries seen = {0};
    arena *a = arena_create(MAKE_ARENA);
    const char *path = a ? backup_path(s, a, m->file) : NULL;
    uint8_t *piece = a ? arena_alloc(a, PIECE) : NULL;
    err e;
    if (!path || !piece) {
        e = ERR_MEMORY;
        goto out;
    }
    e = backup_reader_open(&r, path, stop);
    if (e == ERR_OK)
        e = backup_reader_unlock(r, m->passphrase);
    if (e == ERR_OK)
        e = read_entries(r, piece, &seen);
    if (e == ERR_BACKUP_CONTENT)
        log_write(LOG_ERROR, "backup", "%s could not be restored: %s", path, seen.wrong);
    if (e == ERR_OK && backup_reader_size(r) != size)
        e = ERR_BACKUP_DAMAGED;
    if (e == ERR_OK) {
        backup_reader_digest(r, m->digest);
        e = !digest || memcmp(m->digest, digest, sizeof m->digest) == 0 ? ERR_OK : ERR_BACKUP_DAMAGED;
    }
out:
    backup_reader_close(r);
    arena_destroy(a);
    return e == ERR_NOT_FOUND ? ERR_BACKUP_NOT_FOUND : e == ERR_UNSUPPORTED || e == ERR_RANGE ? ERR_BACKUP_DAMAGED : e;
}

/* ---- after a crash ---- */

static err remove_parts(const service *s, arena *a)
{
    store_result rows;
    err e = ERR_OK;
    TRY(store_query(s->options.store, a, &rows, "SELECT file FROM backup WHERE state = 'running'", NULL, 0));
    for (size_t i = 0; i < rows.rows; i++) {
        const char *file = column_text(&rows.values[i * rows.columns]), *path = file ? backup_path(s, a, file) : NULL;
        const char *part = path ? arena_printf(a, "%s" BACKUP_PART_END, path) : NULL;
        err removed = !part ? ERR_MEMORY : file_exists(part) ? file_remove(part) : ERR_OK;
        e = removed != ERR_OK ? removed : e;
    }
    return e;
}

/* Only what this server's own rows name: another server may be making one in the same directory. */
void backup_sweep(const service *s, arena *a)
{
    const char *folder = in_data_dir(s, a, copies);
    if (!folder)
        return;
    err e = large_file_remove_tree(folder), swept = remove_parts(s, a);
    if (e != ERR_OK || swept != ERR_OK)
        log_write(LOG_ERROR, "backup", "what an interrupted backup left cannot be removed code=%s",
                  err_code(e != ERR_OK ? e : swept));
}
