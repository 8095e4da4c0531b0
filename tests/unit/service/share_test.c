#include "crypto/point.h"
#include "fixture.h"
#include "service/share.h"

static const uint8_t key_id[16] = {1, 2, 3, 15, 0xff};

static void make_share(fixture *f, mpc_server_share *share)
{
    sm2_private a, b;
    assert_int_equal(sm2_private_generate(&a, &f->rng), ERR_OK);
    assert_int_equal(sm2_private_generate(&b, &f->rng), ERR_OK);
    share->d2 = a.d;
    memcpy(share->P1, a.public_key, POINT_SIZE);
    memcpy(share->P, b.public_key, POINT_SIZE);
}

static void a_share_comes_back_whole(void **state)
{
    fixture *f = *state;
    mpc_server_share share, back;
    uint8_t sealed[SHARE_SEALED], again[SHARE_SEALED], d2[32];
    make_share(f, &share);
    assert_int_equal(share_seal(fixture_call(f, NULL), key_id, &share, sealed), ERR_OK);
    assert_int_equal(share_open(fixture_call(f, NULL), key_id, share.P, bytes_of(sealed, sizeof sealed), &back),
                     ERR_OK);
    assert_true(scalar_equal(&back.d2, &share.d2));
    assert_memory_equal(back.P1, share.P1, POINT_SIZE);
    assert_memory_equal(back.P, share.P, POINT_SIZE);
    /* Nothing of it is readable, and no two sealings are the same. */
    scalar_to_bytes(d2, &share.d2);
    for (size_t i = 0; i + 16 <= sizeof sealed; i++) {
        assert_memory_not_equal(sealed + i, d2, 16);
        assert_memory_not_equal(sealed + i, share.P1 + 1, 16);
    }
    assert_int_equal(share_seal(fixture_call(f, NULL), key_id, &share, again), ERR_OK);
    assert_memory_not_equal(sealed, again, sizeof sealed);
}

static void a_share_opens_for_its_key_only(void **state)
{
    fixture *f = *state;
    mpc_server_share share, back;
    uint8_t sealed[SHARE_SEALED], other[16];
    make_share(f, &share);
    assert_int_equal(share_seal(fixture_call(f, NULL), key_id, &share, sealed), ERR_OK);
    for (size_t i = 0; i < 16; i++) {
        memcpy(other, key_id, 16);
        other[i] ^= 1;
        assert_int_equal(share_open(fixture_call(f, NULL), other, share.P, bytes_of(sealed, sizeof sealed), &back),
                         ERR_CORRUPT);
    }
}

static void a_changed_or_cut_share_does_not_open(void **state)
{
    fixture *f = *state;
    mpc_server_share share, back;
    uint8_t sealed[SHARE_SEALED + 1] = {0};
    make_share(f, &share);
    assert_int_equal(share_seal(fixture_call(f, NULL), key_id, &share, sealed), ERR_OK);
    for (size_t i = 0; i < SHARE_SEALED; i++) {
        sealed[i] ^= 0x40;
        assert_int_equal(share_open(fixture_call(f, NULL), key_id, share.P, bytes_of(sealed, SHARE_SEALED), &back),
                         ERR_CORRUPT);
        sealed[i] ^= 0x40;
    }
    static const size_t sizes[] = {0, 1, KEYSTORE_OVERHEAD, SHARE_SEALED - 1, SHARE_SEALED + 1};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        assert_int_equal(share_open(fixture_call(f, NULL), key_id, share.P, bytes_of(sealed, sizes[i]), &back),
                         ERR_CORRUPT);
    assert_int_equal(share_open(fixture_call(f, NULL), key_id, share.P, bytes_of(NULL, 0), &back), ERR_CORRUPT);
    assert_int_equal(share_open(fixture_call(f, NULL), key_id, share.P, bytes_of(sealed, SHARE_SEALED), &back), ERR_OK);
}

/* Well sealed and for this key, but longer than a share. */
static void a_blob_of_another_size_is_not_opened(void **state)
{
    fixture *f = *state;
    mpc_server_share back;
    uint8_t plain[1000], sealed[sizeof plain + KEYSTORE_OVERHEAD], P[POINT_SIZE] = {4};
    const char *context = call_subject(fixture_call(f, NULL), "device_key.share", key_id);
    memset(plain, 1, sizeof plain);
    for (size_t n = 90; n <= sizeof plain; n += n == 96 ? 2 : n < 104 ? 1 : 224) {
        assert_int_equal(keystore_seal(f->keystore, bytes_of_text(context), bytes_of(plain, n), sealed, &f->rng),
                         ERR_OK);
        assert_int_equal(share_open(fixture_call(f, NULL), key_id, P, bytes_of(sealed, n + KEYSTORE_OVERHEAD), &back),
                         ERR_CORRUPT);
    }
}

/* Well sealed, but no share: d2 is 0. */
static void a_zero_share_is_corrupt(void **state)
{
    fixture *f = *state;
    mpc_server_share share, back;
    uint8_t sealed[SHARE_SEALED];
    make_share(f, &share);
    memset(&share.d2, 0, sizeof share.d2);
    assert_int_equal(share_seal(fixture_call(f, NULL), key_id, &share, sealed), ERR_OK);
    assert_int_equal(share_open(fixture_call(f, NULL), key_id, share.P, bytes_of(sealed, sizeof sealed), &back),
                     ERR_CORRUPT);
}

static err no_entropy(void *ctx, uint8_t *out, size_t n)
{
    (void)ctx;
    (void)out;
    (void)n;
    return ERR_ENTROPY;
}

static void without_randomness_nothing_is_sealed(void **state)
{
    fixture *f = *state;
    mpc_server_share share;
    uint8_t sealed[SHARE_SEALED];
    make_share(f, &share);
    f->service->options.rng = (entropy){no_entropy, NULL};
    assert_int_equal(share_seal(fixture_call(f, NULL), key_id, &share, sealed), ERR_ENTROPY);
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(a_share_comes_back_whole),
        WITH_FIXTURE(a_share_opens_for_its_key_only),
        WITH_FIXTURE(a_changed_or_cut_share_does_not_open),
        WITH_FIXTURE(a_blob_of_another_size_is_not_opened),
        WITH_FIXTURE(a_zero_share_is_corrupt),
        WITH_FIXTURE(without_randomness_nothing_is_sealed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
