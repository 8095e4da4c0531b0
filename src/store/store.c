#include "store/store.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "os/file.h"
#include "store/readers.h"
#include "store/store_open.h"
#include "store/store_path.h"
#include "store/store_unit.h"
#include "store/store_writer.h"

struct store {
    store_writer *writer;
    readers *readers;
    char path[PATH_MAX];
};

/* Takes the permissions of group and others away from path + end, if that is there. */
static err close_to_others(const char *path, const char *end)
{
    struct stat status;
    char name[PATH_MAX];
    int n = snprintf(name, sizeof name, "%s%s", path, end);
    if (n < 0 || (size_t)n >= sizeof name)
        return ERR_ARG;
    if (stat(name, &status) != 0)
        return errno == ENOENT ? ERR_OK : ERR_IO;
    if ((status.st_mode & (S_IRWXG | S_IRWXO)) == 0 || chmod(name, S_IRUSR | S_IWUSR) == 0)
        return ERR_OK;
    return ERR_FORBIDDEN;
}

/* SQLite would make the file with the umask's permissions; its WAL and shared memory take those of the file. */
static err make_file(const char *path)
{
    err e = file_create(path, "", 0, S_IRUSR | S_IWUSR);
    if (e != ERR_EXISTS)
        return e;
    struct stat status;
    if (stat(path, &status) != 0 || !S_ISREG(status.st_mode))
        return ERR_IO;
    TRY(close_to_others(path, ""));
    /* Left by a crash, with the permissions that the file had then. */
    TRY(close_to_others(path, "-wal"));
    return close_to_others(path, "-shm");
}

static err open_writer(store_writer **out, const store_options *options, const migration *list, size_t n)
{
    engine *c;
    TRY(engine_open(&c, options->path, ENGINE_WRITER));
    err e = migration_apply(c, list, n);
    if (e == ERR_OK)
        return store_writer_create(out, c, options->group_max);
    engine_close(c);
    return e;
}

err store_open_with(store **out, const store_options *options, const migration *list, size_t n)
{
    *out = NULL;
    TRY(make_file(options->path));
    store *s = calloc(1, sizeof *s);
    if (!s)
        return ERR_MEMORY;
    err e = (size_t)snprintf(s->path, sizeof s->path, "%s", options->path) < sizeof s->path ? ERR_OK : ERR_ARG;
    TRY_OUT(e);
    TRY_OUT(open_writer(&s->writer, options, list, n));
    TRY_OUT(readers_create(&s->readers, options->path, options->readers));
    *out = s;
    s = NULL;
out:
    store_close(s);
    return e;
}

err store_open(store **out, const store_options *options)
{
    return store_open_with(out, options, store_migrations, store_migration_count);
}

void store_close(store *s)
{
    if (!s)
        return;
    /* The writer's connection goes last, so that it can move the whole WAL into the database file. */
    readers_destroy(s->readers);
    store_writer_destroy(s->writer);
    free(s);
}

const char *store_path(const store *s)
{
    return s->path;
}

err store_query(store *s, arena *a, store_result *out, const char *sql, const store_value *params, size_t n)
{
    engine *c = readers_take(s->readers);
    err e = engine_query(c, a, out, sql, params, n);
    readers_give(s->readers, c);
    return e;
}

err store_query_one(store *s, arena *a, const store_value **row, err none, const char *sql, const store_value *params,
                    size_t n)
{
    store_result result;
    *row = NULL;
    TRY(store_query(s, a, &result, sql, params, n));
    if (result.rows == 0)
        return none != ERR_OK ? none : ERR_NOT_FOUND;
    if (result.rows > 1)
        return ERR_LIMIT;
    *row = result.values;
    return ERR_OK;
}

/* Whether there is anything to run, else what the commit comes to. */
static bool is_to_run(const store_unit *u, err *e)
{
    *e = u ? u->failed : ERR_MEMORY;
    return *e == ERR_OK && (u->statements || u->steps);
}

err store_commit(store *s, store_unit *u)
{
    err e;
    return is_to_run(u, &e) ? store_writer_commit(s->writer, u) : e;
}

void store_commit_later(store *s, store_unit *u, store_done done, void *ctx)
{
    err e;
    if (is_to_run(u, &e))
        store_writer_commit_later(s->writer, u, done, ctx);
    else
        done(ctx, e);
}

void store_set_group_hooks(store *s, const store_group_hooks *hooks)
{
    store_writer_set_hooks(s->writer, hooks);
}

err store_quick_check(const store *s, uint32_t ms, char finding[STORE_FINDING])
{
    engine *c;
    finding[0] = '\0';
    TRY(engine_open(&c, s->path, ENGINE_READER));
    err e = engine_quick_check(c, ms, finding);
    engine_close(c);
    return e;
}

void store_read_figures(store *s, store_figures *out)
{
    store_writer_read_figures(s->writer, out);
}
