/* A strict JSON reader (RFC 8259) for answers of the server: bounded in size, depth and members, no duplicate names,
 * UTF-8 only, no U+0000. It makes no tree: a value is a slice of the text, which is checked whole once, when it is
 * opened. Unknown fields are not looked at, since servers may add some. */
#ifndef YIQIAN_SDK_JSON_READER_H
#define YIQIAN_SDK_JSON_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"

enum { JSON_READER_DEPTH = 16, JSON_READER_MEMBERS = 64, JSON_READER_NAME = 64 };

/* A value of a checked text; lives as long as the text. */
typedef struct json_value {
    const char *p;
    size_t n;
} json_value;

/* Checks the whole text; *root is its one object. ERR_UTF8, ERR_JSON (grammar, duplicate names, something after the
 * object), ERR_LIMIT (depth, members of one object, bytes of a name), ERR_FIELD_TYPE (no object). */
MUST_CHECK err json_reader_open(json_value *root, const void *text, size_t n);

/* The member of an object. ERR_FIELD_TYPE (not an object), ERR_FIELD_MISSING. */
MUST_CHECK err json_reader_field(json_value *out, json_value object, const char *name);

bool json_reader_is_null(json_value value);

/* How many elements an array has; ERR_FIELD_TYPE, ERR_FIELD_LENGTH (more than max). */
MUST_CHECK err json_reader_count(size_t *n, json_value array, size_t max);

/* The next element of an array. *position starts at 0. False after the last one, and where the value is no array. */
bool json_reader_next(json_value *element, json_value array, size_t *position);

/* An integer in [min, max]: ERR_FIELD_TYPE (also where it has a fraction or exponent), ERR_FIELD_VALUE. */
MUST_CHECK err json_reader_int(int64_t *out, json_value value, int64_t min, int64_t max);

/* true or false; ERR_FIELD_TYPE. */
MUST_CHECK err json_reader_bool(bool *out, json_value value);

/* Text, NUL-terminated: into cap bytes of the caller's (ERR_FIELD_LENGTH), or into the arena (ERR_MEMORY).
 * ERR_FIELD_TYPE. */
MUST_CHECK err json_reader_copy(char *out, size_t cap, json_value value);
MUST_CHECK err json_reader_text(arena *a, const char **out, json_value value);

/* The text of a member that may be missing or null: "" then. */
MUST_CHECK err json_reader_text_or_empty(arena *a, const char **out, json_value object, const char *name);

/* Exactly n bytes as hex; at most max bytes as base64; 16 bytes as UUID text. ERR_FIELD_TYPE, ERR_FIELD_LENGTH,
 * ERR_FIELD_VALUE. */
MUST_CHECK err json_reader_hex(void *out, size_t n, json_value value);
MUST_CHECK err json_reader_base64(arena *a, bytes *out, json_value value, size_t max);
MUST_CHECK err json_reader_uuid(uint8_t out[16], json_value value);

#endif
