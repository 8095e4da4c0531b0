#include "os/entropy.h"

#include <errno.h>
#include <pthread.h>
#include <sys/random.h>

#include "os/clock.h"

err os_entropy_fill(void *ctx, uint8_t *out, size_t n)
{
    (void)ctx;
    while (n > 0) {
        ssize_t got = getrandom(out, n, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return ERR_ENTROPY;
        out += got;
        n -= (size_t)got;
    }
    return ERR_OK;
}

static atomic_uint forks;
static int forks_counted = -1; /* pthread_atfork's answer */
static pthread_once_t forks_once = PTHREAD_ONCE_INIT;

static void count_fork(void)
{
    atomic_fetch_add(&forks, 1);
}

static void count_forks(void)
{
    forks_counted = pthread_atfork(NULL, NULL, count_fork);
}

err os_entropy_forks(const atomic_uint **out)
{
    if (pthread_once(&forks_once, count_forks) != 0 || forks_counted != 0)
        return ERR_MEMORY;
    *out = &forks;
    return ERR_OK;
}

err uuid7_create(uint8_t id[16])
{
    TRY(os_entropy_fill(NULL, id + 8, 8));
    uint64_t ns = clock_unix_ns(), ms = ns / 1000000;
    for (int i = 0; i < 6; i++)
        id[i] = (uint8_t)(ms >> (40 - 8 * i));
    /* RFC 9562 6.2, method 3: rand_a is the fraction of the millisecond in 4096ths, so listings by id are in order of time. */
    uint64_t fraction = ns % 1000000 * 4096 / 1000000;
    id[6] = (uint8_t)(0x70 | fraction >> 8); /* RFC 9562 4.2: version 7 */
    id[7] = (uint8_t)fraction;
    id[8] = (uint8_t)(0x80 | (id[8] & 0x3f)); /* RFC 9562 4.1: variant 10 */
    return ERR_OK;
}
