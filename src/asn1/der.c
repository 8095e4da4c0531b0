#include "asn1/der.h"

#include <string.h>

#include "base/text.h"

enum { CONSTRUCTED = 0x20, TAG_NUMBER = 0x1f };

der_reader der_reader_over(bytes input)
{
    /* An empty slice may have a null pointer, with which no arithmetic is defined. */
    static const uint8_t none;
    const uint8_t *p = input.n > 0 ? input.p : &none;
    return (der_reader){p, p + input.n, 0};
}

static size_t left(const der_reader *r)
{
    return (size_t)(r->end - r->p);
}

bool der_at_end(const der_reader *r)
{
    return r->p == r->end;
}

err der_finish(const der_reader *r)
{
    return der_at_end(r) ? ERR_OK : ERR_DER;
}

bool der_next_is(const der_reader *r, uint8_t tag)
{
    return !der_at_end(r) && *r->p == tag;
}

/* X.690 8.1.3 and 10.1: the length octets at *p, where there is at least one octet, minimal, and no longer than what follows
 * them. */
static err read_length(const uint8_t **p, const uint8_t *end, size_t *n)
{
    uint8_t first = *(*p)++;
    size_t length = first;
    if (first >= 0x80) {
        size_t octets = first & 0x7f;
        if (octets == 0 || octets > sizeof(uint32_t) || octets > (size_t)(end - *p) || **p == 0)
            return ERR_DER;
        for (length = 0; octets > 0; octets--)
            length = length << 8 | *(*p)++;
        if (length < 0x80)
            return ERR_DER;
    }
    if (length > (size_t)(end - *p))
        return ERR_DER;
    *n = length;
    return ERR_OK;
}

err der_any(der_reader *r, uint8_t *tag, bytes *content, bytes *whole)
{
    if (left(r) < 2 || (*r->p & TAG_NUMBER) == TAG_NUMBER || *r->p == 0)
        return ERR_DER;
    const uint8_t *start = r->p, *p = start + 1;
    size_t n;
    TRY(read_length(&p, r->end, &n));
    if (tag)
        *tag = *start;
    if (content)
        *content = bytes_of(p, n);
    if (whole)
        *whole = bytes_of(start, (size_t)(p - start) + n);
    r->p = p + n;
    return ERR_OK;
}

err der_value(der_reader *r, bytes *content, uint8_t tag)
{
    return der_next_is(r, tag) ? der_any(r, NULL, content, NULL) : ERR_DER;
}

err der_enter(der_reader *r, der_reader *inner, uint8_t tag)
{
    bytes content;
    if (!(tag & CONSTRUCTED) || r->depth == DER_DEPTH_MAX)
        return ERR_DER;
    TRY(der_value(r, &content, tag));
    *inner = der_reader_over(content);
    inner->depth = r->depth + 1;
    return ERR_OK;
}

/* Reads the next value with a copy of the reader, checks the content, and moves on only if it is right. */
#define READ_CHECKED(r, content, tag, condition)                                                                       \
    do {                                                                                                               \
        der_reader ahead = *(r);                                                                                       \
        TRY(der_value(&ahead, &(content), (tag)));                                                                     \
        if (!(condition))                                                                                              \
            return ERR_DER;                                                                                            \
        *(r) = ahead;                                                                                                  \
    } while (0)

err der_boolean(der_reader *r, bool *value)
{
    bytes content;
    READ_CHECKED(r, content, DER_BOOLEAN, content.n == 1 && (content.p[0] == 0 || content.p[0] == 0xff));
    *value = content.p[0] != 0;
    return ERR_OK;
}

err der_null(der_reader *r)
{
    bytes content;
    READ_CHECKED(r, content, DER_NULL, content.n == 0);
    return ERR_OK;
}

/* X.690 8.3.2: the first nine bits are neither all zero nor all one. */
static bool integer_minimal(bytes content)
{
    if (content.n < 2)
        return content.n == 1;
    bool high = content.p[1] & 0x80;
    return !(content.p[0] == 0 && !high) && !(content.p[0] == 0xff && high);
}

err der_integer(der_reader *r, bytes *content)
{
    bytes value;
    READ_CHECKED(r, value, DER_INTEGER, integer_minimal(value));
    *content = value;
    return ERR_OK;
}

err der_unsigned(der_reader *r, bytes *magnitude)
{
    bytes value;
    READ_CHECKED(r, value, DER_INTEGER, integer_minimal(value) && !(value.p[0] & 0x80));
    *magnitude = value.n > 1 && value.p[0] == 0 ? bytes_of(value.p + 1, value.n - 1) : value;
    return ERR_OK;
}

err der_uint64(der_reader *r, uint64_t *value)
{
    der_reader ahead = *r;
    bytes magnitude;
    TRY(der_unsigned(&ahead, &magnitude));
    if (magnitude.n > sizeof *value)
        return ERR_DER;
    uint64_t v = 0;
    for (size_t i = 0; i < magnitude.n; i++)
        v = v << 8 | magnitude.p[i];
    *value = v;
    *r = ahead;
    return ERR_OK;
}

err der_bit_string(der_reader *r, bytes *octets)
{
    bytes content;
    READ_CHECKED(r, content, DER_BIT_STRING, content.n >= 1 && content.p[0] == 0);
    *octets = bytes_of(content.p + 1, content.n - 1);
    return ERR_OK;
}

/* X.690 11.2: the unused bits are zero, and the last used bit of a NamedBitList is one. */
static bool named_bits_minimal(bytes content)
{
    if (content.n == 1)
        return content.p[0] == 0;
    if (content.n < 2 || content.n > 3 || content.p[0] > 7)
        return false;
    unsigned last = content.p[content.n - 1];
    return (last & ((2u << content.p[0]) - 1)) == 1u << content.p[0];
}

err der_named_bits(der_reader *r, uint16_t *bits)
{
    bytes content;
    READ_CHECKED(r, content, DER_BIT_STRING, named_bits_minimal(content));
    unsigned v = 0;
    for (size_t i = 8; i < 8 * content.n; i++)
        v |= (unsigned)(content.p[i / 8] >> (7 - i % 8) & 1) << (i - 8);
    *bits = (uint16_t)v;
    return ERR_OK;
}

/* X.690 8.19.2: subidentifiers begin with no 80, and the last octet ends one. */
static bool oid_well_formed(bytes content)
{
    bool begins = true;
    for (size_t i = 0; i < content.n; i++) {
        if (begins && content.p[i] == 0x80)
            return false;
        begins = !(content.p[i] & 0x80);
    }
    return content.n > 0 && begins;
}

err der_oid(der_reader *r, bytes *content)
{
    bytes value;
    READ_CHECKED(r, value, DER_OID, oid_well_formed(value));
    *content = value;
    return ERR_OK;
}

/* Days from 1970-01-01 to a date of the Gregorian calendar, counted in years that begin on 1 March so that the leap day
 * is the last. */
static int64_t days_from_date(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

/* Two digits as a number, or -1. */
static int two_digits(const uint8_t *p)
{
    if (p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9')
        return -1;
    return (p[0] - '0') * 10 + p[1] - '0';
}

/* MMDDHHMMSSZ after the year. A leap second is refused: Unix time has no name for it. */
static err time_in_year(int64_t *unix_ms, int year, const uint8_t *p)
{
    int month = two_digits(p), day = two_digits(p + 2), hour = two_digits(p + 4), minute = two_digits(p + 6);
    int second = two_digits(p + 8);
    if (month < 1 || month > 12 || day < 1 || day > days_in_month(year, month) || hour < 0 || hour > 23 || minute < 0 ||
        minute > 59 || second < 0 || second > 59 || p[10] != 'Z')
        return ERR_DER;
    int64_t seconds = days_from_date(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
    *unix_ms = seconds * 1000;
    return ERR_OK;
}

static err time_of(int64_t *unix_ms, uint8_t tag, bytes content)
{
    enum { UTC_SIZE = 13, GENERALIZED_SIZE = 15 };
    if (tag == DER_UTC_TIME && content.n == UTC_SIZE) {
        int year = two_digits(content.p);
        if (year < 0)
            return ERR_DER;
        return time_in_year(unix_ms, year + (year >= 50 ? 1900 : 2000), content.p + 2);
    }
    if (tag == DER_GENERALIZED_TIME && content.n == GENERALIZED_SIZE) {
        int century = two_digits(content.p), year = two_digits(content.p + 2);
        if (century < 0 || year < 0)
            return ERR_DER;
        return time_in_year(unix_ms, century * 100 + year, content.p + 4);
    }
    return ERR_DER;
}

err der_time(der_reader *r, int64_t *unix_ms)
{
    der_reader ahead = *r;
    uint8_t tag;
    bytes content;
    TRY(der_any(&ahead, &tag, &content, NULL));
    TRY(time_of(unix_ms, tag, content));
    *r = ahead;
    return ERR_OK;
}

bool der_is_one_value(bytes input, uint8_t tag)
{
    der_reader r = der_reader_over(input);
    bytes content;
    return der_value(&r, &content, tag) == ERR_OK && der_at_end(&r);
}

/* X.680 table 10. */
static bool printable(uint8_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           (c != 0 && strchr(" '()+,-./:=?", c) != NULL);
}

static bool string_octet_valid(uint8_t tag, uint8_t c)
{
    switch (tag) {
    case DER_PRINTABLE_STRING:
        return printable(c);
    case DER_NUMERIC_STRING:
        return c == ' ' || (c >= '0' && c <= '9');
    case DER_IA5_STRING:
        return c != 0 && c < 0x80;
    case DER_VISIBLE_STRING:
        return c >= 0x20 && c < 0x7f;
    default:
        return false;
    }
}

static bool bmp_valid(bytes content)
{
    for (size_t i = 0; i + 1 < content.n; i += 2) {
        unsigned c = (unsigned)content.p[i] << 8 | content.p[i + 1];
        if (c == 0 || (c >= 0xd800 && c <= 0xdfff))
            return false;
    }
    return content.n % 2 == 0;
}

bool der_string_valid(uint8_t tag, bytes content)
{
    if (tag == DER_UTF8_STRING)
        return utf8_valid((const char *)content.p, content.n);
    if (tag == DER_BMP_STRING)
        return bmp_valid(content);
    /* The others are told apart by their octets, so an empty one of no known type would pass. */
    if (!string_octet_valid(tag, tag == DER_NUMERIC_STRING ? '0' : 'A'))
        return false;
    for (size_t i = 0; i < content.n; i++)
        if (!string_octet_valid(tag, content.p[i]))
            return false;
    return true;
}
