#include "service/backup_job.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ct.h"
#include "base/text.h"
#include "os/clock.h"
#include "os/file.h"
#include "os/log.h"
#include "service/backup_adopt.h"
#include "service/backup_content.h"
#include "service/backup_make.h"
#include "service/column.h"
#include "service/internal.h"
#include "service/time_watch.h"

enum { LOOK_MS = 60000, RECORD_ARENA = 1 << 20, ACTOR_MAX = 200, FILE_MAX = 200 };

struct backup_job {
    service *service;
    pthread_mutex_t lock; /* of what follows: never held while something is written */
    pthread_t thread;
    bool joinable; /* there was a thread that nobody has joined */
    bool settling; /* somebody has the place, to say what came of the one before */
    bool ending;   /* its work is done, and whoever reads its row may know it: who wants the place waits for the rest */
    pthread_cond_t ended;
    backup_job_state state;
    backup_making made;     /* these are of whoever has the place */
    atomic_bool unrecorded; /* nothing says yet what came of the newest one, as on a full disk */
    atomic_bool lost;       /* nothing ever will: its row says that it is being made */
    int64_t looked_ms;   /* for files that no row knows */
    int64_t last_try_ms; /* of a scheduled one, where not even its row could be written */
    atomic_bool stop;    /* these are not under the lock */
    backup_job_order order;
    char actor[ACTOR_MAX], origin[ACTOR_MAX], file[FILE_MAX];
};

/* ---- what came of it ---- */

static const char *detail_of(const struct backup_job *j, arena *a, const backup_making *m, err outcome)
{
    if (j->order.verifies || outcome != ERR_OK)
        return arena_printf(a, "file=%s", j->file);
    return arena_printf(a, "file=%s size=%" PRIu64 " sm3=%s", j->file, m->size,
                        hex_text(a, m->digest, sizeof m->digest));
}

bool backup_job_is_finding(err outcome)
{
    return outcome == ERR_OK || outcome == ERR_BACKUP_DAMAGED || outcome == ERR_BACKUP_SHORTENED ||
           outcome == ERR_BACKUP_CONTENT || outcome == ERR_BACKUP_NOT_FOUND;
}

static void add_outcome(const struct backup_job *j, store_unit *unit, const backup_making *m, err outcome)
{
    const store_value id = store_id(j->order.id), now = store_int(clock_unix_ms());
    if (j->order.verifies && !backup_job_is_finding(outcome))
        return; /* what was found before stands */
    if (j->order.verifies)
        store_unit_add(unit, STORE_ANY, ERR_OK,
                       "UPDATE backup SET verified_at = $2, finding = $3, digest = coalesce(digest, $4) WHERE id = $1",
                       (store_value[]){id, now, store_text(outcome == ERR_OK ? "ok" : err_code(outcome)),
                                       outcome == ERR_OK ? store_blob(m->digest, sizeof m->digest) : store_null()},
                       4);
    else if (outcome == ERR_OK)
        store_unit_add(unit, 1, ERR_INTERNAL,
                       "UPDATE backup SET state = 'done', finished_at = $2, size = $3, digest = $4 WHERE id = $1",
                       (store_value[]){id, now, store_int((int64_t)m->size), store_blob(m->digest, sizeof m->digest)},
                       4);
    else
        store_unit_add(unit, 1, ERR_INTERNAL,
                       "UPDATE backup SET state = 'failed', finished_at = $2, error = $3 WHERE id = $1",
                       (store_value[]){id, now, store_text(err_code(outcome))}, 3);
}

static err record(const struct backup_job *j, const backup_making *m, err outcome)
{
    const service_options *o = &j->service->options;
    arena *a = arena_create(RECORD_ARENA);
    if (!a)
        return ERR_MEMORY;
    char id[UUID_TEXT];
    uuid_encode(id, j->order.id);
    store_unit *unit = store_unit_begin(a);
    add_outcome(j, unit, m, outcome);
    err e = audit_add(o->audit, a, unit,
                      &(audit_record){.time_ms = clock_unix_ms(),
                                      .event = j->order.verifies ? "backup.verified" : "backup.made",
                                      .outcome = err_code(outcome),
                                      .actor = j->actor,
                                      .subject = arena_printf(a, "backup:%s", id),
                                      .origin = j->origin,
                                      .detail = detail_of(j, a, m, outcome)});
    if (e == ERR_OK)
        e = store_commit(o->store, unit);
    arena_destroy(a);
    return e;
}

static void expire(const struct backup_job *j)
{
    backup_setting setting;
    arena *a = arena_create(RECORD_ARENA);
    call c = {.service = j->service,
              .arena = a,
              .now_ms = clock_unix_ms(),
              .actor = ACTOR_SERVER,
              .actor_text = "server",
              .origin = "server"};
    err e = a ? backup_setting_get(j->service, a, &setting) : ERR_MEMORY;
    if (e == ERR_OK)
        e = backup_expire(&c, setting.keep);
    if (e != ERR_OK)
        log_write(LOG_ERROR, "backup", "old backups cannot be removed code=%s", err_code(e));
    arena_destroy(a);
}

static err work(struct backup_job *j, backup_making *m)
{
    backup_job_order *o = &j->order;
    bytes passphrase = bytes_of(o->passphrase.text, o->passphrase.n);
    *m = (backup_making){.scope = o->scope, .created_ms = o->created_ms, .file = j->file, .passphrase = passphrase};
    memcpy(m->id, o->id, sizeof m->id);
    err e = o->verifies
                ? backup_read_whole(j->service, m, (uint64_t)o->size, o->has_digest ? o->digest : NULL, &j->stop)
                : backup_make(j->service, m, &j->stop);
    backup_passphrase_wipe(&o->passphrase);
    return e == ERR_BUSY && j->stop ? ERR_BACKUP_INTERRUPTED : e;
}

/* Errors that pass: then it is recorded later. */
static bool is_passing(err e)
{
    return e == ERR_DISK_FULL || e == ERR_IO || e == ERR_BUSY || e == ERR_MEMORY;
}

/* A whole file whose row still says that it is being made is one that was renamed a moment before a crash: nobody was told of it, so it goes. */
static err end_running(service *s, arena *a)
{
    store_result rows;
    TRY(store_query(s->options.store, a, &rows, "SELECT file FROM backup WHERE state = 'running'", NULL, 0));
    for (size_t i = 0; i < rows.rows; i++) {
        const char *path = backup_path(s, a, rows.values[i * rows.columns].p);
        if (path && file_exists(path) && file_remove(path) != ERR_OK)
            log_write(LOG_ERROR, "backup", "%s cannot be removed", path);
    }
    if (rows.rows == 0)
        return ERR_OK;
    store_unit *unit = store_unit_begin(a);
    store_unit_add(unit, STORE_ANY, ERR_OK,
                   "UPDATE backup SET state = 'failed', finished_at = $1, error = $2 WHERE state = 'running'",
                   (store_value[]){store_int(clock_unix_ms()), store_text(err_code(ERR_BACKUP_INTERRUPTED))}, 2);
    return store_commit(s->options.store, unit);
}

static void note(struct backup_job *j, err outcome, err recorded)
{
    j->unrecorded = is_passing(recorded);
    j->lost = recorded != ERR_OK && !is_passing(recorded) && !j->order.verifies;
    if (recorded == ERR_OK && outcome == ERR_OK && j->order.scheduled)
        expire(j);
}

/* For whoever has the place: nothing new begins before it is known what came of the one before, or its row said for good that it is being made. */
static err settle(struct backup_job *j)
{
    if (j->unrecorded) {
        err e = record(j, &j->made, j->state.outcome);
        note(j, j->state.outcome, e);
        if (j->unrecorded)
            return e;
    }
    if (!j->lost)
        return ERR_OK;
    arena *a = arena_create(RECORD_ARENA);
    err e = a ? end_running(j->service, a) : ERR_MEMORY;
    j->lost = e != ERR_OK;
    arena_destroy(a);
    return e;
}

static void *run(void *context)
{
    struct backup_job *j = context;
    backup_making m;
    err e = work(j, &m);
    pthread_mutex_lock(&j->lock);
    j->ending = true;
    pthread_mutex_unlock(&j->lock);
    if (e != ERR_OK)
        log_write(LOG_ERROR, "backup", "%s %s failed code=%s", j->order.verifies ? "verifying" : "making", j->file,
                  err_code(e));
    err recorded = record(j, &m, e);
    if (recorded != ERR_OK)
        log_write(LOG_ERROR, "backup", "what came of a backup could not be recorded code=%s", err_code(recorded));
    note(j, e, recorded);
    j->made = m;
    pthread_mutex_lock(&j->lock);
    j->state.outcome = e;
    j->state.running = j->ending = false;
    pthread_cond_broadcast(&j->ended);
    pthread_mutex_unlock(&j->lock);
    return NULL;
}

/* ---- starting ---- */

static err take_place(struct backup_job *j)
{
    pthread_mutex_lock(&j->lock);
    while (j->ending)
        pthread_cond_wait(&j->ended, &j->lock);
    bool taken = j->state.running || j->settling || j->stop;
    j->settling |= !taken;
    pthread_mutex_unlock(&j->lock);
    return taken ? ERR_BACKUP_RUNNING : ERR_OK;
}

static void leave_place(struct backup_job *j, bool begins)
{
    pthread_mutex_lock(&j->lock);
    j->settling = false;
    if (begins)
        j->state = (backup_job_state){.running = true};
    pthread_mutex_unlock(&j->lock);
}

err backup_job_reserve(service *s)
{
    struct backup_job *j = s->backup_job;
    TRY(take_place(j));
    err e = settle(j);
    leave_place(j, e == ERR_OK);
    return e;
}

void backup_job_release(service *s)
{
    struct backup_job *j = s->backup_job;
    pthread_mutex_lock(&j->lock);
    j->state.running = false;
    pthread_mutex_unlock(&j->lock);
}

err backup_job_start(service *s, const backup_job_order *order, const char *actor, const char *origin)
{
    struct backup_job *j = s->backup_job;
    backup_making nothing = {0};
    pthread_mutex_lock(&j->lock);
    if (j->joinable)
        (void)pthread_join(j->thread, NULL); /* it is at its end */
    j->order = *order;
    (void)snprintf(j->file, sizeof j->file, "%s", order->file);
    (void)snprintf(j->actor, sizeof j->actor, "%s", actor);
    (void)snprintf(j->origin, sizeof j->origin, "%s", origin);
    j->state.verifies = order->verifies;
    memcpy(j->state.id, order->id, sizeof j->state.id);
    j->joinable = pthread_create(&j->thread, NULL, run, j) == 0;
    bool started = j->joinable;
    pthread_mutex_unlock(&j->lock);
    if (started)
        return ERR_OK;
    backup_passphrase_wipe(&j->order.passphrase);
    err e = order->verifies ? ERR_OK : record(j, &nothing, ERR_MEMORY);
    return e == ERR_OK ? ERR_MEMORY : e;
}

void backup_job_read(service *s, backup_job_state *out)
{
    struct backup_job *j = s->backup_job;
    pthread_mutex_lock(&j->lock);
    *out = j->state;
    pthread_mutex_unlock(&j->lock);
}

/* ---- by itself ---- */

static err read_last(call *c, int64_t *good_ms, int64_t *try_ms)
{
    const store_value *v;
    TRY(store_query_one(c->service->options.store, c->arena, &v, ERR_INTERNAL,
                        "SELECT coalesce(max(CASE WHEN state <> 'failed' THEN created_at END), 0), "
                        "coalesce(max(created_at), 0) FROM backup WHERE cause = 'scheduled'",
                        NULL, 0));
    *good_ms = column_int(&v[0]);
    *try_ms = column_int(&v[1]);
    return ERR_OK;
}

/* Unless somebody is about to: then he does it. */
static err settle_late(struct backup_job *j)
{
    if ((!j->unrecorded && !j->lost) || take_place(j) != ERR_OK)
        return ERR_OK;
    err e = settle(j);
    leave_place(j, false);
    return e;
}

err backup_job_housekeeping(call *c)
{
    struct backup_job *j = c->service->backup_job;
    backup_setting setting;
    backup made;
    int64_t good_ms, try_ms;
    TRY(settle_late(j));
    if (c->now_ms - j->looked_ms >= LOOK_MS || c->now_ms < j->looked_ms) {
        j->looked_ms = c->now_ms;
        TRY(backup_adopt(c));
    }
    TRY(backup_setting_get(c->service, c->arena, &setting));
    if (strcmp(setting.schedule, "off") == 0)
        return ERR_OK;
    TRY(read_last(c, &good_ms, &try_ms));
    try_ms = j->last_try_ms > try_ms ? j->last_try_ms : try_ms;
    if (!backup_is_due(&setting, time_watch_zone(c->service), c->now_ms, good_ms, try_ms))
        return ERR_OK;
    call act = *c;
    act.audit_event = "backup.create";
    act.recorded = false;
    err e = backup_start(&act, setting.scope, NULL, &made);
    if (e == ERR_BACKUP_RUNNING) /* once that is done */
        return ERR_OK;
    j->last_try_ms = c->now_ms;
    return e == ERR_OK || act.recorded ? ERR_OK : backup_not_started(&act, setting.scope, e);
}

/* ---- with the server ---- */

static err remove_files_of(service *s, arena *a)
{
    store_result rows;
    TRY(store_query(s->options.store, a, &rows, "SELECT id, file FROM backup WHERE state = 'removed' LIMIT 1000", NULL,
                    0));
    store_unit *unit = store_unit_begin(a);
    size_t gone = 0;
    for (size_t i = 0; i < rows.rows; i++) {
        const store_value *v = rows.values + i * rows.columns;
        const char *path = backup_path(s, a, v[1].p);
        err e = !path ? ERR_MEMORY : file_exists(path) ? file_remove(path) : ERR_OK;
        if (e != ERR_OK) {
            log_write(LOG_ERROR, "backup", "%s cannot be removed", path ? path : (const char *)v[1].p);
            continue;
        }
        gone++;
        backup_add_forgetting(unit, v[0].p);
    }
    return gone > 0 ? store_commit(s->options.store, unit) : ERR_OK;
}

static err clear_up(service *s, arena *a)
{
    if (!s->options.data_dir)
        return ERR_OK;
    backup_sweep(s, a);
    TRY(remove_files_of(s, a));
    return end_running(s, a);
}

err backup_job_open(service *s)
{
    struct backup_job *j = calloc(1, sizeof *j);
    arena *a = arena_create(RECORD_ARENA);
    err e = j && a ? ERR_OK : ERR_MEMORY;
    if (e == ERR_OK) {
        j->service = s;
        pthread_mutex_init(&j->lock, NULL);
        pthread_cond_init(&j->ended, NULL);
        s->backup_job = j;
        e = clear_up(s, a);
    } else {
        free(j);
    }
    arena_destroy(a);
    return e;
}

void backup_job_close(service *s)
{
    struct backup_job *j = s->backup_job;
    if (!j)
        return;
    j->stop = true;
    if (j->joinable)
        (void)pthread_join(j->thread, NULL);
    pthread_cond_destroy(&j->ended);
    pthread_mutex_destroy(&j->lock);
    wipe(j, sizeof *j);
    free(j);
    s->backup_job = NULL;
}
