#include "asn1/der_text.h"

#include <stdio.h>
#include <string.h>

#include "asn1/oid.h"
#include "base/text.h"

enum { CLASS_MASK = 0xc0, CONSTRUCTED = 0x20, NUMBER_MASK = 0x1f };

static void put_text(buffer *out, const char *text)
{
    buffer_put(out, text, strlen(text));
}

static void put_hex(buffer *out, bytes value)
{
    for (size_t i = 0; i < value.n; i++) {
        char digits[3];
        hex_encode(digits, value.p + i, 1);
        buffer_put(out, digits, 2);
    }
}

static void put_quoted(buffer *out, bytes text)
{
    buffer_put_u8(out, '"');
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        if (c < 0x20 || c == 0x7f) {
            buffer_put_u8(out, '\\');
            put_hex(out, bytes_of(&c, 1));
            continue;
        }
        if (c == '"' || c == '\\')
            buffer_put_u8(out, '\\');
        buffer_put_u8(out, c);
    }
    buffer_put_u8(out, '"');
}

static err put_integer(buffer *out, const char *name, bytes content)
{
    char text[24];
    uint64_t bits = 0;
    put_text(out, name);
    if (content.n > 8) {
        put_text(out, " 0x");
        put_hex(out, content);
        return ERR_OK;
    }
    for (size_t i = 0; i < content.n; i++)
        bits = bits << 8 | content.p[i];
    if (content.n < 8 && (content.p[0] & 0x80))
        bits |= UINT64_MAX << (8 * content.n);
    snprintf(text, sizeof text, " %lld", (long long)bits);
    put_text(out, text);
    return ERR_OK;
}

/* Unused bits are counted in the first octet and are zero (X.690 11.2.1). */
static err put_bits(buffer *out, bytes content)
{
    if (content.n == 0 || content.p[0] > 7 || (content.n == 1 && content.p[0] != 0))
        return ERR_DER;
    if (content.p[content.n - 1] & ((1u << content.p[0]) - 1) && content.n > 1)
        return ERR_DER;
    put_text(out, "BIT STRING ");
    put_hex(out, bytes_of(content.p + 1, content.n - 1));
    if (content.p[0] > 0) {
        char text[16];
        snprintf(text, sizeof text, " (-%u)", content.p[0]);
        put_text(out, text);
    }
    return ERR_OK;
}

static err put_string(buffer *out, uint8_t tag, const char *name, bytes content)
{
    if (!der_string_valid(tag, content))
        return ERR_DER;
    put_text(out, name);
    buffer_put_u8(out, ' ');
    if (tag == DER_BMP_STRING)
        put_hex(out, content);
    else
        put_quoted(out, content);
    return ERR_OK;
}

static err put_oid(buffer *out, bytes whole)
{
    der_reader r = der_reader_over(whole);
    bytes content;
    TRY(der_oid(&r, &content));
    put_text(out, "OBJECT IDENTIFIER ");
    err e = oid_to_text(out, content);
    if (e == ERR_OK && oid_from_octets(content) != OID_UNKNOWN) {
        put_text(out, " ");
        put_text(out, oid_name(oid_from_octets(content)));
    }
    return e == ERR_LENGTH ? ERR_OK : e; /* no room is told at the end */
}

/* A primitive value of the universal class. */
static err put_universal(buffer *out, uint8_t tag, bytes content, bytes whole)
{
    der_reader r = der_reader_over(whole);
    bool flag;
    int64_t time;
    switch (tag) {
    case DER_BOOLEAN:
        TRY(der_boolean(&r, &flag));
        put_text(out, flag ? "BOOLEAN TRUE" : "BOOLEAN FALSE");
        return ERR_OK;
    case DER_INTEGER:
        TRY(der_integer(&r, &content));
        return put_integer(out, "INTEGER", content);
    case DER_ENUMERATED:
        if (content.n == 0 || (content.n > 1 && ((content.p[0] == 0 && content.p[1] < 0x80) ||
                                                 (content.p[0] == 0xff && content.p[1] >= 0x80))))
            return ERR_DER;
        return put_integer(out, "ENUMERATED", content);
    case DER_BIT_STRING:
        return put_bits(out, content);
    case DER_OCTET_STRING:
        put_text(out, "OCTET STRING ");
        put_hex(out, content);
        return ERR_OK;
    case DER_NULL:
        TRY(der_null(&r));
        put_text(out, "NULL");
        return ERR_OK;
    case DER_OID:
        return put_oid(out, whole);
    case DER_UTF8_STRING:
        return put_string(out, tag, "UTF8String", content);
    case DER_NUMERIC_STRING:
        return put_string(out, tag, "NumericString", content);
    case DER_PRINTABLE_STRING:
        return put_string(out, tag, "PrintableString", content);
    case DER_IA5_STRING:
        return put_string(out, tag, "IA5String", content);
    case DER_VISIBLE_STRING:
        return put_string(out, tag, "VisibleString", content);
    case DER_BMP_STRING:
        return put_string(out, tag, "BMPString", content);
    case DER_UTC_TIME:
    case DER_GENERALIZED_TIME:
        TRY(der_time(&r, &time));
        put_text(out, tag == DER_UTC_TIME ? "UTCTime " : "GeneralizedTime ");
        buffer_put(out, content.p, content.n);
        return ERR_OK;
    default:
        return ERR_DER;
    }
}

static err put_value(buffer *out, der_reader *r);

static err put_constructed(buffer *out, der_reader *inner)
{
    put_text(out, "{");
    for (bool first = true; !der_at_end(inner); first = false) {
        put_text(out, first ? " " : ", ");
        TRY(put_value(out, inner));
    }
    put_text(out, " }");
    return ERR_OK;
}

/* At most DER_DEPTH_MAX calls deep: der_enter counts. */
static err put_value(buffer *out, der_reader *r)
{
    static const char *const classes[] = {"", "APPLICATION ", "", "PRIVATE "};
    der_reader again = *r, inner;
    uint8_t tag;
    bytes content, whole;
    char name[32];
    TRY(der_any(r, &tag, &content, &whole));
    bool universal = (tag & CLASS_MASK) == 0;
    if (universal && !(tag & CONSTRUCTED))
        return put_universal(out, tag, content, whole);
    if (universal && tag != DER_SEQUENCE && tag != DER_SET)
        return ERR_DER;
    if (universal)
        snprintf(name, sizeof name, "%s ", tag == DER_SEQUENCE ? "SEQUENCE" : "SET");
    else
        snprintf(name, sizeof name, "[%s%u] ", classes[tag >> 6], tag & NUMBER_MASK);
    put_text(out, name);
    if (!(tag & CONSTRUCTED)) {
        put_hex(out, content);
        return ERR_OK;
    }
    TRY(der_enter(&again, &inner, tag));
    return put_constructed(out, &inner);
}

err der_text(buffer *out, bytes der)
{
    der_reader r = der_reader_over(der);
    TRY(put_value(out, &r));
    TRY(der_finish(&r));
    return out->overflow ? ERR_LENGTH : ERR_OK;
}

err der_check(bytes der)
{
    buffer nowhere = buffer_over(NULL, 0);
    err e = der_text(&nowhere, der);
    return e == ERR_LENGTH ? ERR_OK : e;
}
