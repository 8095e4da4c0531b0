#include "crypto/backend.h"

#include <string.h>

#ifdef __x86_64__
#include <cpuid.h>
#endif

#include "crypto/backend_table.h"

static const backend *const all[] = {
#ifdef __x86_64__
    &backend_adx,
#endif
#ifndef YIQIAN_ONE_BACKEND
    &backend_64,
#endif
    &backend_32,
};
static const size_t compiled = sizeof all / sizeof *all;
_Static_assert(sizeof all / sizeof *all <= BACKENDS, "BACKENDS is what a caller makes room for");

#ifdef __x86_64__
/* BMI2, ADX and AVX2, and an operating system that keeps the wide registers (Intel SDM 14.3: OSXSAVE, then XCR0). */
static bool has_adx(void)
{
    enum { OSXSAVE = 1 << 27, AVX2 = 1 << 5, BMI2 = 1 << 8, ADX = 1 << 19, SSE_AND_AVX_STATE = 6 };
    unsigned a, b, c, d, xcr0, high;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & OSXSAVE))
        return false;
    __asm__("xgetbv" : "=a"(xcr0), "=d"(high) : "c"(0));
    return (xcr0 & SSE_AND_AVX_STATE) == SSE_AND_AVX_STATE && __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & AVX2) &&
           (b & BMI2) && (b & ADX);
}

static const backend *best(void)
{
    return has_adx() ? &backend_adx : &backend_64;
}
#elif defined(__SIZEOF_INT128__) && !defined(YIQIAN_ONE_BACKEND)
static const backend *best(void)
{
    return &backend_64;
}
#else
static const backend *best(void)
{
    return &backend_32;
}
#endif

/* Threads that come here first at the same time choose the same. */
static const backend *_Atomic used;

const backend *backend_used(void)
{
    const backend *b = used;
    if (!b)
        used = b = best();
    return b;
}

const char *backend_name(size_t i)
{
    return i < compiled ? all[i]->name : NULL;
}

const char *backend_current(void)
{
    return backend_used()->name;
}

err backend_force(const char *name)
{
    for (size_t i = 0; i < compiled; i++) {
        if (strcmp(all[i]->name, name) == 0) {
            used = all[i];
            return ERR_OK;
        }
    }
    return ERR_NOT_FOUND;
}
