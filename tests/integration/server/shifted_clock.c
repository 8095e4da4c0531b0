/* Preloaded into the server: its clock of the day is YIQIAN_CLOCK_SHIFT seconds off, as after somebody set it. Nothing sets the machine's. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

#define NEXT(name) ((__typeof__(&name))(dlsym(RTLD_NEXT, #name)))

static time_t shift(void)
{
    const char *seconds = getenv("YIQIAN_CLOCK_SHIFT");
    return seconds ? (time_t)strtoll(seconds, NULL, 10) : 0;
}

int clock_gettime(clockid_t clock, struct timespec *out)
{
    int done = NEXT(clock_gettime)(clock, out);
    if (done == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        out->tv_sec += shift();
    return done;
}

time_t time(time_t *out)
{
    time_t now = NEXT(time)(NULL) + shift();
    if (out)
        *out = now;
    return now;
}
