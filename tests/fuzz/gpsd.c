/* Lines of a gpsd, whatever they are: bounded in devices and in what they say; the same lines give the same readings. */
#include "os/gpsd.h"

#include "fuzz.h"

static void feed(gpsd_session *s, const uint8_t *p, size_t n)
{
    const int64_t now_ns = INT64_C(1795780800) * 1000000000;
    while (n > 0) {
        const uint8_t *end = memchr(p, '\n', n);
        size_t line = end ? (size_t)(end - p) : n;
        gpsd_line(s, (const char *)p, line, now_ns, 1000);
        line += end != NULL;
        p += line;
        n -= line;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    gpsd_session s = {.n = 0}, again = {.n = 0};
    clock_reading r[GPSD_DEVICES], same[GPSD_DEVICES];
    feed(&s, p, n);
    feed(&again, p, n);
    CHECK(s.n <= GPSD_DEVICES);
    size_t found = gpsd_readings(r, GPSD_DEVICES, &s, "id", 2000);
    CHECK(found >= 1 && found == gpsd_readings(same, GPSD_DEVICES, &again, "id", 2000));
    for (size_t i = 0; i < found; i++) {
        CHECK(r[i].offset_ns == same[i].offset_ns && r[i].bound_ns == same[i].bound_ns &&
              strcmp(r[i].said, same[i].said) == 0);
        CHECK(strncmp(r[i].id, "id", 2) == 0 && *r[i].said);
        for (const char *at = r[i].id; *at; at++)
            CHECK(*at >= 0x20 && *at < 0x7f);
        if (!r[i].synchronised)
            continue;
        CHECK(r[i].offset_ns <= 2 * CLOCK_NS_MAX && r[i].offset_ns >= -2 * CLOCK_NS_MAX);
        CHECK(r[i].bound_ns <= UINT64_C(1100000000) && r[i].bound_ns > 0 && r[i].age_ns == 1000);
    }
    return 0;
}
