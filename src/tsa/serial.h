/* Serial numbers of tokens, without asking anybody: 6 octets, the Unix milliseconds when the prefix was drawn || 10 random octets || 4
 * octets, a counter. A prefix lives a minute of the monotonic clock and TSA_SERIALS_A_PREFIX numbers at the most, so the numbers of one process, of a restart,
 * of another node and of a machine whose clock was set back differ by their prefix: two prefixes of one millisecond are the same with
 * probability 2^-80. They rise nearly with the time, which keeps the log's index together. */
#ifndef YIQIAN_TSA_SERIAL_H
#define YIQIAN_TSA_SERIAL_H

#include "crypto/entropy.h"

enum { TSA_SERIAL_SIZE = 20, TSA_SERIALS_A_PREFIX = 1 << 20 };

typedef struct tsa_serials tsa_serials;

/* rng outlives it. ERR_MEMORY. Ownership: tsa_serials_destroy; NULL is fine. */
MUST_CHECK err tsa_serials_create(tsa_serials **out, const entropy *rng);
void tsa_serials_destroy(tsa_serials *s);

/* The next number: positive, its first octet 01 to 7F, so as an INTEGER it has these 20 octets. Thread-safe. now_ms: the time that the
 * token will say, which need not rise. ERR_RANGE: a time before 2004-11-03 or after the year 6400, with which a number would be shorter or
 * negative; ERR_ENTROPY. */
MUST_CHECK err tsa_serial_next(tsa_serials *s, int64_t now_ms, uint8_t serial[TSA_SERIAL_SIZE]);

/* The same at a given time of the monotonic clock. */
MUST_CHECK err tsa_serial_at(tsa_serials *s, int64_t now_ms, uint64_t monotonic_ns, uint8_t serial[TSA_SERIAL_SIZE]);

#endif
