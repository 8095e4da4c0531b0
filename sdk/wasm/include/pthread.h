/* As much of <pthread.h> as the SDK uses, for calls that run beside each other in one thread (sdk/js/src/fibers.ts): whoever waits
 * leaves the thread to the others. */
#ifndef YIQIAN_WASM_PTHREAD_H
#define YIQIAN_WASM_PTHREAD_H

#include <time.h>

typedef struct pthread_mutex_t {
    int owner; /* the call that has it; 0: nobody */
} pthread_mutex_t;
typedef struct pthread_cond_t {
    int unused; /* it is known by its address */
} pthread_cond_t;
typedef int pthread_mutexattr_t;
typedef int pthread_condattr_t;

enum { PTHREAD_MUTEX_ERRORCHECK = 1 };

int pthread_mutexattr_init(pthread_mutexattr_t *attributes);
int pthread_mutexattr_settype(pthread_mutexattr_t *attributes, int type);
int pthread_mutexattr_destroy(pthread_mutexattr_t *attributes);
int pthread_mutex_init(pthread_mutex_t *mutex, const pthread_mutexattr_t *attributes);
int pthread_mutex_lock(pthread_mutex_t *mutex);
int pthread_mutex_unlock(pthread_mutex_t *mutex);
int pthread_mutex_destroy(pthread_mutex_t *mutex);

int pthread_condattr_init(pthread_condattr_t *attributes);
int pthread_condattr_setclock(pthread_condattr_t *attributes, clockid_t clock);
int pthread_condattr_destroy(pthread_condattr_t *attributes);
int pthread_cond_init(pthread_cond_t *condition, const pthread_condattr_t *attributes);
int pthread_cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex);
int pthread_cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *mutex, const struct timespec *until);
int pthread_cond_broadcast(pthread_cond_t *condition);
int pthread_cond_destroy(pthread_cond_t *condition);

#endif
