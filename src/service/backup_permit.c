#include "service/backup_permit.h"

#include <stdlib.h>
#include <string.h>

#include "os/clock.h"
#include "service/console_session.h"
#include "service/internal.h"

enum { RETURNED_MAX = 32 };

struct backup_taken {
    service *service; /* NULL: nothing is given back */
    uint8_t backup[16], operator_id[16];
    int64_t until_ms;
};

struct backup_permits {
    pthread_mutex_t lock;
    backup_taken returned[RETURNED_MAX]; /* until_ms 0: free */
};

err backup_permits_open(service *s)
{
    s->backup_permits = calloc(1, sizeof *s->backup_permits);
    if (!s->backup_permits)
        return ERR_MEMORY;
    pthread_mutex_init(&s->backup_permits->lock, NULL);
    return ERR_OK;
}

void backup_permits_close(service *s)
{
    if (!s->backup_permits)
        return;
    pthread_mutex_destroy(&s->backup_permits->lock);
    free(s->backup_permits);
    s->backup_permits = NULL;
}

static backup_taken *find(struct backup_permits *p, const uint8_t id[16], const uint8_t operator_id[16], int64_t now_ms)
{
    for (size_t i = 0; i < RETURNED_MAX; i++) {
        backup_taken *at = &p->returned[i];
        if (at->until_ms > now_ms && memcmp(at->backup, id, 16) == 0 && memcmp(at->operator_id, operator_id, 16) == 0)
            return at;
    }
    return NULL;
}

int64_t backup_permit_returned(const call *c, const uint8_t id[16])
{
    struct backup_permits *p = c->service->backup_permits;
    if (!p || !c->console)
        return 0;
    pthread_mutex_lock(&p->lock);
    const backup_taken *found = find(p, id, c->console->operator_id, c->now_ms);
    int64_t until_ms = found ? found->until_ms : 0;
    pthread_mutex_unlock(&p->lock);
    return until_ms;
}

err backup_permit_take(call *c, store_unit *unit, const uint8_t id[16], int64_t until_ms, backup_taken **out)
{
    struct backup_permits *p = c->service->backup_permits;
    *out = NULL;
    if (!c->console)
        return ERR_OK;
    backup_taken *taken = calloc(1, sizeof *taken);
    if (!taken)
        return ERR_MEMORY;
    memcpy(taken->backup, id, 16);
    memcpy(taken->operator_id, c->console->operator_id, 16);
    taken->until_ms = until_ms;
    pthread_mutex_lock(&p->lock);
    backup_taken *found = find(p, id, taken->operator_id, c->now_ms);
    if (found) {
        taken->service = c->service;
        taken->until_ms = found->until_ms;
        found->until_ms = 0;
    }
    pthread_mutex_unlock(&p->lock);
    if (!found)
        store_unit_add(unit, 1, ERR_BACKUP_DOWNLOAD,
                       "DELETE FROM backup_permit WHERE backup_id = $1 AND operator_id = $2 AND expires_at > $3",
                       (store_value[]){store_id(id), store_id(c->console->operator_id), store_int(c->now_ms)}, 3);
    *out = taken;
    return ERR_OK;
}

void backup_permit_begun(backup_taken *taken, service *s)
{
    if (taken)
        taken->service = s;
}

/* Where there is no room the person asks once more. */
void backup_permit_end(backup_taken *taken, bool whole)
{
    struct backup_permits *p = taken && taken->service ? taken->service->backup_permits : NULL;
    if (p && !whole) {
        int64_t now_ms = clock_unix_ms();
        bool done = false;
        pthread_mutex_lock(&p->lock);
        for (size_t i = 0; i < RETURNED_MAX && !done; i++) {
            done = p->returned[i].until_ms <= now_ms;
            if (done)
                p->returned[i] = *taken;
        }
        pthread_mutex_unlock(&p->lock);
    }
    free(taken);
}
