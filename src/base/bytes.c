#include "base/bytes.h"

#include <string.h>

bytes bytes_of_text(const char *text)
{
    return bytes_of(text, strlen(text));
}

bool bytes_equal(bytes a, bytes b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

void buffer_put(buffer *b, const void *p, size_t n)
{
    if (b->overflow || n > b->cap - b->n) {
        b->overflow = true;
        return;
    }
    if (n > 0)
        memcpy(b->p + b->n, p, n);
    b->n += n;
}

void buffer_put_u8(buffer *b, uint8_t v)
{
    buffer_put(b, &v, 1);
}

void buffer_put_u32be(buffer *b, uint32_t v)
{
    uint8_t be[4];
    store_u32be(be, v);
    buffer_put(b, be, sizeof be);
}
