/* hex, base64, UUID and UTF-8: what a strict decoder takes, the encoder gives back; UTF-8 as jansson judges it. */
#include <jansson.h>

#include "base/text.h"
#include "fuzz.h"

enum { ROOM = 1 << 20 };

static char lower(char c)
{
    return c >= 'A' && c <= 'F' ? (char)(c - 'A' + 'a') : c;
}

static void check_hex(const char *text, size_t n, arena *a)
{
    uint8_t *out = arena_alloc(a, n / 2);
    CHECK(out);
    CHECK(hex_decode(out, n / 2 + 1, text, n) == ERR_LENGTH);
    if (hex_decode(out, n / 2, text, n) != ERR_OK)
        return;
    CHECK(n % 2 == 0);
    const char *back = hex_text(a, out, n / 2);
    CHECK(back && strlen(back) == n);
    for (size_t i = 0; i < n; i++)
        CHECK(back[i] == lower(text[i]));
}

static void check_base64(const char *text, size_t n, arena *a)
{
    bytes out;
    if (base64_decode(a, text, n, &out) == ERR_OK)
        CHECK(bytes_equal(bytes_of_text(base64_text(a, out.p, out.n)), bytes_of(text, n)));
    if (base64url_decode(a, text, n, &out) == ERR_OK)
        CHECK(bytes_equal(bytes_of_text(base64url_text(a, out.p, out.n)), bytes_of(text, n)));
}

static void check_uuid(const char *text, size_t n)
{
    uint8_t id[16];
    char back[UUID_TEXT];
    if (uuid_decode(id, text, n) != ERR_OK)
        return;
    CHECK(n == UUID_TEXT - 1);
    uuid_encode(back, id);
    for (size_t i = 0; i < n; i++)
        CHECK(back[i] == lower(text[i]));
}

/* What is encoded is decoded to the same. */
static void check_round(const uint8_t *p, size_t n, arena *a)
{
    bytes out, in = bytes_of(p, n);
    const char *hex = hex_text(a, p, n), *standard = base64_text(a, p, n), *url = base64url_text(a, p, n);
    uint8_t *back = arena_alloc(a, n);
    CHECK(hex && standard && url && back);
    CHECK(hex_decode(back, n, hex, strlen(hex)) == ERR_OK && bytes_equal(bytes_of(back, n), in));
    CHECK(base64_decode(a, standard, strlen(standard), &out) == ERR_OK && bytes_equal(out, in));
    CHECK(base64url_decode(a, url, strlen(url), &out) == ERR_OK && bytes_equal(out, in));
}

static bool deceives(uint32_t c)
{
    return (c >= 0x80 && c <= 0x9f) || c == 0xad || c == 0x61c || c == 0x115f || c == 0x1160 ||
           (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) ||
           c == 0x3164 || c == 0xfeff || c == 0xffa0 || (c >= 0xfff9 && c <= 0xfffb) ||
           (c >= 0x1d173 && c <= 0x1d17a) || (c >= 0xe0000 && c <= 0xe007f);
}

static void check_utf8(const char *text, size_t n)
{
    json_t *peer = json_stringn(text, n);
    bool valid = utf8_valid(text, n);
    CHECK(valid == (peer && (n == 0 || !memchr(text, 0, n))));
    json_decref(peer);
    if (!valid)
        return;
    size_t characters = 0;
    bool deceptive = false;
    for (size_t i = 0; i < n; characters++) {
        uint8_t first = (uint8_t)text[i];
        size_t more = first < 0x80 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
        uint32_t c = more == 0 ? first : first & (0x3fu >> more);
        for (i++; more > 0; more--, i++)
            c = c << 6 | ((uint8_t)text[i] & 0x3f);
        deceptive |= deceives(c);
    }
    CHECK(utf8_length(text, n) == characters);
    CHECK(utf8_deceptive(text, n) == deceptive);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    arena *a = arena_create(ROOM);
    CHECK(a);
    if (n <= ROOM / 64) {
        check_hex((const char *)p, n, a);
        check_base64((const char *)p, n, a);
        check_uuid((const char *)p, n);
        check_utf8((const char *)p, n);
        check_round(p, n, a);
    }
    arena_destroy(a);
    return 0;
}
