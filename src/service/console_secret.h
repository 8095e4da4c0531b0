/* What opens the console once or for a while: 16 bytes that name a row, and 32 that are secret, as one text. The row keeps the SM3 of the secret. Nothing
 * outside src/service uses it. */
#ifndef YIQIAN_SERVICE_CONSOLE_SECRET_H
#define YIQIAN_SERVICE_CONSOLE_SECRET_H

#include "crypto/sm3.h"
#include "service/service.h"

enum { CONSOLE_SECRET_TEXT = 64 };

/* A new one: its id, what the row keeps, and the text, in the arena. ERR_ENTROPY, ERR_MEMORY. */
MUST_CHECK err console_secret_make(call *c, uint8_t id[16], uint8_t hash[SM3_SIZE], const char **text);

/* The id in a text, and the hash of its secret. False: it is none. */
bool console_secret_parse(arena *a, const char *text, uint8_t id[16], uint8_t hash[SM3_SIZE]);

#endif
