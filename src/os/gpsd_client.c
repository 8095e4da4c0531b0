#include "os/gpsd_client.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "os/clock.h"
#include "os/gpsd.h"

/* A connection's bytes, cut into lines. */
typedef struct lines {
    char text[GPSD_LINE_MAX];
    size_t n, taken; /* taken: of the whole connection */
    bool skipping;   /* in a line that is too long */
} lines;

static void take_lines(lines *l, gpsd_session *s, int64_t unix_ns, uint64_t now_ns)
{
    char *start = l->text, *end;
    size_t left = l->n;
    while ((end = memchr(start, '\n', left))) {
        size_t n = (size_t)(end - start);
        if (!l->skipping)
            gpsd_line(s, start, n, unix_ns, now_ns);
        l->skipping = false;
        start = end + 1;
        left -= n + 1;
    }
    if (left == sizeof l->text) {
        l->skipping = true;
        left = 0;
    }
    memmove(l->text, start, left);
    l->n = left;
}

/* Waits for the socket; false when the time is over. */
static bool await(int fd, short events, uint64_t end_ns)
{
    for (;;) {
        struct pollfd polled = {.fd = fd, .events = events};
        uint64_t now_ns = clock_monotonic_ns();
        if (now_ns >= end_ns)
            return false;
        int ready = poll(&polled, 1, (int)((end_ns - now_ns) / 1000000) + 1);
        if (ready > 0)
            return true;
        if (ready < 0 && errno != EINTR)
            return false;
    }
}

/* False: nothing to be had from it. */
static bool converse(gpsd_session *s, int fd, uint64_t end_ns)
{
    static const char watch[] = "?WATCH={\"enable\":true,\"json\":true,\"pps\":true};\n";
    lines l = {.n = 0};
    if (!await(fd, POLLOUT, end_ns) || send(fd, watch, sizeof watch - 1, MSG_NOSIGNAL) != (ssize_t)(sizeof watch - 1))
        return false;
    while (!gpsd_complete(s) && l.taken < GPSD_BYTES_MAX && await(fd, POLLIN, end_ns)) {
        ssize_t got = recv(fd, l.text + l.n, sizeof l.text - l.n, 0);
        if (got <= 0)
            return l.taken > 0;
        uint64_t now_ns = clock_monotonic_ns();
        l.n += (size_t)got;
        l.taken += (size_t)got;
        take_lines(&l, s, (int64_t)clock_unix_ns(), now_ns);
    }
    return l.taken > 0;
}

size_t gpsd_measure(clock_reading *out, size_t max, const endpoint *at)
{
    gpsd_session s = {.n = 0};
    int fd;
    if (max == 0)
        return 0;
    bool heard = false;
    if (endpoint_connect(&fd, at, SOCK_STREAM) == ERR_OK) {
        heard = converse(&s, fd, clock_monotonic_ns() + GPSD_WAIT_MS * UINT64_C(1000000));
        (void)close(fd);
    }
    if (!heard) {
        clock_reading_none(out, CLOCK_GPSD, at->text, "silent");
        return 1;
    }
    return gpsd_readings(out, max, &s, at->text, clock_monotonic_ns());
}
