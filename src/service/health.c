#include "service/health.h"

#include "os/file.h"
#include "service/audit_job.h"
#include "service/internal.h"
#include "service/task.h"

_Static_assert(HEALTH_DISK_LOW >= 2 * TASK_DOCUMENT_MAX, "a document and its copy in the log still fit");

/* Another value each time: the same one would not be written. */
static err write_once(call *c)
{
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit)
        return ERR_MEMORY;
    store_unit_add(unit, 1, ERR_INTERNAL,
                   "INSERT INTO health_probe (id, writes) VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET writes = "
                   "health_probe.writes + 1",
                   NULL, 0);
    return store_commit(c->service->options.store, unit);
}

static bool is_low(const service *s)
{
    uint64_t left;
    return s->options.data_dir && file_free_space(s->options.data_dir, &left) == ERR_OK && left < HEALTH_DISK_LOW;
}

bool health_disk_low(const call *c)
{
    return atomic_load(&c->service->disk_low);
}

bool health_audit_damaged(const call *c)
{
    audit_job_state last;
    audit_job_read(c->service, &last);
    return last.done && !last.finding.intact;
}

err health_check(call *c)
{
    service *s = c->service;
    if (atomic_load(&s->selftest_failed))
        return ERR_SELF_TEST;
    /* While one tries, the others are told what the last try came to; but a try that hangs is as bad as one that fails. */
    if (pthread_mutex_trylock(&s->health_lock) != 0) {
        int64_t began_ms = atomic_load(&s->health_began_ms);
        bool hangs = began_ms != 0 && c->now_ms - began_ms >= HEALTH_SECONDS * 1000;
        return hangs ? ERR_BUSY : (err)atomic_load(&s->health);
    }
    if (s->health_at_ms == 0 || c->now_ms < s->health_at_ms || c->now_ms - s->health_at_ms >= HEALTH_SECONDS * 1000) {
        atomic_store(&s->health_began_ms, c->now_ms);
        atomic_store(&s->health, (int)write_once(c));
        atomic_store(&s->disk_low, is_low(s));
        atomic_store(&s->health_began_ms, 0);
        s->health_at_ms = c->now_ms;
    }
    err e = (err)atomic_load(&s->health);
    pthread_mutex_unlock(&s->health_lock);
    return e;
}
