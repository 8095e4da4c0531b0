/* NTP packets (RFC 5905 7.3): one client request and what its answer says. Nothing here touches the network. */
#ifndef YIQIAN_OS_NTP_H
#define YIQIAN_OS_NTP_H

#include <stdint.h>

#include "base/bytes.h"

enum { NTP_PACKET = 48, NTP_PORT = 123, NTP_ANSWER_MAX = 1024 };

/* What this side knows of an exchange. */
typedef struct ntp_exchange {
    uint8_t
        transmit[8]; /* random: the answer must carry it as its origin timestamp, and it tells nothing of our clock */
    int64_t sent_unix_ns;   /* T1 */
    uint64_t round_trip_ns; /* from T1 to T4, by the monotonic clock */
} ntp_exchange;

typedef enum ntp_result {
    NTP_MEASURED,
    NTP_FOREIGN,        /* not the answer to this request: whoever listens goes on listening */
    NTP_RATE,           /* kiss-o'-death RATE: ask less often (RFC 5905 7.4) */
    NTP_DENIED,         /* DENY, RSTR: do not ask */
    NTP_KISS,           /* another kiss code: it serves no time now */
    NTP_UNSYNCHRONISED, /* leap indicator 3 or stratum 16 */
    NTP_BOGUS           /* values that no server can mean */
} ntp_result;

typedef struct ntp_sample {
    int64_t offset_ns; /* server less client */
    uint64_t
        bound_ns; /* the root distance: half the whole delay to the primary source, all dispersions, both precisions */
    uint64_t delay_ns; /* to the server and back */
    int leap;          /* +1, -1, 0 */
    unsigned stratum;
    char kiss[5]; /* of a kiss, its four letters */
} ntp_sample;

/* Version 4, mode 3; all fields zero but the transmit timestamp, which is random. */
void ntp_request(uint8_t out[NTP_PACKET], const uint8_t transmit[8]);

ntp_result ntp_read(ntp_sample *out, bytes packet, const ntp_exchange *exchange);

#endif
