/* Codes and key ids that people read, type and dictate: Crockford's base32 (no I, L, O, U). */
#ifndef YIQIAN_SERVICE_CODE_H
#define YIQIAN_SERVICE_CODE_H

#include <stddef.h>

#include "crypto/entropy.h"

/* n characters of 5 random bits each, upper case, and a terminator. n <= 32. ERR_ENTROPY. */
MUST_CHECK err code_random(char *out, size_t n, const entropy *rng);

/* A key id: a prefix of three characters ("ak_") and 20 random ones in lower case. ERR_ENTROPY. */
enum { CODE_ID_TEXT = 3 + 20 + 1 };
MUST_CHECK err code_random_id(char out[CODE_ID_TEXT], const char *prefix, const entropy *rng);

/* Exactly n characters as a person types them: either case, hyphens and spaces anywhere, O for 0, I and L for 1. Gives the
 * n upper-case characters and a terminator. ERR_ENCODING. */
MUST_CHECK err code_normalise(char *out, size_t n, const char *text);

#endif
