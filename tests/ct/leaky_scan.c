/* The back end 64 with one thing changed: where it reads a whole table, this reads the entry it wants. */
#define CRYPTO_BACKEND
#include "crypto/backend_table.h"
#include "crypto/scan.h"

static inline void indexing_scan(point_affine *r, const point_affine *table, uint64_t count, uint64_t wanted)
{
    *r = table[wanted % count];
}

#define scan_affine indexing_scan
#define backend_64 backend_leaky_scan
#include "crypto/backend_64.c"
