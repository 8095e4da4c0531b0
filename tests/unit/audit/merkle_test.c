#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "audit/merkle.h"

enum { LEAVES = 130 };

static uint8_t leaf[LEAVES][SM3_SIZE];

static int make_leaves(void **state)
{
    (void)state;
    for (unsigned i = 0; i < LEAVES; i++) {
        const uint8_t data[2] = {0x00, (uint8_t)i};
        sm3(leaf[i], data, sizeof data);
    }
    return 0;
}

/* The definition of RFC 9162 2.1.1, word by word: split at the largest power of two below n. */
static void define_root(uint8_t out[SM3_SIZE], const uint8_t (*leaves)[SM3_SIZE], unsigned n)
{
    if (n == 0) {
        sm3(out, "", 0);
        return;
    }
    if (n == 1) {
        memcpy(out, leaves[0], SM3_SIZE);
        return;
    }
    unsigned k = 1;
    while (2 * k < n)
        k *= 2;
    uint8_t node[1 + 2 * SM3_SIZE] = {0x01};
    define_root(node + 1, leaves, k);
    define_root(node + 1 + SM3_SIZE, leaves + k, n - k);
    sm3(out, node, sizeof node);
}

static void every_size_has_the_root_of_the_definition(void **state)
{
    (void)state;
    merkle m;
    merkle_init(&m);
    for (unsigned n = 0; n <= LEAVES; n++) {
        uint8_t expected[SM3_SIZE], root[SM3_SIZE];
        define_root(expected, (const uint8_t(*)[SM3_SIZE])leaf, n);
        merkle_root(root, &m);
        assert_memory_equal(root, expected, sizeof root);
        assert_int_equal(m.size, n);
        if (n < LEAVES)
            merkle_append(&m, leaf[n]);
    }
}

static void the_order_of_leaves_counts(void **state)
{
    (void)state;
    merkle a, b;
    uint8_t ra[SM3_SIZE], rb[SM3_SIZE];
    merkle_init(&a);
    merkle_init(&b);
    merkle_append(&a, leaf[0]);
    merkle_append(&a, leaf[1]);
    merkle_append(&b, leaf[1]);
    merkle_append(&b, leaf[0]);
    merkle_root(ra, &a);
    merkle_root(rb, &b);
    assert_memory_not_equal(ra, rb, sizeof ra);
}

static void a_subtree_stands_for_its_leaves(void **state)
{
    (void)state;
    merkle whole, joined, part;
    uint8_t rw[SM3_SIZE], rj[SM3_SIZE];
    merkle_init(&whole);
    merkle_init(&joined);
    merkle_init(&part);
    for (size_t i = 0; i < 7; i++)
        merkle_append(&whole, leaf[i]);
    for (size_t i = 0; i < 4; i++)
        merkle_append(&part, leaf[i]);
    merkle_append_subtree(&joined, 2, part.node[2]);
    merkle_init(&part);
    merkle_append(&part, leaf[4]);
    merkle_append(&part, leaf[5]);
    merkle_append_subtree(&joined, 1, part.node[1]);
    merkle_append_subtree(&joined, 0, leaf[6]);
    assert_int_equal(joined.size, 7);
    merkle_root(rw, &whole);
    merkle_root(rj, &joined);
    assert_memory_equal(rw, rj, sizeof rw);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_size_has_the_root_of_the_definition),
        cmocka_unit_test(the_order_of_leaves_counts),
        cmocka_unit_test(a_subtree_stands_for_its_leaves),
    };
    return cmocka_run_group_tests(tests, make_leaves, NULL);
}
