#include "crypto/signer.h"

#include "backends.h"
#include "peer.h"

static sm2_private new_key(void)
{
    sm2_private key;
    assert_int_equal(sm2_private_generate(&key, &peer_entropy), ERR_OK);
    return key;
}

static void signs_with_a_copy_of_the_key(void **state)
{
    (void)state;
    sm2_private key = new_key();
    uint8_t public_key[POINT_SIZE], e[32], rs[64];
    memcpy(public_key, key.public_key, sizeof public_key);
    signer *s = signer_in_memory(&key, &peer_entropy);
    assert_non_null(s);
    sm2_private_wipe(&key);
    assert_memory_equal(s->public_key, public_key, sizeof public_key);
    peer_fill(e, sizeof e);
    assert_int_equal(s->sign(s, e, rs), ERR_OK);
    assert_int_equal(sm2_verify_bytes(public_key, e, rs), ERR_OK);
    signer_destroy(s);
}

static void signs_a_message_under_the_default_id(void **state)
{
    (void)state;
    sm2_private key = new_key();
    uint8_t e[32], rs[64];
    bytes message = bytes_of_text("discharge summary");
    signer *s = signer_in_memory(&key, &peer_entropy);
    assert_non_null(s);
    assert_int_equal(signer_sign_message(s, message, rs), ERR_OK);
    sm2_digest(e, key.public_key, message);
    assert_int_equal(sm2_verify_bytes(key.public_key, e, rs), ERR_OK);
    sm2_digest(e, key.public_key, bytes_of_text("another"));
    assert_int_equal(sm2_verify_bytes(key.public_key, e, rs), ERR_SIGNATURE);
    signer_destroy(s);
}

static void says_that_entropy_failed(void **state)
{
    (void)state;
    sm2_private key = new_key();
    uint8_t rs[64];
    signer *s = signer_in_memory(&key, &broken_entropy);
    assert_non_null(s);
    assert_int_equal(signer_sign_message(s, bytes_of_text("x"), rs), ERR_ENTROPY);
    signer_destroy(s);
}

static void destroy_takes_null(void **state)
{
    (void)state;
    signer_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signs_with_a_copy_of_the_key),
        cmocka_unit_test(signs_a_message_under_the_default_id),
        cmocka_unit_test(says_that_entropy_failed),
        cmocka_unit_test(destroy_takes_null),
    };
    return RUN_ON_EVERY_BACKEND(tests, NULL, NULL);
}
