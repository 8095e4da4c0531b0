#include "crypto/drbg.h"

#include <string.h>

#include "base/ct.h"
#include "crypto/sm3.h"

enum { DRAW = HASH_DRBG_ENTROPY + HASH_DRBG_NONCE, PART = 16 };

/* The continuous test of a draw: each part against zero and against the part before, the whole against the draw before. */
static bool draw_healthy(drbg *d, const uint8_t draw[DRAW])
{
    static const uint8_t zero[PART];
    uint8_t digest[SM3_SIZE];
    bool healthy = true;
    for (size_t i = 0; i < DRAW; i += PART) {
        if (ct_equal(draw + i, zero, PART) || (i > 0 && ct_equal(draw + i, draw + i - PART, PART)))
            healthy = false;
    }
    sm3(digest, draw, DRAW);
    uint64_t identity = load_u64be(digest);
    if (atomic_exchange(&d->last_draw, identity) == identity)
        healthy = false;
    return healthy;
}

/* A tested draw from the source; one that is not healthy stops the generator for good. */
static err draw_seed(drbg *d, uint8_t draw[DRAW])
{
    err e = d->seed.fill(d->seed.ctx, draw, DRAW);
    if (e == ERR_OK && !draw_healthy(d, draw)) {
        atomic_store(&d->failed, true);
        e = ERR_ENTROPY;
    }
    return e == ERR_OK ? ERR_OK : ERR_ENTROPY;
}

/* Where every state is busy: the source itself. */
static err take_from_source(drbg *d, uint8_t *out, size_t n)
{
    uint8_t draw[DRAW];
    err e = ERR_OK;
    while (n > 0 && e == ERR_OK) {
        size_t some = n < DRAW ? n : DRAW;
        e = draw_seed(d, draw);
        memcpy(out, draw, some);
        out += some;
        n -= some;
    }
    wipe(draw, sizeof draw);
    return e;
}

/* A new seed, mixed into the old state where there is one. What was still to be given belongs to the old seed. */
static err seed_state(drbg *d, drbg_state *s, unsigned forks, unsigned epoch)
{
    uint8_t draw[DRAW];
    const uint8_t index = (uint8_t)(s - d->states);
    s->seeded = false;
    s->left = 0;
    wipe(s->block, sizeof s->block);
    err e = draw_seed(d, draw);
    if (e == ERR_OK) {
        if (s->used)
            hash_drbg_reseed(&s->generator, bytes_of(draw, sizeof draw), bytes_of(&index, 1));
        else
            hash_drbg_instantiate(&s->generator, bytes_of(draw, HASH_DRBG_ENTROPY),
                                  bytes_of(draw + HASH_DRBG_ENTROPY, HASH_DRBG_NONCE), bytes_of(&index, 1));
        s->seeded = s->used = true;
        s->forks = forks;
        s->epoch = epoch;
    }
    wipe(draw, sizeof draw);
    return e;
}

static err take(drbg *d, drbg_state *s, uint8_t *out, size_t n)
{
    unsigned forks = atomic_load(d->forks), epoch = atomic_load(&d->epoch);
    if (!s->seeded || s->forks != forks || s->epoch != epoch)
        TRY(seed_state(d, s, forks, epoch));
    while (n > 0) {
        if (s->left == 0) {
            if (s->generator.reseed_counter > DRBG_RESEED_BLOCKS)
                TRY(seed_state(d, s, forks, epoch));
            hash_drbg_generate(&s->generator, s->block, sizeof s->block);
            s->left = sizeof s->block;
        }
        size_t some = n < s->left ? n : s->left;
        uint8_t *from = s->block + sizeof s->block - s->left;
        memcpy(out, from, some);
        wipe(from, some);
        s->left -= some;
        out += some;
        n -= some;
    }
    return ERR_OK;
}

/* Where this thread looks first: threads that ask at the same time mostly meet different states. */
static size_t home(void)
{
    static atomic_uint threads;
    static _Thread_local unsigned number; /* 0: not numbered yet */
    if (number == 0)
        number = atomic_fetch_add_explicit(&threads, 1, memory_order_relaxed) % DRBG_STATES + 1;
    return number - 1;
}

err drbg_fill(void *ctx, uint8_t *out, size_t n)
{
    drbg *d = ctx;
    err e = ERR_ENTROPY;
    size_t first = home(), i = 0;
    if (atomic_load_explicit(&d->failed, memory_order_relaxed))
        goto out;
    drbg_state *s = &d->states[first];
    while (atomic_flag_test_and_set_explicit(&s->busy, memory_order_acquire)) {
        if (++i == DRBG_STATES) {
            e = take_from_source(d, out, n);
            goto out;
        }
        s = &d->states[(first + i) % DRBG_STATES];
    }
    e = take(d, s, out, n);
    atomic_flag_clear_explicit(&s->busy, memory_order_release);
out:
    if (e != ERR_OK)
        wipe(out, n);
    return e;
}

err drbg_open(drbg *d, const entropy *seed, const atomic_uint *forks)
{
    memset(d, 0, sizeof *d);
    d->seed = *seed;
    d->forks = forks;
    atomic_init(&d->epoch, 0);
    atomic_init(&d->failed, false);
    atomic_init(&d->last_draw, 0);
    for (size_t i = 0; i < DRBG_STATES; i++)
        atomic_flag_clear(&d->states[i].busy);
    return seed_state(d, &d->states[0], atomic_load(forks), 0);
}

void drbg_close(drbg *d)
{
    wipe(d, sizeof *d);
}

void drbg_expire(drbg *d)
{
    atomic_fetch_add(&d->epoch, 1);
}
