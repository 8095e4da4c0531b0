#include "pki/extension_text.h"

#include <stdio.h>
#include <string.h>

#include "asn1/der_text.h"
#include "base/text.h"

static const char *const key_usages[EXTENSION_KEY_USAGES] = {"digitalSignature", "nonRepudiation", "keyEncipherment",
                                                             "dataEncipherment", "keyAgreement",   "keyCertSign",
                                                             "cRLSign",          "encipherOnly",   "decipherOnly"};

const char *extension_key_usage_name(unsigned i)
{
    return key_usages[i];
}

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

static err put_key_usage(buffer *out, der_reader *r)
{
    uint16_t bits;
    bool first = true;
    TRY(der_named_bits(r, &bits));
    for (unsigned i = 0; i < EXTENSION_KEY_USAGES; i++)
        if (bits & 1u << i) {
            put_text(out, first ? "" : ", ");
            put_text(out, key_usages[i]);
            first = false;
        }
    return ERR_OK;
}

static err put_purposes(buffer *out, der_reader *r)
{
    der_reader list;
    TRY(der_enter(r, &list, DER_SEQUENCE));
    for (bool first = true; !der_at_end(&list); first = false) {
        bytes purpose;
        TRY(der_oid(&list, &purpose));
        put_text(out, first ? "" : ", ");
        if (oid_from_octets(purpose) != OID_UNKNOWN) {
            put_text(out, oid_name(oid_from_octets(purpose)));
            put_text(out, " ");
        }
        TRY(oid_to_text(out, purpose));
    }
    return ERR_OK;
}

static err put_constraints(buffer *out, der_reader *r)
{
    der_reader sequence;
    bool ca = false;
    uint64_t path_len;
    TRY(der_enter(r, &sequence, DER_SEQUENCE));
    if (der_next_is(&sequence, DER_BOOLEAN))
        TRY(der_boolean(&sequence, &ca));
    put_text(out, ca ? "CA" : "not a CA");
    if (!der_at_end(&sequence)) {
        char text[48];
        TRY(der_uint64(&sequence, &path_len));
        snprintf(text, sizeof text, ", path length %llu", (unsigned long long)path_len);
        put_text(out, text);
    }
    return der_finish(&sequence);
}

static err put_subject_key_id(buffer *out, der_reader *r)
{
    bytes id;
    TRY(der_value(r, &id, DER_OCTET_STRING));
    put_hex(out, id);
    return ERR_OK;
}

/* Every address (GeneralName uniformResourceIdentifier [6]) inside, one after the other. */
static err put_addresses(buffer *out, der_reader *r, bool *first)
{
    while (!der_at_end(r)) {
        der_reader again = *r, inner;
        uint8_t tag;
        bytes content;
        TRY(der_any(r, &tag, &content, NULL));
        if (tag & 0x20) {
            TRY(der_enter(&again, &inner, tag));
            TRY(put_addresses(out, &inner, first));
        } else if (tag == DER_CONTEXT(6)) {
            if (!der_string_valid(DER_VISIBLE_STRING, content))
                return ERR_DER;
            put_text(out, *first ? "" : ", ");
            buffer_put(out, content.p, content.n);
            *first = false;
        }
    }
    return ERR_OK;
}

static err put_known(buffer *out, const extension *x)
{
    der_reader r = der_reader_over(x->value);
    bool first = true;
    bytes id;
    switch (oid_from_octets(x->type)) {
    case OID_KEY_USAGE:
        TRY(put_key_usage(out, &r));
        break;
    case OID_EXTENDED_KEY_USAGE:
        TRY(put_purposes(out, &r));
        break;
    case OID_BASIC_CONSTRAINTS:
        TRY(put_constraints(out, &r));
        break;
    case OID_SUBJECT_KEY_ID:
        TRY(put_subject_key_id(out, &r));
        break;
    case OID_AUTHORITY_KEY_ID:
        TRY(extension_authority_key_id(x->value, &id));
        put_hex(out, id);
        return ERR_OK;
    case OID_CRL_DISTRIBUTION_POINTS:
    case OID_AUTHORITY_INFO_ACCESS:
        return put_addresses(out, &r, &first);
    default:
        return der_text(out, x->value);
    }
    return der_finish(&r);
}

err extension_text(buffer *out, const extension *x)
{
    size_t start = out->n;
    if (put_known(out, x) != ERR_OK && !out->overflow) {
        out->n = start;
        put_hex(out, x->value);
    }
    return out->overflow ? ERR_LENGTH : ERR_OK;
}
