#include "service/backup_swap.h"

#include <string.h>

#include "os/file.h"
#include "os/large_file.h"
#include "os/log.h"

enum { PLAN_MAX = 256, NOTE_MAX = 4096, DEPTH_MAX = 8 };
static const char unfinished[] = "restore.new", ready[] = "restore.ready", told[] = "note";

static const char *join(arena *a, const char *directory, const char *name)
{
    return directory ? arena_printf(a, "%s/%s", directory, name) : NULL;
}

const char *backup_swap_new(arena *a, const char *data_dir)
{
    return join(a, data_dir, unfinished);
}

const char *backup_swap_content(arena *a, const char *data_dir)
{
    return join(a, backup_swap_new(a, data_dir), "content");
}

/* ---- to the disk ---- */

typedef struct syncing {
    arena *arena;
    const char *directory;
    unsigned depth;
} syncing;

static err sync_one(void *context, const char *name);

static err sync_tree(arena *a, const char *directory, unsigned depth)
{
    syncing w = {a, directory, depth};
    if (depth > DEPTH_MAX)
        return ERR_LIMIT;
    TRY(file_each(directory, sync_one, &w));
    return large_file_sync_directory(directory);
}

static err sync_one(void *context, const char *name)
{
    const syncing *w = context;
    const char *path = join(w->arena, w->directory, name);
    file_kind kind;
    uint64_t size;
    int fd;
    if (!path)
        return ERR_MEMORY;
    TRY(file_kind_of(path, &kind));
    if (kind == FILE_DIRECTORY)
        return sync_tree(w->arena, path, w->depth + 1);
    TRY(large_file_open(&fd, &size, path));
    err e = large_file_sync(fd);
    large_file_close(fd);
    return e;
}

/* A name cannot be moved from one file system to another: looked at while nothing is ready yet. */
typedef struct looking {
    arena *arena;
    const char *data_dir, *from, *to;
    unsigned depth;
} looking;

static err look_at_one(void *context, const char *name)
{
    const looking *w = context;
    looking below = {w->arena, w->data_dir, join(w->arena, w->from, name), join(w->arena, w->to, name), w->depth + 1};
    file_kind kind;
    if (!below.from || !below.to)
        return ERR_MEMORY;
    TRY(file_kind_of(below.from, &kind));
    if (kind != FILE_DIRECTORY || !file_exists(below.to))
        return ERR_OK;
    TRY(file_kind_of(below.to, &kind));
    if (kind != FILE_DIRECTORY)
        return ERR_OK;
    if (!large_file_same_disk(below.to, w->data_dir)) {
        log_write(LOG_ERROR, "restore", "%s is another file system: a restore cannot put files into it", below.to);
        return ERR_CONFLICT;
    }
    return below.depth > DEPTH_MAX ? ERR_LIMIT : file_each(below.from, look_at_one, &below);
}

err backup_swap_commit(arena *a, const char *data_dir, const char *aside, const char *note)
{
    const char *from = backup_swap_new(a, data_dir), *to = join(a, data_dir, ready), *plan = join(a, from, "plan"),
               *words = join(a, from, told);
    looking w = {a, data_dir, backup_swap_content(a, data_dir), data_dir, 0};
    if (!from || !to || !plan || !words || !w.from)
        return ERR_MEMORY;
    TRY(file_each(w.from, look_at_one, &w));
    TRY(file_write(words, note, strlen(note), 0600));
    TRY(file_write(plan, aside, strlen(aside), 0600));
    TRY(sync_tree(a, from, 0));
    return large_file_rename(from, to);
}

bool backup_swap_is_ready(arena *a, const char *data_dir)
{
    const char *whole = join(a, data_dir, ready);
    return whole && file_exists(whole);
}

/* ---- into place ---- */

typedef struct moving {
    arena *arena;
    const char *from, *to, *aside; /* directories that stand for each other */
    unsigned depth;
} moving;

static err move_all(const moving *m);

static err move_aside(const char *to, const char *aside)
{
    return file_exists(to) && !file_exists(aside) ? large_file_rename(to, aside) : ERR_OK;
}

/* What is in the way of a directory, and is none, goes aside as a file does: a link too, lest something is put where it leads. */
static err move_directory(const moving *m, const char *from, const char *to, const char *aside)
{
    const moving below = {m->arena, from, to, aside, m->depth + 1};
    file_kind kind;
    if (file_exists(to)) {
        TRY(file_kind_of(to, &kind));
        if (kind != FILE_DIRECTORY)
            TRY(move_aside(to, aside));
    }
    TRY(file_make_directory(to, 0700));
    if (!file_exists(aside))
        TRY(file_make_directory(aside, 0700));
    return move_all(&below);
}

/* What is in the way goes aside first; where it is there already, it went before the crash. */
static err move_one(void *context, const char *name)
{
    const moving *m = context;
    const char *from = join(m->arena, m->from, name), *to = join(m->arena, m->to, name),
               *aside = join(m->arena, m->aside, name);
    file_kind kind;
    if (!from || !to || !aside)
        return ERR_MEMORY;
    TRY(file_kind_of(from, &kind));
    err e = kind == FILE_DIRECTORY ? move_directory(m, from, to, aside) : move_aside(to, aside);
    if (e == ERR_OK && kind != FILE_DIRECTORY)
        e = large_file_rename(from, to);
    if (e != ERR_OK)
        log_write(LOG_ERROR, "restore", "%s cannot be put into its place code=%s", to, err_code(e));
    return e;
}

static err is_something(void *found, const char *name)
{
    (void)name;
    *(bool *)found = true;
    return ERR_OK;
}

/* Again until nothing is left: what readdir(3) shows of a directory that names are taken from meanwhile is not said. One that holds something else then
 * is not removed. */
static err move_all(const moving *m)
{
    for (bool found = true; found;) {
        if (m->depth > DEPTH_MAX)
            return ERR_LIMIT;
        TRY(file_each(m->from, move_one, (void *)(uintptr_t)m));
        found = false;
        TRY(file_each(m->from, is_something, &found));
    }
    return large_file_remove_directory(m->from);
}

/* A journal of the old database must never meet the new one: it goes before. */
static err move_journals(const moving *m)
{
    static const char *const names[] = {"yiqian.db-wal", "yiqian.db-shm"};
    const char *database = join(m->arena, m->from, "yiqian.db");
    if (!database)
        return ERR_MEMORY;
    for (size_t i = 0; i < sizeof names / sizeof *names && file_exists(database); i++) {
        const char *to = join(m->arena, m->to, names[i]), *aside = join(m->arena, m->aside, names[i]);
        if (!to || !aside)
            return ERR_MEMORY;
        if (file_exists(to))
            TRY(large_file_rename(to, aside));
    }
    return ERR_OK;
}

static err read_plan(arena *a, const char *directory, const char *data_dir, const char **aside)
{
    bytes text;
    const char *plan = join(a, directory, "plan");
    *aside = NULL;
    if (!plan)
        return ERR_MEMORY;
    err e = file_read(a, plan, PLAN_MAX, &text);
    if (e == ERR_NOT_FOUND) /* it had been put into place, and was being removed */
        return ERR_OK;
    TRY(e);
    if (text.n == 0 || memchr(text.p, '/', text.n) || text.p[0] == '.')
        return ERR_CORRUPT;
    *aside = join(a, data_dir, (const char *)text.p);
    return *aside ? ERR_OK : ERR_MEMORY;
}

/* Pads of authorisations are destroyed and not kept: without them the shares in no copy of the database open. Their directory stays: it may be memory that
 * is mounted there, or a link to it. */
err backup_swap_finish(arena *a, const char *data_dir)
{
    const char *directory = join(a, data_dir, ready), *content = join(a, directory, "content"),
               *pads = join(a, data_dir, "authorisations"), *plan = join(a, directory, "plan"),
               *words = join(a, directory, told);
    moving m = {.arena = a, .from = content, .to = data_dir};
    if (!directory || !content || !pads || !plan || !words)
        return ERR_MEMORY;
    TRY(read_plan(a, directory, data_dir, &m.aside));
    if (m.aside) {
        TRY(file_make_directory(m.aside, 0700));
        TRY(large_file_empty(pads));
        TRY(move_journals(&m));
        if (file_exists(content)) /* else it had been put into place */
            TRY(move_all(&m));
        TRY(large_file_sync_directory(data_dir));
        TRY(file_remove(plan));
        large_file_remove_empty(m.aside); /* where nothing was */
    }
    TRY(file_remove(words));
    if (file_exists(content))
        large_file_remove_empty(content); /* one that holds something, with nobody to say what, stays */
    return large_file_remove_directory(directory);
}

err backup_swap_resume(arena *a, const char *data_dir, backup_swap_found *found, bytes *note)
{
    const char *from = backup_swap_new(a, data_dir), *whole = join(a, data_dir, ready), *words = join(a, whole, told);
    *found = BACKUP_SWAP_NOTHING;
    *note = bytes_of("", 0);
    if (!from || !whole || !words)
        return ERR_MEMORY;
    if (file_exists(from)) {
        TRY(large_file_remove_tree(from));
        *found = BACKUP_SWAP_UNDONE;
    }
    if (file_exists(whole)) {
        if (file_exists(words))
            TRY(file_read(a, words, NOTE_MAX, note));
        TRY(backup_swap_finish(a, data_dir));
        *found = BACKUP_SWAP_FINISHED;
    }
    return ERR_OK;
}
