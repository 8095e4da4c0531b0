/* What chronyc prints, whatever it is: a reading that is within its limits, or none that says why. */
#include "os/chrony.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    const int64_t now_ns = INT64_C(1795783159) * 1000000000;
    clock_reading r;
    if (n >= CHRONY_TEXT_MAX)
        return 0;
    char *text = malloc(n + 1); /* of its own size: a read past the end is seen */
    CHECK(text);
    if (n > 0)
        memcpy(text, p, n);
    text[n] = '\0';
    chrony_read(&r, "id", text, n, now_ns);
    free(text);
    CHECK(r.kind == CLOCK_CHRONY && strcmp(r.id, "id") == 0 && *r.said);
    for (const char *at = r.said; *at; at++)
        CHECK(*at >= 0x20 && *at < 0x7f);
    if (!r.synchronised)
        return 0;
    CHECK(r.offset_ns <= CLOCK_NS_MAX && r.offset_ns >= -CLOCK_NS_MAX);
    CHECK(r.bound_ns <= 2 * (uint64_t)CLOCK_NS_MAX && r.age_ns <= (uint64_t)now_ns && r.mark != 0);
    CHECK(r.leap >= -1 && r.leap <= 1);
    return 0;
}
