#include "json_writer.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

void json_writer_init(json_writer *w, void *p, size_t cap)
{
    *w = (json_writer){buffer_over(p, cap), false};
}

static void put_char(json_writer *w, char c)
{
    buffer_put_u8(&w->out, (uint8_t)c);
}

/* RFC 8259 7: quotation mark, backslash and control characters are escaped. */
static void put_string(json_writer *w, const char *text)
{
    static const char digits[] = "0123456789abcdef";
    put_char(w, '"');
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c < 0x20) {
            const char escape[6] = {'\\', 'u', '0', '0', digits[c >> 4], digits[c & 15]};
            buffer_put(&w->out, escape, sizeof escape);
            continue;
        }
        if (c == '"' || c == '\\')
            put_char(w, '\\');
        put_char(w, *text);
    }
    put_char(w, '"');
}

static void put_name(json_writer *w, const char *name)
{
    if (w->comma)
        put_char(w, ',');
    w->comma = true;
    if (name) {
        put_string(w, name);
        put_char(w, ':');
    }
}

static void begin(json_writer *w, const char *name, char bracket)
{
    put_name(w, name);
    put_char(w, bracket);
    w->comma = false;
}

static void end(json_writer *w, char bracket)
{
    put_char(w, bracket);
    w->comma = true;
}

void json_writer_begin_object(json_writer *w, const char *name)
{
    begin(w, name, '{');
}

void json_writer_end_object(json_writer *w)
{
    end(w, '}');
}

void json_writer_begin_array(json_writer *w, const char *name)
{
    begin(w, name, '[');
}

void json_writer_end_array(json_writer *w)
{
    end(w, ']');
}

void json_writer_text(json_writer *w, const char *name, const char *text)
{
    put_name(w, name);
    put_string(w, text);
}

void json_writer_int(json_writer *w, const char *name, int64_t value)
{
    char text[24];
    put_name(w, name);
    int n = snprintf(text, sizeof text, "%" PRId64, value);
    buffer_put(&w->out, text, n > 0 ? (size_t)n : 0);
}

void json_writer_bool(json_writer *w, const char *name, bool value)
{
    put_name(w, name);
    buffer_put(&w->out, value ? "true" : "false", value ? 4 : 5);
}

void json_writer_null(json_writer *w, const char *name)
{
    put_name(w, name);
    buffer_put(&w->out, "null", 4);
}

void json_writer_hex(json_writer *w, const char *name, const void *p, size_t n)
{
    const uint8_t *in = p;
    put_name(w, name);
    put_char(w, '"');
    for (size_t i = 0; i < n; i++) {
        char digits[3];
        hex_encode(digits, in + i, 1);
        buffer_put(&w->out, digits, 2);
    }
    put_char(w, '"');
}

void json_writer_uuid(json_writer *w, const char *name, const uint8_t id[16])
{
    char text[UUID_TEXT];
    uuid_encode(text, id);
    json_writer_text(w, name, text);
}
