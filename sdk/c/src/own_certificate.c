#include "own_certificate.h"

#include <string.h>

#include "base/text.h"

/* RFC 5280 4.1: up to subjectPublicKeyInfo. */
static err read_fields(bytes certificate, bytes *serial, bytes *subject, spki *key)
{
    der_reader outer = der_reader_over(certificate), sequence, tbs;
    TRY(der_enter(&outer, &sequence, DER_SEQUENCE));
    TRY(der_finish(&outer));
    TRY(der_enter(&sequence, &tbs, DER_SEQUENCE));
    if (der_next_is(&tbs, DER_CONTEXT_CONSTRUCTED(0)))
        TRY(der_any(&tbs, NULL, NULL, NULL)); /* version */
    TRY(der_unsigned(&tbs, serial));
    for (int i = 0; i < 3; i++) /* signature, issuer, validity */
        TRY(der_any(&tbs, NULL, NULL, NULL));
    TRY(der_any(&tbs, NULL, NULL, subject));
    return spki_read(&tbs, key);
}

err own_certificate_check(char serial[2 * OWN_CERTIFICATE_SERIAL + 1], bytes certificate,
                          const uint8_t public_key[SPKI_KEY_SIZE], bytes subject)
{
    bytes number, name;
    spki key;
    TRY(read_fields(certificate, &number, &name, &key));
    if (number.n > OWN_CERTIFICATE_SERIAL)
        return ERR_DER;
    if (!bytes_equal(name, subject) || !key.is_sm2 || memcmp(key.key.p, public_key, SPKI_KEY_SIZE) != 0)
        return ERR_ANSWER;
    hex_encode(serial, number.p, number.n);
    return ERR_OK;
}

bool own_certificate_is_sequence(bytes certificate)
{
    return der_is_one_value(certificate, DER_SEQUENCE);
}
