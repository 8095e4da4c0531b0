/* What secrets need: comparison in constant time, and wiping that the compiler may not remove. */
#ifndef YIQIAN_BASE_CT_H
#define YIQIAN_BASE_CT_H

#include <stdbool.h>
#include <stddef.h>

/* True if the n bytes are the same; time depends on n only. Whoever compares acts on the answer, so that is public. */
bool ct_equal(const void *a, const void *b, size_t n);

/* Says to the test of constant time (tests/ct) that a value, though made from secrets, is public by the protocol, so that the
 * code may branch on it. Nothing in any other build. Every use says why. */
#ifdef YIQIAN_CT_TEST
#include <valgrind/memcheck.h>
static inline void ct_declassify(const void *p, size_t n)
{
    (void)VALGRIND_MAKE_MEM_DEFINED(p, n);
}
#else
static inline void ct_declassify(const void *p, size_t n)
{
    (void)p;
    (void)n;
}
#endif

/* The same of a condition. */
static inline bool ct_public(bool condition)
{
    ct_declassify(&condition, sizeof condition);
    return condition;
}

/* Overwrites n bytes with zero. p may be NULL where n is 0. */
void wipe(void *p, size_t n);

#endif
