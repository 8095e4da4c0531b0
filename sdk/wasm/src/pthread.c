/* Nothing interrupts a call but its own waiting, so that between a look at a lock and the waiting for it nothing happens. */
#include "pthread.h"

#include <errno.h>
#include <stdbool.h>

#include "imports.h"

int pthread_mutexattr_init(pthread_mutexattr_t *attributes)
{
    *attributes = 0;
    return 0;
}

int pthread_mutexattr_settype(pthread_mutexattr_t *attributes, int type)
{
    *attributes = type;
    return type == PTHREAD_MUTEX_ERRORCHECK ? 0 : EINVAL; /* every mutex is one */
}

int pthread_mutexattr_destroy(pthread_mutexattr_t *attributes)
{
    (void)attributes;
    return 0;
}

int pthread_mutex_init(pthread_mutex_t *mutex, const pthread_mutexattr_t *attributes)
{
    (void)attributes;
    mutex->owner = 0;
    return 0;
}

int pthread_mutex_lock(pthread_mutex_t *mutex)
{
    int self = import_current();
    if (mutex->owner == self)
        return EDEADLK;
    while (mutex->owner != 0)
        (void)import_wait(mutex, -1);
    mutex->owner = self;
    return 0;
}

int pthread_mutex_unlock(pthread_mutex_t *mutex)
{
    if (mutex->owner != import_current())
        return EPERM;
    mutex->owner = 0;
    import_wake(mutex);
    return 0;
}

int pthread_mutex_destroy(pthread_mutex_t *mutex)
{
    return mutex->owner == 0 ? 0 : EBUSY;
}

int pthread_condattr_init(pthread_condattr_t *attributes)
{
    *attributes = 0;
    return 0;
}

int pthread_condattr_setclock(pthread_condattr_t *attributes, clockid_t clock)
{
    (void)attributes;
    return clock == CLOCK_MONOTONIC ? 0 : EINVAL; /* the only one that is waited by */
}

int pthread_condattr_destroy(pthread_condattr_t *attributes)
{
    (void)attributes;
    return 0;
}

int pthread_cond_init(pthread_cond_t *condition, const pthread_condattr_t *attributes)
{
    (void)attributes;
    condition->unused = 0;
    return 0;
}

static int wait_unlocked(pthread_cond_t *condition, pthread_mutex_t *mutex, double ms)
{
    int e = pthread_mutex_unlock(mutex);
    if (e != 0)
        return e;
    bool over = import_wait(condition, ms) == 1;
    e = pthread_mutex_lock(mutex);
    return e != 0 ? e : over ? ETIMEDOUT : 0;
}

int pthread_cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex)
{
    return wait_unlocked(condition, mutex, -1);
}

int pthread_cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *mutex, const struct timespec *until)
{
    double ms = (double)until->tv_sec * 1e3 + (double)until->tv_nsec / 1e6 - import_monotonic();
    return wait_unlocked(condition, mutex, ms > 0 ? ms : 0);
}

int pthread_cond_broadcast(pthread_cond_t *condition)
{
    import_wake(condition);
    return 0;
}

int pthread_cond_destroy(pthread_cond_t *condition)
{
    (void)condition;
    return 0;
}
