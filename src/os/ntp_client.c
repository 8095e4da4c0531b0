#include "os/ntp_client.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "os/clock.h"
#include "os/entropy.h"
#include "os/ntp.h"

static const uint64_t second_ns = 1000000000;
enum { REST_FIRST_S = 64, REST_MAX_S = 1024, DENIED_S = 3600, FOREIGN_MAX = 64 };

/* One server being asked. */
typedef struct asked {
    int fd; /* -1: done, or not asked */
    ntp_exchange exchange;
    uint64_t sent_ns;
    unsigned foreign; /* packets that were no answer: a flood of them does not keep us */
} asked;

static void ask(asked *a, clock_reading *out, ntp_server *server)
{
    uint8_t packet[NTP_PACKET];
    *a = (asked){.fd = -1};
    if (clock_monotonic_ns() < server->until_ns) {
        clock_reading_none(out, CLOCK_NTP, server->at.text, "asked us to wait (%s)", server->kiss);
        if (server->last.synchronised) {
            *out = server->last;
            a->sent_ns = server->last_ns;
        }
        return;
    }
    clock_reading_none(out, CLOCK_NTP, server->at.text, "silent");
    if (os_entropy_fill(NULL, a->exchange.transmit, sizeof a->exchange.transmit) != ERR_OK ||
        endpoint_connect(&a->fd, &server->at, SOCK_DGRAM) != ERR_OK)
        return;
    ntp_request(packet, a->exchange.transmit);
    a->sent_ns = clock_monotonic_ns();
    a->exchange.sent_unix_ns = (int64_t)clock_unix_ns();
    if (send(a->fd, packet, sizeof packet, MSG_NOSIGNAL) != (ssize_t)sizeof packet) {
        (void)close(a->fd);
        a->fd = -1;
    }
}

static void rest(ntp_server *server, const char *kiss, uint64_t for_ns)
{
    memcpy(server->kiss, kiss, sizeof server->kiss);
    server->until_ns = clock_monotonic_ns() + for_ns;
}

static void slow_down(ntp_server *server, const char *kiss)
{
    uint64_t longer = server->rest_ns == 0 ? REST_FIRST_S * second_ns : 2 * server->rest_ns;
    server->rest_ns = longer > REST_MAX_S * second_ns ? REST_MAX_S * second_ns : longer;
    rest(server, kiss, server->rest_ns);
}

/* True: this server is done with. */
static bool take(clock_reading *out, ntp_server *server, asked *a, bytes packet, uint64_t now_ns)
{
    ntp_sample sample;
    a->exchange.round_trip_ns = now_ns - a->sent_ns;
    switch (ntp_read(&sample, packet, &a->exchange)) {
    case NTP_FOREIGN:
        return ++a->foreign > FOREIGN_MAX;
    case NTP_RATE:
        slow_down(server, sample.kiss);
        clock_reading_none(out, CLOCK_NTP, server->at.text, "kiss RATE: asked less often");
        return true;
    case NTP_DENIED:
        server->last.synchronised = false;
        rest(server, sample.kiss, DENIED_S * second_ns);
        clock_reading_none(out, CLOCK_NTP, server->at.text, "kiss %s: refuses to serve", sample.kiss);
        return true;
    case NTP_KISS:
        clock_reading_none(out, CLOCK_NTP, server->at.text, "kiss %s", sample.kiss);
        return true;
    case NTP_UNSYNCHRONISED:
        clock_reading_none(out, CLOCK_NTP, server->at.text, "not synchronised");
        return true;
    case NTP_BOGUS:
        clock_reading_none(out, CLOCK_NTP, server->at.text, "impossible answer");
        return true;
    case NTP_MEASURED:
        break;
    }
    clock_reading_none(out, CLOCK_NTP, server->at.text, "stratum %u, delay %llu us", sample.stratum,
                       (unsigned long long)(sample.delay_ns / 1000));
    out->synchronised = true;
    out->offset_ns = -sample.offset_ns;
    out->bound_ns = sample.bound_ns;
    out->leap = sample.leap;
    server->last = *out;
    server->last_ns = a->sent_ns;
    if (server->rest_ns > 0)
        rest(server, "RATE", server->rest_ns);
    return true;
}

static void receive(clock_reading *out, ntp_server *server, asked *a)
{
    uint8_t packet[NTP_ANSWER_MAX + 1];
    uint64_t now_ns = clock_monotonic_ns();
    ssize_t n = recv(a->fd, packet, sizeof packet, 0);
    if (n < 0)
        clock_reading_none(out, CLOCK_NTP, server->at.text, "not reachable");
    if (n < 0 || take(out, server, a, bytes_of(packet, (size_t)n), now_ns)) {
        (void)close(a->fd);
        a->fd = -1;
    }
}

void ntp_measure(clock_reading *out, ntp_server *servers, size_t n)
{
    asked of[NTP_SERVERS_MAX];
    struct pollfd polled[NTP_SERVERS_MAX];
    n = n > NTP_SERVERS_MAX ? NTP_SERVERS_MAX : n;
    for (size_t i = 0; i < n; i++)
        ask(&of[i], &out[i], &servers[i]);
    uint64_t end_ns = clock_monotonic_ns() + NTP_WAIT_MS * UINT64_C(1000000);
    for (;;) {
        size_t open = 0;
        for (size_t i = 0; i < n; i++) {
            polled[i] = (struct pollfd){.fd = of[i].fd, .events = POLLIN}; /* a negative one is passed over */
            open += of[i].fd >= 0;
        }
        uint64_t now_ns = clock_monotonic_ns();
        if (open == 0 || now_ns >= end_ns || poll(polled, n, (int)((end_ns - now_ns) / 1000000) + 1) < 0)
            break;
        for (size_t i = 0; i < n; i++)
            if (of[i].fd >= 0 && polled[i].revents != 0)
                receive(&out[i], &servers[i], &of[i]);
    }
    for (size_t i = 0; i < n; i++) {
        if (of[i].fd >= 0)
            (void)close(of[i].fd);
        if (out[i].synchronised)
            out[i].age_ns = clock_monotonic_ns() - of[i].sent_ns;
    }
}
