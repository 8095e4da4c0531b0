#include "pki/extension.h"

void extension_list_open(extension_list *list, bytes content)
{
    list->reader = der_reader_over(content);
    list->n = 0;
}

static err read_extension(der_reader *r, extension *out)
{
    der_reader sequence;
    TRY(der_enter(r, &sequence, DER_SEQUENCE));
    TRY(der_oid(&sequence, &out->type));
    out->critical = false;
    /* X.690 11.5 forbids writing the default, but certificates in use have it, and it changes no meaning. */
    if (der_next_is(&sequence, DER_BOOLEAN))
        TRY(der_boolean(&sequence, &out->critical));
    TRY(der_value(&sequence, &out->value, DER_OCTET_STRING));
    return der_finish(&sequence);
}

err extension_next(extension_list *list, extension *out)
{
    if (der_at_end(&list->reader))
        return ERR_NOT_FOUND;
    if (list->n == EXTENSION_MAX)
        return ERR_DER;
    TRY(read_extension(&list->reader, out));
    for (size_t i = 0; i < list->n; i++)
        if (bytes_equal(list->seen[i], out->type))
            return ERR_DER;
    list->seen[list->n++] = out->type;
    return ERR_OK;
}

extension_opened extension_open(buffer *b, bytes type, bool critical)
{
    extension_opened at;
    at.sequence = der_open(b, DER_SEQUENCE);
    der_put(b, DER_OID, type);
    if (critical)
        der_put_boolean(b, true);
    at.octets = der_open(b, DER_OCTET_STRING);
    return at;
}

void extension_close(buffer *b, extension_opened at)
{
    der_close(b, at.octets);
    der_close(b, at.sequence);
}

void extension_put_authority_key_id(buffer *b, bytes key_id)
{
    extension_opened at = extension_open(b, oid_octets(OID_AUTHORITY_KEY_ID), false);
    size_t sequence = der_open(b, DER_SEQUENCE);
    der_put(b, DER_CONTEXT(0), key_id);
    der_close(b, sequence);
    extension_close(b, at);
}

err extension_authority_key_id(bytes value, bytes *key_id)
{
    der_reader outer = der_reader_over(value), sequence;
    *key_id = bytes_of(NULL, 0);
    TRY(der_enter(&outer, &sequence, DER_SEQUENCE));
    TRY(der_finish(&outer));
    if (der_next_is(&sequence, DER_CONTEXT(0)))
        TRY(der_value(&sequence, key_id, DER_CONTEXT(0)));
    /* authorityCertIssuer and authorityCertSerialNumber only repeat what the issuer's certificate says. */
    while (!der_at_end(&sequence))
        TRY(der_any(&sequence, NULL, NULL, NULL));
    return ERR_OK;
}
