#include "json_reader.h"

#include <string.h>

#include "base/text.h"

typedef struct cursor {
    const char *p, *end;
    unsigned depth;
} cursor;

static void skip_space(cursor *c)
{
    while (c->p < c->end && (*c->p == ' ' || *c->p == '\t' || *c->p == '\n' || *c->p == '\r'))
        c->p++;
}

static bool take(cursor *c, char wanted)
{
    if (c->p == c->end || *c->p != wanted)
        return false;
    c->p++;
    return true;
}

/* ---- strings ---- */

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* The four digits after \u; -1 where they are not there. */
static int32_t code_unit(const char *p, const char *end)
{
    int32_t unit = 0;
    if (end - p < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        int digit = hex_value(p[i]);
        if (digit < 0)
            return -1;
        unit = unit << 4 | digit;
    }
    return unit;
}

static bool is_high(int32_t unit)
{
    return unit >= 0xd800 && unit <= 0xdbff;
}

static bool is_low(int32_t unit)
{
    return unit >= 0xdc00 && unit <= 0xdfff;
}

/* After the backslash. Surrogates only in pairs (RFC 8259 8.2 leaves it open; text that is not Unicode is of no use
 * here). */
static err check_escape(cursor *c)
{
    if (c->p == c->end)
        return ERR_JSON;
    char kind = *c->p++;
    if (kind != 'u')
        return strchr("\"\\/bfnrt", kind) && kind ? ERR_OK : ERR_JSON;
    int32_t unit = code_unit(c->p, c->end);
    if (unit < 0)
        return ERR_JSON;
    c->p += 4;
    if (unit == 0 || is_low(unit))
        return ERR_UTF8;
    if (!is_high(unit))
        return ERR_OK;
    if (c->end - c->p < 6 || c->p[0] != '\\' || c->p[1] != 'u' || !is_low(code_unit(c->p + 2, c->end)))
        return ERR_UTF8;
    c->p += 6;
    return ERR_OK;
}

static err check_string(cursor *c)
{
    if (!take(c, '"'))
        return ERR_JSON;
    while (c->p < c->end) {
        unsigned char at = (unsigned char)*c->p++;
        if (at == '"')
            return ERR_OK;
        if (at < 0x20)
            return ERR_JSON;
        if (at == '\\')
            TRY(check_escape(c));
    }
    return ERR_JSON;
}

static size_t put_utf8(char out[4], uint32_t code)
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xc0 | code >> 6);
        out[1] = (char)(0x80 | (code & 63));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xe0 | code >> 12);
        out[1] = (char)(0x80 | (code >> 6 & 63));
        out[2] = (char)(0x80 | (code & 63));
        return 3;
    }
    out[0] = (char)(0xf0 | code >> 18);
    out[1] = (char)(0x80 | (code >> 12 & 63));
    out[2] = (char)(0x80 | (code >> 6 & 63));
    out[3] = (char)(0x80 | (code & 63));
    return 4;
}

/* One byte or one escape of a checked string: the bytes that it stands for. */
static size_t decode_step(const char **p, const char *end, char out[4])
{
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    if (**p != '\\') {
        out[0] = *(*p)++;
        return 1;
    }
    char kind = (*p)[1];
    *p += 2;
    if (kind != 'u') {
        out[0] = values[strchr(names, kind) - names];
        return 1;
    }
    uint32_t code = (uint32_t)code_unit(*p, end);
    *p += 4;
    if (is_high((int32_t)code)) {
        code = 0x10000 + ((code - 0xd800) << 10) + ((uint32_t)code_unit(*p + 2, end) - 0xdc00);
        *p += 6;
    }
    return put_utf8(out, code);
}

/* The decoded string and a terminator; *n bytes without it. */
static err decode(char *out, size_t cap, size_t *n, json_value string)
{
    const char *p = string.p + 1, *end = string.p + string.n - 1;
    *n = 0;
    while (p < end) {
        char piece[4];
        size_t size = decode_step(&p, end, piece);
        if (size >= cap - *n)
            return ERR_FIELD_LENGTH;
        memcpy(out + *n, piece, size);
        *n += size;
    }
    out[*n] = 0;
    return ERR_OK;
}

static bool string_equals(json_value string, const char *text, size_t n)
{
    const char *p = string.p + 1, *end = string.p + string.n - 1;
    while (p < end) {
        char piece[4];
        size_t size = decode_step(&p, end, piece);
        if (size > n || memcmp(piece, text, size) != 0)
            return false;
        text += size;
        n -= size;
    }
    return n == 0;
}

/* ---- the other values ---- */

static bool is_digit(const cursor *c)
{
    return c->p < c->end && *c->p >= '0' && *c->p <= '9';
}

static err check_digits(cursor *c)
{
    if (!is_digit(c))
        return ERR_JSON;
    while (is_digit(c))
        c->p++;
    return ERR_OK;
}

static err check_number(cursor *c)
{
    (void)take(c, '-');
    if (!take(c, '0'))
        TRY(check_digits(c));
    if (take(c, '.'))
        TRY(check_digits(c));
    if (take(c, 'e') || take(c, 'E')) {
        if (!take(c, '+'))
            (void)take(c, '-');
        TRY(check_digits(c));
    }
    return ERR_OK;
}

static err check_word(cursor *c, const char *word)
{
    size_t n = strlen(word);
    if ((size_t)(c->end - c->p) < n || memcmp(c->p, word, n) != 0)
        return ERR_JSON;
    c->p += n;
    return ERR_OK;
}

static err check_value(cursor *c);

static err check_name(cursor *c, json_value *names, size_t count)
{
    char name[JSON_READER_NAME + 1];
    size_t n;
    const char *start = c->p;
    TRY(check_string(c));
    names[count] = (json_value){start, (size_t)(c->p - start)};
    if (decode(name, sizeof name, &n, names[count]) != ERR_OK)
        return ERR_LIMIT;
    for (size_t i = 0; i < count; i++)
        if (string_equals(names[i], name, n))
            return ERR_JSON;
    return ERR_OK;
}

static err check_object(cursor *c)
{
    json_value names[JSON_READER_MEMBERS];
    size_t count = 0;
    c->p++;
    skip_space(c);
    if (take(c, '}'))
        return ERR_OK;
    do {
        if (count == JSON_READER_MEMBERS)
            return ERR_LIMIT;
        skip_space(c);
        TRY(check_name(c, names, count++));
        skip_space(c);
        if (!take(c, ':'))
            return ERR_JSON;
        TRY(check_value(c));
        skip_space(c);
    } while (take(c, ','));
    return take(c, '}') ? ERR_OK : ERR_JSON;
}

static err check_array(cursor *c)
{
    c->p++;
    skip_space(c);
    if (take(c, ']'))
        return ERR_OK;
    do {
        TRY(check_value(c));
        skip_space(c);
    } while (take(c, ','));
    return take(c, ']') ? ERR_OK : ERR_JSON;
}

static err check_value(cursor *c)
{
    skip_space(c);
    if (c->p == c->end)
        return ERR_JSON;
    switch (*c->p) {
    case '"':
        return check_string(c);
    case 't':
        return check_word(c, "true");
    case 'f':
        return check_word(c, "false");
    case 'n':
        return check_word(c, "null");
    case '{':
    case '[':
        break;
    default:
        return check_number(c);
    }
    if (c->depth == JSON_READER_DEPTH)
        return ERR_LIMIT;
    c->depth++;
    TRY(*c->p == '{' ? check_object(c) : check_array(c));
    c->depth--;
    return ERR_OK;
}

err json_reader_open(json_value *root, const void *text, size_t n)
{
    if (n == 0)
        return ERR_JSON;
    if (!utf8_valid(text, n))
        return ERR_UTF8;
    cursor c = {text, (const char *)text + n, 0};
    skip_space(&c);
    const char *start = c.p;
    TRY(check_value(&c));
    *root = (json_value){start, (size_t)(c.p - start)};
    skip_space(&c);
    if (c.p != c.end)
        return ERR_JSON;
    return *start == '{' ? ERR_OK : ERR_FIELD_TYPE;
}

/* ---- looking at a checked text ---- */

/* Past one value. The text is checked, so brackets outside strings balance and the walk needs no stack. */
static json_value skip_value(cursor *c)
{
    skip_space(c);
    const char *start = c->p;
    size_t open = 0;
    bool scalar = *c->p != '{' && *c->p != '[';
    do {
        if (*c->p == '"') {
            for (c->p++; *c->p != '"'; c->p++)
                c->p += *c->p == '\\';
        } else if (*c->p == '{' || *c->p == '[') {
            open++;
        } else if (*c->p == '}' || *c->p == ']') {
            open--;
        }
        c->p++;
    } while (open > 0);
    while (scalar && *start != '"' && !strchr(",]} \t\r\n", *c->p))
        c->p++;
    return (json_value){start, (size_t)(c->p - start)};
}

/* Inside an object or array: to the next member or element, or false at the end. */
static bool at_next(cursor *c)
{
    skip_space(c);
    if (take(c, ','))
        skip_space(c);
    return *c->p != '}' && *c->p != ']';
}

err json_reader_field(json_value *out, json_value object, const char *name)
{
    if (*object.p != '{')
        return ERR_FIELD_TYPE;
    size_t n = strlen(name);
    cursor c = {object.p + 1, object.p + object.n, 0};
    while (at_next(&c)) {
        json_value found = skip_value(&c);
        skip_space(&c);
        c.p++; /* the colon */
        json_value value = skip_value(&c);
        if (string_equals(found, name, n)) {
            *out = value;
            return ERR_OK;
        }
    }
    return ERR_FIELD_MISSING;
}

bool json_reader_is_null(json_value value)
{
    return *value.p == 'n';
}

err json_reader_bool(bool *out, json_value value)
{
    if (*value.p != 't' && *value.p != 'f')
        return ERR_FIELD_TYPE;
    *out = *value.p == 't';
    return ERR_OK;
}

bool json_reader_next(json_value *element, json_value array, size_t *position)
{
    if (*array.p != '[')
        return false;
    cursor c = {array.p + (*position > 0 ? *position : 1), array.p + array.n, 0};
    if (!at_next(&c))
        return false;
    *element = skip_value(&c);
    *position = (size_t)(c.p - array.p);
    return true;
}

err json_reader_count(size_t *n, json_value array, size_t max)
{
    if (*array.p != '[')
        return ERR_FIELD_TYPE;
    json_value element;
    size_t position = 0;
    for (*n = 0; json_reader_next(&element, array, &position); ++*n)
        if (*n == max)
            return ERR_FIELD_LENGTH;
    return ERR_OK;
}

err json_reader_int(int64_t *out, json_value value, int64_t min, int64_t max)
{
    bool negative = *value.p == '-';
    if (!negative && (*value.p < '0' || *value.p > '9'))
        return ERR_FIELD_TYPE;
    int64_t number = 0;
    for (size_t i = negative; i < value.n; i++) {
        if (value.p[i] < '0' || value.p[i] > '9')
            return ERR_FIELD_TYPE;
        if (number > (INT64_MAX - 9) / 10)
            return ERR_FIELD_VALUE;
        number = number * 10 + (value.p[i] - '0');
    }
    *out = negative ? -number : number;
    return *out >= min && *out <= max ? ERR_OK : ERR_FIELD_VALUE;
}

err json_reader_copy(char *out, size_t cap, json_value value)
{
    size_t n;
    return *value.p == '"' ? decode(out, cap, &n, value) : ERR_FIELD_TYPE;
}

/* Decoded text is never longer than its encoding. */
static err decode_into(arena *a, const char **out, size_t *n, json_value value)
{
    if (*value.p != '"')
        return ERR_FIELD_TYPE;
    char *text = arena_alloc(a, value.n);
    if (!text)
        return ERR_MEMORY;
    TRY(decode(text, value.n, n, value));
    *out = text;
    return ERR_OK;
}

err json_reader_text(arena *a, const char **out, json_value value)
{
    size_t n;
    return decode_into(a, out, &n, value);
}

err json_reader_text_or_empty(arena *a, const char **out, json_value object, const char *name)
{
    json_value value;
    *out = "";
    err e = json_reader_field(&value, object, name);
    if (e == ERR_FIELD_MISSING || (e == ERR_OK && json_reader_is_null(value)))
        return ERR_OK;
    TRY(e);
    return json_reader_text(a, out, value);
}

/* The error of a decoder, as an error of the field. */
static err field_error(err e)
{
    return e == ERR_LENGTH ? ERR_FIELD_LENGTH : e == ERR_ENCODING ? ERR_FIELD_VALUE : e;
}

/* Digits need no escapes, so hex and UUIDs are read where they stand: what may be PIN-sensitive is not copied. */
err json_reader_hex(void *out, size_t n, json_value value)
{
    if (*value.p != '"')
        return ERR_FIELD_TYPE;
    return field_error(hex_decode(out, n, value.p + 1, value.n - 2));
}

err json_reader_uuid(uint8_t out[16], json_value value)
{
    if (*value.p != '"')
        return ERR_FIELD_TYPE;
    return field_error(uuid_decode(out, value.p + 1, value.n - 2));
}

err json_reader_base64(arena *a, bytes *out, json_value value, size_t max)
{
    const char *text;
    size_t n;
    TRY(decode_into(a, &text, &n, value)); /* encoders may write the slash as \/ */
    if (n / 4 * 3 > max + 2)
        return ERR_FIELD_LENGTH;
    TRY(field_error(base64_decode(a, text, n, out)));
    return out->n <= max ? ERR_OK : ERR_FIELD_LENGTH;
}
