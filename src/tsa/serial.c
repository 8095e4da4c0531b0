#include "tsa/serial.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "os/clock.h"

enum { TIME_SIZE = 6, RANDOM_SIZE = 10, PREFIX_SIZE = TIME_SIZE + RANDOM_SIZE };
#define LIFE_NS UINT64_C(60000000000)
#define TIME_LEAST (INT64_C(1) << 40)
#define TIME_END (INT64_C(1) << 47)

struct tsa_serials {
    const entropy *rng;
    pthread_mutex_t lock; /* of what follows; held for a few nanoseconds, but once a minute */
    uint8_t prefix[PREFIX_SIZE];
    uint64_t drawn_ns;
    uint32_t next; /* TSA_SERIALS_A_PREFIX: a prefix must be drawn first */
};

err tsa_serials_create(tsa_serials **out, const entropy *rng)
{
    tsa_serials *s = calloc(1, sizeof *s);
    *out = s;
    if (!s)
        return ERR_MEMORY;
    s->rng = rng;
    s->next = TSA_SERIALS_A_PREFIX;
    pthread_mutex_init(&s->lock, NULL);
    return ERR_OK;
}

void tsa_serials_destroy(tsa_serials *s)
{
    if (!s)
        return;
    pthread_mutex_destroy(&s->lock);
    free(s);
}

static err draw_prefix(tsa_serials *s, int64_t now_ms, uint64_t now_ns)
{
    uint8_t time[8];
    s->next = TSA_SERIALS_A_PREFIX;
    TRY(s->rng->fill(s->rng->ctx, s->prefix + TIME_SIZE, RANDOM_SIZE));
    store_u64be(time, (uint64_t)now_ms);
    memcpy(s->prefix, time + sizeof time - TIME_SIZE, TIME_SIZE);
    s->drawn_ns = now_ns;
    s->next = 0;
    return ERR_OK;
}

err tsa_serial_at(tsa_serials *s, int64_t now_ms, uint64_t now_ns, uint8_t serial[TSA_SERIAL_SIZE])
{
    if (now_ms < TIME_LEAST || now_ms >= TIME_END)
        return ERR_RANGE;
    err e = ERR_OK;
    pthread_mutex_lock(&s->lock);
    if (s->next == TSA_SERIALS_A_PREFIX || now_ns >= s->drawn_ns + LIFE_NS)
        e = draw_prefix(s, now_ms, now_ns);
    if (e == ERR_OK) {
        memcpy(serial, s->prefix, PREFIX_SIZE);
        store_u32be(serial + PREFIX_SIZE, s->next++);
    }
    pthread_mutex_unlock(&s->lock);
    return e;
}

err tsa_serial_next(tsa_serials *s, int64_t now_ms, uint8_t serial[TSA_SERIAL_SIZE])
{
    return tsa_serial_at(s, now_ms, clock_monotonic_ns(), serial);
}
