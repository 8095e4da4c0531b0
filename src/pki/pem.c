#include "pki/pem.h"

#include <string.h>

#include "base/text.h"

enum { LINE = 64 };

char *pem_encode(arena *a, const char *label, bytes der)
{
    const char *body = base64_text(a, der.p, der.n);
    if (!body)
        return NULL;
    size_t n = strlen(body), lines = (n + LINE - 1) / LINE;
    char *broken = arena_alloc(a, n + lines + 1), *to = broken;
    if (!broken)
        return NULL;
    for (size_t i = 0; i < n; i += LINE) {
        size_t line = n - i < LINE ? n - i : LINE;
        memcpy(to, body + i, line);
        to += line;
        *to++ = '\n';
    }
    return arena_printf(a, "-----BEGIN %s-----\n%s-----END %s-----\n", label, broken, label);
}

static bool is_line_end(uint8_t c)
{
    return c == '\n' || c == '\r';
}

/* Where `marker` stands as a whole line at or after text.p; *after is what follows the line's text. NULL if nowhere. */
static const uint8_t *find_line(bytes text, bytes marker, bytes *after)
{
    const uint8_t *end = text.p + text.n;
    for (const uint8_t *p = text.p; (size_t)(end - p) >= marker.n; p++) {
        p = memchr(p, '-', (size_t)(end - p) - marker.n + 1);
        if (!p)
            return NULL;
        const uint8_t *past = p + marker.n;
        bool begins = p == text.p || is_line_end(p[-1]);
        bool ends = past == end || is_line_end(*past) || *past == ' ' || *past == '\t';
        if (begins && ends && memcmp(p, marker.p, marker.n) == 0) {
            *after = bytes_of(past, (size_t)(end - past));
            return p;
        }
    }
    return NULL;
}

static bool is_space(uint8_t c)
{
    return is_line_end(c) || c == ' ' || c == '\t';
}

static err decode_body(arena *a, const uint8_t *body, size_t n, bytes *out)
{
    char *dense = arena_alloc(a, n);
    size_t used = 0;
    if (!dense)
        return ERR_MEMORY;
    for (size_t i = 0; i < n; i++)
        if (!is_space(body[i]))
            dense[used++] = (char)body[i];
    return base64_decode(a, dense, used, out);
}

err pem_decode(arena *a, const char *label, bytes text, bytes *out, bytes *rest)
{
    const char *begin = arena_printf(a, "-----BEGIN %s-----", label);
    const char *end = arena_printf(a, "-----END %s-----", label);
    bytes body, after;
    if (!begin || !end)
        return ERR_MEMORY;
    if (text.n == 0 || !find_line(text, bytes_of_text(begin), &body))
        return ERR_NOT_FOUND;
    const uint8_t *body_end = find_line(body, bytes_of_text(end), &after);
    if (!body_end)
        return ERR_ENCODING;
    TRY(decode_body(a, body.p, (size_t)(body_end - body.p), out));
    if (rest)
        *rest = after;
    return ERR_OK;
}
