#include "service/audit_job.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ct.h"
#include "os/clock.h"
#include "os/log.h"
#include "service/internal.h"

enum { RECORD_ARENA = 1 << 20, ACTOR_MAX = 200 };

struct audit_job {
    service *service;
    pthread_mutex_t lock; /* of what follows */
    pthread_t thread;
    bool joinable; /* there was a thread that nobody has joined */
    audit_job_state state;
    char actor[ACTOR_MAX], origin[ACTOR_MAX];
    audit_progress progress; /* not under the lock */
};

static err record(struct audit_job *j, const audit_finding *f)
{
    service *s = j->service;
    arena *a = arena_create(RECORD_ARENA);
    if (!a)
        return ERR_MEMORY;
    store_unit *unit = store_unit_begin(a);
    audit_record row = {.time_ms = clock_unix_ms(),
                        .event = "audit.checked",
                        .outcome = err_code(f->intact ? ERR_OK : ERR_CORRUPT),
                        .actor = j->actor,
                        .origin = j->origin,
                        .detail = f->intact ? arena_printf(a, "intact rows=%" PRIu64, f->rows)
                                            : arena_printf(a, "damaged: %s", f->what)};
    err e = audit_add(s->options.audit, a, unit, &row);
    if (e == ERR_OK)
        e = store_commit(s->options.store, unit);
    arena_destroy(a);
    return e;
}

static void *run(void *context)
{
    struct audit_job *j = context;
    uint8_t key[32];
    audit_finding finding;
    keystore_derive(j->service->options.keystore, AUDIT_KEY_PURPOSE, key);
    err e = audit_fsck_watched(j->service->options.store, key, &finding, &j->progress);
    wipe(key, sizeof key);
    if (e == ERR_OK && !finding.intact)
        log_write(LOG_ERROR, "audit", "THE AUDIT LOG IS NOT INTACT: %s", finding.what);
    /* Written down before anybody can read it. */
    err recorded = e == ERR_OK ? record(j, &finding) : ERR_OK;
    if (recorded != ERR_OK)
        log_write(LOG_ERROR, "audit", "the finding of a check could not be recorded code=%s", err_code(recorded));
    pthread_mutex_lock(&j->lock);
    j->state.running = false;
    j->state.failed = e;
    j->state.finished_ms = clock_unix_ms();
    if (e == ERR_OK) {
        j->state.done = true;
        j->state.finding = finding;
    }
    pthread_mutex_unlock(&j->lock);
    return NULL;
}

err audit_job_start(service *s, const char *actor, const char *origin)
{
    struct audit_job *j = s->audit_job;
    err e = ERR_OK;
    pthread_mutex_lock(&j->lock);
    if (j->state.running) {
        pthread_mutex_unlock(&j->lock);
        return ERR_BUSY;
    }
    if (j->joinable)
        (void)pthread_join(j->thread, NULL); /* it is at its end */
    j->joinable = false;
    (void)snprintf(j->actor, sizeof j->actor, "%s", actor);
    (void)snprintf(j->origin, sizeof j->origin, "%s", origin);
    j->progress.rows = j->progress.total = 0;
    j->state.running = true;
    j->state.started_ms = clock_unix_ms();
    if (pthread_create(&j->thread, NULL, run, j) == 0) {
        j->joinable = true;
    } else {
        j->state.running = false;
        e = ERR_MEMORY;
    }
    pthread_mutex_unlock(&j->lock);
    return e;
}

err audit_job_start_now(call *c, audit_job_state *out)
{
    c->detail = "started";
    TRY(call_commit(c, store_unit_begin(c->arena)));
    TRY(audit_job_start(c->service, c->actor_text, c->origin));
    audit_job_read(c->service, out);
    return ERR_OK;
}

void audit_job_read(service *s, audit_job_state *out)
{
    struct audit_job *j = s->audit_job;
    pthread_mutex_lock(&j->lock);
    *out = j->state;
    pthread_mutex_unlock(&j->lock);
    out->rows = j->progress.rows;
    out->total = j->progress.total;
}

err audit_job_open(service *s)
{
    struct audit_job *j = calloc(1, sizeof *j);
    if (!j)
        return ERR_MEMORY;
    j->service = s;
    pthread_mutex_init(&j->lock, NULL);
    s->audit_job = j;
    return ERR_OK;
}

void audit_job_close(service *s)
{
    struct audit_job *j = s->audit_job;
    if (!j)
        return;
    j->progress.stop = true;
    if (j->joinable)
        (void)pthread_join(j->thread, NULL);
    pthread_mutex_destroy(&j->lock);
    free(j);
    s->audit_job = NULL;
}
