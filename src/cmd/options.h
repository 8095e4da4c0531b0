/* Options of the command line: one table of rows makes the parser and the text of --help. */
#ifndef YIQIAN_CMD_OPTIONS_H
#define YIQIAN_CMD_OPTIONS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "cmd/language.h"

typedef enum option_kind {
    OPTION_FLAG,    /* bool; no value */
    OPTION_TEXT,    /* const char *: UTF-8 */
    OPTION_PATH,    /* const char *: any bytes, not empty */
    OPTION_CHOICE,  /* const char *: one of `choices` */
    OPTION_INT,     /* int64_t: min..max */
    OPTION_SECONDS, /* int64_t: min..max; written with s, m, h, d or nothing after the number */
    OPTION_LIST,    /* option_list: OPTION_TEXT, may be given several times */
    OPTION_SET      /* uint32_t: bit i for choice i, from a list separated by commas */
} option_kind;

enum { OPTION_LIST_MAX = 20 };
typedef struct option_list {
    const char *items[OPTION_LIST_MAX];
    size_t n;
} option_list;

enum { OPTION_REQUIRED = 1 << 0, OPTION_OPERAND = 1 << 1 };

typedef struct option_row {
    const char *name; /* "staff-no" of --staff-no; of an operand what help calls it: "STAFF_NO" */
    option_kind kind;
    unsigned flags;
    const char *value;   /* what help calls the value: "SECONDS"; NULL for flags, choices and operands */
    const char *choices; /* "raw|digest"; of a set at most 32 */
    int64_t min, max;
    phrase help;
    size_t offset; /* of the target in the struct */
} option_row;

/* Rows and the struct they fill, which the caller has zeroed: what is not given stays as it is. At most OPTIONS_ROWS rows. */
enum { OPTIONS_ROWS = 32 };
typedef struct option_table {
    const option_row *rows;
    size_t n;
    void *target;
    uint32_t given; /* bit i: row i was there */
} option_table;

enum { OPTIONS_MESSAGE = 256 };

/* Reads arguments into the tables, "--name value" and "--name=value", options and operands in any order; "--" ends the options. With
 * stop_at_operand it ends before the first operand. *used: how many arguments were read. Values are borrowed from the arguments.
 * ERR_ARG, with what is wrong in message, in the language chosen. */
MUST_CHECK err options_parse(option_table *tables, size_t tables_n, const char *const *arguments, size_t arguments_n,
                             bool stop_at_operand, size_t *used, char message[OPTIONS_MESSAGE]);

/* ERR_ARG unless every required row was given. */
MUST_CHECK err options_complete(const option_table *tables, size_t tables_n, char message[OPTIONS_MESSAGE]);

/* "STAFF_NO --name NAME [OPTIONS]": what stands behind the command's name in a usage line. */
void options_usage(FILE *out, const option_row *rows, size_t n);

/* The rows with their help, aligned. */
void options_help(FILE *out, const option_row *rows, size_t n);

#endif
