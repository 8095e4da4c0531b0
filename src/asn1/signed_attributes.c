#include "asn1/signed_attributes.h"

#include <string.h>

enum { BUILT = 5 };

/* ---- building ---- */

signed_attribute_opened signed_attribute_open(buffer *b, oid type)
{
    signed_attribute_opened at = {.sequence = der_open(b, DER_SEQUENCE)};
    oid_put(b, type);
    at.set = der_open(b, DER_SET);
    return at;
}

void signed_attribute_close(buffer *b, signed_attribute_opened at)
{
    der_close(b, at.set);
    der_close(b, at.sequence);
}

void signed_attributes_put_certificate(buffer *b, oid algorithm, const uint8_t hash[32])
{
    size_t signing = der_open(b, DER_SEQUENCE), list = der_open(b, DER_SEQUENCE), id = der_open(b, DER_SEQUENCE);
    if (algorithm != OID_SHA256) {
        size_t identifier = der_open(b, DER_SEQUENCE);
        oid_put(b, algorithm);
        der_close(b, identifier);
    }
    der_put(b, DER_OCTET_STRING, bytes_of(hash, 32));
    der_close(b, id);
    der_close(b, list);
    der_close(b, signing);
}

static err put_value(buffer *b, oid type, const signed_attributes_values *v)
{
    switch (type) {
    case OID_CONTENT_TYPE:
        oid_put(b, v->content_type);
        return ERR_OK;
    case OID_SIGNING_TIME:
        return der_put_time(b, v->signing_time_ms);
    case OID_MESSAGE_DIGEST:
        der_put(b, DER_OCTET_STRING, bytes_of(v->digest, 32));
        return ERR_OK;
    case OID_SIGNING_CERTIFICATE_V2:
        signed_attributes_put_certificate(b, OID_SM3, v->certificate_hash);
        return ERR_OK;
    default:
        der_put(b, DER_OCTET_STRING, bytes_of(v->authorisation_id, 16));
        return ERR_OK;
    }
}

err signed_attributes_build(buffer *out, const signed_attributes_values *values)
{
    static const oid types[BUILT] = {OID_CONTENT_TYPE, OID_SIGNING_TIME, OID_MESSAGE_DIGEST, OID_SIGNING_CERTIFICATE_V2,
                                     OID_AUTHORISATION};
    uint8_t room[SIGNED_ATTRIBUTES_BUILT_MAX];
    bytes attributes[BUILT];
    size_t n = values->authorisation_id ? BUILT : BUILT - 1;
    buffer b = buffer_over(room, sizeof room);
    for (size_t i = 0; i < n; i++) {
        size_t start = b.n;
        signed_attribute_opened at = signed_attribute_open(&b, types[i]);
        TRY(put_value(&b, types[i], values));
        signed_attribute_close(&b, at);
        attributes[i] = bytes_of(room + start, b.n - start);
    }
    if (b.overflow)
        return ERR_LENGTH;
    der_put_set_of(out, DER_SET, attributes, n);
    return out->overflow ? ERR_LENGTH : ERR_OK;
}

/* ---- reading ---- */

/* AlgorithmIdentifier: its OID. Parameters are not looked at. */
static err read_algorithm(der_reader *r, bytes *type)
{
    der_reader algorithm;
    TRY(der_enter(r, &algorithm, DER_SEQUENCE));
    TRY(der_oid(&algorithm, type));
    if (!der_at_end(&algorithm))
        TRY(der_any(&algorithm, NULL, NULL, NULL));
    return der_finish(&algorithm);
}

/* RFC 5035 3 and RFC 2634 5.4: the first id is the signer's; issuerSerial, further ones and policies say nothing that is used. */
static err enter_certificate(der_reader *values, der_reader *id)
{
    der_reader signing, list;
    TRY(der_enter(values, &signing, DER_SEQUENCE));
    TRY(der_enter(&signing, &list, DER_SEQUENCE));
    return der_enter(&list, id, DER_SEQUENCE);
}

static err read_certificate_sha1(der_reader *values, signed_attributes *out)
{
    enum { SHA1_SIZE = 20 };
    der_reader id;
    TRY(enter_certificate(values, &id));
    TRY(der_value(&id, &out->certificate_sha1, DER_OCTET_STRING));
    return out->certificate_sha1.n == SHA1_SIZE ? ERR_OK : ERR_DER;
}

static err read_certificate(der_reader *values, signed_attributes *out)
{
    der_reader id;
    TRY(enter_certificate(values, &id));
    if (der_next_is(&id, DER_SEQUENCE))
        TRY(read_algorithm(&id, &out->certificate_algorithm));
    TRY(der_value(&id, &out->certificate_hash, DER_OCTET_STRING));
    out->has_certificate = true;
    return ERR_OK;
}

static err read_value(der_reader *values, oid type, signed_attributes *out)
{
    switch (type) {
    case OID_CONTENT_TYPE:
        TRY(der_oid(values, &out->content_type));
        break;
    case OID_MESSAGE_DIGEST:
        TRY(der_value(values, &out->message_digest, DER_OCTET_STRING));
        break;
    case OID_SIGNING_TIME:
        TRY(der_time(values, &out->signing_time_ms));
        out->has_signing_time = true;
        break;
    case OID_SIGNING_CERTIFICATE:
        TRY(read_certificate_sha1(values, out));
        break;
    case OID_SIGNING_CERTIFICATE_V2:
        TRY(read_certificate(values, out));
        break;
    case OID_AUTHORISATION:
        TRY(der_value(values, &out->authorisation_id, DER_OCTET_STRING));
        if (out->authorisation_id.n != 16)
            return ERR_DER;
        break;
    default:
        while (!der_at_end(values))
            TRY(der_any(values, NULL, NULL, NULL));
        break;
    }
    return der_finish(values);
}

err signed_attributes_read(signed_attributes *out, bytes content)
{
    der_reader r = der_reader_over(content), attribute, values;
    bytes types[SIGNED_ATTRIBUTES_MAX];
    size_t n = 0;
    memset(out, 0, sizeof *out);
    for (; !der_at_end(&r); n++) {
        if (n == SIGNED_ATTRIBUTES_MAX)
            return ERR_DER;
        TRY(der_enter(&r, &attribute, DER_SEQUENCE));
        TRY(der_oid(&attribute, &types[n]));
        for (size_t i = 0; i < n; i++)
            if (bytes_equal(types[i], types[n]))
                return ERR_DER;
        TRY(der_enter(&attribute, &values, DER_SET));
        TRY(der_finish(&attribute));
        TRY(read_value(&values, oid_from_octets(types[n]), out));
    }
    return out->content_type.n > 0 && out->message_digest.p ? ERR_OK : ERR_DER;
}
