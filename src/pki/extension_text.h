/* Extensions as text for people. */
#ifndef YIQIAN_PKI_EXTENSION_TEXT_H
#define YIQIAN_PKI_EXTENSION_TEXT_H

#include "pki/extension.h"

/* Appends what the extension says, without a terminator: usages by name, addresses, key identifiers; another's value as der_text has it, and as
 * hex where it is no strict DER. ERR_LENGTH: no room. */
MUST_CHECK err extension_text(buffer *out, const extension *x);

/* "digitalSignature" for bit i of keyUsage (RFC 5280 4.2.1.3), i < EXTENSION_KEY_USAGES. Static storage. */
enum { EXTENSION_KEY_USAGES = 9 };
const char *extension_key_usage_name(unsigned i);

#endif
