#include "api/sheet.h"

#include <string.h>

enum { FIRST_ROOM = 64 << 10 };

static void grow(sheet *s, size_t cap)
{
    char *room = arena_alloc(s->arena, cap);
    if (!room) {
        s->failed = true;
        return;
    }
    if (s->n > 0)
        memcpy(room, s->p, s->n);
    s->p = room;
    s->cap = cap;
}

void sheet_reserve(sheet *s, size_t n)
{
    if (n > s->cap)
        grow(s, n);
}

void sheet_put(sheet *s, const char *p, size_t n)
{
    if (n > s->cap - s->n) {
        size_t cap = s->cap > 0 ? s->cap : FIRST_ROOM;
        while (cap - s->n < n)
            cap *= 2;
        grow(s, cap);
        if (s->cap - s->n < n)
            return;
    }
    memcpy(s->p + s->n, p, n);
    s->n += n;
}

void sheet_text(sheet *s, const char *text)
{
    if (text)
        sheet_put(s, text, strlen(text));
    else
        s->failed = true;
}

void sheet_cell(sheet *s, const char *text)
{
    const char *rest = text ? text : "", *first = rest + strspn(rest, " \t\r\n");
    sheet_put(s, "\"", 1);
    if ((*first && strchr("=+-@", *first)) || *rest == '\t' || *rest == '\r')
        sheet_put(s, "'", 1);
    for (const char *quote; (quote = strchr(rest, '"')) != NULL; rest = quote + 1) {
        sheet_put(s, rest, (size_t)(quote - rest));
        sheet_put(s, "\"\"", 2);
    }
    sheet_put(s, rest, strlen(rest));
    sheet_put(s, "\"", 1);
}
