/* The forms of the message M that is signed (docs/spec/two-party-sm2.md 5) are apart by what a message looks like. */
#ifndef YIQIAN_ASN1_MESSAGE_FORM_H
#define YIQIAN_ASN1_MESSAGE_FORM_H

#include <stdbool.h>

#include "base/bytes.h"

/* Whether a document, signed as it is, could be the message of another form: 32 bytes (a digest), or as a whole one DER SEQUENCE (a
 * certificate request) or SET (signed attributes). Nobody here signs it so, and a signature of this CA's is not shown as one over it. */
bool message_form_ambiguous(bytes document);

#endif
