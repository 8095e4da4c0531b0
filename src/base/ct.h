/* What secrets need: comparison in constant time, and wiping that the compiler may not remove. */
#ifndef YIQIAN_BASE_CT_H
#define YIQIAN_BASE_CT_H

#include <stdbool.h>
#include <stddef.h>

/* True if the n bytes are the same; time depends on n only. */
bool ct_equal(const void *a, const void *b, size_t n);

/* Overwrites n bytes with zero. p may be NULL where n is 0. */
void wipe(void *p, size_t n);

#endif
