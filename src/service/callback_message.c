#include "service/callback_message.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "crypto/sm3.h"
#include "os/clock.h"

const char *callback_message_quoted(arena *a, const char *text)
{
    static const char digits[] = "0123456789abcdef";
    char *out = arena_alloc(a, 6 * strlen(text) + 3), *to = out;
    if (!out)
        return NULL;
    *to++ = '"';
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c < 0x20) {
            memcpy(to, "\\u00", 4);
            to[4] = digits[c >> 4];
            to[5] = digits[c & 15];
            to += 6;
            continue;
        }
        if (c == '"' || c == '\\')
            *to++ = '\\';
        *to++ = (char)c;
    }
    *to++ = '"';
    *to = '\0';
    return out;
}

/* ,"name":"text"; nothing for NULL. */
static const char *member(arena *a, const char *name, const char *text)
{
    const char *value = text ? callback_message_quoted(a, text) : "";
    return !text ? "" : value ? arena_printf(a, ",\"%s\":%s", name, value) : NULL;
}

static const char *id_member(arena *a, const char *name, const uint8_t *id)
{
    char text[UUID_TEXT];
    if (!id)
        return "";
    uuid_encode(text, id);
    return member(a, name, text);
}

err callback_message_body(arena *a, const callback_message *m, bytes *out)
{
    char id[UUID_TEXT], time[CLOCK_TEXT];
    uuid_encode(id, m->id);
    clock_text(time, m->happened_ms);
    const char *parts[] = {
        member(a, "event", m->event),       id_member(a, "task", m->task),
        member(a, "state", m->state),       member(a, "reference", m->reference),
        id_member(a, "batch", m->batch),    m->task ? arena_printf(a, ",\"sequence\":%" PRId64, m->sequence) : "",
        member(a, "staff_no", m->staff_no), m->staff_no ? arena_printf(a, ",\"waiting\":%" PRId64, m->waiting) : "",
        member(a, "happened_at", time),     member(a, "reason", m->reason)};
    const char *text = arena_printf(a, "{\"id\":\"%s\"", id);
    for (size_t i = 0; i < sizeof parts / sizeof *parts && text; i++)
        text = parts[i] ? arena_printf(a, "%s%s", text, parts[i]) : NULL;
    text = text ? arena_printf(a, "%s}", text) : NULL;
    if (!text)
        return ERR_MEMORY;
    *out = bytes_of_text(text);
    return ERR_OK;
}

err callback_message_sign(arena *a, const char *secret, int64_t time_s, const uint8_t id[16], bytes body,
                          char out[CALLBACK_SIGNATURE_TEXT])
{
    uint8_t digest[SM3_SIZE], mac[SM3_SIZE];
    char digest_text[2 * SM3_SIZE + 1], id_text[UUID_TEXT];
    sm3(digest, body.p, body.n);
    hex_encode(digest_text, digest, sizeof digest);
    uuid_encode(id_text, id);
    const char *text = arena_printf(a, "YQ1-CALLBACK\n%" PRId64 "\n%s\n%s", time_s, id_text, digest_text);
    if (!text)
        return ERR_MEMORY;
    hmac_sm3(mac, secret, strlen(secret), text, strlen(text));
    hex_encode(out, mac, sizeof mac);
    return ERR_OK;
}

err callback_message_headers(arena *a, const char *secret, const char *previous, int64_t time_s, const uint8_t id[16],
                             bytes body, const char *headers[CALLBACK_HEADERS], size_t *n)
{
    char mac[CALLBACK_SIGNATURE_TEXT], id_text[UUID_TEXT];
    uuid_encode(id_text, id);
    TRY(callback_message_sign(a, secret, time_s, id, body, mac));
    headers[0] = "Content-Type: application/json";
    headers[1] = arena_printf(a, "Yiqian-Callback-Id: %s", id_text);
    headers[2] = arena_printf(a, "Yiqian-Time: %" PRId64, time_s);
    headers[3] = arena_printf(a, "Yiqian-Signature: hmac-sm3 %s", mac);
    *n = 4;
    if (previous) {
        TRY(callback_message_sign(a, previous, time_s, id, body, mac));
        headers[(*n)++] = arena_printf(a, "Yiqian-Signature-Previous: hmac-sm3 %s", mac);
    }
    for (size_t i = 0; i < *n; i++)
        if (!headers[i])
            return ERR_MEMORY;
    return ERR_OK;
}
