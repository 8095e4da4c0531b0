#include "os/ntp_client.h"

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
#include "os/ntp.h"

/* A server on a thread of its own, for as many requests as told. */
typedef struct fake {
    int fd;
    int requests;     /* that it answers */
    unsigned before;  /* packets that are no answer, sent first */
    const char *kiss; /* NULL: the time */
    int answered;
    pthread_t thread;
} fake;

static void put_time(uint8_t *p)
{
    uint64_t ns = clock_unix_ns(), s = ns / 1000000000 + UINT64_C(2208988800);
    store_u64be(p, s << 32 | ((ns % 1000000000) << 32) / 1000000000);
}

static void *serve(void *context)
{
    fake *f = context;
    for (; f->answered < f->requests; f->answered++) {
        uint8_t asked[64], p[NTP_PACKET] = {0};
        struct sockaddr_in from;
        socklen_t n = sizeof from;
        if (recvfrom(f->fd, asked, sizeof asked, 0, (struct sockaddr *)&from, &n) != NTP_PACKET)
            break;
        p[0] = 4 << 3 | 4;
        p[1] = f->kiss ? 0 : 1;
        p[3] = (uint8_t)-20;
        if (f->kiss)
            memcpy(p + 12, f->kiss, 4);
        put_time(p + 32);
        put_time(p + 40);
        for (unsigned i = 0; i < f->before; i++) /* without the request's random number */
            (void)sendto(f->fd, p, sizeof p, 0, (struct sockaddr *)&from, n);
        memcpy(p + 24, asked + 40, 8);
        (void)sendto(f->fd, p, sizeof p, 0, (struct sockaddr *)&from, n);
    }
    return NULL;
}

static void start(fake *f, ntp_server *server)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof at;
    char text[32];
    f->fd = socket(AF_INET, SOCK_DGRAM, 0);
    assert_int_equal(bind(f->fd, (struct sockaddr *)&at, n), 0);
    assert_int_equal(getsockname(f->fd, (struct sockaddr *)&at, &n), 0);
    (void)snprintf(text, sizeof text, "127.0.0.1:%u", ntohs(at.sin_port));
    *server = (ntp_server){.rest_ns = 0};
    assert_int_equal(endpoint_read(&server->at, text, NTP_PORT), ERR_OK);
    assert_int_equal(pthread_create(&f->thread, NULL, serve, f), 0);
}

static void stop(fake *f)
{
    (void)shutdown(f->fd, SHUT_RDWR); /* wakes one that waits; what it was told is done otherwise */
    assert_int_equal(pthread_join(f->thread, NULL), 0);
    (void)close(f->fd);
}

/* Measures, and again where a loaded machine let a server answer too late. */
static void measure(clock_reading *r, ntp_server *servers, size_t n)
{
    for (int tries = 0; tries < 30; tries++) {
        size_t silent = 0;
        ntp_measure(r, servers, n);
        for (size_t i = 0; i < n; i++)
            silent += strcmp(r[i].said, "silent") == 0;
        if (silent == 0)
            return;
    }
}

static void asks_all_at_once(void **state)
{
    (void)state;
    fake good = {.requests = 1000}, flooding = {.requests = 1000, .before = 20};
    ntp_server servers[4];
    clock_reading r[4];
    start(&good, &servers[0]);
    start(&flooding, &servers[1]);
    servers[2] = servers[3] = (ntp_server){.rest_ns = 0};
    assert_int_equal(endpoint_read(&servers[2].at, "127.0.0.1:9", NTP_PORT), ERR_OK);
    assert_int_equal(endpoint_read(&servers[3].at, "127.0.0.1:9", NTP_PORT), ERR_OK);
    measure(r, servers, 4);
    for (int i = 0; i < 2; i++) {
        assert_true(r[i].synchronised);
        assert_true((uint64_t)llabs(r[i].offset_ns) <= r[i].bound_ns); /* it is the same clock */
        assert_true(r[i].age_ns < UINT64_C(3000000000));
        assert_string_equal(r[i].id, servers[i].at.text);
    }
    assert_false(r[2].synchronised || r[3].synchronised);
    assert_string_equal(r[2].said, "not reachable");
    stop(&good);
    stop(&flooding);
}

/* A hundred packets that are no answer: it is given up. */
static void a_flood_does_not_keep_us(void **state)
{
    (void)state;
    fake f = {.requests = 1, .before = 100};
    ntp_server server;
    clock_reading r;
    start(&f, &server);
    ntp_measure(&r, &server, 1);
    assert_false(r.synchronised);
    assert_string_equal(r.said, "silent");
    stop(&f);
}

static void who_asks_for_mercy_gets_it(void **state)
{
    (void)state;
    fake rate = {.requests = 1000, .kiss = "RATE"}, deny = {.requests = 1000, .kiss = "DENY"};
    ntp_server servers[2];
    clock_reading r[2];
    start(&rate, &servers[0]);
    start(&deny, &servers[1]);
    uint64_t began = clock_monotonic_ns();
    measure(r, &servers[0], 1);
    measure(r + 1, &servers[1], 1);
    assert_string_equal(r[0].said, "kiss RATE: asked less often");
    assert_string_equal(r[1].said, "kiss DENY: refuses to serve");
    assert_int_equal(servers[0].rest_ns, UINT64_C(64000000000));
    assert_true(servers[0].until_ns >= began + UINT64_C(64000000000));
    assert_true(servers[1].until_ns >= began + UINT64_C(3600000000000));
    ntp_measure(r, servers, 2); /* now neither is asked */
    assert_string_equal(r[0].said, "asked us to wait (RATE)");
    assert_string_equal(r[1].said, "asked us to wait (DENY)");
    for (uint64_t rest = 128; rest <= 4096; rest *= 2) {
        servers[0].until_ns = 0;
        measure(r, servers, 1);
        assert_int_equal(servers[0].rest_ns, UINT64_C(1000000000) * (rest > 1024 ? 1024 : rest));
    }
    stop(&rate);
    stop(&deny);
}

/* A server that is asked less often: its last time stands meanwhile, and grows old. */
static void between_two_questions_the_last_answer_stands(void **state)
{
    (void)state;
    fake f = {.requests = 1000};
    ntp_server server;
    clock_reading first, second;
    start(&f, &server);
    server.rest_ns = UINT64_C(64000000000);
    measure(&first, &server, 1);
    assert_true(first.synchronised);
    (void)usleep(50000);
    ntp_measure(&second, &server, 1);
    assert_true(second.synchronised);
    assert_int_equal(second.offset_ns, first.offset_ns);
    assert_true(second.age_ns >= first.age_ns + 50000000); /* not asked again */
    stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(asks_all_at_once), cmocka_unit_test(a_flood_does_not_keep_us),
                                       cmocka_unit_test(who_asks_for_mercy_gets_it),
                                       cmocka_unit_test(between_two_questions_the_last_answer_stands)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
