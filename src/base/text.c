#include "base/text.h"

#include <stdint.h>
#include <string.h>

void hex_encode(char *out, const void *p, size_t n)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *in = p;
    for (size_t i = 0; i < n; i++) {
        out[2 * i] = digits[in[i] >> 4];
        out[2 * i + 1] = digits[in[i] & 15];
    }
    out[2 * n] = 0;
}

/* 0..15, or -1; without a table or branch on the digit, because key material arrives as hex too. */
static int hex_digit(unsigned c)
{
    int value = -1;
    value += (int)((('0' - 1 - (int)c) & ((int)c - '9' - 1)) >> 8 & (int)(c - '0' + 1));
    value += (int)((('A' - 1 - (int)c) & ((int)c - 'F' - 1)) >> 8 & (int)(c - 'A' + 11));
    value += (int)((('a' - 1 - (int)c) & ((int)c - 'f' - 1)) >> 8 & (int)(c - 'a' + 11));
    return value;
}

err hex_decode(void *out, size_t n, const char *text, size_t text_n)
{
    if (text_n / 2 != n || text_n % 2 != 0)
        return ERR_LENGTH;
    uint8_t *to = out;
    int bad = 0;
    for (size_t i = 0; i < n; i++) {
        int high = hex_digit((unsigned char)text[2 * i]), low = hex_digit((unsigned char)text[2 * i + 1]);
        bad |= high | low; /* negative as soon as one is */
        to[i] = (uint8_t)((unsigned)high << 4 | (unsigned)low);
    }
    return bad < 0 ? ERR_ENCODING : ERR_OK;
}

char *hex_text(arena *a, const void *p, size_t n)
{
    char *text = arena_alloc(a, 2 * n + 1);
    if (text)
        hex_encode(text, p, n);
    return text;
}

static const char standard[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static char *encode64(arena *a, const uint8_t *in, size_t n, const char *alphabet, bool padded)
{
    char *text = arena_alloc(a, (n + 2) / 3 * 4 + 1), *to = text;
    if (!text)
        return NULL;
    for (; n >= 3; n -= 3, in += 3) {
        uint32_t v = (uint32_t)in[0] << 16 | (uint32_t)in[1] << 8 | in[2];
        *to++ = alphabet[v >> 18];
        *to++ = alphabet[v >> 12 & 63];
        *to++ = alphabet[v >> 6 & 63];
        *to++ = alphabet[v & 63];
    }
    if (n > 0) {
        uint32_t v = (uint32_t)in[0] << 16 | (n == 2 ? (uint32_t)in[1] << 8 : 0);
        *to++ = alphabet[v >> 18];
        *to++ = alphabet[v >> 12 & 63];
        if (n == 2)
            *to++ = alphabet[v >> 6 & 63];
        else if (padded)
            *to++ = '=';
        if (padded)
            *to++ = '=';
    }
    *to = 0;
    return text;
}

char *base64_text(arena *a, const void *p, size_t n)
{
    return encode64(a, p, n, standard, true);
}

char *base64url_text(arena *a, const void *p, size_t n)
{
    return encode64(a, p, n, url, false);
}

static err decode64(arena *a, const char *text, size_t n, const char *alphabet, bool padded, bytes *out)
{
    uint8_t value[256];
    memset(value, 0xff, sizeof value);
    for (uint8_t i = 0; i < 64; i++)
        value[(unsigned char)alphabet[i]] = i;
    if (padded) {
        if (n % 4 != 0)
            return ERR_ENCODING;
        if (n > 0 && text[n - 1] == '=')
            n -= text[n - 2] == '=' ? 2 : 1;
    }
    if (n % 4 == 1)
        return ERR_ENCODING;
    size_t size = n / 4 * 3 + (n % 4 ? n % 4 - 1 : 0);
    uint8_t *p = arena_alloc(a, size), *to = p;
    if (!p)
        return ERR_MEMORY;
    uint32_t v = 0;
    for (size_t i = 0; i < n; i++) {
        uint8_t digit = value[(unsigned char)text[i]];
        if (digit == 0xff)
            return ERR_ENCODING;
        v = v << 6 | digit;
        if (i % 4 == 3) {
            *to++ = (uint8_t)(v >> 16);
            *to++ = (uint8_t)(v >> 8);
            *to++ = (uint8_t)v;
            v = 0;
        }
    }
    if (n % 4 == 2) {
        if (v & 15)
            return ERR_ENCODING;
        *to++ = (uint8_t)(v >> 4);
    } else if (n % 4 == 3) {
        if (v & 3)
            return ERR_ENCODING;
        *to++ = (uint8_t)(v >> 10);
        *to++ = (uint8_t)(v >> 2);
    }
    *out = bytes_of(p, size);
    return ERR_OK;
}

err base64_decode(arena *a, const char *text, size_t text_n, bytes *out)
{
    return decode64(a, text, text_n, standard, true, out);
}

err base64url_decode(arena *a, const char *text, size_t text_n, bytes *out)
{
    return decode64(a, text, text_n, url, false, out);
}

/* After how many bytes a hyphen stands. */
static bool hyphen_after(size_t i)
{
    return i == 3 || i == 5 || i == 7 || i == 9;
}

void uuid_encode(char out[UUID_TEXT], const uint8_t id[16])
{
    for (size_t i = 0; i < 16; i++) {
        hex_encode(out, id + i, 1);
        out += 2;
        if (hyphen_after(i))
            *out++ = '-';
    }
    *out = 0;
}

err uuid_decode(uint8_t id[16], const char *text, size_t text_n)
{
    if (text_n != UUID_TEXT - 1)
        return ERR_LENGTH;
    for (size_t i = 0; i < 16; i++) {
        TRY(hex_decode(id + i, 1, text, 2));
        text += 2;
        if (hyphen_after(i) && *text++ != '-')
            return ERR_ENCODING;
    }
    return ERR_OK;
}

bool utf8_valid(const char *text, size_t n)
{
    if (n == 0)
        return true; /* text may be NULL then */
    const uint8_t *p = (const uint8_t *)text, *end = p + n;
    while (p < end) {
        uint8_t c = *p++;
        if (c == 0)
            return false;
        if (c < 0x80)
            continue;
        /* Unicode 15, table 3-7: the range of the second byte depends on the first. */
        uint8_t low = 0x80, high = 0xbf;
        int more;
        if (c >= 0xc2 && c <= 0xdf) {
            more = 1;
        } else if (c >= 0xe0 && c <= 0xef) {
            more = 2;
            low = c == 0xe0 ? 0xa0 : 0x80;
            high = c == 0xed ? 0x9f : 0xbf;
        } else if (c >= 0xf0 && c <= 0xf4) {
            more = 3;
            low = c == 0xf0 ? 0x90 : 0x80;
            high = c == 0xf4 ? 0x8f : 0xbf;
        } else {
            return false;
        }
        for (; more > 0; more--, low = 0x80, high = 0xbf) {
            if (p == end || *p < low || *p > high)
                return false;
            p++;
        }
    }
    return true;
}

/* Of valid UTF-8. */
static uint32_t next_character(const uint8_t **at)
{
    const uint8_t *p = *at;
    uint32_t c = *p++;
    int more = c < 0x80 ? 0 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
    if (more > 0)
        c &= 0x3fu >> more;
    for (; more > 0; more--)
        c = c << 6 | (*p++ & 0x3f);
    *at = p;
    return c;
}

/* Left out: what scripts need to be written right (variation selectors, the Mongolian ones). */
static bool is_deceptive(uint32_t c)
{
    static const struct {
        uint32_t first, last;
    } ranges[] = {{0x80, 0x9f},     /* C1 controls: some terminals obey them */
                  {0xad, 0xad},     /* soft hyphen */
                  {0x61c, 0x61c},   /* Arabic letter mark */
                  {0x115f, 0x1160}, /* Hangul fillers, below also */
                  {0x200b, 0x200f}, /* zero-width ones, directional marks */
                  {0x2028, 0x202e}, /* line and paragraph separators, directional embeddings and overrides */
                  {0x2060, 0x206f}, /* invisible operators, directional isolates, deprecated formats */
                  {0x3164, 0x3164},   {0xfeff, 0xfeff}, /* zero-width no-break space */
                  {0xffa0, 0xffa0},   {0xfff9, 0xfffb}, /* interlinear annotation */
                  {0x1d173, 0x1d17a},                   /* invisible musical controls */
                  {0xe0000, 0xe007f}};                  /* tags: a whole text that nobody sees */
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (c >= ranges[i].first && c <= ranges[i].last)
            return true;
    return false;
}

bool utf8_deceptive(const char *text, size_t n)
{
    const uint8_t *at = (const uint8_t *)text, *end = n > 0 ? at + n : at;
    while (at < end) {
        uint32_t c = next_character(&at);
        if (c >= 0x80 && is_deceptive(c))
            return true;
    }
    return false;
}

bool utf8_blank(const char *text, size_t n)
{
    const uint8_t *at = (const uint8_t *)text, *end = n > 0 ? at + n : at;
    while (at < end) {
        uint32_t c = next_character(&at);
        bool blank = c == ' ' || c == '\t' || c == '\n' || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) ||
                     c == 0x202f || c == 0x205f || c == 0x3000;
        if (!blank)
            return false;
    }
    return true;
}

size_t utf8_length(const char *text, size_t n)
{
    size_t length = 0;
    for (size_t i = 0; i < n; i++)
        length += ((unsigned char)text[i] & 0xc0) != 0x80;
    return length;
}

size_t utf8_prefix(const char *text, size_t n)
{
    size_t at = 0;
    for (size_t characters = 0; text[at]; at++)
        if (((unsigned char)text[at] & 0xc0) != 0x80 && characters++ == n)
            break;
    return at;
}
