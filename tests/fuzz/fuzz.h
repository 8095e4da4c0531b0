/* What every harness has: the entry that libFuzzer and replay.c call, CHECK, and reading an input as a row of choices. */
#ifndef YIQIAN_TESTS_FUZZ_FUZZ_H
#define YIQIAN_TESTS_FUZZ_FUZZ_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

/* A property that holds for every input. The abort is what libFuzzer, replay.c and ctest see. */
#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition);                             \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

/* Reads choices from the front. What is missing at the end is 0, so that every input is a whole row of choices. */
typedef struct choices {
    bytes left;
} choices;

static inline uint8_t choose(choices *c)
{
    if (c->left.n == 0)
        return 0;
    c->left.n--;
    return *c->left.p++;
}

static inline unsigned choose_below(choices *c, unsigned n)
{
    return choose(c) % n;
}

static inline unsigned choose_u16(choices *c)
{
    unsigned high = choose(c);
    return high << 8 | choose(c);
}

static inline bytes choose_bytes(choices *c, size_t n)
{
    bytes taken = bytes_of(c->left.p, n < c->left.n ? n : c->left.n);
    c->left = bytes_of(c->left.p + taken.n, c->left.n - taken.n);
    return taken;
}

/* A row of edits of the n bytes at p: how many, then position and value of each. True if something is another byte now. */
static inline bool choose_edits(choices *c, void *p, size_t n)
{
    uint8_t *at = p;
    bool changed = false;
    if (n == 0)
        return false;
    for (unsigned left = choose_below(c, 5); left > 0; left--) {
        size_t i = choose_u16(c) % n;
        uint8_t flip = choose(c);
        at[i] ^= flip;
        changed |= flip != 0;
    }
    return changed;
}

#endif
