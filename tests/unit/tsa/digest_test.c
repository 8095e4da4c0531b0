#include "tsa/digest.h"

#include "foreign.h"

/* Against OpenSSL, in one piece and in several. */
static void test_digests(void **state)
{
    static const uint8_t message[] = "a document of several pieces";
    (void)state;
    for (int i = 0; i < TSA_HASH_COUNT; i++) {
        uint8_t ours[TSA_IMPRINT_MAX], theirs[EVP_MAX_MD_SIZE];
        unsigned n;
        tsa_digest *d;
        assert_int_equal(EVP_Digest(message, sizeof message, theirs, &n, foreign_md((tsa_hash)i), NULL), 1);
        assert_int_equal(n, tsa_hash_size((tsa_hash)i));
        assert_int_equal(tsa_digest_of(ours, (tsa_hash)i, bytes_of(message, sizeof message)), ERR_OK);
        assert_memory_equal(ours, theirs, n);
        assert_int_equal(tsa_digest_begin(&d, (tsa_hash)i), ERR_OK);
        for (size_t k = 0; k < sizeof message; k++)
            assert_int_equal(tsa_digest_add(d, bytes_of(message + k, 1)), ERR_OK);
        memset(ours, 0, sizeof ours);
        assert_int_equal(tsa_digest_end(d, ours), ERR_OK);
        assert_memory_equal(ours, theirs, n);
        assert_int_equal(tsa_digest_begin(&d, (tsa_hash)i), ERR_OK);
        assert_int_equal(tsa_digest_end(d, NULL), ERR_OK);
    }
    assert_int_equal(tsa_digest_end(NULL, NULL), ERR_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_digests)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
