/* In place of the C library's, which would ask WASI. */
#include <time.h>

#include "imports.h"

int clock_gettime(clockid_t clock, struct timespec *out)
{
    double ms = clock == CLOCK_MONOTONIC ? import_monotonic() : import_now();
    out->tv_sec = (time_t)(ms / 1e3);
    out->tv_nsec = (long)((ms - (double)out->tv_sec * 1e3) * 1e6);
    return 0;
}

time_t time(time_t *out)
{
    time_t now = (time_t)(import_now() / 1e3);
    if (out)
        *out = now;
    return now;
}
