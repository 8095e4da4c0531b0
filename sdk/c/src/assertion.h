/* Login assertions (docs/spec/qr.md, The assertion): messages that only the server writes, and what one is held to before it is signed. */
#ifndef YIQIAN_SDK_ASSERTION_H
#define YIQIAN_SDK_ASSERTION_H

#include <stdbool.h>

#include "base/bytes.h"

/* Bytes of one at most: every text in it as long as the server takes it, each character escaped. */
enum { ASSERTION_MAX = 8192 };

/* What the person was shown, and who this device is. */
typedef struct assertion_claim {
    const char *system, *purpose;
    const char *login; /* UUID text */
    const char *staff_no;
    const char *certificate; /* serial number, hex */
} assertion_claim;

/* Whether a message begins as only the server's own do: never signed as a document. */
bool assertion_reserved(bytes message);

/* Whether the message is, as a whole and in its one form, an assertion that claims just this. nonce and system_id are the business
 * system's to compare, the name is the server's of that staff number (a person may be renamed), time the server's. */
bool assertion_claims(bytes message, const assertion_claim *claim);

#endif
