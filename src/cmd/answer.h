/* The server's answers for people: tables and lists of fields, each described by rows; or as they are, with --json. */
#ifndef YIQIAN_CMD_ANSWER_H
#define YIQIAN_CMD_ANSWER_H

#include "cmd/session.h"

typedef enum answer_kind {
    ANSWER_TEXT, /* and numbers, truth values, and arrays of words, which show what they are themselves */
    ANSWER_WORD, /* a word of the API ("signed"), in the language chosen where it is known */
    ANSWER_TIME, /* RFC 3339, shown in local time to the second */
    ANSWER_MS,   /* nanoseconds, shown as milliseconds */
    ANSWER_HEX   /* long text, of which tables show the beginning */
} answer_kind;

typedef struct answer_column {
    phrase header;
    const char *path; /* "state", "signer.name" */
    answer_kind kind;
} answer_column;

#define ANSWER_COLUMNS(columns) (columns), sizeof(columns) / sizeof *(columns)

/* The string at a path; NULL where there is none. Borrowed. */
const char *answer_text(const json_t *object, const char *path);

/* A word of the API in the language chosen; the word itself where it is not known. */
const char *answer_word(const char *word);

/* A time of the API in local time, "2026-03-01 16:30:00"; the text itself where it is none. In the arena; NULL if it is full. */
const char *answer_time(arena *a, const char *rfc3339);

/* Prints the page of a listing: a table, and how to ask for the rest where there is more. ERR_MEMORY. */
MUST_CHECK err answer_list(session *s, const json_t *answer, const answer_column *columns, size_t n);

/* Prints one thing, a field a line; fields that are not there or null are left out. ERR_MEMORY. */
MUST_CHECK err answer_show(session *s, const json_t *answer, const answer_column *columns, size_t n);

/* The same after an act: what was done, then the fields (n may be 0). */
MUST_CHECK err answer_done(session *s, phrase done, const json_t *answer, const answer_column *columns, size_t n);

/* As JSON, whatever the options say. ERR_MEMORY. */
MUST_CHECK err answer_dump(const json_t *answer);

/* Writes n bytes to the file (replacing it), or to standard output where path is NULL. The error is told. */
MUST_CHECK err answer_write(session *s, const char *path, const void *p, size_t n);

#endif
