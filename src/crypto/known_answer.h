/* Known answers: a program computes what standards and independent programs computed before, to see that its own code and the
 * machine below it are whole. Rows of a table, so that a test can spoil one and see it found. The rows of other modules stand
 * with them (mpc/mpc_known_answer.h, keystore/keystore_known_answer.h); who runs them all is service/selftest.h. */
#ifndef YIQIAN_CRYPTO_KNOWN_ANSWER_H
#define YIQIAN_CRYPTO_KNOWN_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

enum { KNOWN_ANSWER_MAX = 256 };

typedef struct known_answer {
    const char *name;            /* stable: in the log and in the API */
    bool (*holds)(bytes answer); /* computes and compares */
    const char *answer;          /* hex, at most KNOWN_ANSWER_MAX bytes */
} known_answer;

/* False also for an answer that is no hex. */
bool known_answer_holds(const known_answer *row);

/* SM3, HMAC-SM3, KDF, PBKDF2, Hash_DRBG, SM2. */
extern const known_answer known_answer_crypto[];
extern const size_t known_answer_crypto_n;

/* n bytes of hex text that is part of the program. */
void known_answer_input(uint8_t *out, size_t n, const char *hex);

/* Whether the answer is these n bytes. */
bool known_answer_is(bytes answer, const uint8_t *computed, size_t n);

#endif
