#include "bench_of_checks.h"

static const int64_t now_ms = INT64_C(1800000000000);

static check_state judged(bench *b, const queue_facts *f, const char *id)
{
    b->k.n = 0;
    check_queues_judge(&b->k, f, now_ms);
    return bench_state(b, id);
}

static void ages_at_their_limits(void **state)
{
    bench *b = *state;
    queue_facts f = {0};
    static const char *const ids[] = {"queues.tasks", "queues.callbacks", "queues.callbacks_failed", "queues.stamps"};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        assert_int_equal(judged(b, &f, ids[i]), CHECK_OK);
    f = (queue_facts){.tasks = 1,
                      .oldest_task_ms = now_ms - 7 * CHECK_DAY_MS,
                      .callbacks = 2,
                      .callbacks_due_ms = now_ms - 5 * CHECK_MINUTE_MS,
                      .stamps = 3,
                      .oldest_stamp_ms = now_ms - 10 * CHECK_MINUTE_MS};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        assert_int_equal(judged(b, &f, ids[i]), CHECK_OK);
    f.oldest_task_ms--;
    f.callbacks_due_ms--;
    f.callbacks_failed = 1;
    f.oldest_stamp_ms--;
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        assert_int_equal(judged(b, &f, ids[i]), CHECK_WARNING);
    f.callbacks_due_ms = now_ms - CHECK_HOUR_MS - 1;
    f.callbacks_failed = 1001;
    f.oldest_stamp_ms = now_ms - 6 * CHECK_HOUR_MS - 1;
    for (size_t i = 1; i < sizeof ids / sizeof *ids; i++)
        assert_int_equal(judged(b, &f, ids[i]), CHECK_FAILED);
    f.callbacks_due_ms = now_ms + 5000; /* waits for its next try */
    assert_int_equal(judged(b, &f, "queues.callbacks"), CHECK_OK);
}

RUN_ON_BENCH(ON_BENCH(ages_at_their_limits))
