#include "service/audit_export.h"

#include "fixture.h"

/* The root, put together from what the export gives: its rows between the subtrees on both sides. */
static void assert_whole(const audit_export *x)
{
    merkle m;
    uint8_t root[SM3_SIZE];
    merkle_init(&m);
    for (size_t i = 0; i < x->before_n; i++)
        merkle_append_subtree(&m, x->before[i].level, x->before[i].hash);
    assert_int_equal(m.size, x->from - 1);
    for (size_t i = 0; i < x->n; i++)
        merkle_append(&m, x->rows[i].leaf);
    assert_int_equal(m.size, x->to);
    for (size_t i = 0; i < x->after_n; i++) {
        assert_int_equal(m.size % (UINT64_C(1) << x->after[i].level), 0);
        merkle_append_subtree(&m, x->after[i].level, x->after[i].hash);
    }
    assert_int_equal(m.size, x->size);
    merkle_root(root, &m);
    assert_memory_equal(root, x->root, sizeof root);
}

static void every_part_gives_the_root(void **state)
{
    fixture *f = *state;
    static audit_export x;
    char staff_no[16];
    for (int i = 0; i < 30; i++) {
        snprintf(staff_no, sizeof staff_no, "D%d", i);
        fixture_user(f, staff_no, "王建国");
    }
    int64_t size = fixture_number(f, "SELECT max(sequence) FROM audit");
    for (int64_t from = 1; from <= size + 1; from++)
        for (int64_t rows = 1; rows <= size; rows += 7) {
            call *c = fixture_call(f, NULL);
            arena *a = arena_create(8 << 20);
            c->arena = a;
            assert_int_equal(audit_export_read(c, from, rows, &x), ERR_OK);
            if (from == 1 && rows == 1) /* the first one may have made the key that signs, which is an act */
                size = (int64_t)x.size;
            assert_whole(&x);
            assert_non_null(strstr(x.statement, "yiqian-audit-head/1\nsize="));
            arena_destroy(a);
        }
}

static void a_log_that_does_not_fit_its_head_is_not_signed(void **state)
{
    fixture *f = *state;
    static audit_export x;
    fixture_user(f, "D1", "王建国");
    fixture_write(f, "UPDATE audit SET leaf = $1 WHERE sequence = 2",
                  (store_value[]){store_blob("01234567890123456789012345678901", 32)}, 1);
    assert_int_equal(audit_export_read(fixture_call(f, NULL), 1, 10, &x), ERR_CORRUPT);
}

static void from_a_time(void **state)
{
    fixture *f = *state;
    int64_t sequence;
    f->now_ms += 1000;
    fixture_user(f, "D1", "王建国");
    int64_t last = fixture_number(f, "SELECT max(sequence) FROM audit");
    assert_int_equal(audit_export_from(fixture_call(f, NULL), f->now_ms, &sequence), ERR_OK);
    assert_int_equal(sequence, last);
    assert_int_equal(audit_export_from(fixture_call(f, NULL), f->now_ms + 1, &sequence), ERR_OK);
    assert_int_equal(sequence, last + 1);
    assert_int_equal(audit_export_from(fixture_call(f, NULL), 0, &sequence), ERR_OK);
    assert_int_equal(sequence, 1);
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(every_part_gives_the_root),
        WITH_FIXTURE(a_log_that_does_not_fit_its_head_is_not_signed),
        WITH_FIXTURE(from_a_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
