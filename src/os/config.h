/* Configuration: one table of rows makes the parser, --help, the sample file and the documentation. A setting `a_b` is called a_b in
 * the file ("a_b = value"), YIQIAN_A_B in the environment and --a-b on the command line; the later of these three wins. */
#ifndef YIQIAN_OS_CONFIG_H
#define YIQIAN_OS_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/err.h"

typedef enum config_kind {
    CONFIG_TEXT,    /* const char *: UTF-8 without control characters, min..max bytes */
    CONFIG_PATH,    /* const char *: the same */
    CONFIG_INT,     /* int64_t: min..max */
    CONFIG_SIZE,    /* int64_t: bytes, min..max; written with KiB, MiB, GiB or nothing after the number */
    CONFIG_SECONDS, /* int64_t: seconds, min..max; written with s, m, h, d or nothing after the number */
    CONFIG_BOOL     /* bool: true, false, yes, no, on, off, 1, 0; on the command line the name alone is true */
} config_kind;

typedef struct config_row {
    const char *name;
    config_kind kind;
    const char *fallback; /* as it would be written; NULL (text and paths only): the target is NULL */
    int64_t min, max;
    const char *help_zh, *help_en;
    size_t offset; /* of the target in the struct */
    bool secret;   /* its value is shown nowhere */
} config_row;

typedef struct config_table {
    const config_row *rows;
    size_t n;
    const char *file_row; /* the row (a path) that names the file; NULL: no file is read */
} config_table;

typedef struct config_source {
    const char *const *environment; /* "NAME=value", up to a NULL; NULL for none */
    const char *const *arguments;   /* without the program's name; options only */
    size_t arguments_n;
    const char **
        origins; /* NULL, or room for as many as the table has rows: where each value stands, NULL for a default (out) */
    const char *const *others; /* variables that begin like settings and are another program's, up to a NULL; NULL for none */
} config_source;

enum { CONFIG_MESSAGE = 512 };

/* Fills target. Text is in the arena. The file named by default may be missing, a file named otherwise may not. ERR_CONFIG, with the file
 * and line, variable or option, and what is allowed, in message; ERR_MEMORY. Values of texts do not come into messages: they may be secret. */
MUST_CHECK err config_load(arena *a, void *target, const config_table *table, const config_source *source,
                           char message[CONFIG_MESSAGE]);

/* What a row may hold, in words; and its value in target as it would be written ("24h"), in the arena: NULL where there is none, or it is
 * secret. ERR_MEMORY. */
enum { CONFIG_ALLOWED = 160 };
void config_allowed(char out[CONFIG_ALLOWED], const config_row *row);
MUST_CHECK err config_value(arena *a, const config_row *row, const void *target, const char **out);

/* The rows as the text of --help, as a file in which each setting stands commented out at its default, and as a table in Markdown. */
void config_help(FILE *out, const config_table *table);
void config_sample(FILE *out, const config_table *table);
void config_markdown(FILE *out, const config_table *table);

#endif
