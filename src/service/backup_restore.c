#include "service/backup_restore.h"

#include <stdio.h>
#include <string.h>

#include "base/ct.h"
#include "base/text.h"
#include "os/file.h"
#include "os/large_file.h"
#include "service/backup_entry.h"
#include "service/backup_note.h"
#include "service/backup_settle.h"
#include "store/copy.h"
#include "store/engine.h"
#include "store/migration.h"

enum { PIECE = 256 << 10 };
#define RESERVE (UINT64_C(64) << 20)

typedef struct restoring {
    const backup_restoring *r;
    backup_restored *out;
    backup_reader *reader;
    const char *content;
    bytes manifest, master_key;
    backup_entries entries;
} restoring;

static err say(backup_restored *out, err e, const char *zh, const char *en)
{
    out->failed_zh = zh;
    out->failed_en = en;
    return e;
}

/* An entry that may not be there. */
static err say_wrong(restoring *w, err e)
{
    const char *words = arena_text(w->r->arena, w->entries.wrong, strlen(w->entries.wrong));
    return say(w->out, e, words, words);
}

/* ---- where it goes ---- */

/* What may be in a data directory that counts as empty. Pads alone open nothing; their directory may be mounted memory. */
static err is_nothing(void *found, const char *name)
{
    static const char *const nothing[] = {"yiqiand.lock", "backups", "lost+found", "authorisations"};
    for (size_t i = 0; i < sizeof nothing / sizeof *nothing; i++)
        if (strcmp(name, nothing[i]) == 0)
            return ERR_OK;
    *(bool *)found = true;
    return ERR_OK;
}

static err look_at_place(restoring *w)
{
    bool found = false;
    TRY(file_each(w->r->data_dir, is_nothing, &found));
    if (found && !w->r->replace)
        return say(
            w->out, ERR_EXISTS, "数据目录不是空的：加 --replace 则将原有内容移到一旁，再放入备份",
            "the data directory is not empty: --replace keeps what is there aside and puts the backup in its place");
    TRY(file_make_directory(backup_swap_new(w->r->arena, w->r->data_dir), 0700));
    w->content = backup_swap_content(w->r->arena, w->r->data_dir);
    const char *name = "before-restore";
    const char *aside = arena_printf(w->r->arena, "%s/%s", w->r->data_dir, name);
    for (unsigned i = 2; aside && file_exists(aside); i++) {
        name = arena_printf(w->r->arena, "before-restore-%u", i);
        aside = name ? arena_printf(w->r->arena, "%s/%s", w->r->data_dir, name) : NULL;
    }
    w->out->aside = found ? aside : NULL;
    if (!w->content || !aside)
        return ERR_MEMORY;
    return file_make_directory(w->content, 0700);
}

/* Whoever says it twice did not see that it was done; what happened since would go. An old database that cannot be read says nothing. */
static err look_at_former(const restoring *w)
{
    engine *old = NULL;
    store_result rows = {0};
    char id[UUID_TEXT];
    arena *a = w->r->arena;
    uuid_encode(id, w->out->header.id);
    const char *path = arena_printf(a, "%s/" BACKUP_ENTRY_DATABASE, w->r->data_dir),
               *subject = arena_printf(a, "backup:%s", id);
    if (!path || !subject)
        return ERR_MEMORY;
    if (!w->r->replace || w->r->again || !file_exists(path) || engine_open(&old, path, ENGINE_READER) != ERR_OK)
        return ERR_OK;
    err e = engine_query(old, a, &rows,
                         "SELECT 1 FROM audit WHERE subject = $1 AND event = 'backup.restore' AND outcome = 'ok' LIMIT 1",
                         (store_value[]){store_text(subject)}, 1);
    engine_close(old);
    return e != ERR_OK || rows.rows == 0
               ? ERR_OK
               : say(w->out, ERR_EXISTS, "此备份已经恢复到这里：确要再恢复一次（此后的改动移入 before-restore），请加 --again",
                     "this backup was restored here already: add --again to do it once more; what was done since goes to "
                     "before-restore");
}

static err look_at_room(restoring *w)
{
    uint64_t there, need = 2 * backup_reader_size(w->reader) + RESERVE;
    TRY(file_free_space(w->r->data_dir, &there));
    return there >= need ? ERR_OK
                         : say(w->out, ERR_DISK_FULL, "数据所在处须有备份两倍大小的空闲空间",
                               "twice the size of the backup must be free where the data is");
}

/* ---- unpacking ---- */

static err make_parents(restoring *w, const char *name)
{
    for (const char *at = strchr(name, '/'); at; at = strchr(at + 1, '/')) {
        const char *path = arena_printf(w->r->arena, "%s/%.*s", w->content, (int)(at - name), name);
        if (!path)
            return ERR_MEMORY;
        TRY(file_make_directory(path, 0700));
    }
    return ERR_OK;
}

static err write_file(restoring *w, const char *name, uint64_t left)
{
    int fd;
    const char *path = arena_printf(w->r->arena, "%s/%s", w->content, name);
    uint8_t *piece = arena_alloc(w->r->arena, PIECE);
    if (!path || !piece)
        return ERR_MEMORY;
    TRY(make_parents(w, name));
    TRY(large_file_create(&fd, path));
    err e = ERR_OK;
    while (e == ERR_OK && left > 0) {
        size_t n;
        e = backup_reader_read(w->reader, piece, PIECE, &n);
        if (e != ERR_OK)
            break;
        e = large_file_write(fd, piece, n);
        left -= n;
    }
    large_file_close(fd);
    return e;
}

static err unpack_one(restoring *w, const char *name, uint64_t size)
{
    err e = backup_entries_add(&w->entries, name, size);
    if (e != ERR_OK)
        return say_wrong(w, e);
    if (strcmp(name, BACKUP_ENTRY_MANIFEST) == 0)
        return backup_reader_all(w->reader, w->r->arena, &w->manifest);
    if (strcmp(name, BACKUP_ENTRY_MASTER_KEY) == 0)
        return backup_reader_all(w->reader, w->r->arena, &w->master_key);
    if (strcmp(name, BACKUP_ENTRY_SETTINGS) == 0) {
        w->out->has_settings = true;
        return write_file(w, "restored-settings.conf", size);
    }
    if (strcmp(name, BACKUP_ENTRY_DATABASE) == 0)
        return write_file(w, BACKUP_ENTRY_DATABASE, size);
    return write_file(w, name + strlen(BACKUP_ENTRY_FILES), size);
}

static err unpack(restoring *w)
{
    char name[BACKUP_NAME_MAX + 1];
    uint64_t size;
    bool end;
    for (;;) {
        TRY(backup_reader_next(w->reader, name, &size, &end));
        if (end)
            break;
        TRY(unpack_one(w, name, size));
    }
    backup_reader_digest(w->reader, w->out->digest);
    err e = backup_entries_end(&w->entries);
    return e == ERR_OK ? ERR_OK : say_wrong(w, e);
}

/* ---- the master key ---- */

/* Whether the manifest has this line. */
static bool says(bytes manifest, const char *line)
{
    const char *at = (const char *)manifest.p, *found = strstr(at, line);
    return found && (found == at || found[-1] == '\n') && found[strlen(line)] == '\n';
}

static err open_master_key(restoring *w, keystore **out)
{
    uint8_t check[32];
    char line[sizeof "master_key_check=" + 2 * sizeof check];
    w->out->credential = says(w->manifest, "master_key=credential");
    if (!w->out->credential) {
        if (w->master_key.n != KEYSTORE_WRAPPED)
            return ERR_BACKUP_DAMAGED;
        err e = keystore_unwrap_to(w->content, backup_reader_keys(w->reader)->wrap, w->master_key.p);
        if (e != ERR_OK)
            return e == ERR_DECRYPT ? ERR_BACKUP_DAMAGED : e;
    }
    err e = keystore_open(out, w->content, false, &w->r->rng);
    if (e == ERR_NOT_FOUND)
        return say(
            w->out, ERR_CONFLICT, "主密钥为 systemd 凭据，不在备份中：请在有同一凭据时执行恢复",
            "the master key is a systemd credential and not in the backup: run the restore with that credential");
    TRY(e);
    keystore_derive(*out, BACKUP_MASTER_KEY_CHECK, check);
    (void)snprintf(line, sizeof line, "master_key_check=%s", hex_text(w->r->arena, check, sizeof check));
    wipe(check, sizeof check);
    return says(w->manifest, line)
               ? ERR_OK
               : say(w->out, ERR_CONFLICT, "此处生效的主密钥（systemd 凭据）与备份的不同",
                     "another master key is in force here (a systemd credential) than the backup's");
}

static err settle_database(restoring *w, const keystore *ks)
{
    arena *a = w->r->arena;
    const char *path = arena_printf(a, "%s/" BACKUP_ENTRY_DATABASE, w->content),
               *journal = arena_printf(a, "%s-wal", path ? path : ""),
               *old = arena_printf(a, "%s/" BACKUP_ENTRY_DATABASE, w->r->data_dir);
    if (!path || !journal || !old)
        return ERR_MEMORY;
    TRY(store_copy_check(path));
    TRY(backup_settle(w->r, ks, path, file_exists(old) ? old : NULL, w->out));
    return file_exists(journal) ? ERR_IO : ERR_OK; /* a store that was closed in order leaves none */
}

static err open_file(backup_reader **reader, const char *file, const atomic_bool *stop, backup_restored *out)
{
    err e = backup_reader_open(reader, file, stop);
    if (e == ERR_NOT_FOUND)
        return say(out, e, "备份文件不存在：请核对路径", "the file of the backup is not there: check its path");
    if (e == ERR_FORBIDDEN)
        return say(out, e, "当前用户无权读取备份文件", "this user may not read the file of the backup");
    if (e == ERR_IO)
        return say(out, e, "备份文件无法读取，或不是普通文件：不跟随符号链接，请给出文件本身",
                   "the backup cannot be read, or is no regular file: links are not followed, name the file itself");
    return e;
}

err backup_restore_look(const char *file, backup_restored *out)
{
    static const atomic_bool never;
    backup_reader *reader = NULL;
    memset(out, 0, sizeof *out);
    err e = open_file(&reader, file, &never, out);
    backup_reader_close(reader);
    return e;
}

static err build(restoring *w)
{
    keystore *ks = NULL;
    TRY(open_file(&w->reader, w->r->file, w->r->stop, w->out));
    w->out->header = *backup_reader_header(w->reader);
    if (w->out->header.schema > store_migration_count)
        return say(w->out, ERR_UNSUPPORTED, "备份来自更新版本的服务器：请先安装该版本",
                   "the backup is of a newer server: install that version first");
    TRY(backup_reader_unlock(w->reader, w->r->passphrase));
    TRY(look_at_former(w));
    TRY(look_at_room(w));
    TRY(look_at_place(w));
    TRY(unpack(w));
    err e = open_master_key(w, &ks);
    if (e == ERR_OK)
        e = settle_database(w, ks);
    keystore_close(ks);
    return e;
}

/* What was put together holds the master key in clear. */
static err abandon(restoring *w, err e)
{
    const char *unfinished = backup_swap_new(w->r->arena, w->r->data_dir);
    if (w->content && unfinished && large_file_remove_tree(unfinished) != ERR_OK)
        (void)say(w->out, e, "数据目录中的 restore.new（其中有备份的主密钥）无法删除；下一次启动会删除",
                  "restore.new in the data directory, with the backup's master key in clear, could not be removed; the "
                  "next start does it");
    return e == ERR_BUSY && *w->r->stop ? ERR_BACKUP_INTERRUPTED : e;
}

static err commit(restoring *w)
{
    const backup_restoring *r = w->r;
    const char *aside = w->out->aside ? strrchr(w->out->aside, '/') + 1 : "before-restore";
    const char *note = backup_note_write(r->arena, w->out);
    err e = note ? backup_swap_commit(r->arena, r->data_dir, aside, note) : ERR_MEMORY;
    if (e == ERR_CONFLICT)
        (void)say(w->out, e, "备份中的文件要放入的一个目录是另一文件系统：请先卸载",
                  "a directory that files of the backup come into is another file system: unmount it first");
    w->out->ready = backup_swap_is_ready(r->arena, r->data_dir);
    if (e != ERR_OK)
        return w->out->ready ? e : abandon(w, e);
    return backup_swap_finish(r->arena, r->data_dir);
}

err backup_restore(const backup_restoring *r, backup_restored *out)
{
    restoring w = {.r = r, .out = out};
    memset(out, 0, sizeof *out);
    err e = build(&w);
    backup_reader_close(w.reader);
    if (e == ERR_OK && *r->stop)
        e = ERR_BUSY;
    return e == ERR_OK ? commit(&w) : abandon(&w, e);
}

err backup_restore_resume(arena *a, const char *data_dir, backup_swap_found *found, backup_restored *out, bool *known)
{
    bytes note;
    memset(out, 0, sizeof *out);
    TRY(backup_swap_resume(a, data_dir, found, &note));
    err e = backup_note_read(a, data_dir, note, out);
    *known = *found == BACKUP_SWAP_FINISHED && e == ERR_OK;
    return e == ERR_MEMORY ? e : ERR_OK;
}

bool backup_restore_is(const backup_restored *done, const char *file)
{
    static const atomic_bool never;
    backup_reader *reader;
    if (backup_reader_open(&reader, file, &never) != ERR_OK)
        return false;
    bool same = memcmp(backup_reader_header(reader)->id, done->header.id, sizeof done->header.id) == 0;
    backup_reader_close(reader);
    return same;
}
