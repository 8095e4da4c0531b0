/* One process on a data directory at a time. */
#ifndef YIQIAN_OS_LOCK_H
#define YIQIAN_OS_LOCK_H

#include "base/err.h"

/* Takes the lock file (made where there is none, 0600) until lock_release or the end of the process, however it ends.
 * ERR_BUSY: another process has it. ERR_IO. */
MUST_CHECK err lock_take(int *lock, const char *path);
void lock_release(int lock);

/* Writes into the file that is held who holds it, for whoever finds it taken; and what stands there (may be an earlier holder's word: "" where none is). */
enum { LOCK_HOLDER = 16 };
void lock_say(int lock, const char *holder);
void lock_holder(const char *path, char holder[LOCK_HOLDER]);

#endif
