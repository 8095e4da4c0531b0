#include "os/gpsd_client.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <unistd.h>

#include "os/clock.h"
#include "os/gpsd.h"

typedef struct fake {
    int fd;
    const char *says; /* after it was asked; NULL: closes at once */
    bool for_ever;    /* over and over, until nobody takes it */
    char asked[128];
} fake;

static void *serve(void *context)
{
    fake *f = context;
    int c = accept(f->fd, NULL, NULL);
    if (c < 0)
        return NULL;
    if (f->says && recv(c, f->asked, sizeof f->asked - 1, 0) > 0)
        do {
            if (send(c, f->says, strlen(f->says), MSG_NOSIGNAL) < 0)
                break;
        } while (f->for_ever);
    (void)close(c);
    return NULL;
}

/* Measures at a gpsd that says this; the number of readings. */
static size_t measure(fake *f, clock_reading *r, size_t max)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof at;
    char text[32];
    endpoint to;
    pthread_t thread;
    f->fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(f->fd, (struct sockaddr *)&at, n), 0);
    assert_int_equal(listen(f->fd, 1), 0);
    assert_int_equal(getsockname(f->fd, (struct sockaddr *)&at, &n), 0);
    (void)snprintf(text, sizeof text, "127.0.0.1:%u", ntohs(at.sin_port));
    assert_int_equal(endpoint_read(&to, text, GPSD_PORT), ERR_OK);
    assert_int_equal(pthread_create(&thread, NULL, serve, f), 0);
    uint64_t began = clock_monotonic_ns();
    size_t got = gpsd_measure(r, max, &to);
    assert_true(clock_monotonic_ns() - began < UINT64_C(1000000) * (GPSD_WAIT_MS + 3000));
    assert_int_equal(pthread_join(thread, NULL), 0);
    (void)close(f->fd);
    return got;
}

#define FIX "{\"class\":\"TPV\",\"device\":\"/dev/ttyS0\",\"mode\":3,\"time\":\"2026-11-27T12:00:00.000Z\"}\r\n"
#define EDGE                                                                                                           \
    "{\"class\":\"PPS\",\"device\":\"/dev/"                                                                            \
    "ttyS0\",\"real_sec\":5,\"real_nsec\":0,\"clock_sec\":5,\"clock_nsec\":7,\"precision\":-20}\n"

static void watches_until_the_best_is_there(void **state)
{
    (void)state;
    clock_reading r[2];
    fake f = {.says = "{\"class\":\"VERSION\"}\n" FIX EDGE};
    assert_int_equal(measure(&f, r, 2), 1);
    assert_string_equal(f.asked, "?WATCH={\"enable\":true,\"json\":true,\"pps\":true};\n");
    assert_true(r[0].synchronised);
    assert_string_equal(r[0].said, "PPS");
    assert_int_equal(r[0].offset_ns, 7);
}

static void a_line_that_never_ends(void **state)
{
    (void)state;
    clock_reading r;
    fake f = {.says = "{\"class\":\"TPV\",\"device\":\"/dev/ttyS0\",\"x\":\"", .for_ever = true};
    assert_int_equal(measure(&f, &r, 1), 1);
    assert_false(r.synchronised);
    assert_string_equal(r.said, "no receiver");
    /* What follows a line that is too long is read again. */
    char *line = malloc(3 * GPSD_LINE_MAX);
    assert_non_null(line);
    memset(line, 'x', 3 * GPSD_LINE_MAX);
    memcpy(line + 2 * GPSD_LINE_MAX, "\n" FIX EDGE, sizeof "\n" FIX EDGE);
    fake again = {.says = line};
    assert_int_equal(measure(&again, &r, 1), 1);
    assert_true(r.synchronised);
    free(line);
}

static void nobody_and_nothing(void **state)
{
    (void)state;
    clock_reading r;
    fake closes = {.says = NULL};
    assert_int_equal(measure(&closes, &r, 1), 1);
    assert_string_equal(r.said, "silent");
    endpoint to;
    assert_int_equal(endpoint_read(&to, "127.0.0.1:9", GPSD_PORT), ERR_OK);
    assert_int_equal(gpsd_measure(&r, 1, &to), 1);
    assert_string_equal(r.said, "silent");
    assert_int_equal(gpsd_measure(&r, 0, &to), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(watches_until_the_best_is_there),
                                       cmocka_unit_test(a_line_that_never_ends), cmocka_unit_test(nobody_and_nothing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
