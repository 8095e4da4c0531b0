#include "cmd/agent_code.h"

#include <stdio.h>
#include <string.h>

#include "cmd/qr_code.h"

/* ---- SVG: one path, a run of dark modules a piece ---- */

enum { SVG_HEAD = 512, SVG_RUN = 80 };

static size_t run_length(const qr_code *code, unsigned x, unsigned y)
{
    const uint8_t *row = code->modules + (size_t)y * code->size;
    size_t n = 0;
    while (x + n < code->size && row[x + n])
        n++;
    return n;
}

static void put(buffer *b, const char *text)
{
    buffer_put(b, text, strlen(text));
}

static void put_runs(buffer *b, const qr_code *code)
{
    char piece[SVG_RUN];
    for (unsigned y = 0; y < code->size; y++)
        for (unsigned x = 0; x < code->size; x++) {
            size_t n = run_length(code, x, y);
            if (n == 0)
                continue;
            (void)snprintf(piece, sizeof piece, "M%u %uh%zuv1h-%zuz", x + QR_CODE_QUIET, y + QR_CODE_QUIET, n, n);
            put(b, piece);
            x += (unsigned)n;
        }
}

err agent_code_svg(arena *a, const char *text, bytes *out)
{
    qr_code code;
    char head[SVG_HEAD];
    TRY(qr_code_make(a, text, &code));
    size_t cap = SVG_HEAD + (size_t)code.size * code.size * SVG_RUN / 4;
    buffer b = buffer_over(arena_alloc(a, cap), cap);
    if (!b.p)
        return ERR_MEMORY;
    const unsigned side = code.size + 2 * QR_CODE_QUIET;
    (void)snprintf(head, sizeof head,
                   "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %u %u\" shape-rendering=\"crispEdges\">"
                   "<rect width=\"%u\" height=\"%u\" fill=\"#fff\"/><path d=\"",
                   side, side, side, side);
    put(&b, head);
    put_runs(&b, &code);
    put(&b, "\"/></svg>");
    *out = bytes_of(b.p, b.n);
    return b.overflow ? ERR_LENGTH : ERR_OK;
}

/* ---- BMP: one bit a pixel, rows from the bottom, each filled up to four bytes ---- */

enum { BMP_FILE = 14, BMP_INFO = 40, BMP_COLOURS = 8, BMP_HEAD = BMP_FILE + BMP_INFO + BMP_COLOURS, BMP_DPM = 3780 };

static void put_le(buffer *b, uint32_t value, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buffer_put_u8(b, (uint8_t)(value >> (8 * i)));
}

static void put_head(buffer *b, uint32_t side, uint32_t size)
{
    buffer_put(b, "BM", 2);
    put_le(b, BMP_HEAD + size, 4);
    put_le(b, 0, 4);
    put_le(b, BMP_HEAD, 4);
    put_le(b, BMP_INFO, 4);
    put_le(b, side, 4);
    put_le(b, side, 4);
    put_le(b, 1, 2); /* planes */
    put_le(b, 1, 2); /* bits a pixel */
    put_le(b, 0, 4); /* not compressed */
    put_le(b, size, 4);
    put_le(b, BMP_DPM, 4);
    put_le(b, BMP_DPM, 4);
    put_le(b, 2, 4);
    put_le(b, 2, 4);
    put_le(b, 0x00ffffff, 4); /* 0 is white */
    put_le(b, 0x00000000, 4);
}

static bool dark(const qr_code *code, size_t x, size_t y)
{
    return qr_code_dark(code, (int)(y / AGENT_CODE_SCALE) - QR_CODE_QUIET, (int)(x / AGENT_CODE_SCALE) - QR_CODE_QUIET);
}

err agent_code_bmp(arena *a, const char *text, bytes *out)
{
    qr_code code;
    TRY(qr_code_make(a, text, &code));
    const size_t side = (size_t)(code.size + 2 * QR_CODE_QUIET) * AGENT_CODE_SCALE, row = (side + 31) / 32 * 4;
    buffer b = buffer_over(arena_alloc(a, BMP_HEAD + row * side), BMP_HEAD + row * side);
    if (!b.p)
        return ERR_MEMORY;
    put_head(&b, (uint32_t)side, (uint32_t)(row * side));
    for (size_t y = side; y-- > 0;) {
        uint8_t *line = b.p + b.n; /* the arena's memory is zero: white */
        for (size_t x = 0; x < side; x++)
            if (dark(&code, x, y))
                line[x / 8] |= (uint8_t)(0x80 >> (x % 8));
        b.n += row;
    }
    *out = bytes_of(b.p, b.n);
    return ERR_OK;
}
