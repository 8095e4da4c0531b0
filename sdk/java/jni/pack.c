#include "pack.h"

#include <stdlib.h>
#include <string.h>

enum { NONE = -1, FIRST_CAPACITY = 1024 };

static const uint8_t *take(pack_reader *in, size_t n)
{
    if (in->bad || n > in->n) {
        in->bad = true;
        return NULL;
    }
    const uint8_t *p = in->p;
    in->p += n;
    in->n -= n;
    return p;
}

uint32_t pack_read_u32(pack_reader *in)
{
    const uint8_t *p = take(in, 4);
    return p ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3] : 0;
}

int64_t pack_read_i64(pack_reader *in)
{
    uint64_t high = pack_read_u32(in);
    return (int64_t)(high << 32 | pack_read_u32(in));
}

bool pack_read_bool(pack_reader *in)
{
    return pack_read_u32(in) != 0;
}

const char *pack_read_text(pack_reader *in)
{
    uint32_t n = pack_read_u32(in);
    if (n == (uint32_t)NONE)
        return NULL;
    const uint8_t *p = take(in, (size_t)n + 1);
    if (p && memchr(p, 0, (size_t)n + 1) == p + n)
        return (const char *)p;
    in->bad = true;
    return NULL;
}

const uint8_t *pack_read_any(pack_reader *in, size_t *n)
{
    *n = pack_read_u32(in);
    const uint8_t *p = take(in, *n);
    if (!p)
        *n = 0;
    return p;
}

const uint8_t *pack_read_bytes(pack_reader *in, size_t n)
{
    size_t got;
    const uint8_t *p = pack_read_any(in, &got);
    if (!p || got == n)
        return p;
    in->bad = true;
    return NULL;
}

size_t pack_read_count(pack_reader *in, size_t max)
{
    uint32_t n = pack_read_u32(in);
    if (n <= max)
        return n;
    in->bad = true;
    return 0;
}

/* Not realloc, which would leave a copy behind. */
static bool grow(pack_writer *out, size_t more)
{
    if (out->bad || more <= out->capacity - out->n)
        return !out->bad;
    size_t capacity = out->capacity ? out->capacity : FIRST_CAPACITY;
    while (capacity - out->n < more && capacity <= SIZE_MAX / 2)
        capacity *= 2;
    uint8_t *p = capacity - out->n >= more ? malloc(capacity) : NULL;
    if (!p) {
        out->bad = true;
        return false;
    }
    if (out->n > 0)
        memcpy(p, out->p, out->n);
    pack_wipe(out->p, out->n);
    free(out->p);
    out->p = p;
    out->capacity = capacity;
    return true;
}

static void put(pack_writer *out, const void *p, size_t n)
{
    if (n == 0 || !grow(out, n))
        return;
    memcpy(out->p + out->n, p, n);
    out->n += n;
}

void pack_write_u32(pack_writer *out, uint32_t value)
{
    const uint8_t four[4] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8), (uint8_t)value};
    put(out, four, sizeof four);
}

void pack_write_i64(pack_writer *out, int64_t value)
{
    pack_write_u32(out, (uint32_t)((uint64_t)value >> 32));
    pack_write_u32(out, (uint32_t)(uint64_t)value);
}

void pack_write_bool(pack_writer *out, bool value)
{
    pack_write_u32(out, value);
}

void pack_write_bytes(pack_writer *out, const void *p, size_t n)
{
    if (n > INT32_MAX) { /* no array of Java's */
        out->bad = true;
        return;
    }
    pack_write_u32(out, (uint32_t)n);
    put(out, p, n);
}

void pack_write_text(pack_writer *out, const char *text)
{
    pack_write_bytes(out, text ? text : "", text ? strlen(text) : 0);
}

void pack_writer_free(pack_writer *out)
{
    pack_wipe(out->p, out->n);
    free(out->p);
    memset(out, 0, sizeof *out);
}

void pack_wipe(void *p, size_t n)
{
    volatile uint8_t *at = p;
    while (n-- > 0)
        *at++ = 0;
}
