/* What chronyd says of the clock it steers (or would): `chronyc -c -m tracking sources`, read. Why not its socket: docs/adr/0012-chrony-by-chronyc.md. */
#ifndef YIQIAN_OS_CHRONY_H
#define YIQIAN_OS_CHRONY_H

#include "os/clock_reading.h"
#include "os/endpoint.h"

enum { CHRONY_PORT = 323, CHRONY_TEXT_MAX = 64 << 10, CHRONY_WAIT_MS = 2000 };

/* at NULL: chronyc finds the chronyd of this machine by itself (its Unix socket, or the loopback address). */
void chrony_measure(clock_reading *out, const endpoint *at);

/* The same from what chronyc printed, n bytes, and the time at which it did. */
void chrony_read(clock_reading *out, const char *id, const char *text, size_t n, int64_t unix_ns);

#endif
