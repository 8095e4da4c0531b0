/* Divides by what may be a secret: what no_division must find. */
#include <stdint.h>

uint64_t leaky_division(uint64_t a, uint64_t b);

uint64_t leaky_division(uint64_t a, uint64_t b)
{
    return a / b;
}
