#include "crypto/entropy_health.h"

#include <stdbool.h>

#include "base/ct.h"

static bool repeats(const uint8_t *p, size_t n)
{
    size_t run = 0;
    for (size_t i = 0; i < n; i++) {
        run = i > 0 && p[i] == p[i - 1] ? run + 1 : 1;
        if (run >= ENTROPY_HEALTH_REPEATS)
            return true;
    }
    return false;
}

static bool out_of_proportion(const uint8_t window[ENTROPY_HEALTH_WINDOW])
{
    size_t same = 0;
    for (size_t i = 0; i < ENTROPY_HEALTH_WINDOW; i++)
        same += window[i] == window[0];
    return same >= ENTROPY_HEALTH_SAME;
}

err entropy_health_check(const entropy *source)
{
    uint8_t p[ENTROPY_HEALTH_BYTES];
    err e = source->fill(source->ctx, p, sizeof p);
    if (e == ERR_OK && repeats(p, sizeof p))
        e = ERR_ENTROPY;
    for (size_t at = 0; e == ERR_OK && at < sizeof p; at += ENTROPY_HEALTH_WINDOW)
        if (out_of_proportion(p + at))
            e = ERR_ENTROPY;
    wipe(p, sizeof p);
    return e == ERR_OK ? ERR_OK : ERR_ENTROPY;
}
