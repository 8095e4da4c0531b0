#include "service/scan_code.h"

#include <string.h>

#include "base/ct.h"
#include "base/text.h"
#include "crypto/sm3.h"

enum { CODE_SIZE = 16 + 2 + SCAN_MAC };

static const char prefix[] = "YIQIAN:1:";
static const char *const names[] = {"login", "sign", "enrol"};
static const char letters[] = "LSE";

const char *scan_kind_name(scan_kind kind)
{
    return names[kind];
}

err scan_kind_of(const char *name, scan_kind *out)
{
    for (size_t i = 0; name && i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0) {
            *out = (scan_kind)i;
            return ERR_OK;
        }
    return ERR_CORRUPT;
}

int64_t scan_code_step(int64_t created_ms, int64_t now_ms)
{
    return now_ms < created_ms ? 0 : (now_ms - created_ms) / SCAN_CODE_STEP_MS;
}

/* HMAC-SM3 (secret, "yiqian/scan-code/1" || kind || id || u16be step), its first SCAN_MAC bytes: docs/spec/qr.md. */
void scan_code_make(scan_code *out, scan_kind kind, const uint8_t id[16], const uint8_t secret[SCAN_SECRET],
                    uint16_t step)
{
    static const char tag[] = "yiqian/scan-code/1";
    const uint8_t kind_and_step[] = {(uint8_t)letters[kind], (uint8_t)(step >> 8), (uint8_t)step};
    uint8_t mac[SM3_SIZE];
    hmac_sm3_ctx ctx;
    hmac_sm3_init(&ctx, secret, SCAN_SECRET);
    hmac_sm3_update(&ctx, tag, sizeof tag - 1);
    hmac_sm3_update(&ctx, kind_and_step, 1);
    hmac_sm3_update(&ctx, id, 16);
    hmac_sm3_update(&ctx, kind_and_step + 1, 2);
    hmac_sm3_final(&ctx, mac);
    out->kind = kind;
    out->step = step;
    memcpy(out->id, id, 16);
    memcpy(out->mac, mac, SCAN_MAC);
}

const char *scan_code_text(arena *a, const scan_code *code, const char *url)
{
    uint8_t plain[CODE_SIZE + SCAN_CODE_URL_MAX];
    buffer out = buffer_over(plain, sizeof plain);
    buffer_put(&out, code->id, 16);
    buffer_put_u8(&out, (uint8_t)(code->step >> 8));
    buffer_put_u8(&out, (uint8_t)code->step);
    buffer_put(&out, code->mac, SCAN_MAC);
    if (url)
        buffer_put(&out, url, strlen(url));
    const char *text = out.overflow ? NULL : base64url_text(a, plain, out.n);
    return text ? arena_printf(a, "%s%c:%s", prefix, letters[code->kind], text) : NULL;
}

err scan_code_parse(arena *a, const char *text, scan_code *out)
{
    bytes plain;
    const size_t head = sizeof prefix - 1;
    if (strncmp(text, prefix, head) != 0 || text[head] == '\0' || text[head + 1] != ':')
        return ERR_ENCODING;
    const char *letter = strchr(letters, text[head]);
    if (!letter)
        return ERR_ENCODING;
    TRY(base64url_decode(a, text + head + 2, strlen(text + head + 2), &plain));
    if (plain.n < CODE_SIZE || plain.n > CODE_SIZE + SCAN_CODE_URL_MAX)
        return ERR_ENCODING;
    out->kind = (scan_kind)(letter - letters);
    memcpy(out->id, plain.p, 16);
    out->step = (uint16_t)(plain.p[16] << 8 | plain.p[17]);
    memcpy(out->mac, plain.p + 18, SCAN_MAC);
    return ERR_OK;
}

bool scan_code_good(const scan_code *code, const uint8_t secret[SCAN_SECRET], int64_t now)
{
    scan_code own;
    scan_code_make(&own, code->kind, code->id, secret, code->step);
    return ct_equal(own.mac, code->mac, SCAN_MAC) && code->step <= now && now - code->step < SCAN_CODE_STEPS;
}
