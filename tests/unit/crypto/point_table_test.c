#include "crypto/point_table.h"

#include "peer.h"

static peer_curve curve;

static void check_entry(const point_affine *ours, const EC_POINT *theirs)
{
    assert_same_point(&curve, &(point){ours->x, ours->y, fe_one}, theirs);
}

/* rows of count odd multiples, the first of G, each following row of 2^step times the one before. */
static void check_table(const point_affine *table, size_t rows, size_t count, int step)
{
    EC_POINT *t = EC_POINT_dup(EC_GROUP_get0_generator(curve.group), curve.group), *twice = EC_POINT_new(curve.group);
    for (size_t i = 0; i < rows; i++) {
        assert_true(EC_POINT_dbl(curve.group, twice, t, curve.ctx));
        EC_POINT *odd = EC_POINT_dup(t, curve.group);
        for (size_t j = 0; j < count; j++) {
            check_entry(&table[i * count + j], odd);
            assert_true(EC_POINT_add(curve.group, odd, odd, twice, curve.ctx));
        }
        EC_POINT_free(odd);
        for (int j = 0; j < step; j++)
            assert_true(EC_POINT_dbl(curve.group, t, t, curve.ctx));
    }
    EC_POINT_free(t);
    EC_POINT_free(twice);
}

static void table_of_windows(void **state)
{
    (void)state;
    check_table(point_base_table[0], POINT_BASE_WINDOWS, POINT_BASE_ENTRIES, POINT_BASE_BITS);
}

static void table_of_parts(void **state)
{
    (void)state;
    check_table(point_odd_table[0], POINT_PARTS, POINT_ODD_ENTRIES, 64);
}

static int prepare(void **state)
{
    (void)state;
    curve = peer_curve_create();
    return 0;
}

static int release(void **state)
{
    (void)state;
    peer_curve_destroy(&curve);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_of_windows),
        cmocka_unit_test(table_of_parts),
    };
    return cmocka_run_group_tests(tests, prepare, release);
}
