/* What the receivers behind a gpsd say (its JSON, gpsd_json(5)): GPS, BeiDou, or a cellular modem with either. Nothing here touches the network.
 *
 * The best of what each device gives counts: PPS, the moment of a second's edge, bounded by its precision and what it takes to be told;
 * else the sentences (TOFF, TPV), which arrive within the second after the time in them: our clock is ahead by no more than the earliest of
 * them shows, and by no less than the latest shows, less a second. */
#ifndef YIQIAN_OS_GPSD_H
#define YIQIAN_OS_GPSD_H

#include "os/clock_reading.h"

enum { GPSD_PORT = 2947, GPSD_LINE_MAX = 8 << 10, GPSD_DEVICES = 4 };

typedef struct gpsd_device {
    char path[48];
    bool fixed;                     /* it has a fix, and so the time */
    bool pps, timed;                /* what was measured */
    int64_t earliest_ns, latest_ns; /* of sentences: by how much our clock, as they came, was past the time in them */
    int64_t offset_ns;
    uint64_t bound_ns, at_ns;
} gpsd_device;

typedef struct gpsd_session {
    gpsd_device devices[GPSD_DEVICES];
    size_t n;
} gpsd_session;

/* Takes one line, without its end, that came at this moment by both clocks. What is not understood is passed over. */
void gpsd_line(gpsd_session *s, const char *line, size_t n, int64_t unix_ns, uint64_t monotonic_ns);

/* Whether every device that was seen gave a PPS: there is nothing better to wait for. */
bool gpsd_complete(const gpsd_session *s);

/* A reading a device, or one that says there is none. At most max; the number. */
size_t gpsd_readings(clock_reading *out, size_t max, const gpsd_session *s, const char *id, uint64_t monotonic_ns);

#endif
