#include "asn1/name.h"

#include "base/text.h"

typedef struct attribute {
    oid type;
    bytes type_octets;
    uint8_t tag;
    bytes value;
} attribute;

/* Upper bounds in characters: RFC 5280 appendix A. 0: not an attribute that name_build writes. */
static size_t upper_bound(oid type)
{
    switch (type) {
    case OID_COUNTRY:
        return 2;
    case OID_COMMON_NAME:
    case OID_ORGANIZATION:
    case OID_ORGANIZATIONAL_UNIT:
    case OID_SERIAL_NUMBER:
    case OID_TITLE:
        return 64;
    case OID_LOCALITY:
    case OID_STATE:
        return 128;
    default:
        return 0;
    }
}

static uint8_t string_type(oid type)
{
    return type == OID_COUNTRY || type == OID_SERIAL_NUMBER ? DER_PRINTABLE_STRING : DER_UTF8_STRING;
}

static err check_field(const name_field *field, bytes value)
{
    size_t max = upper_bound(field->type);
    if (max == 0)
        return ERR_ARG;
    if (!utf8_valid(field->value, value.n))
        return ERR_UTF8;
    size_t length = utf8_length(field->value, value.n);
    if (length == 0 || length > max || (field->type == OID_COUNTRY && length != 2))
        return ERR_RANGE;
    return der_string_valid(string_type(field->type), value) ? ERR_OK : ERR_ENCODING;
}

static void put_attribute(buffer *out, oid type, bytes value)
{
    size_t set = der_open(out, DER_SET), sequence = der_open(out, DER_SEQUENCE);
    oid_put(out, type);
    der_put(out, string_type(type), value);
    der_close(out, sequence);
    der_close(out, set);
}

err name_build(buffer *out, const name_field *fields, size_t n)
{
    size_t sequence = der_open(out, DER_SEQUENCE);
    for (size_t i = 0; i < n; i++) {
        if (!fields[i].value)
            continue;
        bytes value = bytes_of_text(fields[i].value);
        TRY(check_field(&fields[i], value));
        put_attribute(out, fields[i].type, value);
    }
    der_close(out, sequence);
    return out->overflow ? ERR_LENGTH : ERR_OK;
}

/* The next AttributeTypeAndValue of an RDN. */
static err read_attribute(der_reader *rdn, attribute *out)
{
    der_reader sequence;
    TRY(der_enter(rdn, &sequence, DER_SEQUENCE));
    TRY(der_oid(&sequence, &out->type_octets));
    TRY(der_any(&sequence, &out->tag, &out->value, NULL));
    out->type = oid_from_octets(out->type_octets);
    return der_finish(&sequence);
}

/* The RDNs of a name, as readers over their attributes. Every attribute has been read once: reading again cannot fail. */
static err read_rdns(bytes name, der_reader rdns[NAME_RDN_MAX], size_t *n)
{
    der_reader outer = der_reader_over(name), sequence;
    if (name.n > NAME_DER_MAX)
        return ERR_DER;
    TRY(der_enter(&outer, &sequence, DER_SEQUENCE));
    TRY(der_finish(&outer));
    for (*n = 0; !der_at_end(&sequence); ++*n) {
        if (*n == NAME_RDN_MAX)
            return ERR_DER;
        TRY(der_enter(&sequence, &rdns[*n], DER_SET));
        der_reader rdn = rdns[*n];
        attribute a;
        do
            TRY(read_attribute(&rdn, &a));
        while (!der_at_end(&rdn));
    }
    return ERR_OK;
}

err name_check(bytes name)
{
    der_reader rdns[NAME_RDN_MAX];
    size_t n;
    return read_rdns(name, rdns, &n);
}

static void put_hex(buffer *out, bytes value)
{
    for (size_t i = 0; i < value.n; i++) {
        char digits[3];
        hex_encode(digits, value.p + i, 1);
        buffer_put(out, digits, 2);
    }
}

/* One character of the Basic Multilingual Plane as UTF-8; returns how many bytes. */
static size_t bmp_to_utf8(uint8_t out[3], unsigned c)
{
    if (c < 0x80) {
        out[0] = (uint8_t)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (uint8_t)(0xc0 | c >> 6);
        out[1] = (uint8_t)(0x80 | (c & 0x3f));
        return 2;
    }
    out[0] = (uint8_t)(0xe0 | c >> 12);
    out[1] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
    out[2] = (uint8_t)(0x80 | (c & 0x3f));
    return 3;
}

/* The value as UTF-8: what the other string types hold already is. */
static void put_utf8(buffer *out, const attribute *a)
{
    if (a->tag != DER_BMP_STRING) {
        buffer_put(out, a->value.p, a->value.n);
        return;
    }
    for (size_t i = 0; i < a->value.n; i += 2) {
        uint8_t utf8[3];
        buffer_put(out, utf8, bmp_to_utf8(utf8, (unsigned)a->value.p[i] << 8 | a->value.p[i + 1]));
    }
}

/* RFC 4514 2.4: which octet at place i of n is escaped. */
static bool must_escape(uint8_t c, size_t i, size_t n)
{
    switch (c) {
    case '"':
    case '+':
    case ',':
    case ';':
    case '<':
    case '>':
    case '\\':
        return true;
    case '#':
        return i == 0;
    case ' ':
        return i == 0 || i == n - 1;
    default:
        return false;
    }
}

/* Control characters, C1 ones (U+0080 to U+009F, C2 80 to C2 9F) among them, would let a name forge lines of a log. */
static bool is_control(bytes text, size_t i)
{
    uint8_t c = text.p[i];
    if (c < 0x20 || c == 0x7f)
        return true;
    bool after_c2 = i > 0 && text.p[i - 1] == 0xc2 && c < 0xa0;
    bool before_c1 = c == 0xc2 && i + 1 < text.n && text.p[i + 1] < 0xa0;
    return after_c2 || before_c1;
}

static void put_escaped(buffer *out, bytes text)
{
    for (size_t i = 0; i < text.n; i++) {
        if (is_control(text, i)) {
            buffer_put_u8(out, '\\');
            put_hex(out, bytes_of(text.p + i, 1));
            continue;
        }
        if (must_escape(text.p[i], i, text.n))
            buffer_put_u8(out, '\\');
        buffer_put_u8(out, text.p[i]);
    }
}

static err put_attribute_text(buffer *out, const attribute *a)
{
    if (a->type == OID_UNKNOWN) {
        TRY(oid_to_text(out, a->type_octets));
    } else {
        bytes type = bytes_of_text(oid_name(a->type));
        buffer_put(out, type.p, type.n);
    }
    buffer_put_u8(out, '=');
    if (!der_string_valid(a->tag, a->value)) {
        /* RFC 4514 2.4: # and the hex of the whole value. It is within a name, so at most NAME_DER_MAX bytes. */
        uint8_t room[NAME_DER_MAX];
        buffer whole = buffer_over(room, sizeof room);
        der_put(&whole, a->tag, a->value);
        buffer_put_u8(out, '#');
        put_hex(out, bytes_of(whole.p, whole.n));
        return ERR_OK;
    }
    /* Two octets of a BMPString become at most three. */
    uint8_t room[NAME_DER_MAX / 2 * 3];
    buffer text = buffer_over(room, sizeof room);
    put_utf8(&text, a);
    put_escaped(out, bytes_of(text.p, text.n));
    return ERR_OK;
}

err name_text(buffer *out, bytes name)
{
    der_reader rdns[NAME_RDN_MAX];
    size_t n;
    TRY(read_rdns(name, rdns, &n));
    for (size_t i = n; i-- > 0;) {
        char separator = ',';
        if (i == n - 1)
            separator = 0;
        while (!der_at_end(&rdns[i])) {
            attribute a;
            TRY(read_attribute(&rdns[i], &a));
            if (separator)
                buffer_put_u8(out, (uint8_t)separator);
            TRY(put_attribute_text(out, &a));
            separator = '+';
        }
    }
    return out->overflow ? ERR_LENGTH : ERR_OK;
}

err name_value(buffer *out, bytes name, oid type)
{
    der_reader rdns[NAME_RDN_MAX];
    size_t n;
    TRY(read_rdns(name, rdns, &n));
    for (size_t i = 0; i < n; i++) {
        while (!der_at_end(&rdns[i])) {
            attribute a;
            TRY(read_attribute(&rdns[i], &a));
            if (a.type != type)
                continue;
            if (!der_string_valid(a.tag, a.value))
                return ERR_DER;
            put_utf8(out, &a);
            return out->overflow ? ERR_LENGTH : ERR_OK;
        }
    }
    return ERR_NOT_FOUND;
}
