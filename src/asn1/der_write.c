#include "asn1/der.h"

#include <string.h>

/* The length octets of n (X.690 10.1); returns how many. */
static size_t length_octets(uint8_t out[1 + sizeof(size_t)], size_t n)
{
    if (n < 0x80) {
        out[0] = (uint8_t)n;
        return 1;
    }
    size_t octets = 0;
    for (size_t rest = n; rest > 0; rest >>= 8)
        octets++;
    out[0] = (uint8_t)(0x80 | octets);
    for (size_t i = 0; i < octets; i++)
        out[1 + i] = (uint8_t)(n >> 8 * (octets - 1 - i));
    return 1 + octets;
}

size_t der_open(buffer *b, uint8_t tag)
{
    size_t opened = b->n;
    buffer_put_u8(b, tag);
    buffer_put_u8(b, 0);
    return opened;
}

/* One octet of length was left free; where the content needs more it is moved up. That costs a copy a level, which is little
 * beside hashing the same bytes for the signature. */
void der_close(buffer *b, size_t opened)
{
    if (b->overflow)
        return;
    size_t content = opened + 2, n = b->n - content;
    uint8_t octets[1 + sizeof(size_t)];
    size_t count = length_octets(octets, n), more = count - 1;
    if (more > b->cap - b->n) {
        b->overflow = true;
        return;
    }
    if (more > 0)
        memmove(b->p + content + more, b->p + content, n);
    memcpy(b->p + opened + 1, octets, count);
    b->n += more;
}

static void put_header(buffer *b, uint8_t tag, size_t n)
{
    uint8_t octets[1 + sizeof(size_t)];
    buffer_put_u8(b, tag);
    buffer_put(b, octets, length_octets(octets, n));
}

void der_put(buffer *b, uint8_t tag, bytes content)
{
    put_header(b, tag, content.n);
    buffer_put(b, content.p, content.n);
}

/* No encoding is another's beginning, as its length stands in front. */
static bool comes_before(bytes a, bytes b)
{
    return memcmp(a.p, b.p, a.n < b.n ? a.n : b.n) < 0;
}

void der_put_set_of(buffer *b, uint8_t tag, bytes *values, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        bytes one = values[i];
        size_t place = i;
        for (; place > 0 && comes_before(one, values[place - 1]); place--)
            values[place] = values[place - 1];
        values[place] = one;
    }
    size_t set = der_open(b, tag);
    for (size_t i = 0; i < n; i++)
        buffer_put(b, values[i].p, values[i].n);
    der_close(b, set);
}

void der_put_boolean(buffer *b, bool value)
{
    uint8_t content = value ? 0xff : 0;
    der_put(b, DER_BOOLEAN, bytes_of(&content, 1));
}

void der_put_null(buffer *b)
{
    put_header(b, DER_NULL, 0);
}

void der_put_uint64(buffer *b, uint64_t value)
{
    uint8_t magnitude[sizeof value];
    store_u64be(magnitude, value);
    der_put_unsigned(b, bytes_of(magnitude, sizeof magnitude));
}

void der_put_unsigned(buffer *b, bytes magnitude)
{
    while (magnitude.n > 0 && magnitude.p[0] == 0)
        magnitude = bytes_of(magnitude.p + 1, magnitude.n - 1);
    bool pad = magnitude.n == 0 || (magnitude.p[0] & 0x80);
    put_header(b, DER_INTEGER, magnitude.n + pad);
    if (pad)
        buffer_put_u8(b, 0);
    buffer_put(b, magnitude.p, magnitude.n);
}

void der_put_bit_string(buffer *b, bytes octets)
{
    put_header(b, DER_BIT_STRING, octets.n + 1);
    buffer_put_u8(b, 0);
    buffer_put(b, octets.p, octets.n);
}

void der_put_named_bits(buffer *b, uint16_t bits)
{
    uint8_t content[3] = {0, 0, 0};
    size_t used = 0;
    for (size_t i = 0; i < 16; i++) {
        if (bits >> i & 1) {
            content[1 + i / 8] |= (uint8_t)(0x80 >> i % 8);
            used = i + 1;
        }
    }
    content[0] = (uint8_t)((8 - used % 8) % 8);
    der_put(b, DER_BIT_STRING, bytes_of(content, 1 + (used + 7) / 8));
}

typedef struct date {
    int64_t year;
    int month, day;
} date;

/* The date that is so many days after 1970-01-01, in years that begin on 1 March. */
static date date_from_days(int64_t days)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int day_of_year = (int)(day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100));
    int march_month = (5 * day_of_year + 2) / 153;
    int month = march_month + (march_month < 10 ? 3 : -9);
    return (date){year_of_era + era * 400 + (month <= 2), month, day_of_year - (153 * march_month + 2) / 5 + 1};
}

static uint8_t *put_two_digits(uint8_t *p, int value)
{
    p[0] = (uint8_t)('0' + value / 10);
    p[1] = (uint8_t)('0' + value % 10);
    return p + 2;
}

/* "MMDDHHMMSS" after as much of the year as the type has; gives where it ends, NULL outside the years 0 to 9999. */
static uint8_t *put_date_and_time(uint8_t *p, int64_t unix_seconds, bool *utc)
{
    int64_t days = unix_seconds / 86400 - (unix_seconds % 86400 < 0);
    int second_of_day = (int)(unix_seconds - days * 86400);
    date d = date_from_days(days);
    if (d.year < 0 || d.year > 9999)
        return NULL;
    *utc = *utc && d.year >= 1950 && d.year <= 2049;
    if (!*utc)
        p = put_two_digits(p, (int)d.year / 100);
    p = put_two_digits(p, (int)(d.year % 100));
    p = put_two_digits(p, d.month);
    p = put_two_digits(p, d.day);
    p = put_two_digits(p, second_of_day / 3600);
    p = put_two_digits(p, second_of_day / 60 % 60);
    return put_two_digits(p, second_of_day % 60);
}

err der_put_time(buffer *b, int64_t unix_ms)
{
    uint8_t text[15];
    bool utc = true;
    uint8_t *p = put_date_and_time(text, unix_ms / 1000 - (unix_ms % 1000 < 0), &utc);
    if (!p)
        return ERR_RANGE;
    *p++ = 'Z';
    der_put(b, utc ? DER_UTC_TIME : DER_GENERALIZED_TIME, bytes_of(text, (size_t)(p - text)));
    return ERR_OK;
}

err der_put_generalized_time(buffer *b, int64_t unix_us, unsigned digits)
{
    enum { MICROSECONDS = 1000000 };
    uint8_t text[22];
    bool utc = false;
    int64_t seconds = unix_us / MICROSECONDS - (unix_us % MICROSECONDS < 0);
    uint8_t *p = put_date_and_time(text, seconds, &utc);
    if (!p)
        return ERR_RANGE;
    int fraction = (int)(unix_us - seconds * MICROSECONDS);
    uint8_t *end = p; /* after the last digit that is not 0 */
    *p = '.';
    for (unsigned i = 0; i < digits; i++) {
        fraction *= 10;
        p[1 + i] = (uint8_t)('0' + fraction / MICROSECONDS);
        if (p[1 + i] != '0')
            end = p + 2 + i;
        fraction %= MICROSECONDS;
    }
    *end++ = 'Z';
    der_put(b, DER_GENERALIZED_TIME, bytes_of(text, (size_t)(end - text)));
    return ERR_OK;
}
