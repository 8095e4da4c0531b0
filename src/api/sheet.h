/* Text that is put together piece by piece in the request's arena, and the cells of CSV in it. */
#ifndef YIQIAN_API_SHEET_H
#define YIQIAN_API_SHEET_H

#include <stdbool.h>

#include "base/arena.h"

/* UTF-8 with a byte order mark: without it spreadsheets take Chinese for GBK. */
#define SHEET_MARK "\xef\xbb\xbf"

/* Begins as {.arena = a}. Its room doubles: an arena gives nothing back, and the last one is the answer. */
typedef struct sheet {
    arena *arena;
    char *p;
    size_t n, cap;
    bool failed; /* the arena is full, or a text was NULL: what is there is not whole */
} sheet;

/* Room for what is known to come: doubling takes as much again. */
void sheet_reserve(sheet *s, size_t n);
void sheet_put(sheet *s, const char *p, size_t n);
void sheet_text(sheet *s, const char *text);

/* A cell (RFC 4180), quoted; NULL: an empty one. What a spreadsheet would take for a formula, behind white space too, gets an apostrophe. */
void sheet_cell(sheet *s, const char *text);

#endif
