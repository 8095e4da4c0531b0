#include "crypto/nonce.h"

#include "crypto/sm3.h"
#include "peer.h"

static void hedged_nonce_depends_on_each_input(void **state)
{
    (void)state;
    uint8_t fresh[32] = {1};
    scalar secret = scalar_one, other = {{2, 0, 0, 0}}, n[7];
    const bytes parts[] = {bytes_of("ab", 2), bytes_of("c", 1)}, moved[] = {bytes_of("a", 1), bytes_of("bc", 2)};
    nonce_hedged(&n[0], fresh, &secret, "label", parts, 2);
    nonce_hedged(&n[1], fresh, &other, "label", parts, 2);
    nonce_hedged(&n[2], fresh, &secret, "labe", parts, 2);
    nonce_hedged(&n[3], fresh, &secret, "label", parts, 1);
    nonce_hedged(&n[4], fresh, &secret, "label", moved, 2);
    fresh[31] ^= 1;
    nonce_hedged(&n[5], fresh, &secret, "label", parts, 2);
    for (size_t i = 0; i < 6; i++)
        for (size_t j = 0; j < i; j++)
            assert_false(scalar_equal(&n[i], &n[j]));
    fresh[31] ^= 1;
    nonce_hedged(&n[6], fresh, &secret, "label", parts, 2);
    assert_true(scalar_equal(&n[0], &n[6]));
}

/* The mixing of the header and docs/spec/two-party-sm2.md, put together from its parts. */
static void hedged_nonce_is_as_specified(void **state)
{
    (void)state;
    uint8_t fresh[32], message[32 + 32 + 1 + 5 + 4 + 2 + 1], wide[64];
    scalar secret = {{9, 8, 7, 6}}, got, expected;
    memset(fresh, 0x11, sizeof fresh);
    memcpy(message, fresh, sizeof fresh);
    scalar_to_bytes(message + 32, &secret);
    memcpy(message + 64, "\5label\0\0\0\2ab\1", 13);
    sm3(wide, message, sizeof message);
    message[sizeof message - 1] = 2;
    sm3(wide + 32, message, sizeof message);
    scalar_from_wide(&expected, wide);
    const bytes part = bytes_of("ab", 2);
    nonce_hedged(&got, fresh, &secret, "label", &part, 1);
    assert_true(scalar_equal(&got, &expected));
}

static void a_drawn_nonce_takes_32_bytes(void **state)
{
    (void)state;
    uint8_t fresh[32], byte = 7;
    const entropy stuck = {stuck_entropy_fill, &byte};
    scalar secret = {{9, 8, 7, 6}}, got, expected;
    const bytes part = bytes_of("ab", 2);
    memset(fresh, byte, sizeof fresh);
    nonce_hedged(&expected, fresh, &secret, "label", &part, 1);
    assert_int_equal(nonce_draw(&got, &stuck, &secret, "label", &part, 1), ERR_OK);
    assert_true(scalar_equal(&got, &expected));
    assert_int_equal(nonce_draw(&got, &broken_entropy, &secret, "label", &part, 1), ERR_ENTROPY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hedged_nonce_depends_on_each_input),
        cmocka_unit_test(hedged_nonce_is_as_specified),
        cmocka_unit_test(a_drawn_nonce_takes_32_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
