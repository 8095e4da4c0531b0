#include "service/message_form.h"

#include "asn1/der.h"
#include "crypto/sm3.h"

bool message_form_ambiguous(bytes document)
{
    return document.n == SM3_SIZE || der_is_one_value(document, DER_SEQUENCE) || der_is_one_value(document, DER_SET);
}
