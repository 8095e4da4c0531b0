#include "asn1/sm2_cipher.h"

#include <string.h>

#include "asn1/der.h"

enum { COORDINATE = 32, HASH = 32, UNCOMPRESSED = 0x04 };

err sm2_cipher_to_der(buffer *out, bytes cipher)
{
    if (cipher.n <= SM2_CIPHER_FIXED || cipher.n - SM2_CIPHER_FIXED > SM2_CIPHER_TEXT_MAX)
        return ERR_LENGTH;
    if (cipher.p[0] != UNCOMPRESSED)
        return ERR_POINT;
    size_t sequence = der_open(out, DER_SEQUENCE);
    der_put_unsigned(out, bytes_of(cipher.p + 1, COORDINATE));
    der_put_unsigned(out, bytes_of(cipher.p + 1 + COORDINATE, COORDINATE));
    der_put(out, DER_OCTET_STRING, bytes_of(cipher.p + SM2_CIPHER_POINT, HASH));
    der_put(out, DER_OCTET_STRING, bytes_of(cipher.p + SM2_CIPHER_FIXED, cipher.n - SM2_CIPHER_FIXED));
    der_close(out, sequence);
    return out->overflow ? ERR_LENGTH : ERR_OK;
}

static err read_coordinate(der_reader *r, uint8_t out[COORDINATE])
{
    bytes magnitude;
    TRY(der_unsigned(r, &magnitude));
    if (magnitude.n > COORDINATE)
        return ERR_DER;
    memset(out, 0, COORDINATE - magnitude.n);
    memcpy(out + COORDINATE - magnitude.n, magnitude.p, magnitude.n);
    return ERR_OK;
}

err sm2_cipher_from_der(buffer *out, bytes der)
{
    der_reader outer = der_reader_over(der), sequence;
    uint8_t c1[SM2_CIPHER_POINT] = {UNCOMPRESSED};
    bytes hash, text;
    TRY(der_enter(&outer, &sequence, DER_SEQUENCE));
    TRY(der_finish(&outer));
    TRY(read_coordinate(&sequence, c1 + 1));
    TRY(read_coordinate(&sequence, c1 + 1 + COORDINATE));
    TRY(der_value(&sequence, &hash, DER_OCTET_STRING));
    TRY(der_value(&sequence, &text, DER_OCTET_STRING));
    TRY(der_finish(&sequence));
    if (hash.n != HASH || text.n == 0 || text.n > SM2_CIPHER_TEXT_MAX)
        return ERR_DER;
    buffer_put(out, c1, sizeof c1);
    buffer_put(out, hash.p, hash.n);
    buffer_put(out, text.p, text.n);
    return out->overflow ? ERR_LENGTH : ERR_OK;
}
