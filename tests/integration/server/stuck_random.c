/* Preloaded into the server: while the file named by YIQIAN_STUCK_RANDOM is there, getrandom gives the same byte over and over,
 * as broken hardware or a broken kernel would. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

ssize_t getrandom(void *p, size_t n, unsigned flags)
{
    const char *flag = getenv("YIQIAN_STUCK_RANDOM");
    if (flag && access(flag, F_OK) == 0) {
        memset(p, 0x5a, n);
        return (ssize_t)n;
    }
    return ((ssize_t(*)(void *, size_t, unsigned))dlsym(RTLD_NEXT, "getrandom"))(p, n, flags);
}
