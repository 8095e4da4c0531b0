#include "asn1/pkcs8.h"

#include <string.h>

#include "asn1/oid.h"

enum { D_SIZE = 32, BLOCK = 16, AES_256 = 32 };

void pkcs8_put(buffer *b, const uint8_t d[32], const uint8_t public_key[SPKI_KEY_SIZE])
{
    size_t whole = der_open(b, DER_SEQUENCE);
    der_put_uint64(b, 0);
    size_t algorithm = der_open(b, DER_SEQUENCE);
    oid_put(b, OID_EC_PUBLIC_KEY);
    oid_put(b, OID_SM2_CURVE);
    der_close(b, algorithm);
    size_t octets = der_open(b, DER_OCTET_STRING), key = der_open(b, DER_SEQUENCE);
    der_put_uint64(b, 1);
    der_put(b, DER_OCTET_STRING, bytes_of(d, D_SIZE));
    size_t public = der_open(b, DER_CONTEXT_CONSTRUCTED(1));
    der_put_bit_string(b, bytes_of(public_key, SPKI_KEY_SIZE));
    der_close(b, public);
    der_close(b, key);
    der_close(b, octets);
    der_close(b, whole);
}

/* AlgorithmIdentifier: the OID of its algorithm, and a reader over what follows. */
static err enter_algorithm(der_reader *r, der_reader *inner, oid *algorithm)
{
    bytes octets;
    TRY(der_enter(r, inner, DER_SEQUENCE));
    TRY(der_oid(inner, &octets));
    *algorithm = oid_from_octets(octets);
    return ERR_OK;
}

/* ECPrivateKey; parameters [0] are allowed, and must be the same curve. */
static err read_key(bytes der, bytes *d, bytes *public_key)
{
    der_reader outer = der_reader_over(der), key, inner;
    uint64_t version;
    TRY(der_enter(&outer, &key, DER_SEQUENCE));
    TRY(der_finish(&outer));
    TRY(der_uint64(&key, &version));
    TRY(der_value(&key, d, DER_OCTET_STRING));
    if (version != 1)
        return ERR_DER;
    if (der_next_is(&key, DER_CONTEXT_CONSTRUCTED(0))) {
        bytes curve;
        TRY(der_enter(&key, &inner, DER_CONTEXT_CONSTRUCTED(0)));
        TRY(der_oid(&inner, &curve));
        TRY(der_finish(&inner));
        if (oid_from_octets(curve) != OID_SM2_CURVE)
            return ERR_UNSUPPORTED;
    }
    if (!der_next_is(&key, DER_CONTEXT_CONSTRUCTED(1)))
        return ERR_UNSUPPORTED;
    TRY(der_enter(&key, &inner, DER_CONTEXT_CONSTRUCTED(1)));
    TRY(der_bit_string(&inner, public_key));
    TRY(der_finish(&inner));
    return der_finish(&key);
}

err pkcs8_read(bytes der, uint8_t d[32], uint8_t public_key[SPKI_KEY_SIZE])
{
    der_reader outer = der_reader_over(der), whole, algorithm;
    uint64_t version;
    oid type;
    bytes octets, curve, secret, point;
    TRY(der_enter(&outer, &whole, DER_SEQUENCE));
    TRY(der_finish(&outer));
    TRY(der_uint64(&whole, &version));
    TRY(enter_algorithm(&whole, &algorithm, &type));
    TRY(der_value(&whole, &octets, DER_OCTET_STRING));
    if (der_next_is(&whole, DER_CONTEXT_CONSTRUCTED(0))) /* attributes */
        TRY(der_any(&whole, NULL, NULL, NULL));
    TRY(der_finish(&whole));
    if (version != 0)
        return ERR_UNSUPPORTED;
    if (type != OID_EC_PUBLIC_KEY || der_oid(&algorithm, &curve) != ERR_OK || oid_from_octets(curve) != OID_SM2_CURVE)
        return ERR_UNSUPPORTED;
    TRY(der_finish(&algorithm));
    TRY(read_key(octets, &secret, &point));
    if (secret.n != D_SIZE || point.n != SPKI_KEY_SIZE || point.p[0] != 0x04)
        return ERR_UNSUPPORTED;
    memcpy(d, secret.p, D_SIZE);
    memcpy(public_key, point.p, SPKI_KEY_SIZE);
    return ERR_OK;
}

static bool in_limits(const pkcs8_sealed *s)
{
    return s->salt.n >= PKCS8_SALT_MIN && s->salt.n <= PKCS8_SALT_MAX && s->iv.n == PKCS8_IV &&
           s->rounds >= PKCS8_ROUNDS_MIN && s->rounds <= PKCS8_ROUNDS_MAX && s->data.n > 0 &&
           s->data.n <= PKCS8_DATA_MAX && s->data.n % BLOCK == 0;
}

err pkcs8_sealed_put(buffer *b, const pkcs8_sealed *sealed)
{
    if (!in_limits(sealed))
        return ERR_RANGE;
    size_t whole = der_open(b, DER_SEQUENCE), algorithm = der_open(b, DER_SEQUENCE);
    oid_put(b, OID_PBES2);
    size_t parameters = der_open(b, DER_SEQUENCE), kdf = der_open(b, DER_SEQUENCE);
    oid_put(b, OID_PBKDF2);
    size_t pbkdf2 = der_open(b, DER_SEQUENCE);
    der_put(b, DER_OCTET_STRING, sealed->salt);
    der_put_uint64(b, sealed->rounds);
    size_t prf = der_open(b, DER_SEQUENCE);
    oid_put(b, OID_HMAC_SHA256);
    der_put_null(b);
    der_close(b, prf);
    der_close(b, pbkdf2);
    der_close(b, kdf);
    size_t cipher = der_open(b, DER_SEQUENCE);
    oid_put(b, OID_AES256_CBC);
    der_put(b, DER_OCTET_STRING, sealed->iv);
    der_close(b, cipher);
    der_close(b, parameters);
    der_close(b, algorithm);
    der_put(b, DER_OCTET_STRING, sealed->data);
    der_close(b, whole);
    return b->overflow ? ERR_LENGTH : ERR_OK;
}

/* PBKDF2-params, RFC 8018 A.2; keyLength may be there. */
static err read_pbkdf2(der_reader *r, pkcs8_sealed *out)
{
    der_reader kdf, parameters, prf;
    oid type;
    uint64_t length = AES_256;
    TRY(enter_algorithm(r, &kdf, &type));
    if (type != OID_PBKDF2)
        return ERR_UNSUPPORTED;
    TRY(der_enter(&kdf, &parameters, DER_SEQUENCE));
    TRY(der_finish(&kdf));
    TRY(der_value(&parameters, &out->salt, DER_OCTET_STRING));
    TRY(der_uint64(&parameters, &out->rounds));
    if (der_next_is(&parameters, DER_INTEGER))
        TRY(der_uint64(&parameters, &length));
    if (der_at_end(&parameters) || length != AES_256) /* without a PRF it is HMAC-SHA1 */
        return ERR_UNSUPPORTED;
    TRY(enter_algorithm(&parameters, &prf, &type));
    TRY(der_finish(&parameters));
    return type == OID_HMAC_SHA256 ? ERR_OK : ERR_UNSUPPORTED;
}

err pkcs8_sealed_read(bytes der, pkcs8_sealed *out)
{
    der_reader outer = der_reader_over(der), whole, algorithm, parameters, cipher;
    pkcs8_sealed sealed;
    oid type;
    TRY(der_enter(&outer, &whole, DER_SEQUENCE));
    TRY(der_finish(&outer));
    TRY(enter_algorithm(&whole, &algorithm, &type));
    TRY(der_value(&whole, &sealed.data, DER_OCTET_STRING));
    TRY(der_finish(&whole));
    if (type != OID_PBES2)
        return ERR_UNSUPPORTED;
    TRY(der_enter(&algorithm, &parameters, DER_SEQUENCE));
    TRY(der_finish(&algorithm));
    TRY(read_pbkdf2(&parameters, &sealed));
    TRY(enter_algorithm(&parameters, &cipher, &type));
    TRY(der_finish(&parameters));
    if (type != OID_AES256_CBC)
        return ERR_UNSUPPORTED;
    TRY(der_value(&cipher, &sealed.iv, DER_OCTET_STRING));
    TRY(der_finish(&cipher));
    if (!in_limits(&sealed))
        return ERR_RANGE;
    *out = sealed;
    return ERR_OK;
}
