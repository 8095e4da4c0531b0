/* Whether a source of entropy looks alive: the two tests of NIST SP 800-90B 4.4 over some of its bytes, as a start needs them
 * (GM/T 0062-2018 wants one at power-on). They find a source that is stuck or far off, not one that is guessable. */
#ifndef YIQIAN_CRYPTO_ENTROPY_HEALTH_H
#define YIQIAN_CRYPTO_ENTROPY_HEALTH_H

#include "base/err.h"
#include "crypto/entropy.h"

/* A source of full entropy, 8 bits a byte, and a false alarm in 2^40 tests. */
enum {
    ENTROPY_HEALTH_BYTES = 4096,
    ENTROPY_HEALTH_REPEATS = 1 + 40 / 8, /* 4.4.1: so many equal bytes in a row are too many */
    ENTROPY_HEALTH_WINDOW = 512,         /* 4.4.2: in a window ... */
    ENTROPY_HEALTH_SAME = 19 /* ... so many times its first byte: P[B(512, 1/256) >= 19] <= 2^-40 < P[... >= 18] */
};

/* Draws ENTROPY_HEALTH_BYTES and tests them. ERR_ENTROPY where the source fails or a test does. */
MUST_CHECK err entropy_health_check(const entropy *source);

#endif
