/* The check of a certificate that the server hands over: is it for this key and for the person who was shown? */
#ifndef YIQIAN_SDK_OWN_CERTIFICATE_H
#define YIQIAN_SDK_OWN_CERTIFICATE_H

#include "asn1/spki.h"
#include "base/bytes.h"
#include "base/err.h"

/* Longest serial number: 20 octets (RFC 5280 4.1.2.2). */
enum { OWN_CERTIFICATE_SERIAL = 20 };

/* ERR_DER (no certificate); ERR_ANSWER (another key, or a subject that is not these bytes). Gives the serial number in
 * hex. */
MUST_CHECK err own_certificate_check(char serial[2 * OWN_CERTIFICATE_SERIAL + 1], bytes certificate,
                                     const uint8_t public_key[SPKI_KEY_SIZE], bytes subject);

/* Whether the bytes are as a whole one DER SEQUENCE: all that is looked at in the certificates above our own. */
bool own_certificate_is_sequence(bytes certificate);

#endif
