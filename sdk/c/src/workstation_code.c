#include "workstation_code.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"

static const char prefix[] = "YIQIAN:1:W:";
enum { VERSION = 1, PREFIX = sizeof prefix - 1, BYTES = WORKSTATION_CODE_HEAD + 64 };

static void digest(uint8_t e[32], const uint8_t installation[65], const uint8_t head[WORKSTATION_CODE_HEAD])
{
    static const char tag[] = "yiqian/workstation-offer/1";
    uint8_t message[sizeof tag - 1 + WORKSTATION_CODE_HEAD];
    memcpy(message, tag, sizeof tag - 1);
    memcpy(message + sizeof tag - 1, head, WORKSTATION_CODE_HEAD);
    sm2_digest(e, installation, bytes_of(message, sizeof message));
}

err workstation_code_write(char out[WORKSTATION_CODE_TEXT], workstation_code *code, const sm2_private *installation,
                           const entropy *rng)
{
    uint8_t all[BYTES], expires[8], e[32];
    buffer b = buffer_over(code->head, sizeof code->head);
    store_u64be(expires, (uint64_t)code->expires);
    buffer_put_u8(&b, VERSION);
    buffer_put(&b, code->auth_id, sizeof code->auth_id);
    buffer_put(&b, code->pkW, sizeof code->pkW);
    buffer_put(&b, code->workstation, sizeof code->workstation);
    buffer_put(&b, expires, sizeof expires);
    digest(e, installation->public_key, code->head);
    TRY(sm2_sign(code->signature, installation, e, rng));
    memcpy(all, code->head, sizeof code->head);
    memcpy(all + sizeof code->head, code->signature, sizeof code->signature);
    arena *a = arena_create(4096);
    const char *text = a ? base64url_text(a, all, sizeof all) : NULL;
    err e_text = text && PREFIX + strlen(text) < WORKSTATION_CODE_TEXT ? ERR_OK : ERR_MEMORY;
    if (e_text == ERR_OK) {
        memcpy(out, prefix, PREFIX);
        memcpy(out + PREFIX, text, strlen(text) + 1);
    }
    arena_destroy(a);
    return e_text;
}

static err read_bytes(workstation_code *out, const uint8_t *p)
{
    point pkW;
    uint64_t expires = load_u64be(p + 98);
    if (p[0] != VERSION || expires > INT64_MAX / 1000)
        return ERR_ENCODING;
    memcpy(out->head, p, sizeof out->head);
    memcpy(out->auth_id, p + 1, 16);
    memcpy(out->pkW, p + 17, 65);
    memcpy(out->workstation, p + 82, 16);
    out->expires = (int64_t)expires;
    memcpy(out->signature, p + WORKSTATION_CODE_HEAD, 64);
    return point_from_bytes(&pkW, out->pkW);
}

err workstation_code_read(workstation_code *out, const char *text)
{
    bytes all;
    size_t n = strnlen(text, WORKSTATION_CODE_TEXT);
    if (n == WORKSTATION_CODE_TEXT || n < PREFIX || memcmp(text, prefix, PREFIX) != 0)
        return ERR_ENCODING;
    arena *a = arena_create(4096);
    err e = a ? base64url_decode(a, text + PREFIX, n - PREFIX, &all) : ERR_MEMORY;
    if (e == ERR_OK)
        e = all.n == BYTES ? read_bytes(out, all.p) : ERR_ENCODING;
    arena_destroy(a);
    return e;
}

err workstation_code_check(const workstation_code *code, const uint8_t installation[65])
{
    uint8_t e[32];
    digest(e, installation, code->head);
    return sm2_verify_bytes(installation, e, code->signature);
}
