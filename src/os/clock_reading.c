#include "os/clock_reading.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *clock_source_name(clock_source_kind kind)
{
    static const char *const names[] = {"chrony", "kernel", "ntp", "gpsd"};
    return names[kind];
}

void clock_reading_none(clock_reading *out, clock_source_kind kind, const char *id, const char *format, ...)
{
    va_list args;
    char own[CLOCK_ID_TEXT]; /* it may be that of *out */
    clock_reading_text(own, sizeof own, id, strlen(id));
    *out = (clock_reading){.kind = kind};
    memcpy(out->id, own, sizeof own);
    va_start(args, format);
    (void)vsnprintf(out->said, sizeof out->said, format, args);
    va_end(args);
}

void clock_reading_text(char *out, size_t cap, const char *text, size_t n)
{
    size_t i = 0;
    for (; i < n && i + 1 < cap && text[i]; i++)
        out[i] = text[i] >= 0x20 && text[i] < 0x7f ? text[i] : '?';
    out[i] = '\0';
}
