#include "record.h"

#include <string.h>

#include "base/text.h"
#include "crypto/sm3.h"

record record_write(uint8_t out[YQ_RECORD_MAX], const uint8_t magic[RECORD_MAGIC])
{
    record r = {.out = buffer_over(out, YQ_RECORD_MAX - SM3_SIZE)};
    buffer_put(&r.out, magic, RECORD_MAGIC);
    return r;
}

size_t record_end(record *r)
{
    sm3(r->out.p + r->out.n, r->out.p, r->out.n);
    return r->out.n + SM3_SIZE;
}

err record_read(record *r, const uint8_t *p, size_t n, const uint8_t magic[RECORD_MAGIC])
{
    uint8_t sum[SM3_SIZE];
    if (n < RECORD_MAGIC + SM3_SIZE || memcmp(p, magic, RECORD_MAGIC) != 0)
        return ERR_CORRUPT;
    sm3(sum, p, n - SM3_SIZE);
    if (memcmp(sum, p + n - SM3_SIZE, SM3_SIZE) != 0)
        return ERR_CORRUPT;
    *r = (record){.reading = true, .in = bytes_of(p + RECORD_MAGIC, n - RECORD_MAGIC - SM3_SIZE)};
    return ERR_OK;
}

err record_finish(const record *r)
{
    return r->failed || r->in.n != 0 ? ERR_CORRUPT : ERR_OK;
}

void record_raw(record *c, void *p, size_t n)
{
    if (!c->reading) {
        buffer_put(&c->out, p, n);
        return;
    }
    if (c->failed || n > c->in.n) {
        c->failed = true;
        return;
    }
    memcpy(p, c->in.p, n);
    c->in = bytes_of(c->in.p + n, c->in.n - n);
}

void record_number(record *c, uint32_t *value)
{
    uint8_t be[4];
    store_u32be(be, *value);
    record_raw(c, be, sizeof be);
    if (c->reading)
        *value = c->failed ? 0 : load_u32be(be);
}

void record_flag(record *c, bool *value)
{
    uint8_t byte = *value;
    record_raw(c, &byte, 1);
    if (c->reading) {
        c->failed |= byte > 1;
        *value = !c->failed && byte == 1;
    }
}

void record_variable(record *c, uint8_t *p, size_t *n, size_t cap)
{
    uint32_t size = (uint32_t)*n;
    record_number(c, &size);
    if (size > cap) {
        c->failed = true;
        size = 0;
    }
    *n = size;
    record_raw(c, p, size);
}

void record_text(record *c, char *p, size_t cap)
{
    size_t n = c->reading ? 0 : strlen(p);
    record_variable(c, (uint8_t *)p, &n, cap - 1);
    if (c->reading) {
        p[n] = 0;
        c->failed = c->failed || !utf8_valid(p, n);
    }
}
