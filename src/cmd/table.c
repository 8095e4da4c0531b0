#include "cmd/table.h"

#include <stdbool.h>
#include <string.h>

#include "base/text.h"

enum { GAP = 2 };

typedef struct range {
    uint32_t first, last;
} range;

/* Unicode 15 EastAsianWidth.txt, W and F, as blocks: what is unassigned inside is counted as its neighbours are. */
static const range wide[] = {{0x1100, 0x115F},   {0x231A, 0x231B},   {0x23E9, 0x23EC},   {0x2E80, 0x303E},
                             {0x3041, 0x4DBF},   {0x4E00, 0xA4CF},   {0xA960, 0xA97F},   {0xAC00, 0xD7A3},
                             {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},   {0xFF01, 0xFF60},   {0xFFE0, 0xFFE6},
                             {0x1F300, 0x1F64F}, {0x1F680, 0x1F6FF}, {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD}};
static const range empty[] = {{0x0300, 0x036F}, {0x200B, 0x200F}, {0x202A, 0x202E}, {0x2060, 0x2064},
                              {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFEFF, 0xFEFF}};
/* C0, DEL and C1 steer the terminal; the directional ones (UAX #9) make text look like another. */
static const range steering[] = {
    {0x0001, 0x001F}, {0x007F, 0x009F}, {0x200E, 0x200F}, {0x202A, 0x202E}, {0x2066, 0x2069}};

static bool in_ranges(const range *ranges, size_t n, uint32_t c)
{
    for (size_t i = 0; i < n; i++)
        if (c >= ranges[i].first && c <= ranges[i].last)
            return true;
    return false;
}

/* The length in bytes that the lead byte of a character announces; 0 for a byte that leads none. */
static size_t announced(unsigned char lead)
{
    return lead < 0x80 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 0;
}

/* The next character and its length in bytes; 0 for malformed bytes. */
static size_t next_character(const char *text, uint32_t *c)
{
    static const unsigned char lead_bits[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    size_t n = announced((unsigned char)*text);
    if (n == 0 || strnlen(text, n) < n || !utf8_valid(text, n))
        return 0;
    *c = (unsigned char)*text & lead_bits[n];
    for (size_t i = 1; i < n; i++)
        *c = *c << 6 | ((unsigned char)text[i] & 0x3F);
    return n;
}

size_t table_width(const char *text)
{
    size_t width = 0;
    while (*text) {
        uint32_t c = 0;
        size_t n = next_character(text, &c);
        if (in_ranges(wide, sizeof wide / sizeof *wide, c))
            width += 2;
        else if (!in_ranges(empty, sizeof empty / sizeof *empty, c))
            width += 1;
        text += n > 0 ? n : 1;
    }
    return width;
}

const char *table_printable(arena *a, const char *text)
{
    static const char replacement[] = "\xEF\xBF\xBD";
    size_t cap = 3 * strlen(text) + 1, at = 0;
    char *out = arena_alloc(a, cap);
    while (out && *text) {
        uint32_t c = 0;
        size_t n = next_character(text, &c);
        if (c == '\n' || c == '\t') {
            out[at++] = ' ';
        } else if (n == 0 || in_ranges(steering, sizeof steering / sizeof *steering, c)) {
            memcpy(out + at, replacement, 3);
            at += 3;
        } else {
            memcpy(out + at, text, n);
            at += n;
        }
        text += n > 0 ? n : 1;
    }
    return out;
}

void table_pad(FILE *out, const char *text, size_t width)
{
    size_t n = table_width(text);
    fputs(text, out);
    for (; n < width; n++)
        fputc(' ', out);
}

typedef struct row {
    struct row *next;
    const char *cells[];
} row;

struct table {
    arena *a;
    size_t columns;
    size_t widths[TABLE_COLUMNS];
    row *first, **end;
};

table *table_begin(arena *a, size_t columns)
{
    table *t = columns <= TABLE_COLUMNS ? arena_alloc(a, sizeof *t) : NULL;
    if (!t)
        return NULL;
    *t = (table){.a = a, .columns = columns};
    t->end = &t->first;
    return t;
}

table *table_headed(arena *a, const phrase *headings, size_t columns)
{
    const char *cells[TABLE_COLUMNS];
    table *t = table_begin(a, columns);
    for (size_t i = 0; t && i < columns; i++)
        cells[i] = say(headings[i]);
    return t && table_add(t, cells) == ERR_OK ? t : NULL;
}

err table_add(table *t, const char *const *cells)
{
    row *r = t ? arena_alloc(t->a, sizeof *r + t->columns * sizeof *r->cells) : NULL;
    if (!r)
        return ERR_MEMORY;
    for (size_t i = 0; i < t->columns; i++) {
        r->cells[i] = cells[i] && *cells[i] ? table_printable(t->a, cells[i]) : "-";
        if (!r->cells[i])
            return ERR_MEMORY;
        size_t width = table_width(r->cells[i]);
        if (width > t->widths[i])
            t->widths[i] = width;
    }
    *t->end = r;
    t->end = &r->next;
    return ERR_OK;
}

void table_print(FILE *out, const table *t, size_t indent)
{
    for (const row *r = t->first; r; r = r->next) {
        for (size_t i = 0; i < indent; i++)
            fputc(' ', out);
        for (size_t i = 0; i + 1 < t->columns; i++)
            table_pad(out, r->cells[i], t->widths[i] + GAP);
        fprintf(out, "%s\n", r->cells[t->columns - 1]);
    }
}
