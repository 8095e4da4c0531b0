/* The texts of codes that are scanned, and codes that are typed: what is taken is the one text of what it says. */
#include "fuzz.h"
#include "service/code.h"
#include "service/scan_code.h"

enum { INPUT_MAX = 1024, ROOM = 1 << 14, TYPED = 12 };

static void check_scanned(arena *a, const char *text)
{
    scan_code code, again;
    static const uint8_t secret[SCAN_SECRET];
    err e = scan_code_parse(a, text, &code);
    CHECK(e == ERR_OK || e == ERR_ENCODING);
    if (e != ERR_OK)
        return;
    /* The text without the url behind it: the code is 30 bytes, so that no character of base64 holds bits of both. */
    const char *alone = scan_code_text(a, &code, NULL);
    CHECK(alone && strlen(alone) <= strlen(text) && strncmp(alone, text, strlen(alone)) == 0);
    CHECK(scan_code_parse(a, alone, &again) == ERR_OK && again.kind == code.kind && again.step == code.step);
    CHECK(memcmp(again.id, code.id, sizeof code.id) == 0 && memcmp(again.mac, code.mac, sizeof code.mac) == 0);
    for (int64_t now = 0; now <= UINT16_MAX + 1; now += 4096)
        CHECK(!scan_code_good(&code, secret, now));
}

static void check_typed(const char *text)
{
    char out[TYPED + 1], again[TYPED + 1];
    err e = code_normalise(out, TYPED, text);
    CHECK(e == ERR_OK || e == ERR_ENCODING);
    if (e != ERR_OK)
        return;
    CHECK(strlen(out) == TYPED && strspn(out, "0123456789ABCDEFGHJKMNPQRSTVWXYZ") == TYPED);
    CHECK(code_normalise(again, TYPED, out) == ERR_OK && strcmp(out, again) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    if (n > INPUT_MAX)
        return 0;
    arena *a = arena_create(ROOM);
    CHECK(a);
    const char *text = arena_text(a, p, n);
    CHECK(text);
    check_scanned(a, text);
    check_typed(text);
    arena_destroy(a);
    return 0;
}
