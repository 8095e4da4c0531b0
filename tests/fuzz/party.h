/* Two-party SM2 in a harness: an honest pair (tests/unit/mpc/pair.h), whose messages are then spoilt by choices of the input. */
#ifndef YIQIAN_TESTS_FUZZ_PARTY_H
#define YIQIAN_TESTS_FUZZ_PARTY_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "fuzz.h"
#include "unit/mpc/pair.h"

/* Another valid point, an encoding that is none, or edits. True if the 65 bytes are others now. */
static inline bool party_spoil_point(choices *c, uint8_t at[POINT_SIZE], const uint8_t other[POINT_SIZE])
{
    uint8_t before[POINT_SIZE];
    scalar k;
    point p;
    memcpy(before, at, POINT_SIZE);
    switch (choose_below(c, 6)) {
    case 0:
        break;
    case 1: /* k*G for a small k */
        scalar_from_u128(&k, (uint8_t[16]){[15] = (uint8_t)(1 + choose_below(c, 255))});
        point_mul_base(&p, &k);
        CHECK(point_to_bytes(at, &p) == ERR_OK);
        break;
    case 2: /* its opposite */
        if (point_from_bytes(&p, at) == ERR_OK) {
            point_neg(&p, &p);
            CHECK(point_to_bytes(at, &p) == ERR_OK);
        }
        break;
    case 3:
        memcpy(at, other, POINT_SIZE);
        break;
    case 4:
        pair_spoil_point(at, before, choose_below(c, PAIR_BAD_POINTS));
        break;
    default:
        (void)choose_edits(c, at, POINT_SIZE);
    }
    return memcmp(before, at, POINT_SIZE) != 0;
}

static inline bool party_spoil_bytes(choices *c, uint8_t *at, size_t n)
{
    uint8_t before[64];
    CHECK(n <= sizeof before);
    memcpy(before, at, n);
    unsigned how = choose_below(c, n == 32 ? 4 : 3);
    if (how == 1)
        memset(at, choose(c), n);
    else if (how == 2)
        (void)choose_edits(c, at, n);
    else if (how == 3)
        pair_spoil_scalar(at, choose_below(c, PAIR_BAD_SCALARS));
    return memcmp(before, at, n) != 0;
}

static inline bool party_spoil_proof(choices *c, mpc_proof *proof)
{
    bool first = party_spoil_bytes(c, proof->c, sizeof proof->c);
    return party_spoil_bytes(c, proof->z, sizeof proof->z) || first;
}

/* What one decoder takes is one encoding. */
static inline void party_check_encoding(const uint8_t in[POINT_SIZE])
{
    uint8_t again[POINT_SIZE];
    point p;
    if (point_from_bytes(&p, in) != ERR_OK)
        return;
    CHECK(point_to_bytes(again, &p) == ERR_OK && memcmp(again, in, POINT_SIZE) == 0);
}

/* A refusal of what somebody sent, not of a failure here. */
static inline bool party_refuses(err e)
{
    return e == ERR_POINT || e == ERR_SCALAR || e == ERR_PROOF || e == ERR_LENGTH;
}

#endif
