#include "point_table_compute.h"

#include "crypto/point_table.h"

point_affine point_base_table[POINT_BASE_WINDOWS][POINT_BASE_ENTRIES];
point_affine point_odd_table[POINT_PARTS][POINT_ODD_ENTRIES];

enum { ENTRIES_MAX = POINT_ODD_ENTRIES };
_Static_assert((int)POINT_BASE_ENTRIES <= (int)ENTRIES_MAX, "a row of either fits");

/* P, 3P, 5P, ... as x and y: through their bytes, which takes one inversion. None of them is infinity. */
static void odd_multiples(point_affine *out, const point *p, size_t n)
{
    static point multiple[ENTRIES_MAX];
    static uint8_t encoded[ENTRIES_MAX][POINT_SIZE];
    static fe scratch[ENTRIES_MAX];
    point twice;
    point_double(&twice, p);
    multiple[0] = *p;
    for (size_t i = 1; i < n; i++)
        point_add_var(&multiple[i], &multiple[i - 1], &twice);
    if (point_to_bytes_many(encoded, multiple, n, scratch) != ERR_OK)
        __builtin_trap();
    for (size_t i = 0; i < n; i++) {
        (void)fe_from_bytes(&out[i].x, encoded[i] + 1); /* below p: they were just written */
        (void)fe_from_bytes(&out[i].y, encoded[i] + 33);
    }
}

void point_table_compute(void)
{
    point p = point_generator;
    for (int i = 0; i < POINT_BASE_WINDOWS; i++) {
        odd_multiples(point_base_table[i], &p, POINT_BASE_ENTRIES);
        for (int bit = 0; bit < POINT_BASE_BITS; bit++)
            point_double(&p, &p);
    }
    p = point_generator;
    for (int i = 0; i < POINT_PARTS; i++) {
        odd_multiples(point_odd_table[i], &p, POINT_ODD_ENTRIES);
        for (int bit = 0; bit < 64; bit++)
            point_double(&p, &p);
    }
}
