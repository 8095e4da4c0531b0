/* Constant time, shown by valgrind: a secret is marked as undefined memory, and memcheck follows what is computed from it. A
 * branch or an address that depends on it is an error. What the protocol makes public is marked as defined again. */
#ifndef YIQIAN_TESTS_CT_H
#define YIQIAN_TESTS_CT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <valgrind/memcheck.h>

#include "base/err.h"
#include "crypto/entropy.h"
#include "crypto/point.h"

#define SECRET(object) (void)VALGRIND_MAKE_MEM_UNDEFINED(&(object), sizeof(object))
#define PUBLIC(object) (void)VALGRIND_MAKE_MEM_DEFINED(&(object), sizeof(object))

/* Ends the program where a result is wrong: what does not do its work shows nothing. Only for what is public. */
#define NEED(call) need(call, #call)
void need(bool done, const char *what);

/* The outcome of a call, which its caller sees: whether something was refused is public. */
static inline err outcome(err e)
{
    PUBLIC(e);
    return e;
}

/* Two streams of bytes: public ones, and ones that are secret as they come. */
void public_bytes(uint8_t *out, size_t n);
extern const entropy public_rng, secret_rng;

/* Scalars and points that everyone may know. */
void public_scalar(scalar *k);
void public_point(point *p);

/* The parts. */
void ct_field(void);
void ct_scalar(void);
void ct_point(void);
void ct_hash(void);
void ct_sm2(void);
void ct_device(void);
void ct_server(void);
void ct_keystore(void);

/* The one of tests/ct/leaky.c that is called so. */
void ct_leaky(const char *kind);

#endif
