/* Preloaded: the process ends as by kill -9 at its n-th rename (YIQIAN_KILL_AT_RENAME), before that is done. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#define NEXT(name) ((__typeof__(&name))(dlsym(RTLD_NEXT, #name)))

static int seen;

int rename(const char *from, const char *to)
{
    const char *at = getenv("YIQIAN_KILL_AT_RENAME");
    if (at && ++seen == strtol(at, NULL, 10))
        raise(SIGKILL);
    return NEXT(rename)(from, to);
}
