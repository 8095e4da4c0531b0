/* Asks NTP servers what they think of our clock, all at once. */
#ifndef YIQIAN_OS_NTP_CLIENT_H
#define YIQIAN_OS_NTP_CLIENT_H

#include "os/clock_reading.h"
#include "os/endpoint.h"

enum { NTP_SERVERS_MAX = 16, NTP_WAIT_MS = 1000 };

/* A server that asks for mercy is asked less often for good: RATE first makes it 64 s, each further one twice as long, up to 1,024 s
 * (RFC 5905 7.4); meanwhile its last time stands, grown old. DENY and RSTR keep us away for an hour, after which it is asked whether it still
 * means it. */
typedef struct ntp_server {
    endpoint at;
    uint64_t rest_ns, until_ns; /* monotonic */
    char kiss[5];
    clock_reading last; /* synchronised false: none */
    uint64_t last_ns;
} ntp_server;

/* One reading a server, in their order; takes NTP_WAIT_MS at the most. Before the first call a server is zero but for its address. */
void ntp_measure(clock_reading *out, ntp_server *servers, size_t n);

#endif
