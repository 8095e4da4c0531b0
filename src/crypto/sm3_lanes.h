/* SM3 (sm3.h) of eight short messages at once, in the lanes of vector registers: for streams of digests (hash_drbg.h). */
#ifndef YIQIAN_CRYPTO_SM3_LANES_H
#define YIQIAN_CRYPTO_SM3_LANES_H

#include <stdint.h>

#include "crypto/sm3.h"

enum { SM3_LANES = 8 };

/* Each block is a whole message with its padding (GB/T 32905-2016 5.2). Nothing here branches on the messages. */
void sm3_lanes(uint8_t out[SM3_LANES][SM3_SIZE], const uint8_t blocks[SM3_LANES][SM3_BLOCK]);

#endif
