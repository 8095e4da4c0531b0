/* What goes between Java and C: big-endian numbers, bytes behind their length, texts as UTF-8 (never JNI's modified one) behind their
 * length and before a 0. Input.java and Output.java are the other side. */
#ifndef YIQIAN_JNI_PACK_H
#define YIQIAN_JNI_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Once something is not as it should be, bad is set and everything read afterwards is 0 or NULL: it is looked at once, at the end. */
typedef struct pack_reader {
    const uint8_t *p;
    size_t n;
    bool bad;
} pack_reader;

uint32_t pack_read_u32(pack_reader *in);
int64_t pack_read_i64(pack_reader *in);
bool pack_read_bool(pack_reader *in);
/* NULL for none; else NUL-terminated, and it lives as long as what is read. */
const char *pack_read_text(pack_reader *in);
/* n bytes that are written with their length, which must be n. */
const uint8_t *pack_read_bytes(pack_reader *in, size_t n);
/* The same of any length. */
const uint8_t *pack_read_any(pack_reader *in, size_t *n);
/* A count of at most max, else bad. */
size_t pack_read_count(pack_reader *in, size_t max);

/* Grows by itself. bad: there was no memory. */
typedef struct pack_writer {
    uint8_t *p;
    size_t n, capacity;
    bool bad;
} pack_writer;

void pack_write_u32(pack_writer *out, uint32_t value);
void pack_write_i64(pack_writer *out, int64_t value);
void pack_write_bool(pack_writer *out, bool value);
void pack_write_bytes(pack_writer *out, const void *p, size_t n);
/* NULL is "". */
void pack_write_text(pack_writer *out, const char *text);
/* Wipes and frees. */
void pack_writer_free(pack_writer *out);

/* Not optimised away. */
void pack_wipe(void *p, size_t n);

#endif
