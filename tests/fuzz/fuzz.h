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

/* A row of edits of the n bytes at p: how many, then position and value of each. True if something is another byte now: two edits of one
 * place can undo each other. */
enum { EDITS_MAX = 4 };
static inline bool choose_edits(choices *c, void *p, size_t n)
{
    uint8_t *at = p, before[EDITS_MAX];
    size_t places[EDITS_MAX];
    bool changed = false;
    if (n == 0)
        return false;
    unsigned edits = choose_below(c, EDITS_MAX + 1);
    for (unsigned i = 0; i < edits; i++) {
        places[i] = choose_u16(c) % n;
        before[i] = at[places[i]];
        at[places[i]] ^= choose(c);
    }
    /* The first edit of a place saw what had stood there. */
    for (unsigned i = 0; i < edits; i++) {
        bool first = true;
        for (unsigned earlier = 0; earlier < i; earlier++)
            first &= places[earlier] != places[i];
        changed |= first && at[places[i]] != before[i];
    }
    return changed;
}

#endif
