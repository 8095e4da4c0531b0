#include "service/known_keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>

#include "crypto/sm2.h"
#include "os/entropy.h"

static const entropy rng = {os_entropy_fill, NULL};

/* A signer with signatures of its own. */
enum { SIGNATURES = 6 };
typedef struct signer_of {
    sm2_private key;
    uint8_t e[SIGNATURES][32], rs[SIGNATURES][64];
    known_keys_item items[SIGNATURES];
} signer_of;

static void make(signer_of *s)
{
    assert_int_equal(sm2_private_generate(&s->key, &rng), ERR_OK);
    for (int i = 0; i < SIGNATURES; i++) {
        assert_int_equal(os_entropy_fill(NULL, s->e[i], 32), ERR_OK);
        assert_int_equal(sm2_sign(s->rs[i], &s->key, s->e[i], &rng), ERR_OK);
        s->items[i] = (known_keys_item){s->e[i], s->rs[i]};
    }
}

static err verify(known_keys *k, const signer_of *s, size_t n, size_t *bad)
{
    return known_keys_verify(k, s->key.public_key, s->items, n, bad);
}

static void the_result_is_the_same_however_often(void **state)
{
    (void)state;
    static signer_of s[5];
    for (size_t i = 0; i < 5; i++)
        make(&s[i]);
    for (size_t most = 0; most <= 3; most++) {
        known_keys *k = known_keys_create(most);
        assert_non_null(k);
        for (int round = 0; round < 12; round++) {
            for (size_t i = 0; i < 5; i++) {
                size_t bad = 99, n = 1 + (size_t)round % SIGNATURES, at = (size_t)round % n;
                /* Each signer twice in a row, so that places change hands. */
                assert_int_equal(verify(k, &s[i], n, &bad), ERR_OK);
                assert_int_equal(verify(k, &s[i], n, &bad), ERR_OK);
                assert_int_equal(bad, 99);
                s[i].rs[at][40] ^= 1;
                assert_int_equal(verify(k, &s[i], n, &bad), ERR_SIGNATURE);
                assert_int_equal(bad, at);
                s[i].rs[at][40] ^= 1;
                /* Another's signature under this key. */
                assert_int_equal(known_keys_verify(k, s[i].key.public_key, s[(i + 1) % 5].items, 1, &bad),
                                 ERR_SIGNATURE);
            }
        }
        known_keys_destroy(k);
    }
}

static void what_is_no_key_is_refused(void **state)
{
    (void)state;
    static signer_of s;
    size_t bad;
    known_keys *k = known_keys_create(4);
    make(&s);
    s.key.public_key[64] ^= 1;
    for (int i = 0; i < 3; i++)
        assert_int_equal(verify(k, &s, SIGNATURES, &bad), ERR_POINT);
    known_keys_destroy(k);
    known_keys_destroy(NULL);
}

typedef struct shared {
    known_keys *k;
    const signer_of *s;
} shared;

static void *hammer(void *arg)
{
    const shared *x = arg;
    size_t bad, wrong = 0;
    for (int i = 0; i < 200; i++)
        wrong += verify(x->k, &x->s[i % 3], 1 + (size_t)i % 5, &bad) != ERR_OK;
    return wrong == 0 ? NULL : arg;
}

static void threads_share_one_place(void **state)
{
    (void)state;
    static signer_of s[3];
    for (size_t i = 0; i < 3; i++)
        make(&s[i]);
    shared x = {known_keys_create(1), s};
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hammer, &x), 0);
    for (int i = 0; i < 4; i++) {
        void *wrong;
        assert_int_equal(pthread_join(threads[i], &wrong), 0);
        assert_null(wrong);
    }
    known_keys_destroy(x.k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_result_is_the_same_however_often),
        cmocka_unit_test(what_is_no_key_is_refused),
        cmocka_unit_test(threads_share_one_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
