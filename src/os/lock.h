/* One process on a data directory at a time. */
#ifndef YIQIAN_OS_LOCK_H
#define YIQIAN_OS_LOCK_H

#include "base/err.h"

/* Takes the lock file (made where there is none, 0600) until lock_release or the end of the process, however it ends.
 * ERR_BUSY: another process has it. ERR_IO. */
MUST_CHECK err lock_take(int *lock, const char *path);
void lock_release(int lock);

#endif
