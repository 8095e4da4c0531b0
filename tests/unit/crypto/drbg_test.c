#include "crypto/drbg.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/ct.h"
#include "os/entropy.h"
#include "peer.h"

enum { DRAW = HASH_DRBG_ENTROPY + HASH_DRBG_NONCE };

/* A seed source that counts, and that each test breaks in its way. */
typedef struct source {
    unsigned draws;
    err answer;
    uint8_t last[DRAW];
    void (*spoil)(uint8_t *draw, size_t n);
} source;

static err source_fill(void *ctx, uint8_t *out, size_t n)
{
    source *s = ctx;
    s->draws++;
    peer_fill(out, n);
    if (s->spoil)
        s->spoil(out, n);
    if (n == DRAW)
        memcpy(s->last, out, n);
    return s->answer;
}

static atomic_uint no_fork;

static void open_over(drbg *d, source *s)
{
    const entropy seed = {source_fill, s};
    assert_int_equal(drbg_open(d, &seed, &no_fork), ERR_OK);
}

/* Whatever the requests' sizes, the bytes are those of Hash_DRBG over the draws, a block a generate. */
static void gives_the_generators_bytes(void **state)
{
    (void)state;
    static drbg d;
    static uint8_t out[5 * DRBG_BLOCK], expected[5 * DRBG_BLOCK];
    source s = {0};
    hash_drbg by_hand;
    open_over(&d, &s);
    const uint8_t index = 0; /* of the state of the first thread that asks, this one */
    hash_drbg_instantiate(&by_hand, bytes_of(s.last, HASH_DRBG_ENTROPY),
                          bytes_of(s.last + HASH_DRBG_ENTROPY, HASH_DRBG_NONCE), bytes_of(&index, 1));
    for (int i = 0; i < 5; i++)
        hash_drbg_generate(&by_hand, expected + (size_t)i * DRBG_BLOCK, DRBG_BLOCK);
    static const size_t sizes[] = {1, 32, 0, 990, 1, 1, 31, 2000, 1024};
    size_t n = 0;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        assert_int_equal(drbg_fill(&d, out + n, sizes[i]), ERR_OK);
        n += sizes[i];
    }
    assert_in_range(n, 3 * DRBG_BLOCK, sizeof out);
    assert_memory_equal(out, expected, n);
    assert_int_equal(s.draws, 1);
    drbg_close(&d);
}

static bool holds(const void *memory, size_t n, const uint8_t *part, size_t part_n)
{
    const uint8_t *p = memory;
    for (size_t i = 0; i + part_n <= n; i++)
        if (memcmp(p + i, part, part_n) == 0)
            return true;
    return false;
}

static void keeps_nothing_of_what_it_gave(void **state)
{
    (void)state;
    static drbg d;
    source s = {0};
    uint8_t out[32];
    open_over(&d, &s);
    for (int i = 0; i < 200; i++) {
        assert_int_equal(drbg_fill(&d, out, sizeof out), ERR_OK);
        for (size_t part = 0; part < sizeof out; part += 8)
            assert_false(holds(&d, sizeof d, out + part, 8));
    }
    /* The search finds what is there: the bytes that come next. */
    drbg copy = d;
    assert_int_equal(drbg_fill(&copy, out, sizeof out), ERR_OK);
    assert_true(holds(&d, sizeof d, out, sizeof out));
    drbg_close(&d);
    static const drbg zero;
    assert_memory_equal(&d, &zero, sizeof d);
}

static void takes_a_new_seed_in_time(void **state)
{
    (void)state;
    static drbg d;
    static uint8_t block[DRBG_BLOCK];
    source s = {0};
    open_over(&d, &s);
    assert_int_equal(drbg_fill(&d, block, sizeof block), ERR_OK);
    unsigned before = s.draws;
    for (int i = 1; i < DRBG_RESEED_BLOCKS; i++)
        assert_int_equal(drbg_fill(&d, block, sizeof block), ERR_OK);
    assert_int_equal(s.draws, before);
    assert_int_equal(drbg_fill(&d, block, 1), ERR_OK);
    assert_int_equal(s.draws, before + 1);
    /* By the clock: what was made before is not given any more. */
    drbg copy = d;
    uint8_t would_be[32], is[32];
    assert_int_equal(drbg_fill(&copy, would_be, sizeof would_be), ERR_OK);
    drbg_expire(&d);
    assert_int_equal(drbg_fill(&d, is, sizeof is), ERR_OK);
    assert_int_equal(s.draws, before + 2);
    assert_memory_not_equal(is, would_be, sizeof is);
    assert_int_equal(drbg_fill(&d, is, sizeof is), ERR_OK);
    assert_int_equal(s.draws, before + 2);
    drbg_close(&d);
}

/* A child that writes the 32 bytes it gets. */
static void child_of(drbg *d, uint8_t out[32])
{
    int ends[2], status;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        uint8_t got[32];
        bool good = drbg_fill(d, got, sizeof got) == ERR_OK && write(ends[1], got, sizeof got) == (ssize_t)sizeof got;
        _exit(good ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(read(ends[0], out, 32), 32);
    close(ends[0]);
    close(ends[1]);
}

static void a_fork_shares_no_bytes(void **state)
{
    (void)state;
    static drbg d;
    const atomic_uint *forks;
    const entropy seed = {os_entropy_fill, NULL};
    uint8_t parent[32], first[32], second[32];
    assert_int_equal(os_entropy_forks(&forks), ERR_OK);
    assert_int_equal(drbg_open(&d, &seed, forks), ERR_OK);
    assert_int_equal(drbg_fill(&d, parent, sizeof parent), ERR_OK);
    assert_true(d.states[0].left >= sizeof parent);
    child_of(&d, first);
    child_of(&d, second);
    assert_int_equal(drbg_fill(&d, parent, sizeof parent), ERR_OK);
    assert_memory_not_equal(first, second, sizeof first);
    assert_memory_not_equal(first, parent, sizeof first);
    assert_memory_not_equal(second, parent, sizeof first);

    /* What the count is for: where nobody counts, all three are the same. */
    d.forks = &no_fork;
    assert_int_equal(drbg_fill(&d, parent, sizeof parent), ERR_OK);
    child_of(&d, first);
    child_of(&d, second);
    assert_int_equal(drbg_fill(&d, parent, sizeof parent), ERR_OK);
    assert_memory_equal(first, second, sizeof first);
    assert_memory_equal(first, parent, sizeof first);
    drbg_close(&d);
}

static void asks_the_source_while_all_states_are_busy(void **state)
{
    (void)state;
    static drbg d;
    source s = {0};
    uint8_t out[32];
    open_over(&d, &s);
    for (size_t i = 0; i < DRBG_STATES; i++)
        assert_false(atomic_flag_test_and_set(&d.states[i].busy));
    unsigned before = s.draws;
    assert_int_equal(drbg_fill(&d, out, sizeof out), ERR_OK);
    assert_int_equal(s.draws, before + 1);
    s.answer = ERR_IO;
    assert_int_equal(drbg_fill(&d, out, sizeof out), ERR_ENTROPY);
    s.answer = ERR_OK;
    /* One state that is free is found from anywhere. */
    for (size_t i = 0; i < DRBG_STATES; i++) {
        atomic_flag_clear(&d.states[i].busy);
        assert_int_equal(drbg_fill(&d, out, sizeof out), ERR_OK);
        assert_true(d.states[i].seeded);
        assert_false(atomic_flag_test_and_set(&d.states[i].busy));
    }
    drbg_close(&d);
}

static void waits_out_a_source_that_fails(void **state)
{
    (void)state;
    static drbg d;
    source s = {.answer = ERR_IO};
    const entropy seed = {source_fill, &s};
    uint8_t out[32], zero[32] = {0};
    assert_int_equal(drbg_open(&d, &seed, &no_fork), ERR_ENTROPY);
    s.answer = ERR_OK;
    open_over(&d, &s);
    assert_int_equal(drbg_fill(&d, out, sizeof out), ERR_OK);
    drbg_expire(&d);
    s.answer = ERR_ENTROPY;
    for (int i = 0; i < 3; i++) {
        memset(out, 1, sizeof out);
        assert_int_equal(drbg_fill(&d, out, sizeof out), ERR_ENTROPY);
        assert_memory_equal(out, zero, sizeof out);
    }
    s.answer = ERR_OK;
    assert_int_equal(drbg_fill(&d, out, sizeof out), ERR_OK);
    drbg_close(&d);
}

static void all_zero(uint8_t *draw, size_t n)
{
    memset(draw, 0, n);
}

static void stuck(uint8_t *draw, size_t n)
{
    memset(draw, 0x5a, n);
}

static void a_part_zero(uint8_t *draw, size_t n)
{
    memset(draw + n - 16, 0, 16);
}

static void a_part_twice(uint8_t *draw, size_t n)
{
    memcpy(draw + n - 16, draw + n - 32, 16);
}

static void always_the_same(uint8_t *draw, size_t n)
{
    for (size_t i = 0; i < n; i++)
        draw[i] = (uint8_t)(i * i + 7);
}

static void gives_nothing_over_a_broken_source(void **state)
{
    (void)state;
    static drbg d;
    static void (*const spoil[])(uint8_t *, size_t) = {all_zero, stuck, a_part_zero, a_part_twice};
    uint8_t out[32], zero[32] = {0};
    for (size_t i = 0; i < sizeof spoil / sizeof *spoil; i++) {
        source s = {.spoil = spoil[i]};
        const entropy seed = {source_fill, &s};
        assert_int_equal(drbg_open(&d, &seed, &no_fork), ERR_ENTROPY);
        /* And when it breaks later: for good, whichever state is asked. */
        s.spoil = NULL;
        open_over(&d, &s);
        assert_int_equal(drbg_fill(&d, out, sizeof out), ERR_OK);
        drbg_expire(&d);
        s.spoil = spoil[i];
        assert_int_equal(drbg_fill(&d, out, sizeof out), ERR_ENTROPY);
        s.spoil = NULL;
        memset(out, 1, sizeof out);
        assert_int_equal(drbg_fill(&d, out, sizeof out), ERR_ENTROPY);
        assert_memory_equal(out, zero, sizeof out);
        drbg_close(&d);
    }
    source s = {.spoil = always_the_same};
    open_over(&d, &s);
    drbg_expire(&d);
    assert_int_equal(drbg_fill(&d, out, sizeof out), ERR_ENTROPY);
    drbg_close(&d);
}

enum { THREADS = 24, EACH = 4000 };

typedef struct drawer {
    drbg *d;
    uint8_t (*out)[32];
    bool failed;
} drawer;

static void *draw(void *arg)
{
    drawer *w = arg;
    for (size_t i = 0; i < EACH; i++) {
        if (drbg_fill(w->d, w->out[i], 32) != ERR_OK)
            w->failed = true;
        if (i % 1000 == 0)
            drbg_expire(w->d);
    }
    return NULL;
}

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, 32);
}

/* More threads than states: no two get the same bytes. */
static void threads_get_different_bytes(void **state)
{
    (void)state;
    static drbg d;
    static uint8_t out[THREADS * EACH][32];
    pthread_t threads[THREADS];
    drawer drawers[THREADS];
    const atomic_uint *forks;
    const entropy seed = {os_entropy_fill, NULL};
    assert_int_equal(os_entropy_forks(&forks), ERR_OK);
    assert_int_equal(drbg_open(&d, &seed, forks), ERR_OK);
    for (size_t i = 0; i < THREADS; i++) {
        drawers[i] = (drawer){&d, out + i * EACH, false};
        assert_int_equal(pthread_create(&threads[i], NULL, draw, &drawers[i]), 0);
    }
    size_t ones = 0;
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_false(drawers[i].failed);
    }
    qsort(out, THREADS * EACH, 32, compare);
    for (size_t i = 0; i < THREADS * EACH; i++) {
        assert_true(i == 0 || memcmp(out[i - 1], out[i], 32) != 0);
        for (size_t j = 0; j < 32; j++)
            ones += (size_t)__builtin_popcount(out[i][j]);
    }
    /* 24576000 bits, half of them expected, standard deviation 2479 */
    assert_in_range(ones, 12288000 - 15000, 12288000 + 15000);
    drbg_close(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_the_generators_bytes),
        cmocka_unit_test(keeps_nothing_of_what_it_gave),
        cmocka_unit_test(takes_a_new_seed_in_time),
        cmocka_unit_test(a_fork_shares_no_bytes),
        cmocka_unit_test(asks_the_source_while_all_states_are_busy),
        cmocka_unit_test(waits_out_a_source_that_fails),
        cmocka_unit_test(gives_nothing_over_a_broken_source),
        cmocka_unit_test(threads_get_different_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
