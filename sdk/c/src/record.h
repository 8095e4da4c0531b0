/* Records of the storage: fields one after the other, with what they are before them and SM3 over all behind them. One function
 * names the fields for writing and reading, so what is written is what is read. */
#ifndef YIQIAN_SDK_RECORD_H
#define YIQIAN_SDK_RECORD_H

#include <stdbool.h>

#include "base/bytes.h"
#include "base/err.h"
#include "yiqian/device.h"

enum { RECORD_MAGIC = 8 };

typedef struct record {
    bool reading, failed;
    buffer out;
    bytes in;
} record;

/* Writing; record_end gives the bytes used. The fields must fit. */
record record_write(uint8_t out[YQ_RECORD_MAX], const uint8_t magic[RECORD_MAGIC]);
size_t record_end(record *r);

/* Reading: ERR_CORRUPT where it is not such a record as a whole, or something is wrong with its fields or left over. */
MUST_CHECK err record_read(record *r, const uint8_t *p, size_t n, const uint8_t magic[RECORD_MAGIC]);
MUST_CHECK err record_finish(const record *r);

/* n bytes; 32 bits; a truth value; up to cap bytes; UTF-8 text with its terminator in cap bytes. */
void record_raw(record *c, void *p, size_t n);
void record_number(record *c, uint32_t *value);
void record_flag(record *c, bool *value);
void record_variable(record *c, uint8_t *p, size_t *n, size_t cap);
void record_text(record *c, char *p, size_t cap);

#endif
