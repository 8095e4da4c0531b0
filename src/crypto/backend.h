/* The back ends of the arithmetic: the same functions of crypto/fe.h, crypto/scalar.h and crypto/point.h, made for different
 * processors. All give the same values in the same form, so results of one may be used by another. */
#ifndef YIQIAN_CRYPTO_BACKEND_H
#define YIQIAN_CRYPTO_BACKEND_H

#include <stddef.h>

#include "base/err.h"

/* adx: x86-64 with BMI2, ADX and AVX2. 64: limbs of 64 bits in C. 32: products of 32 bits in C. */
enum { BACKENDS = 3 };

/* The i-th back end of this build, best first; NULL past the last. */
const char *backend_name(size_t i);

/* The one in use: unless one was forced, the best that this processor has. */
const char *backend_current(void);

/* Uses that one from now on, without asking the processor (valgrind hides what it can do). For tests and benchmarks, before
 * other threads start. ERR_NOT_FOUND where this build has none of that name. */
MUST_CHECK err backend_force(const char *name);

#endif
