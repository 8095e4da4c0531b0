#include "base/fault.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void fault_clear(fault *f)
{
    *f = (fault){.tries_left = -1, .retry_after = -1};
}

/* n, less the bytes of a last character of which some are missing. */
static size_t whole_characters(const char *text, size_t n)
{
    size_t start = n;
    while (start > 0 && ((unsigned char)text[start - 1] & 0xc0) == 0x80)
        start--;
    if (start == 0)
        return 0;
    unsigned char lead = (unsigned char)text[--start];
    size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
    return start + size > n ? start : n;
}

__attribute__((format(printf, 3, 0))) static void format_text(char *out, size_t cap, const char *format, va_list args)
{
    int n = vsnprintf(out, cap, format, args);
    if (n < 0)
        out[0] = 0;
    else if ((size_t)n >= cap)
        out[whole_characters(out, cap - 1)] = 0;
}

err fault_set(fault *f, err e, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    format_text(f->detail, sizeof f->detail, format, args);
    va_end(args);
    return e;
}

err fault_field(fault *f, err e, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    format_text(f->field, sizeof f->field, format, args);
    va_end(args);
    return e;
}
