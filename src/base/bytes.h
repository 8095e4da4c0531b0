/* Byte slices, and writing into a buffer of fixed size. Neither owns its memory. */
#ifndef YIQIAN_BASE_BYTES_H
#define YIQIAN_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Borrowed, read-only. p may be NULL only where n is 0. */
typedef struct bytes {
    const uint8_t *p;
    size_t n;
} bytes;

static inline bytes bytes_of(const void *p, size_t n)
{
    return (bytes){(const uint8_t *)p, n};
}

/* The bytes of a C string, without its terminator. */
bytes bytes_of_text(const char *text);

/* Equality in variable time, for public data; secrets are compared with ct_equal (base/ct.h). */
bool bytes_equal(bytes a, bytes b);

/* A writer over the caller's cap bytes at p. Once something did not fit, `overflow` stays set and nothing more is written:
 * check it once, at the end. n is the number of bytes written. */
typedef struct buffer {
    uint8_t *p;
    size_t n, cap;
    bool overflow;
} buffer;

static inline buffer buffer_over(void *p, size_t cap)
{
    return (buffer){(uint8_t *)p, 0, cap, false};
}

void buffer_put(buffer *b, const void *p, size_t n);
void buffer_put_u8(buffer *b, uint8_t v);
void buffer_put_u32be(buffer *b, uint32_t v);

static inline void store_u32be(uint8_t out[4], uint32_t v)
{
    out[0] = (uint8_t)(v >> 24);
    out[1] = (uint8_t)(v >> 16);
    out[2] = (uint8_t)(v >> 8);
    out[3] = (uint8_t)v;
}

static inline void store_u64be(uint8_t out[8], uint64_t v)
{
    store_u32be(out, (uint32_t)(v >> 32));
    store_u32be(out + 4, (uint32_t)v);
}

static inline uint32_t load_u32be(const uint8_t in[4])
{
    return (uint32_t)in[0] << 24 | (uint32_t)in[1] << 16 | (uint32_t)in[2] << 8 | in[3];
}

static inline uint64_t load_u64be(const uint8_t in[8])
{
    return (uint64_t)load_u32be(in) << 32 | load_u32be(in + 4);
}

#endif
