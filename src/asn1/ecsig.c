#include "asn1/ecsig.h"

#include <string.h>

#include "asn1/der.h"

static bool is_zero(const uint8_t v[32])
{
    static const uint8_t zero[32];
    return memcmp(v, zero, sizeof zero) == 0;
}

err ecsig_to_der(uint8_t out[ECSIG_DER_MAX], size_t *n, const uint8_t rs[ECSIG_SIZE])
{
    if (is_zero(rs) || is_zero(rs + 32))
        return ERR_SCALAR;
    buffer b = buffer_over(out, ECSIG_DER_MAX);
    size_t sequence = der_open(&b, DER_SEQUENCE);
    der_put_unsigned(&b, bytes_of(rs, 32));
    der_put_unsigned(&b, bytes_of(rs + 32, 32));
    der_close(&b, sequence);
    *n = b.n;
    return b.overflow ? ERR_LENGTH : ERR_OK;
}

static err read_integer(der_reader *r, uint8_t out[32])
{
    bytes magnitude;
    TRY(der_unsigned(r, &magnitude));
    if (magnitude.n > 32)
        return ERR_DER;
    memset(out, 0, 32 - magnitude.n);
    memcpy(out + 32 - magnitude.n, magnitude.p, magnitude.n);
    return is_zero(out) ? ERR_DER : ERR_OK;
}

err ecsig_from_der(uint8_t rs[ECSIG_SIZE], bytes der)
{
    der_reader outer = der_reader_over(der), sequence;
    TRY(der_enter(&outer, &sequence, DER_SEQUENCE));
    TRY(der_finish(&outer));
    TRY(read_integer(&sequence, rs));
    TRY(read_integer(&sequence, rs + 32));
    return der_finish(&sequence);
}
