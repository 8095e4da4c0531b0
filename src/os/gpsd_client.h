/* Asks a gpsd what its receivers say of our clock. */
#ifndef YIQIAN_OS_GPSD_CLIENT_H
#define YIQIAN_OS_GPSD_CLIENT_H

#include "os/clock_reading.h"
#include "os/endpoint.h"

/* Connects, watches until every receiver has given its best or GPSD_WAIT_MS are over, and closes: a reading a receiver, at most max. */
enum { GPSD_WAIT_MS = 2500, GPSD_BYTES_MAX = 256 << 10 };
size_t gpsd_measure(clock_reading *out, size_t max, const endpoint *at);

#endif
