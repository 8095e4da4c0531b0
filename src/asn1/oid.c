#include "asn1/oid.h"

typedef struct oid_row {
    const char *name, *octets;
    size_t n;
} oid_row;

static const oid_row rows[OID_COUNT] = {[OID_UNKNOWN] = {"unknown", "", 0},
#define OID_ROW(id, name, octets) [id] = {name, octets, sizeof octets - 1},
                                        OID_LIST(OID_ROW)
#undef OID_ROW
};

bytes oid_octets(oid id)
{
    return bytes_of(rows[id].octets, rows[id].n);
}

oid oid_from_octets(bytes content)
{
    for (oid id = OID_UNKNOWN + 1; id < OID_COUNT; id++)
        if (bytes_equal(oid_octets(id), content))
            return id;
    return OID_UNKNOWN;
}

const char *oid_name(oid id)
{
    return rows[id].name;
}

void oid_put(buffer *b, oid id)
{
    der_put(b, DER_OID, oid_octets(id));
}

/* An arc of any size (a UUID's has 128 bits, X.667): its digits in one base, the least first. */
enum { ARC_OCTETS = 64, ARC_DIGITS = 136 /* of 64 * 7 bits */ };

typedef struct arc {
    uint8_t digit[ARC_DIGITS];
    size_t n;
} arc;

/* arc = arc * by + more. False: it does not fit. */
static bool arc_grow(arc *a, unsigned base, size_t most, unsigned by, unsigned more)
{
    for (size_t i = 0; i < a->n; i++) {
        more += a->digit[i] * by;
        a->digit[i] = (uint8_t)(more % base);
        more /= base;
    }
    for (; more > 0; more /= base) {
        if (a->n == most)
            return false;
        a->digit[a->n++] = (uint8_t)(more % base);
    }
    return true;
}

/* The value, or 1000 where it is more than that; the base is 10 or 128. */
static unsigned arc_small(const arc *a, unsigned base)
{
    unsigned value = 0;
    for (size_t i = a->n; i-- > 0;) {
        value = value * base + a->digit[i];
        if (value > 1000)
            return 1000;
    }
    return value;
}

static void put_decimal(buffer *out, const arc *a)
{
    if (a->n == 0)
        buffer_put_u8(out, '0');
    for (size_t i = a->n; i-- > 0;)
        buffer_put_u8(out, (uint8_t)('0' + a->digit[i]));
}

/* Of a number that is not less. */
static void arc_subtract(arc *a, unsigned less)
{
    for (size_t i = 0; less > 0; i++, less /= 10) {
        if (a->digit[i] < less % 10) {
            a->digit[i] = (uint8_t)(a->digit[i] + 10);
            less += 10;
        }
        a->digit[i] = (uint8_t)(a->digit[i] - less % 10);
    }
    while (a->n > 0 && a->digit[a->n - 1] == 0)
        a->n--;
}

err oid_to_text(buffer *out, bytes content)
{
    arc a = {.n = 0};
    bool first = true;
    if (content.n == 0 || (content.p[content.n - 1] & 0x80))
        return ERR_DER;
    for (size_t i = 0; i < content.n; i++) {
        if ((a.n == 0 && content.p[i] == 0x80) || !arc_grow(&a, 10, ARC_DIGITS, 128, content.p[i] & 0x7f))
            return ERR_DER;
        if (content.p[i] & 0x80)
            continue;
        if (first) {
            /* X.690 8.19.4: the first two arcs share a subidentifier. */
            unsigned both = arc_small(&a, 10), root = both < 80 ? both / 40 : 2;
            buffer_put_u8(out, (uint8_t)('0' + root));
            arc_subtract(&a, 40 * root);
            first = false;
        }
        buffer_put_u8(out, '.');
        put_decimal(out, &a);
        a.n = 0;
    }
    return out->overflow ? ERR_LENGTH : ERR_OK;
}

/* One arc and the point after it, without leading zeros. */
static err read_arc(bytes *text, arc *a)
{
    size_t n = 0;
    bool fits = true;
    a->n = 0;
    for (; n < text->n && text->p[n] >= '0' && text->p[n] <= '9' && fits; n++)
        fits = arc_grow(a, 128, ARC_OCTETS, 10, (unsigned)text->p[n] - '0');
    if (!fits)
        return ERR_LENGTH;
    if (n == 0 || (n > 1 && text->p[0] == '0'))
        return ERR_ENCODING;
    if (n < text->n && (text->p[n++] != '.' || n == text->n))
        return ERR_ENCODING;
    *text = bytes_of(text->p + n, text->n - n);
    return ERR_OK;
}

static void put_arc(buffer *out, const arc *a)
{
    for (size_t i = a->n; i-- > 1;)
        buffer_put_u8(out, (uint8_t)(0x80 | a->digit[i]));
    buffer_put_u8(out, a->n > 0 ? a->digit[0] : 0);
}

err oid_from_text(buffer *out, bytes text)
{
    uint8_t room[ARC_OCTETS];
    buffer octets = buffer_over(room, sizeof room);
    arc a;
    TRY(read_arc(&text, &a));
    unsigned root = arc_small(&a, 128);
    if (root > 2)
        return ERR_ENCODING;
    TRY(read_arc(&text, &a));
    if (root < 2 && arc_small(&a, 128) > 39)
        return ERR_ENCODING;
    if (!arc_grow(&a, 128, ARC_OCTETS, 1, 40 * root))
        return ERR_LENGTH;
    put_arc(&octets, &a);
    while (text.n > 0) {
        TRY(read_arc(&text, &a));
        put_arc(&octets, &a);
    }
    buffer_put(out, octets.p, octets.n);
    return octets.overflow || out->overflow ? ERR_LENGTH : ERR_OK;
}
