/* An NTP answer, whatever it is: only one to our request is looked at; what is taken for a measurement bounds its own error honestly, and no
 * arithmetic overflows. The first bytes choose what this side knows; the rest is the packet, whose origin may be set to what was asked. */
#include "os/ntp.h"

#include "fuzz.h"
#include "os/clock_reading.h"

static int64_t choose_time(choices *c)
{
    uint64_t v = 0;
    for (int i = 0; i < 8; i++)
        v = v << 8 | choose(c);
    return (int64_t)(v % UINT64_C(4000000000000000000)); /* from 1970 to 2096 */
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    choices c = {bytes_of(p, n)};
    uint8_t packet[2 * NTP_ANSWER_MAX];
    ntp_sample s;
    ntp_exchange x = {.sent_unix_ns = choose_time(&c),
                      .round_trip_ns = (uint64_t)choose_time(&c) >> choose_below(&c, 64)};
    bytes transmit = choose_bytes(&c, sizeof x.transmit);
    if (transmit.n > 0)
        memcpy(x.transmit, transmit.p, transmit.n);
    bool ours = choose(&c) % 2;
    bytes given = choose_bytes(&c, sizeof packet);
    if (given.n > 0)
        memcpy(packet, given.p, given.n);
    if (ours && given.n >= NTP_PACKET)
        memcpy(packet + 24, x.transmit, sizeof x.transmit);
    ntp_result result = ntp_read(&s, bytes_of(packet, given.n), &x);
    bool answers = given.n >= NTP_PACKET && given.n <= NTP_ANSWER_MAX && (packet[0] & 7) == 4 &&
                   memcmp(packet + 24, x.transmit, sizeof x.transmit) == 0;
    CHECK(answers == (result != NTP_FOREIGN));
    for (const char *at = s.kiss; *at; at++)
        CHECK(*at >= 0x20 && *at < 0x7f);
    if (result != NTP_MEASURED)
        return 0;
    CHECK(s.stratum >= 1 && s.stratum <= 15 && s.leap >= -1 && s.leap <= 1);
    CHECK(s.offset_ns < 2 * CLOCK_NS_MAX && s.offset_ns > -2 * CLOCK_NS_MAX);
    CHECK(s.delay_ns <= x.round_trip_ns && s.bound_ns >= s.delay_ns / 2 && s.bound_ns < UINT64_C(60000000000));
    return 0;
}
