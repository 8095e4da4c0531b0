/* Login to the console by a signature: the server gives a challenge, the operator signs the message around it with the key of his certificate
 * (docs/spec/console.md). */
#ifndef YIQIAN_SERVICE_CONSOLE_CHALLENGE_H
#define YIQIAN_SERVICE_CONSOLE_CHALLENGE_H

#include "service/console_session.h"

enum { CONSOLE_CHALLENGE = 40, CONSOLE_CHALLENGE_SECONDS = 300 };

/* A challenge, and the message that is signed: SM2 with SM3 under the default ID. */
MUST_CHECK err console_challenge_make(call *c, uint8_t challenge[CONSOLE_CHALLENGE], const char **message,
                                      int64_t *expires_ms);

/* signature: r || s, or DER. Each challenge logs in once, whichever server of the database is asked. ERR_UNAUTHENTICATED, ERR_REPLAY. */
MUST_CHECK err console_challenge_use(call *c, const uint8_t challenge[CONSOLE_CHALLENGE], bytes certificate,
                                     bytes signature, const char **cookie);

#endif
