/* What the process may use. */
#ifndef YIQIAN_OS_LIMITS_H
#define YIQIAN_OS_LIMITS_H

#include <stdint.h>

/* Raises the number of files that may be open to the most that is allowed, and gives it; 0 if it cannot be known. */
uint64_t limits_raise_files(void);

#endif
