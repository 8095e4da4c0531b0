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

static void put_decimal(buffer *out, uint64_t value)
{
    char digits[20];
    size_t n = 0;
    do
        digits[n++] = (char)('0' + value % 10);
    while ((value /= 10) > 0);
    while (n > 0)
        buffer_put_u8(out, (uint8_t)digits[--n]);
}

err oid_to_text(buffer *out, bytes content)
{
    uint64_t arc = 0;
    bool first = true;
    if (content.n == 0 || (content.p[content.n - 1] & 0x80))
        return ERR_DER;
    for (size_t i = 0; i < content.n; i++) {
        if (arc >> 57 || (arc == 0 && content.p[i] == 0x80))
            return ERR_DER;
        arc = arc << 7 | (content.p[i] & 0x7f);
        if (content.p[i] & 0x80)
            continue;
        if (first) {
            /* X.690 8.19.4: the first two arcs share a subidentifier. */
            uint64_t root = arc < 80 ? arc / 40 : 2;
            put_decimal(out, root);
            arc -= 40 * root;
            first = false;
        }
        buffer_put_u8(out, '.');
        put_decimal(out, arc);
        arc = 0;
    }
    return out->overflow ? ERR_LENGTH : ERR_OK;
}

/* One arc and the point after it, without leading zeros. */
static err read_arc(bytes *text, uint64_t *arc)
{
    size_t n = 0;
    *arc = 0;
    while (n < text->n && text->p[n] >= '0' && text->p[n] <= '9') {
        *arc = *arc * 10 + (text->p[n++] - '0');
        if (*arc > UINT32_MAX)
            return ERR_ENCODING;
    }
    if (n == 0 || (n > 1 && text->p[0] == '0'))
        return ERR_ENCODING;
    if (n < text->n && (text->p[n++] != '.' || n == text->n))
        return ERR_ENCODING;
    *text = bytes_of(text->p + n, text->n - n);
    return ERR_OK;
}

static void put_arc(buffer *out, uint64_t arc)
{
    unsigned shift = 0;
    while (shift < 63 && arc >> (shift + 7))
        shift += 7;
    for (; shift > 0; shift -= 7)
        buffer_put_u8(out, (uint8_t)(0x80 | (arc >> shift & 0x7f)));
    buffer_put_u8(out, (uint8_t)(arc & 0x7f));
}

err oid_from_text(buffer *out, bytes text)
{
    enum { OCTETS_MAX = 64 };
    uint8_t room[OCTETS_MAX];
    buffer octets = buffer_over(room, sizeof room);
    uint64_t root, second;
    TRY(read_arc(&text, &root));
    TRY(read_arc(&text, &second));
    if (root > 2 || (root < 2 && second > 39))
        return ERR_ENCODING;
    put_arc(&octets, 40 * root + second);
    while (text.n > 0) {
        uint64_t arc;
        TRY(read_arc(&text, &arc));
        put_arc(&octets, arc);
    }
    buffer_put(out, octets.p, octets.n);
    return octets.overflow || out->overflow ? ERR_LENGTH : ERR_OK;
}
