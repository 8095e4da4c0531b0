/* Preloaded into the server: its system clock is ahead by as many nanoseconds as the file named by YIQIAN_CLOCK_STEP says; the monotonic clock
 * and the machine's own go on as they are. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static long long step_ns(void)
{
    char text[32] = "";
    const char *path = getenv("YIQIAN_CLOCK_STEP");
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0)
        return 0;
    ssize_t n = read(fd, text, sizeof text - 1);
    (void)close(fd);
    return n > 0 ? strtoll(text, NULL, 10) : 0;
}

int clock_gettime(clockid_t id, struct timespec *t)
{
    int e = ((int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime"))(id, t);
    if (e == 0 && id == CLOCK_REALTIME) {
        long long ns = (long long)t->tv_sec * 1000000000 + t->tv_nsec + step_ns();
        t->tv_sec = (time_t)(ns / 1000000000);
        t->tv_nsec = (long)(ns % 1000000000);
    }
    return e;
}
