#include "asn1/message_form.h"

#include "asn1/der.h"

enum { DIGEST = 32 /* of SM3 */ };

bool message_form_ambiguous(bytes document)
{
    return document.n == DIGEST || der_is_one_value(document, DER_SEQUENCE) || der_is_one_value(document, DER_SET);
}
