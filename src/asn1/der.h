/* Strict DER (ITU-T X.690 clauses 8, 10 and 11): a reader that borrows slices of its input and a writer into the caller's buffer.
 * BER is refused: lengths are definite and minimal, INTEGERs minimal, BOOLEANs 00 or FF, unused bits zero. Whatever is not
 * DER is ERR_DER. Tag numbers of 31 and above do not occur in anything read here and are refused.
 *
 * That a SET OF is in order is not checked on reading.
 *
 * In reading calls the reader comes first, then what is given. After an error the reader stays where it was. */
#ifndef YIQIAN_ASN1_DER_H
#define YIQIAN_ASN1_DER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"

/* Identifier octets. */
enum {
    DER_BOOLEAN = 0x01,
    DER_INTEGER = 0x02,
    DER_BIT_STRING = 0x03,
    DER_OCTET_STRING = 0x04,
    DER_NULL = 0x05,
    DER_OID = 0x06,
    DER_ENUMERATED = 0x0a,
    DER_UTF8_STRING = 0x0c,
    DER_NUMERIC_STRING = 0x12,
    DER_PRINTABLE_STRING = 0x13,
    DER_IA5_STRING = 0x16,
    DER_UTC_TIME = 0x17,
    DER_GENERALIZED_TIME = 0x18,
    DER_VISIBLE_STRING = 0x1a,
    DER_BMP_STRING = 0x1e,
    DER_SEQUENCE = 0x30,
    DER_SET = 0x31
};

/* [n], n < 31, around a primitive (IMPLICIT) or a constructed value. */
#define DER_CONTEXT(n) ((uint8_t)(0x80 | (n)))
#define DER_CONTEXT_CONSTRUCTED(n) ((uint8_t)(0xa0 | (n)))

/* How deep der_enter goes before it gives ERR_DER. */
enum { DER_DEPTH_MAX = 16 };

/* Reads one level of values, from left to right. */
typedef struct der_reader {
    const uint8_t *p, *end;
    unsigned depth;
} der_reader;

der_reader der_reader_over(bytes input);

bool der_at_end(const der_reader *r);

/* ERR_DER where something is left. */
MUST_CHECK err der_finish(const der_reader *r);

/* True if a value follows and its identifier octet is the given one: how OPTIONAL and DEFAULT are read. */
bool der_next_is(const der_reader *r, uint8_t tag);

/* The next value, whatever it is. tag, content, whole (tag and length included): any of them may be NULL. Only this value's
 * own header is checked, not what is inside. */
MUST_CHECK err der_any(der_reader *r, uint8_t *tag, bytes *content, bytes *whole);

/* The content of the next value, which must have this tag. */
MUST_CHECK err der_value(der_reader *r, bytes *content, uint8_t tag);

/* A reader for the inside of the next value, which must be constructed and have this tag. inner may not be r. */
MUST_CHECK err der_enter(der_reader *r, der_reader *inner, uint8_t tag);

MUST_CHECK err der_boolean(der_reader *r, bool *value);
MUST_CHECK err der_null(der_reader *r);

/* Content octets of a minimal INTEGER, two's complement, any size and sign. */
MUST_CHECK err der_integer(der_reader *r, bytes *content);

/* The magnitude of an INTEGER >= 0, without a leading zero octet (0 is one octet 00). */
MUST_CHECK err der_unsigned(der_reader *r, bytes *magnitude);

/* The same as a number; ERR_DER where it needs more than 64 bits. */
MUST_CHECK err der_uint64(der_reader *r, uint64_t *value);

/* A BIT STRING of whole octets. */
MUST_CHECK err der_bit_string(der_reader *r, bytes *octets);

/* A NamedBitList (X.690 11.2.2: no trailing zero bit): bit i of *bits is the named bit i, i < 16. More bits are ERR_DER. */
MUST_CHECK err der_named_bits(der_reader *r, uint16_t *bits);

/* Content octets of a well-formed OBJECT IDENTIFIER; asn1/oid.h gives them a meaning. */
MUST_CHECK err der_oid(der_reader *r, bytes *content);

/* Time as RFC 5280 4.1.2.5 has it: UTCTime or GeneralizedTime in Zulu with seconds and no fraction, as Unix milliseconds. */
MUST_CHECK err der_time(der_reader *r, int64_t *unix_ms);

/* True if the input is as a whole one value with this identifier octet and a minimal definite length. What is inside is
 * not looked at: for telling apart what a signature may be taken for, refusing too much is the safe side. */
bool der_is_one_value(bytes input, uint8_t tag);

/* True if every octet belongs to the character set of the string type (the tag): UTF8String, PrintableString, NumericString,
 * IA5String, VisibleString, BMPString (whole characters, no surrogates). False for any other tag. U+0000 is never valid. */
bool der_string_valid(uint8_t tag, bytes content);

/* Writing. Everything goes to the end of the buffer; look at b->overflow once, when all is written. */

/* Begins a value whose content follows; der_close, given what der_open returned, fills in the length. They nest. */
size_t der_open(buffer *b, uint8_t tag);
void der_close(buffer *b, size_t opened);

void der_put(buffer *b, uint8_t tag, bytes content);

/* A SET OF these values, each whole, or the same under an implicit tag: sorts them by their encodings (X.690 11.6), then writes. */
void der_put_set_of(buffer *b, uint8_t tag, bytes *values, size_t n);

void der_put_boolean(buffer *b, bool value);
void der_put_null(buffer *b);
void der_put_uint64(buffer *b, uint64_t value);

/* An INTEGER >= 0 from its big-endian magnitude; leading zeros are fine. */
void der_put_unsigned(buffer *b, bytes magnitude);

/* A BIT STRING of whole octets. */
void der_put_bit_string(buffer *b, bytes octets);

/* Bit i of bits is the named bit i. */
void der_put_named_bits(buffer *b, uint16_t bits);

/* UTCTime for the years 1950 to 2049, else GeneralizedTime; parts of a second are dropped. ERR_RANGE outside the years 0 to 9999,
 * with nothing written. */
MUST_CHECK err der_put_time(buffer *b, int64_t unix_ms);

/* GeneralizedTime with a fraction (X.690 11.7): Unix microseconds, cut off after so many digits of a second (at most 6), without the zeros at
 * its end. ERR_RANGE outside the years 0 to 9999, with nothing written. */
MUST_CHECK err der_put_generalized_time(buffer *b, int64_t unix_us, unsigned digits);

#endif
