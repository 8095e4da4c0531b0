#include "pki/csr.h"

#include "pki/signed.h"

err csr_assemble(buffer *out, bytes info, const uint8_t rs[64])
{
    if (!der_is_one_value(info, DER_SEQUENCE))
        return ERR_DER;
    size_t whole = der_open(out, DER_SEQUENCE);
    buffer_put(out, info.p, info.n);
    TRY(signed_put_signature(out, rs));
    der_close(out, whole);
    return out->overflow ? ERR_LENGTH : ERR_OK;
}

err csr_verify(bytes der, bytes *subject, uint8_t public_key[POINT_SIZE])
{
    signed_value whole;
    if (der.n > CSR_DER_MAX)
        return ERR_LENGTH;
    TRY(signed_read(&whole, der));
    if (!whole.sm2)
        return ERR_UNSUPPORTED;
    TRY(csr_info_read(whole.tbs, subject, public_key));
    return signed_verify(whole.tbs, whole.signature, public_key);
}
