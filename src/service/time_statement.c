#include "service/time_statement.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "os/clock.h"
#include "service/internal.h"
#include "service/selftest.h"
#include "service/time_signer.h"

static err check_nonce(call *c, const char *nonce)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    size_t n = strlen(nonce);
    if (n < TIME_NONCE_MIN || n > TIME_NONCE_MAX) {
        (void)fault_set(&c->fault, ERR_FIELD_LENGTH, "a nonce has %d to %d characters", TIME_NONCE_MIN, TIME_NONCE_MAX);
        return fault_field(&c->fault, ERR_FIELD_LENGTH, "nonce");
    }
    return strspn(nonce, allowed) == n ? ERR_OK : fault_field(&c->fault, ERR_FIELD_VALUE, "nonce");
}

static const char *utc_text(arena *a, int64_t unix_us)
{
    clock_civil at;
    clock_civil_of(&at, unix_us / 1000000);
    return arena_printf(a, "%04" PRId64 "-%02u-%02uT%02u:%02u:%02u.%06" PRId64 "Z", at.year, at.month, at.day, at.hour,
                        at.minute, at.second, unix_us % 1000000);
}

static err sign(call *c, const char *nonce, time_statement *t)
{
    time_signer key;
    cert certificate;
    uint8_t *rs = arena_alloc(c->arena, 64);
    TRY(selftest_require(c));
    TRY(time_signer_get(c->service, c->arena, c->now_ms, &key));
    TRY(cert_parse(&certificate, key.certificate));
    const char *serial = hex_text(c->arena, certificate.serial.p, certificate.serial.n);
    t->text =
        arena_printf(c->arena, "yiqian-time/1\nnonce=%s\nutc=%s\nerror_us=%" PRIu64 "\nleap=%s\nstate=%s\nsigner=%s\n",
                     nonce, t->utc, t->now.accuracy_us,
                     t->now.leap > 0   ? "+1"
                     : t->now.leap < 0 ? "-1"
                                       : "0",
                     time_state_name(t->state), serial ? serial : "");
    if (!rs || !serial || !t->text)
        return ERR_MEMORY;
    t->signature = bytes_of(rs, 64);
    t->certificate = key.certificate;
    return signer_sign_message(key.signer, bytes_of_text(t->text), rs);
}

err time_state_now(call *c, const char *nonce, time_statement *out)
{
    *out = (time_statement){.zone_minutes = time_watch_zone(c->service)};
    if (nonce)
        TRY(check_nonce(c, nonce));
    TRY(time_watch_now(c->service, UINT64_MAX, &out->now));
    out->state = time_watch_state(c->service);
    out->utc = utc_text(c->arena, out->now.unix_us);
    if (!out->utc)
        return ERR_MEMORY;
    return nonce ? sign(c, nonce, out) : ERR_OK;
}
