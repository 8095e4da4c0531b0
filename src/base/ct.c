#include "base/ct.h"

#include <stdint.h>
#include <string.h>

bool ct_equal(const void *a, const void *b, size_t n)
{
    const uint8_t *x = a, *y = b;
    uint8_t difference = 0;
    for (size_t i = 0; i < n; i++)
        difference |= (uint8_t)(x[i] ^ y[i]);
    /* Without this the compiler may see that only "zero or not" matters and leave the loop early. */
    __asm__ volatile("" : "+r"(difference));
    return ct_public(difference == 0);
}

void wipe(void *p, size_t n)
{
    if (n == 0)
        return;
    memset(p, 0, n);
    /* The memory is "read" here, so the memset above is not dead. */
    __asm__ volatile("" : : "r"(p) : "memory");
}
