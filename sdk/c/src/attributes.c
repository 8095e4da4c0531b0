#include "attributes.h"

#include <time.h>

#include "crypto/sm3.h"

/* 9999-12-31T23:59:59Z: the last that has a form in DER. */
#define SECONDS_MAX INT64_C(253402300799)

yq_status attributes_now(const yq_device *device, int64_t *seconds)
{
    const yq_clock *clock = &device->platform.clock;
    *seconds = clock->now ? clock->now(clock->context) : (int64_t)time(NULL);
    return *seconds > 0 && *seconds <= SECONDS_MAX ? YQ_OK : YQ_CLOCK_FAILED;
}

yq_status attributes_build(const context_key *key, const uint8_t digest[32], int64_t seconds,
                           uint8_t out[SIGNED_ATTRIBUTES_BUILT_MAX], size_t *n)
{
    uint8_t hash[SM3_SIZE];
    buffer b = buffer_over(out, SIGNED_ATTRIBUTES_BUILT_MAX);
    const stored_key *k = &key->stored;
    if (k->certificate_n[0] == 0)
        return YQ_WRONG_STATE;
    sm3(hash, k->certificate[0], k->certificate_n[0]);
    const signed_attributes_values values = {OID_GM_DATA, digest, seconds * 1000, hash, key->grant ? k->key_id : NULL};
    yq_status status = status_of_own(signed_attributes_build(&b, &values));
    *n = b.n;
    return status;
}

void attributes_time_text(char out[ATTRIBUTES_TIME], int64_t seconds)
{
    const time_t at = (time_t)seconds;
    struct tm utc;
    out[0] = 0;
    if (gmtime_r(&at, &utc))
        (void)strftime(out, ATTRIBUTES_TIME, "%Y-%m-%dT%H:%M:%SZ", &utc);
}
