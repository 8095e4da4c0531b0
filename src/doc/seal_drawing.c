#include "doc/seal_drawing.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { NAME_MAX_DRAWN = 64, SIDE = 240, ROW_HEIGHT = 120, ROW_EDGE = 30, EM = 64, TEXT_ROOM = 160 * NAME_MAX_DRAWN };

#define FONTS "KaiTi,STKaiti,'AR PL UKai CN',SimSun,'Noto Serif CJK SC',serif"
#define RED "#c8161d"

/* The code points of valid UTF-8, at most max. */
static size_t code_points(const char *text, uint32_t *out, size_t max)
{
    size_t n = 0;
    const uint8_t *p = (const uint8_t *)text;
    while (*p && n < max) {
        int more = *p < 0x80 ? 0 : *p < 0xe0 ? 1 : *p < 0xf0 ? 2 : 3;
        uint32_t c = more == 0 ? *p : *p & (0x3fu >> more);
        p++;
        for (; more > 0 && *p; more--)
            c = c << 6 | (*p++ & 0x3f);
        out[n++] = c;
    }
    return n;
}

static bool is_han(uint32_t c)
{
    return (c >= 0x4e00 && c <= 0x9fff) || (c >= 0x3400 && c <= 0x4dbf) || (c >= 0x20000 && c <= 0x323af) ||
           c == 0x3007;
}

typedef struct drawing {
    char *p;
    size_t n, cap;
} drawing;

__attribute__((format(printf, 2, 3))) static void put(drawing *d, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(d->p + d->n, d->cap - d->n, format, arguments);
    va_end(arguments);
    if (n > 0)
        d->n = d->n + (size_t)n < d->cap ? d->n + (size_t)n : d->cap - 1;
}

static void put_frame(drawing *d, int width, int height)
{
    put(d,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\">"
        "<rect x=\"6\" y=\"6\" width=\"%d\" height=\"%d\" rx=\"6\" fill=\"none\" stroke=\"" RED
        "\" stroke-width=\"8\"/>"
        "<g fill=\"" RED "\" font-family=\"" FONTS "\" text-anchor=\"middle\">",
        width, height, width, height, width - 12, height - 12);
}

/* As a numeric reference (XML 1.0 4.1), whatever it is. */
static void put_character(drawing *d, int x, int y, int size, uint32_t c)
{
    put(d, "<text x=\"%d\" y=\"%d\" font-size=\"%d\">&#x%x;</text>", x, y, size, (unsigned)c);
}

/* Two columns of two, from the right: two characters get 之印, three get 印. */
static void draw_square(drawing *d, const uint32_t *name, size_t n)
{
    uint32_t cells[4] = {name[0], name[1], n == 2 ? 0x4e4b : name[2], n == 4 ? name[3] : 0x5370};
    put_frame(d, SIDE, SIDE);
    for (int i = 0; i < 4; i++)
        put_character(d, i < 2 ? 170 : 70, i % 2 == 0 ? 104 : 206, 98, cells[i]);
}

/* Half an em for what is narrow; the text is fitted to that, whatever font there is. */
static int width_of(const uint32_t *name, size_t n)
{
    int width = 0;
    for (size_t i = 0; i < n; i++)
        width += name[i] < 0x2e80 ? EM * 9 / 16 : EM;
    return width;
}

static void draw_row(drawing *d, const uint32_t *name, size_t n)
{
    int width = width_of(name, n);
    put_frame(d, width + 2 * ROW_EDGE, ROW_HEIGHT);
    put(d, "<text x=\"%d\" y=\"83\" font-size=\"%d\" textLength=\"%d\" lengthAdjust=\"spacingAndGlyphs\">",
        width / 2 + ROW_EDGE, EM, width);
    for (size_t i = 0; i < n; i++)
        put(d, "&#x%x;", (unsigned)name[i]);
    put(d, "</text>");
}

err seal_drawing_make(arena *a, const char *name, bytes *svg)
{
    uint32_t characters[NAME_MAX_DRAWN];
    size_t n = code_points(name, characters, NAME_MAX_DRAWN);
    bool han = n >= 2 && n <= 4;
    for (size_t i = 0; i < n; i++)
        han = han && is_han(characters[i]);
    drawing d = {arena_alloc(a, TEXT_ROOM), 0, TEXT_ROOM};
    if (!d.p)
        return ERR_MEMORY;
    if (han)
        draw_square(&d, characters, n);
    else
        draw_row(&d, characters, n);
    put(&d, "</g></svg>");
    *svg = bytes_of(d.p, d.n);
    return ERR_OK;
}
