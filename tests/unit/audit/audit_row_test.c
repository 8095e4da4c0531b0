#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "audit/audit_row.h"

static void fill(store_value row[AUDIT_FIELDS])
{
    row[0] = store_int(5);
    row[1] = store_int(-1);
    row[2] = store_text("ab");
    row[3] = store_text("");
    row[4] = store_null();
    row[5] = store_text("é");
    row[6] = store_null();
    row[7] = store_text("x");
}

static void the_bytes_are_as_written_down(void **state)
{
    (void)state;
    static const uint8_t row[] = {0x00,                                                                /* leaf */
                                  0,    0,    0,    8,    0,    0,    0,    0,    0,    0,    0,    5, /* sequence */
                                  0,    0,    0,    8,    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0,
                                  2,    'a',  'b',        /* event */
                                  0,    0,    0,    0,    /* outcome: empty */
                                  0xff, 0xff, 0xff, 0xff, /* actor: NULL */
                                  0,    0,    0,    2,    0xc3, 0xa9, 0xff, 0xff, 0xff, 0xff, 0,    0,    0, 1, 'x'};
    uint8_t expected[SM3_SIZE], leaf[SM3_SIZE];
    store_value fields[AUDIT_FIELDS];
    fill(fields);
    sm3(expected, row, sizeof row);
    assert_int_equal(audit_row_leaf(leaf, fields), ERR_OK);
    assert_memory_equal(leaf, expected, sizeof leaf);
}

static void neighbours_do_not_run_together(void **state)
{
    (void)state;
    store_value fields[AUDIT_FIELDS];
    uint8_t a[SM3_SIZE], b[SM3_SIZE];
    fill(fields);
    assert_int_equal(audit_row_leaf(a, fields), ERR_OK);
    fields[2] = store_text("a");
    fields[3] = store_text("b");
    assert_int_equal(audit_row_leaf(b, fields), ERR_OK);
    assert_memory_not_equal(a, b, sizeof a);
    fill(fields);
    fields[3] = store_null();
    assert_int_equal(audit_row_leaf(b, fields), ERR_OK);
    assert_memory_not_equal(a, b, sizeof a);
}

static void types_that_were_never_written_are_refused(void **state)
{
    (void)state;
    store_value fields[AUDIT_FIELDS];
    uint8_t leaf[SM3_SIZE];
    fill(fields);
    fields[2] = store_blob("ab", 2);
    assert_int_equal(audit_row_leaf(leaf, fields), ERR_CORRUPT);
    fill(fields);
    fields[7] = store_int(1);
    assert_int_equal(audit_row_leaf(leaf, fields), ERR_CORRUPT);
    fill(fields);
    fields[0] = store_text("5");
    assert_int_equal(audit_row_leaf(leaf, fields), ERR_CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_bytes_are_as_written_down),
        cmocka_unit_test(neighbours_do_not_run_together),
        cmocka_unit_test(types_that_were_never_written_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
