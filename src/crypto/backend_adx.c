/* x86-64 processors with BMI2, ADX and AVX2 (backend.c asks for them); compiled with these instructions allowed. */
#define CRYPTO_BACKEND
#include "crypto/backend_table.h"

#ifdef __x86_64__
/* The assembly wants all registers that an optimised build leaves, and more than a sanitizer does. */
#if defined(__clang__) || !defined(__OPTIMIZE__) || defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#include "crypto/fe_64.inc"
#else
#include "crypto/fe_adx.inc"
#endif
#include "crypto/scan_avx2.h"

#include "crypto/inverse.inc"

#include "crypto/fe.inc"

#include "crypto/scalar.inc"

#include "crypto/point.inc"

#include "crypto/point_mul.inc"

const backend backend_adx = BACKEND_TABLE("adx");

#endif
