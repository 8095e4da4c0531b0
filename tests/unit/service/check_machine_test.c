#include "bench_of_checks.h"

static check_state memory(bench *b, int64_t available, int64_t total)
{
    b->k.n = 0;
    check_machine_judge(&b->k, &(machine_facts){total, available, 256});
    return bench_state(b, "machine.memory");
}

static check_state pool(bench *b, int64_t bits)
{
    b->k.n = 0;
    check_machine_judge(&b->k, &(machine_facts){1000, 500, bits});
    return bench_state(b, "machine.entropy");
}

static void memory_and_entropy_at_their_limits(void **state)
{
    bench *b = *state;
    assert_int_equal(memory(b, 110000, 1000000), CHECK_OK);
    assert_int_equal(memory(b, 99000, 1000000), CHECK_WARNING);
    assert_int_equal(memory(b, 39000, 1000000), CHECK_FAILED);
    assert_int_equal(memory(b, -1, 1000000), CHECK_UNKNOWN);
    assert_int_equal(memory(b, 5, -1), CHECK_UNKNOWN);
    assert_int_equal(pool(b, 128), CHECK_OK);
    assert_int_equal(pool(b, 127), CHECK_WARNING);
    assert_int_equal(pool(b, 31), CHECK_FAILED);
    assert_int_equal(pool(b, -1), CHECK_UNKNOWN);
}

RUN_ON_BENCH(ON_BENCH(memory_and_entropy_at_their_limits))
