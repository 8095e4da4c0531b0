#include "os/ntp.h"

#include <string.h>

#include "os/clock_reading.h"

/* RFC 5905 figure 8 */
enum {
    AT_STRATUM = 1,
    AT_PRECISION = 3,
    AT_ROOT_DELAY = 4,
    AT_ROOT_DISPERSION = 8,
    AT_REFERENCE_ID = 12,
    AT_ORIGIN = 24,
    AT_RECEIVE = 32,
    AT_TRANSMIT = 40
};
enum { VERSION = 4, MODE_CLIENT = 3, MODE_SERVER = 4, LEAP_UNKNOWN = 3, STRATUM_MAX = 15 };

static const int64_t second_ns = 1000000000;
static const int64_t unix_epoch = INT64_C(2208988800);         /* of 1970 in seconds since 1900 (RFC 5905 figure 4) */
static const uint64_t distance_max_ns = UINT64_C(16000000000); /* MAXDISP */
static const uint64_t precision_ns = 1000; /* ours: reading the clock, and being woken when the packet is there */
enum { PHI_PPM = 15 };                     /* how much two clocks may drift apart during an exchange */

void ntp_request(uint8_t out[NTP_PACKET], const uint8_t transmit[8])
{
    memset(out, 0, NTP_PACKET);
    out[0] = VERSION << 3 | MODE_CLIENT;
    memcpy(out + AT_TRANSMIT, transmit, 8);
}

/* A timestamp of 32.32 bits as Unix time is not taken apart into eras: only differences of less than 68 years have a meaning. */
static uint64_t timestamp_of(int64_t unix_ns)
{
    int64_t s = unix_ns / second_ns, ns = unix_ns % second_ns;
    if (ns < 0) {
        ns += second_ns;
        s--;
    }
    return (uint64_t)(s + unix_epoch) << 32 | (uint64_t)(ns << 32) / (uint64_t)second_ns;
}

/* a - b in nanoseconds, rounded down. */
static int64_t difference(uint64_t a, uint64_t b)
{
    uint64_t wide = a - b;
    int64_t s = (int64_t)(int32_t)(uint32_t)(wide >> 32);
    return s * second_ns + (int64_t)((wide & 0xffffffff) * (uint64_t)second_ns >> 32);
}

/* A duration of 16.16 bits, rounded up. */
static uint64_t duration_ns(const uint8_t *p)
{
    return ((uint64_t)load_u32be(p) * (uint64_t)second_ns + 0xffff) >> 16;
}

static uint64_t precision_of(uint8_t octet)
{
    int log2_s = octet < 128 ? octet : octet - 256;
    if (log2_s >= 0)
        return log2_s > 4 ? distance_max_ns : (uint64_t)second_ns << log2_s;
    return log2_s < -30 ? 1 : ((uint64_t)second_ns >> -log2_s) + 1;
}

static ntp_result read_kiss(ntp_sample *out, const uint8_t *p)
{
    clock_reading_text(out->kiss, sizeof out->kiss, (const char *)p + AT_REFERENCE_ID, 4);
    if (strcmp(out->kiss, "RATE") == 0)
        return NTP_RATE;
    return strcmp(out->kiss, "DENY") == 0 || strcmp(out->kiss, "RSTR") == 0 ? NTP_DENIED : NTP_KISS;
}

/* RFC 5905 8: the offset, the delay, and the root distance of A.5.5.2. */
static ntp_result measure(ntp_sample *out, const uint8_t *p, const ntp_exchange *x)
{
    uint64_t t1 = timestamp_of(x->sent_unix_ns), t2 = load_u64be(p + AT_RECEIVE), t3 = load_u64be(p + AT_TRANSMIT);
    if (t2 == 0 || t3 == 0 || x->round_trip_ns > distance_max_ns)
        return NTP_BOGUS;
    int64_t held = difference(t3, t2), round_trip = (int64_t)x->round_trip_ns;
    /* It cannot have kept the packet longer than we waited, beyond what both clocks' readings may be off. */
    if (held < 0 || held > round_trip + (int64_t)precision_of(p[AT_PRECISION]) + (int64_t)precision_ns)
        return NTP_BOGUS;
    int64_t delay = round_trip - held;
    out->delay_ns = delay > 0 ? (uint64_t)delay : 0;
    int64_t there = difference(t2, t1);
    if (there > CLOCK_NS_MAX || there < -CLOCK_NS_MAX)
        return NTP_BOGUS;
    out->offset_ns = there - (int64_t)(out->delay_ns / 2);
    uint64_t root = duration_ns(p + AT_ROOT_DELAY) / 2 + 1 + duration_ns(p + AT_ROOT_DISPERSION);
    out->bound_ns = root + out->delay_ns / 2 + 1 + precision_of(p[AT_PRECISION]) + precision_ns +
                    x->round_trip_ns / 1000000 * PHI_PPM;
    return root < distance_max_ns ? NTP_MEASURED : NTP_BOGUS;
}

ntp_result ntp_read(ntp_sample *out, bytes packet, const ntp_exchange *x)
{
    const uint8_t *p = packet.p;
    *out = (ntp_sample){0};
    if (packet.n < NTP_PACKET || packet.n > NTP_ANSWER_MAX || (p[0] & 7) != MODE_SERVER ||
        memcmp(p + AT_ORIGIN, x->transmit, 8) != 0)
        return NTP_FOREIGN;
    unsigned leap = p[0] >> 6, version = p[0] >> 3 & 7;
    out->stratum = p[AT_STRATUM];
    if (version < 3 || version > VERSION)
        return NTP_BOGUS;
    if (out->stratum == 0)
        return read_kiss(out, p);
    if (leap == LEAP_UNKNOWN || out->stratum > STRATUM_MAX)
        return NTP_UNSYNCHRONISED;
    out->leap = leap == 1 ? 1 : leap == 2 ? -1 : 0;
    return measure(out, p, x);
}
