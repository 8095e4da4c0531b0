/* What the process may use. */
#ifndef YIQIAN_OS_LIMITS_H
#define YIQIAN_OS_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

/* Raises the number of files that may be open to the most that is allowed, and gives it; 0 if it cannot be known. */
uint64_t limits_raise_files(void);

/* Processors that are there to be used; 1 if it cannot be known. */
unsigned limits_processors(void);

/* A process with secrets in its memory leaves no core file, whatever the limit was that it was started with. */
void limits_forbid_core(void);

/* Keeps what is secret in memory only: no core file, no other process of this user may look (prctl), and, where so much may be locked, no
 * swapping out. False: it is not locked. */
bool limits_protect_memory(void);

#endif
