/* What the clock is watched with: the settings, read. */
#ifndef YIQIAN_SERVICE_TIME_OPTIONS_H
#define YIQIAN_SERVICE_TIME_OPTIONS_H

#include "os/clock_reading.h"
#include "os/endpoint.h"
#include "tsa/holdover.h"

enum { TIME_SOURCES_MAX = 16 };

typedef struct time_source {
    clock_source_kind kind;
    bool has_at;
    endpoint at;
} time_source;

typedef struct time_sources {
    time_source of[TIME_SOURCES_MAX];
    size_t n; /* 0: none is asked, the system clock is trusted as it is (demonstration) */
} time_sources;

typedef struct time_options {
    time_sources sources;
    unsigned agree;        /* how many must agree; 0: more than half of those that are configured */
    oscillator oscillator; /* that the system clock runs on */
    uint64_t limit_us, interval_ms;
    int zone_minutes; /* of the civil time, east of UTC */
} time_options;

/* "system", or sources separated by commas: "chrony" ("chrony:127.0.0.1:323"), "kernel", "ntp:10.0.0.1" ("ntp:[fd00::1]:123"),
 * "gpsd:127.0.0.1:2947"; chrony and kernel once at the most. ERR_ENCODING, ERR_LIMIT (more than TIME_SOURCES_MAX), ERR_EXISTS. */
MUST_CHECK err time_sources_read(time_sources *out, const char *text);

/* How many of the sources speak for themselves: chrony and the kernel are one voice. */
unsigned time_sources_voices(const time_sources *sources);

/* "Asia/Shanghai", "UTC", or "+08:00" from -12:00 to +14:00; no zone with daylight saving time. ERR_ENCODING, ERR_RANGE. */
MUST_CHECK err time_zone_read(int *minutes, const char *text);

#endif
