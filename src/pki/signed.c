#include "pki/signed.h"

#include "asn1/ecsig.h"
#include "asn1/oid.h"

/* 1.2.156.10197.1.501, and .301.1 as some issuers have it; parameters absent, or NULL as some write it. */
static err read_algorithm(bytes algorithm, bool *sm2)
{
    der_reader outer = der_reader_over(algorithm), sequence;
    bytes type;
    TRY(der_enter(&outer, &sequence, DER_SEQUENCE));
    TRY(der_oid(&sequence, &type));
    oid id = oid_from_octets(type);
    *sm2 = id == OID_SM2_WITH_SM3 || id == OID_SM2_SIGN;
    if (der_at_end(&sequence))
        return ERR_OK;
    if (*sm2)
        TRY(der_null(&sequence));
    else
        TRY(der_any(&sequence, NULL, NULL, NULL));
    return der_finish(&sequence);
}

err signed_read(signed_value *out, bytes der)
{
    der_reader outer = der_reader_over(der), sequence;
    uint8_t tag;
    bytes signature;
    TRY(der_enter(&outer, &sequence, DER_SEQUENCE));
    TRY(der_finish(&outer));
    TRY(der_any(&sequence, &tag, NULL, &out->tbs));
    if (tag != DER_SEQUENCE)
        return ERR_DER;
    TRY(der_any(&sequence, NULL, NULL, &out->algorithm));
    TRY(read_algorithm(out->algorithm, &out->sm2));
    TRY(der_bit_string(&sequence, &signature));
    TRY(der_finish(&sequence));
    return out->sm2 ? ecsig_from_der(out->signature, signature) : ERR_OK;
}

err signed_verify(bytes tbs, const uint8_t signature[64], const uint8_t public_key[POINT_SIZE])
{
    /* The point is checked first: hashing a long list for a key that is none would be work for nothing. */
    point key;
    TRY(point_from_bytes(&key, public_key));
    uint8_t e[32];
    sm2_digest(e, public_key, tbs);
    return sm2_verify(&key, e, signature);
}

void signed_put_algorithm_of(buffer *b, signer_algorithm algorithm)
{
    static const oid ids[] = {
        [SIGNER_SM2] = OID_SM2_WITH_SM3, [SIGNER_P256] = OID_ECDSA_WITH_SHA256, [SIGNER_RSA] = OID_SHA256_WITH_RSA};
    size_t sequence = der_open(b, DER_SEQUENCE);
    oid_put(b, ids[algorithm]);
    if (algorithm == SIGNER_RSA)
        der_put_null(b);
    der_close(b, sequence);
}

void signed_put_algorithm(buffer *b)
{
    signed_put_algorithm_of(b, SIGNER_SM2);
}

err signed_put_signature(buffer *b, const uint8_t rs[64])
{
    uint8_t der[ECSIG_DER_MAX];
    size_t n;
    TRY(ecsig_to_der(der, &n, rs));
    signed_put_algorithm(b);
    der_put_bit_string(b, bytes_of(der, n));
    return b->overflow ? ERR_LENGTH : ERR_OK;
}

err signed_finish(buffer *b, size_t tbs, signer *ca)
{
    if (b->overflow)
        return ERR_LENGTH;
    bytes message = bytes_of(b->p + tbs, b->n - tbs);
    uint8_t rs[64], octets[SIGNER_OCTETS_MAX];
    size_t n;
    if (ca->algorithm == SIGNER_SM2) {
        TRY(signer_sign_message(ca, message, rs));
        return signed_put_signature(b, rs);
    }
    TRY(ca->sign_octets(ca, message, octets, &n));
    signed_put_algorithm_of(b, ca->algorithm);
    der_put_bit_string(b, bytes_of(octets, n));
    return b->overflow ? ERR_LENGTH : ERR_OK;
}
