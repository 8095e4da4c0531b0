#include "tsa/clock_statement.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "crypto/sm2.h"
#include "crypto/sm3.h"
#include "os/clock.h"

static const char version[] = "yiqian-clock/1\n";

static void put(buffer *b, const char *text)
{
    buffer_put(b, text, strlen(text));
}

static void put_line(buffer *b, const char *name, const char *value)
{
    put(b, name);
    put(b, "=");
    put(b, value);
    put(b, "\n");
}

static void put_number(buffer *b, const char *name, uint64_t value)
{
    char text[24];
    (void)snprintf(text, sizeof text, "%" PRIu64, value);
    put_line(b, name, text);
}

err clock_statement_write(buffer *out, const clock_statement *s)
{
    char at[CLOCK_TEXT], hex[2 * CERT_SERIAL_MAX + 1], link[2 * CLOCK_LINK + 1];
    if (strpbrk(s->sources, "\r\n") || strpbrk(s->state, "\r\n") || strpbrk(s->reason, "\r\n"))
        return ERR_ENCODING;
    if (s->signer.n > CERT_SERIAL_MAX)
        return ERR_LENGTH;
    clock_text(at, s->at_us / 1000);
    hex_encode(hex, s->signer.p, s->signer.n);
    hex_encode(link, s->previous, sizeof s->previous);
    put(out, version);
    put_number(out, "sequence", (uint64_t)s->sequence);
    put_line(out, "at", at);
    put_line(out, "state", s->state);
    put_line(out, "reason", s->reason);
    if (s->known)
        put_number(out, "error_us", s->error_us);
    else
        put_line(out, "error_us", "unknown");
    put_line(out, "leap", s->leap > 0 ? "+1" : s->leap < 0 ? "-1" : "0");
    put_number(out, "voices", s->voices);
    put_number(out, "agreeing", s->agreeing);
    put_number(out, "needed", s->needed);
    put_line(out, "sources", s->sources);
    put_line(out, "signer", hex);
    put_line(out, "previous", link);
    return out->overflow ? ERR_LENGTH : ERR_OK;
}

bytes clock_statement_field(bytes text, const char *name)
{
    size_t name_n = strlen(name);
    while (text.n > 0) {
        const uint8_t *end = memchr(text.p, '\n', text.n);
        size_t line = end ? (size_t)(end - text.p) : text.n;
        if (line > name_n && memcmp(text.p, name, name_n) == 0 && text.p[name_n] == '=')
            return bytes_of(text.p + name_n + 1, line - name_n - 1);
        line += end != NULL;
        text = bytes_of(text.p + line, text.n - line);
    }
    return bytes_of(NULL, 0);
}

void clock_statement_link(uint8_t out[CLOCK_LINK], bytes text, bytes signature)
{
    sm3_ctx ctx;
    sm3_init(&ctx);
    sm3_update(&ctx, text.p, text.n);
    sm3_update(&ctx, signature.p, signature.n);
    sm3_final(&ctx, out);
}

static bool says(bytes text, const char *name, const char *value)
{
    return bytes_equal(clock_statement_field(text, name), bytes_of_text(value));
}

err clock_statement_check(bytes text, bytes signature, int64_t sequence, const uint8_t previous[CLOCK_LINK],
                          const cert *by)
{
    char number[24], serial[2 * CERT_SERIAL_MAX + 1], link[2 * CLOCK_LINK + 1];
    uint8_t e[SM3_SIZE];
    (void)snprintf(number, sizeof number, "%" PRId64, sequence);
    hex_encode(link, previous, CLOCK_LINK);
    if (text.n < sizeof version - 1 || memcmp(text.p, version, sizeof version - 1) != 0 ||
        !says(text, "sequence", number) || !says(text, "previous", link))
        return ERR_CORRUPT;
    hex_encode(serial, by->serial.p, by->serial.n);
    if (!by->is_sm2 || !says(text, "signer", serial))
        return ERR_CHAIN;
    if (signature.n != CLOCK_SIGNATURE)
        return ERR_SIGNATURE;
    sm2_digest(e, by->public_key, text);
    return sm2_verify_bytes(by->public_key, e, signature.p) == ERR_OK ? ERR_OK : ERR_SIGNATURE;
}
