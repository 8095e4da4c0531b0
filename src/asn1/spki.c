#include "asn1/spki.h"

#include "asn1/oid.h"

void spki_put(buffer *b, const uint8_t public_key[SPKI_KEY_SIZE])
{
    size_t sequence = der_open(b, DER_SEQUENCE);
    size_t algorithm = der_open(b, DER_SEQUENCE);
    oid_put(b, OID_EC_PUBLIC_KEY);
    oid_put(b, OID_SM2_CURVE);
    der_close(b, algorithm);
    der_put_bit_string(b, bytes_of(public_key, SPKI_KEY_SIZE));
    der_close(b, sequence);
}

/* The named curve is the whole parameters (RFC 5480 2.1.1). */
static bool is_sm2_curve(bytes parameters)
{
    der_reader r = der_reader_over(parameters);
    bytes curve;
    return der_oid(&r, &curve) == ERR_OK && oid_from_octets(curve) == OID_SM2_CURVE;
}

err spki_read(der_reader *r, spki *out)
{
    der_reader ahead = *r, outer, inner, algorithm;
    spki key = {.parameters = {NULL, 0}};
    TRY(der_any(&ahead, NULL, NULL, &key.der));
    outer = der_reader_over(key.der);
    TRY(der_enter(&outer, &inner, DER_SEQUENCE));
    TRY(der_enter(&inner, &algorithm, DER_SEQUENCE));
    TRY(der_oid(&algorithm, &key.algorithm));
    if (!der_at_end(&algorithm))
        TRY(der_any(&algorithm, NULL, NULL, &key.parameters));
    TRY(der_finish(&algorithm));
    TRY(der_bit_string(&inner, &key.key));
    TRY(der_finish(&inner));
    key.is_sm2 = oid_from_octets(key.algorithm) == OID_EC_PUBLIC_KEY && is_sm2_curve(key.parameters) &&
                 key.key.n == SPKI_KEY_SIZE && key.key.p[0] == 0x04;
    *out = key;
    *r = ahead;
    return ERR_OK;
}
