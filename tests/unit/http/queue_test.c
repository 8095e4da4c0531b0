#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include "http/queue.h"

static void first_in_first_out(void **state)
{
    (void)state;
    queue *q;
    int items[5];
    assert_int_equal(queue_create(&q, 3), ERR_OK);
    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < 3; i++) {
            assert_true(queue_reserve(q));
            queue_push(q, &items[i]);
        }
        assert_false(queue_reserve(q));
        for (int i = 0; i < 3; i++)
            assert_ptr_equal(queue_take(q), &items[i]);
        assert_true(queue_reserve(q)); /* so that the ring does not begin at its start */
        queue_push(q, &items[4]);
        assert_ptr_equal(queue_take(q), &items[4]);
    }
    queue_destroy(q);
    queue_destroy(NULL);
}

static void a_reservation_takes_room(void **state)
{
    (void)state;
    queue *q;
    int item;
    assert_int_equal(queue_create(&q, 1), ERR_OK);
    assert_true(queue_reserve(q));
    assert_false(queue_reserve(q));
    queue_push(q, &item);
    assert_false(queue_reserve(q));
    assert_ptr_equal(queue_take(q), &item);
    assert_true(queue_reserve(q));
    queue_destroy(q);
}

static void *take(void *q)
{
    return queue_take(q);
}

static void a_closed_queue_gives_what_it_holds_and_then_ends(void **state)
{
    (void)state;
    queue *q;
    int one, two;
    assert_int_equal(queue_create(&q, 4), ERR_OK);
    assert_true(queue_reserve(q) && queue_reserve(q));
    queue_push(q, &one);
    queue_close(q);
    assert_false(queue_reserve(q));
    assert_ptr_equal(queue_take(q), &one);
    /* One is promised still: who takes now waits for it, and only then is it the end for all. */
    pthread_t takers[3];
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&takers[i], NULL, take, q), 0);
    (void)usleep(20000);
    queue_push(q, &two);
    int got = 0;
    for (int i = 0; i < 3; i++) {
        void *item;
        (void)pthread_join(takers[i], &item);
        assert_true(item == NULL || item == &two);
        got += item == &two;
    }
    assert_int_equal(got, 1);
    assert_null(queue_take(q));
    queue_destroy(q);
}

enum { PRODUCERS = 2, CONSUMERS = 3, EACH = 20000 };

static void *produce(void *q)
{
    static char item;
    for (int i = 0; i < EACH; i++) {
        while (!queue_reserve(q))
            (void)sched_yield();
        queue_push(q, &item);
    }
    return NULL;
}

static void *consume(void *q)
{
    uintptr_t n = 0;
    while (queue_take(q))
        n++;
    return (void *)n;
}

static void many_threads_lose_nothing(void **state)
{
    (void)state;
    queue *q;
    pthread_t producers[PRODUCERS], consumers[CONSUMERS];
    assert_int_equal(queue_create(&q, 8), ERR_OK);
    for (int i = 0; i < CONSUMERS; i++)
        assert_int_equal(pthread_create(&consumers[i], NULL, consume, q), 0);
    for (int i = 0; i < PRODUCERS; i++)
        assert_int_equal(pthread_create(&producers[i], NULL, produce, q), 0);
    for (int i = 0; i < PRODUCERS; i++)
        (void)pthread_join(producers[i], NULL);
    queue_close(q);
    uintptr_t all = 0;
    for (int i = 0; i < CONSUMERS; i++) {
        void *n;
        (void)pthread_join(consumers[i], &n);
        all += (uintptr_t)n;
    }
    assert_int_equal(all, PRODUCERS * EACH);
    queue_destroy(q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_in_first_out),
        cmocka_unit_test(a_reservation_takes_room),
        cmocka_unit_test(a_closed_queue_gives_what_it_holds_and_then_ends),
        cmocka_unit_test(many_threads_lose_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
