/* Writes one JSON text into a buffer of the caller's. Commas are its part. Text must be valid UTF-8. */
#ifndef YIQIAN_SDK_JSON_WRITER_H
#define YIQIAN_SDK_JSON_WRITER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

/* out.overflow says at the end whether everything fitted. */
typedef struct json_writer {
    buffer out;
    bool comma; /* one is due before the next member or element */
} json_writer;

void json_writer_init(json_writer *w, void *p, size_t cap);

/* name is NULL for the root and for the elements of an array. */
void json_writer_begin_object(json_writer *w, const char *name);
void json_writer_end_object(json_writer *w);
void json_writer_begin_array(json_writer *w, const char *name);
void json_writer_end_array(json_writer *w);

void json_writer_text(json_writer *w, const char *name, const char *text);
void json_writer_int(json_writer *w, const char *name, int64_t value);
void json_writer_bool(json_writer *w, const char *name, bool value);
void json_writer_null(json_writer *w, const char *name);
void json_writer_hex(json_writer *w, const char *name, const void *p, size_t n);
void json_writer_uuid(json_writer *w, const char *name, const uint8_t id[16]);

#endif
