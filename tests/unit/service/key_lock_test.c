#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <unistd.h>

#include "base/bytes.h"
#include "service/key_lock.h"

static void an_id_is_held_by_one(void **state)
{
    (void)state;
    static const uint8_t a[16] = {1}, b[16] = {[15] = 1};
    key_locks *l = key_locks_create();
    assert_int_equal(key_lock_take(l, a), ERR_OK);
    assert_int_equal(key_lock_try(l, a), ERR_KEY_BUSY);
    assert_int_equal(key_lock_try(l, b), ERR_OK);
    key_lock_release(l, a);
    assert_int_equal(key_lock_try(l, b), ERR_KEY_BUSY);
    assert_int_equal(key_lock_try(l, a), ERR_OK);
    key_lock_release(l, a);
    key_lock_release(l, b);
    key_lock_release(l, b);
    assert_int_equal(key_lock_try(l, b), ERR_OK);
    key_locks_destroy(l);
    key_locks_destroy(NULL);
}

static void as_many_as_there_is_room_for(void **state)
{
    (void)state;
    uint8_t id[16] = {0};
    key_locks *l = key_locks_create();
    for (uint32_t i = 0; i < KEY_LOCKS_MAX; i++) {
        store_u32be(id, i);
        assert_int_equal(key_lock_take(l, id), ERR_OK);
    }
    store_u32be(id, KEY_LOCKS_MAX);
    assert_int_equal(key_lock_take(l, id), ERR_BUSY);
    assert_int_equal(key_lock_try(l, id), ERR_BUSY);
    store_u32be(id, 7);
    assert_int_equal(key_lock_try(l, id), ERR_KEY_BUSY);
    key_lock_release(l, id);
    store_u32be(id, KEY_LOCKS_MAX);
    assert_int_equal(key_lock_take(l, id), ERR_OK);
    key_locks_destroy(l);
}

typedef struct visitor {
    pthread_t thread;
    key_locks *locks;
    const uint8_t *id;
    int *inside, *most;
} visitor;

static void *visit(void *arg)
{
    visitor *v = arg;
    for (int i = 0; i < 50; i++) {
        if (key_lock_take(v->locks, v->id) != ERR_OK)
            return v;
        *v->inside += 1;
        if (*v->inside > *v->most)
            *v->most = *v->inside;
        usleep(10);
        *v->inside -= 1;
        key_lock_release(v->locks, v->id);
    }
    return NULL;
}

static void whoever_takes_waits_for_the_others(void **state)
{
    (void)state;
    enum { VISITORS = 8 };
    static const uint8_t id[16] = {9};
    int inside = 0, most = 0;
    visitor visitors[VISITORS];
    key_locks *l = key_locks_create();
    for (int i = 0; i < VISITORS; i++) {
        visitors[i] = (visitor){.locks = l, .id = id, .inside = &inside, .most = &most};
        assert_int_equal(pthread_create(&visitors[i].thread, NULL, visit, &visitors[i]), 0);
    }
    for (int i = 0; i < VISITORS; i++) {
        void *failed;
        pthread_join(visitors[i].thread, &failed);
        assert_null(failed);
    }
    assert_int_equal(most, 1);
    assert_int_equal(inside, 0);
    key_locks_destroy(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_id_is_held_by_one),
        cmocka_unit_test(as_many_as_there_is_room_for),
        cmocka_unit_test(whoever_takes_waits_for_the_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
