/* Preloaded: the process ends as by kill -9 at its n-th rename (YIQIAN_KILL_AT_RENAME), before that is done; one to a path that ends with
 * YIQIAN_FAIL_RENAME_TO fails. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NEXT(name) ((__typeof__(&name))(dlsym(RTLD_NEXT, #name)))

static int seen;

int rename(const char *from, const char *to)
{
    const char *at = getenv("YIQIAN_KILL_AT_RENAME");
    if (at && ++seen == strtol(at, NULL, 10))
        raise(SIGKILL);
    const char *end = getenv("YIQIAN_FAIL_RENAME_TO");
    if (end && strlen(end) <= strlen(to) && strcmp(to + strlen(to) - strlen(end), end) == 0) {
        errno = EIO;
        return -1;
    }
    return NEXT(rename)(from, to);
}
