#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "unit/mpc/pair.h"

static void hash_is_length_prefixed_sm3(void **state)
{
    (void)state;
    static const uint8_t expected_input[] = {3, 't', 'a', 'g', 0, 0, 0, 2, 'a', 'b', 0, 0, 0, 0, 0, 0, 0, 1, 'c'};
    const bytes parts[] = {bytes_of("ab", 2), bytes_of(NULL, 0), bytes_of("c", 1)};
    uint8_t got[32], expected[32];
    mpc_hash(got, "tag", parts, 3);
    sm3(expected, expected_input, sizeof expected_input);
    assert_memory_equal(got, expected, 32);
}

static void hash_separates_tag_and_parts(void **state)
{
    (void)state;
    const bytes joined[] = {bytes_of("abc", 3)}, split[] = {bytes_of("a", 1), bytes_of("bc", 2)};
    const bytes other[] = {bytes_of("ab", 2), bytes_of("c", 1)};
    uint8_t h[4][32];
    mpc_hash(h[0], "t", joined, 1);
    mpc_hash(h[1], "t", split, 2);
    mpc_hash(h[2], "t", other, 2);
    mpc_hash(h[3], "ta", joined, 1);
    for (size_t i = 0; i < 4; i++)
        for (size_t j = 0; j < i; j++)
            assert_memory_not_equal(h[i], h[j], 32);
}

static void coefficient_is_first_half_of_hash(void **state)
{
    (void)state;
    uint8_t tr[32], h[32], kappa[16];
    static const uint8_t index[4] = {0x01, 0x02, 0x03, 0x04};
    memset(tr, 0x5a, sizeof tr);
    const bytes parts[] = {bytes_of(tr, 32), bytes_of(index, 4)};
    mpc_hash(h, "yiqian/sign-coef/1", parts, 2);
    mpc_sign_coefficient(kappa, tr, 0x01020304);
    assert_memory_equal(kappa, h, 16);
}

/* A rho cut to 128 bits or fewer falls to a birthday search, and with it the scheme. */
static void binding_has_full_width(void **state)
{
    (void)state;
    pair p;
    uint8_t tr[32], h[32], got[32];
    static const uint8_t index[4] = {0, 0, 0, 7};
    scalar rho, expected;
    pair_make(&p, 1);
    memset(tr, 0xa5, sizeof tr);
    const bytes parts[] = {bytes_of(tr, 32), bytes_of(index, 4), bytes_of(p.share.P, POINT_SIZE)};
    mpc_hash(h, "yiqian/sign-bind/1", parts, 3);
    scalar_from_digest(&expected, h);
    mpc_sign_binding(&rho, tr, 7, p.share.P);
    assert_true(scalar_equal(&rho, &expected));
    scalar_to_bytes(got, &rho);
    assert_false(pair_is_zero(got, 16));
    assert_false(pair_is_zero(got + 16, 16));
}

static void binding_depends_on_everything(void **state)
{
    (void)state;
    uint8_t tr[32] = {1}, W[POINT_SIZE] = {4};
    scalar first, other;
    mpc_sign_binding(&first, tr, 0, W);
    mpc_sign_binding(&other, tr, 1, W);
    assert_false(scalar_equal(&first, &other));
    W[64] ^= 1;
    mpc_sign_binding(&other, tr, 0, W);
    assert_false(scalar_equal(&first, &other));
    W[64] ^= 1;
    tr[31] ^= 1;
    mpc_sign_binding(&other, tr, 0, W);
    assert_false(scalar_equal(&first, &other));
}

/* The transcript changes with the first, the middle and the last byte of `field`. */
#define ASSERT_BOUND(field, size, compute)                                                                             \
    do {                                                                                                               \
        uint8_t before[32], after[32], *bytes_ = (uint8_t *)(field);                                                   \
        const size_t at_[] = {0, (size) / 2, (size)-1};                                                                \
        for (size_t i_ = 0; i_ < 3; i_++) {                                                                            \
            compute(before);                                                                                           \
            bytes_[at_[i_]] ^= 0x80;                                                                                   \
            compute(after);                                                                                            \
            bytes_[at_[i_]] ^= 0x80;                                                                                   \
            assert_memory_not_equal(before, after, 32);                                                                \
        }                                                                                                              \
    } while (0)

static void keygen_transcript_binds_its_fields(void **state)
{
    (void)state;
    uint8_t id[MPC_ID] = {1}, P1[POINT_SIZE] = {4};
#define COMPUTE(tr) mpc_keygen_transcript(tr, id, P1)
    ASSERT_BOUND(id, sizeof id, COMPUTE);
    ASSERT_BOUND(P1, sizeof P1, COMPUTE);
#undef COMPUTE
}

static void sign_transcript_binds_its_fields(void **state)
{
    (void)state;
    uint8_t P[POINT_SIZE] = {4}, P1[POINT_SIZE] = {4};
    mpc_sign_item items[2] = {0};
    mpc_sign_request r = {.m = 2, .items = items};
#define COMPUTE(tr) mpc_sign_transcript(tr, &r, P, P1)
    ASSERT_BOUND(r.key_id, MPC_ID, COMPUTE);
    ASSERT_BOUND(r.sid, MPC_ID, COMPUTE);
    ASSERT_BOUND(P, sizeof P, COMPUTE);
    ASSERT_BOUND(P1, sizeof P1, COMPUTE);
    for (size_t i = 0; i < 2; i++) {
        ASSERT_BOUND(items[i].e, 32, COMPUTE);
        ASSERT_BOUND(items[i].A, POINT_SIZE, COMPUTE);
        ASSERT_BOUND(items[i].B, POINT_SIZE, COMPUTE);
    }
    uint8_t two[32], one[32];
    COMPUTE(two);
    r.m = 1;
    COMPUTE(one);
    assert_memory_not_equal(one, two, 32);
#undef COMPUTE
}

static void refresh_transcripts_bind_their_fields(void **state)
{
    (void)state;
    uint8_t P[POINT_SIZE] = {4}, P1[POINT_SIZE] = {4};
    mpc_refresh_request r = {0};
    mpc_refresh_confirm c = {0};
#define COMPUTE(tr) mpc_refresh_transcript(tr, &r, P, P1)
    ASSERT_BOUND(r.key_id, MPC_ID, COMPUTE);
    ASSERT_BOUND(r.sid, MPC_ID, COMPUTE);
    ASSERT_BOUND(r.rid, MPC_ID, COMPUTE);
    ASSERT_BOUND(r.u_device, 32, COMPUTE);
    ASSERT_BOUND(P, sizeof P, COMPUTE);
    ASSERT_BOUND(P1, sizeof P1, COMPUTE);
#undef COMPUTE
#define COMPUTE(tr) mpc_confirm_transcript(tr, &c, P, P1)
    ASSERT_BOUND(c.key_id, MPC_ID, COMPUTE);
    ASSERT_BOUND(c.sid, MPC_ID, COMPUTE);
    ASSERT_BOUND(c.rid, MPC_ID, COMPUTE);
    ASSERT_BOUND(P, sizeof P, COMPUTE);
    ASSERT_BOUND(P1, sizeof P1, COMPUTE);
#undef COMPUTE
}

static void authorise_transcript_binds_its_fields(void **state)
{
    (void)state;
    uint8_t P[POINT_SIZE] = {4}, P1[POINT_SIZE] = {4}, scope[20] = {0}, sealed[MPC_SEALED] = {0};
    mpc_authorise_request r = {.scope = bytes_of(scope, sizeof scope), .sealed = bytes_of(sealed, sizeof sealed)};
#define COMPUTE(tr) mpc_authorise_transcript(tr, &r, P, P1)
    ASSERT_BOUND(r.key_id, MPC_ID, COMPUTE);
    ASSERT_BOUND(r.sid, MPC_ID, COMPUTE);
    ASSERT_BOUND(r.auth_id, MPC_ID, COMPUTE);
    ASSERT_BOUND(r.t, 32, COMPUTE);
    ASSERT_BOUND(r.pkW, POINT_SIZE, COMPUTE);
    ASSERT_BOUND(scope, sizeof scope, COMPUTE);
    ASSERT_BOUND(sealed, sizeof sealed, COMPUTE);
    ASSERT_BOUND(P, sizeof P, COMPUTE);
    ASSERT_BOUND(P1, sizeof P1, COMPUTE);
#undef COMPUTE
}

static void refresh_factor_depends_on_everything(void **state)
{
    (void)state;
    uint8_t key_id[MPC_ID] = {1}, rid[MPC_ID] = {2}, u_device[32] = {3}, u_server[32] = {4};
    uint8_t *const fields[] = {key_id, rid, u_device, u_server};
    scalar t, other;
    mpc_refresh_factor(&t, key_id, rid, u_device, u_server);
    for (size_t i = 0; i < 4; i++) {
        fields[i][15] ^= 1;
        mpc_refresh_factor(&other, key_id, rid, u_device, u_server);
        fields[i][15] ^= 1;
        assert_false(scalar_equal(&t, &other));
    }
}

typedef struct proved {
    pair p;
    uint8_t tr[32];
    scalar x;
    point X;
    mpc_proof proof;
} proved;

static void proved_make(proved *v)
{
    scalar k;
    pair_make(&v->p, 2);
    pair_fresh(&v->p, v->tr, sizeof v->tr);
    pair_random(&v->p, &v->x);
    pair_random(&v->p, &k);
    point_mul_base(&v->X, &v->x);
    assert_int_equal(mpc_prove(&v->proof, v->tr, &v->x, &k), ERR_OK);
}

static void proof_of_the_logarithm_is_accepted(void **state)
{
    (void)state;
    proved v;
    proved_make(&v);
    assert_int_equal(mpc_proof_check(&v.proof, v.tr, &v.X), ERR_OK);
}

static void proof_is_refused_after_any_change(void **state)
{
    (void)state;
    proved v;
    proved_make(&v);
    for (size_t bit = 0; bit < 8 * MPC_CHALLENGE; bit += 5) {
        mpc_proof bad = v.proof;
        bad.c[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(mpc_proof_check(&bad, v.tr, &v.X), ERR_PROOF);
    }
    for (size_t bit = 0; bit < 256; bit += 7) {
        mpc_proof bad = v.proof;
        bad.z[31 - bit / 8] ^= (uint8_t)(1 << bit % 8);
        scalar z;
        err expected = scalar_from_bytes(&z, bad.z) == ERR_OK ? ERR_PROOF : ERR_SCALAR;
        assert_int_equal(mpc_proof_check(&bad, v.tr, &v.X), expected);
    }
    v.tr[0] ^= 1;
    assert_int_equal(mpc_proof_check(&v.proof, v.tr, &v.X), ERR_PROOF);
    v.tr[0] ^= 1;
    point_add_var(&v.X, &v.X, &point_generator);
    assert_int_equal(mpc_proof_check(&v.proof, v.tr, &v.X), ERR_PROOF);
}

static void proof_with_z_out_of_range_is_refused(void **state)
{
    (void)state;
    proved v;
    proved_make(&v);
    for (size_t i = 0; i < PAIR_BAD_SCALARS; i++) {
        mpc_proof bad = v.proof;
        pair_spoil_scalar(bad.z, i);
        assert_int_equal(mpc_proof_check(&bad, v.tr, &v.X), ERR_SCALAR);
    }
}

/* z = c * x makes T infinity, whose encoding a sloppy checker might take from anywhere. */
static void proof_with_T_at_infinity_is_refused(void **state)
{
    (void)state;
    proved v;
    scalar c, z;
    proved_make(&v);
    scalar_from_u128(&c, v.proof.c);
    scalar_mul(&z, &c, &v.x);
    scalar_to_bytes(v.proof.z, &z);
    assert_int_equal(mpc_proof_check(&v.proof, v.tr, &v.X), ERR_PROOF);

    /* With the challenge of the bytes that a careless encoder would write for it. */
    static const uint8_t nothing[POINT_SIZE] = {0};
    uint8_t h[32];
    const bytes parts[] = {bytes_of(v.tr, 32), bytes_of(nothing, sizeof nothing)};
    mpc_hash(h, "yiqian/proof/1", parts, 2);
    memcpy(v.proof.c, h, MPC_CHALLENGE);
    scalar_from_u128(&c, v.proof.c);
    scalar_mul(&z, &c, &v.x);
    scalar_to_bytes(v.proof.z, &z);
    assert_int_equal(mpc_proof_check(&v.proof, v.tr, &v.X), ERR_PROOF);
}

static void prove_refuses_a_zero_nonce(void **state)
{
    (void)state;
    proved v;
    const scalar zero = {{0}};
    proved_make(&v);
    assert_int_equal(mpc_prove(&v.proof, v.tr, &v.x, &zero), ERR_SCALAR);
    assert_true(pair_is_zero(&v.proof, sizeof v.proof));
}

/* x = -k/c, for the c that follows from k: no checker would take the proof. */
static void prove_refuses_z_zero(void **state)
{
    (void)state;
    proved v;
    scalar k, c;
    proved_make(&v);
    pair_random(&v.p, &k);
    assert_int_equal(mpc_prove(&v.proof, v.tr, &v.x, &k), ERR_OK);
    scalar_from_u128(&c, v.proof.c);
    scalar_inv(&c, &c);
    scalar_mul(&v.x, &c, &k);
    scalar_neg(&v.x, &v.x);
    assert_int_equal(mpc_prove(&v.proof, v.tr, &v.x, &k), ERR_SCALAR);
    assert_true(pair_is_zero(&v.proof, sizeof v.proof));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hash_is_length_prefixed_sm3),
        cmocka_unit_test(hash_separates_tag_and_parts),
        cmocka_unit_test(coefficient_is_first_half_of_hash),
        cmocka_unit_test(binding_has_full_width),
        cmocka_unit_test(binding_depends_on_everything),
        cmocka_unit_test(keygen_transcript_binds_its_fields),
        cmocka_unit_test(sign_transcript_binds_its_fields),
        cmocka_unit_test(refresh_transcripts_bind_their_fields),
        cmocka_unit_test(authorise_transcript_binds_its_fields),
        cmocka_unit_test(refresh_factor_depends_on_everything),
        cmocka_unit_test(proof_of_the_logarithm_is_accepted),
        cmocka_unit_test(proof_is_refused_after_any_change),
        cmocka_unit_test(proof_with_z_out_of_range_is_refused),
        cmocka_unit_test(proof_with_T_at_infinity_is_refused),
        cmocka_unit_test(prove_refuses_a_zero_nonce),
        cmocka_unit_test(prove_refuses_z_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
