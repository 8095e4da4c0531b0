/* The back end 64 with one thing changed: where it chooses by a mask, this branches. */
#define CRYPTO_BACKEND
#include "crypto/backend_table.h"

/* The empty assembly keeps the compiler from making a conditional move of it. */
static inline void branching_select(fe *r, const fe *a, uint64_t mask)
{
    if (mask) {
        __asm__ volatile("");
        *r = *a;
    }
}

#define fe_select branching_select
#define backend_64 backend_leaky_select
#include "crypto/backend_64.c"
