#include "asn1/csr_info.h"

#include <string.h>

#include "asn1/name.h"

err csr_info_build(buffer *out, bytes subject_name_der, const uint8_t public_key[SPKI_KEY_SIZE])
{
    TRY(name_check(subject_name_der));
    size_t sequence = der_open(out, DER_SEQUENCE);
    der_put_uint64(out, 0);
    buffer_put(out, subject_name_der.p, subject_name_der.n);
    spki_put(out, public_key);
    der_put(out, DER_CONTEXT_CONSTRUCTED(0), bytes_of(NULL, 0));
    der_close(out, sequence);
    return out->overflow ? ERR_LENGTH : ERR_OK;
}

/* [0] IMPLICIT SET OF Attribute { type, SET OF value }. */
static err check_attributes(der_reader *info)
{
    der_reader attributes, attribute, values;
    bytes type;
    TRY(der_enter(info, &attributes, DER_CONTEXT_CONSTRUCTED(0)));
    while (!der_at_end(&attributes)) {
        TRY(der_enter(&attributes, &attribute, DER_SEQUENCE));
        TRY(der_oid(&attribute, &type));
        TRY(der_enter(&attribute, &values, DER_SET));
        TRY(der_finish(&attribute));
        do
            TRY(der_any(&values, NULL, NULL, NULL));
        while (!der_at_end(&values));
    }
    return ERR_OK;
}

err csr_info_read(bytes info, bytes *subject, uint8_t public_key[SPKI_KEY_SIZE])
{
    der_reader outer = der_reader_over(info), sequence;
    uint64_t version;
    bytes name;
    spki key;
    TRY(der_enter(&outer, &sequence, DER_SEQUENCE));
    TRY(der_finish(&outer));
    TRY(der_uint64(&sequence, &version));
    if (version != 0)
        return ERR_DER;
    TRY(der_any(&sequence, NULL, NULL, &name));
    TRY(name_check(name));
    TRY(spki_read(&sequence, &key));
    TRY(check_attributes(&sequence));
    TRY(der_finish(&sequence));
    if (!key.is_sm2)
        return ERR_UNSUPPORTED;
    *subject = name;
    memcpy(public_key, key.key.p, SPKI_KEY_SIZE);
    return ERR_OK;
}
