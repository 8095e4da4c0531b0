/* A small space of PINs for the guessing attacks: with all of 10^6 they take hours here and minutes on a graphics card. */
#ifndef TESTS_ATTACK_PINS_H
#define TESTS_ATTACK_PINS_H

#include "unit/mpc/pair.h"

enum { PINS = 40, PINS_RIGHT = 17, PINS_OTHER = 31 };

/* The i-th PIN of the space: none of the common ones. */
static inline bytes pins_at(char text[8], size_t i)
{
    static const char digits[] = "0123456789";
    memcpy(text, "274900", 7);
    text[4] = digits[i / 10];
    text[5] = digits[i % 10];
    return bytes_of(text, 6);
}

static inline void pins_mask(mpc_device_blob *blob, const pair *p, const scalar *d1, size_t pin)
{
    char text[8];
    assert_int_equal(mpc_device_mask(blob, d1, p->share.P, pins_at(text, pin), MPC_ITERATIONS_MIN, &p->rng), ERR_OK);
}

/* The d1 that each PIN of the space makes of a stolen blob. */
static inline void pins_try(scalar d1[PINS], const mpc_device_blob *blob)
{
    char text[8];
    for (size_t i = 0; i < PINS; i++)
        assert_int_equal(mpc_device_unmask(&d1[i], blob, pins_at(text, i)), ERR_OK);
}

#endif
