/* Reading one entry of a table without showing which: every entry is read. */
#ifndef YIQIAN_CRYPTO_SCAN_H
#define YIQIAN_CRYPTO_SCAN_H

#include "crypto/point.h"

/* r = table[wanted] for wanted < count. */
static inline void scan_affine(point_affine *r, const point_affine *table, uint64_t count, uint64_t wanted)
{
    *r = (point_affine){{{0}}, {{0}}};
    for (uint64_t i = 0; i < count; i++) {
        uint64_t mask = limb_zero_mask(i ^ wanted);
        for (int j = 0; j < 4; j++) {
            r->x.v[j] |= mask & table[i].x.v[j];
            r->y.v[j] |= mask & table[i].y.v[j];
        }
    }
}

#endif
