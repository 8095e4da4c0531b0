/* Public keys that verify often, prepared (crypto/point.h): a bounded cache in memory. It holds nothing secret and is asked for
 * speed only: with or without it every verification has the same result. Thread-safe. */
#ifndef YIQIAN_SERVICE_KNOWN_KEYS_H
#define YIQIAN_SERVICE_KNOWN_KEYS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "crypto/point.h"

typedef struct known_keys known_keys;

/* most: how many keys are kept, 4 KiB each, allocated as they come; 0 for none. NULL if memory is out. */
known_keys *known_keys_create(size_t most);
/* NULL is fine. */
void known_keys_destroy(known_keys *k);

/* One signature of n: each e (32 bytes) and r || s (64 bytes). */
typedef struct known_keys_item {
    const uint8_t *e, *rs;
} known_keys_item;

/* Verifies the n signatures of one key in order, as sm2_verify does. ERR_POINT where the key is none; ERR_SIGNATURE with the
 * number of the first that is not valid in *bad. */
MUST_CHECK err known_keys_verify(known_keys *k, const uint8_t public_key[POINT_SIZE], const known_keys_item *items,
                                 size_t n, size_t *bad);

#endif
