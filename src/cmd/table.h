/* Text in columns on a terminal, where a Chinese character takes two. */
#ifndef YIQIAN_CMD_TABLE_H
#define YIQIAN_CMD_TABLE_H

#include <stddef.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/err.h"
#include "cmd/language.h"

/* Terminal columns that valid UTF-8 takes: two for wide characters (Unicode UAX #11), none for combining ones. */
size_t table_width(const char *text);

/* The text with control and directional characters and malformed UTF-8 shown as U+FFFD, line feeds and tabs as spaces: it comes
 * from others and must not steer the terminal. In the arena; NULL if it is full. */
const char *table_printable(arena *a, const char *text);

/* The text, and as many spaces as fill it up to `width` columns. */
void table_pad(FILE *out, const char *text, size_t width);

typedef struct table table;

/* An empty table in the arena; NULL if it is full. */
enum { TABLE_COLUMNS = 12 };
table *table_begin(arena *a, size_t columns);

/* The same with a first row of headings. */
table *table_headed(arena *a, const phrase *headings, size_t columns);

/* Copies `columns` cells; NULL and "" become "-". ERR_MEMORY, also where t is NULL. */
MUST_CHECK err table_add(table *t, const char *const *cells);

/* All rows, columns two spaces apart; `indent` spaces before each. */
void table_print(FILE *out, const table *t, size_t indent);

#endif
