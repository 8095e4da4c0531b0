#include "asn1/rekey_info.h"

err rekey_info_build(buffer *out, const uint8_t renewal_id[16], const uint8_t key_id[16],
                     const uint8_t new_key[SPKI_KEY_SIZE])
{
    static const char tag[] = "yiqian/rekey/1";
    size_t sequence = der_open(out, DER_SEQUENCE);
    der_put(out, DER_UTF8_STRING, bytes_of(tag, sizeof tag - 1));
    der_put(out, DER_OCTET_STRING, bytes_of(renewal_id, 16));
    der_put(out, DER_OCTET_STRING, bytes_of(key_id, 16));
    der_put(out, DER_OCTET_STRING, bytes_of(new_key, SPKI_KEY_SIZE));
    der_close(out, sequence);
    return out->overflow ? ERR_LENGTH : ERR_OK;
}
