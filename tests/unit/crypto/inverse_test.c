/* src/crypto/inverse.inc. */
#include "crypto/backend_table.h"

#include "backends.h"
#include "peer.h"

typedef struct modulus {
    const char *hex;
    inverse_modulus m;
} modulus;

/* p, n, and the least and the greatest number the code may be given: 2^255 + 1 and 2^256 - 1 (neither is prime). */
static const modulus moduli[] = {
    {P_HEX, {{0xffffffffffffffff, 0xffffffff00000000, 0xffffffffffffffff, 0xfffffffeffffffff}, 0x3fffffffffffffff}},
    {N_HEX, {{0x53bbf40939d54123, 0x7203df6b21c6052b, 0xffffffffffffffff, 0xfffffffeffffffff}, 0x0d8061778dcaf68b}},
    {"8000000000000000000000000000000000000000000000000000000000000001", {{1, 0, 0, 0x8000000000000000}, 1}},
    {"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
     {{UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX}, 0x3fffffffffffffff}},
};
enum { MODULI = sizeof moduli / sizeof moduli[0] };

static BN_CTX *ctx;

/* False where a is not below m or not prime to it: such a number is not given. */
static bool check(const modulus *m, const uint8_t in[32])
{
    BIGNUM *bn = bn_hex(m->hex), *a = bn_of(in, 32), *gcd = BN_new(), *expected = BN_new();
    bool given = BN_cmp(a, bn) < 0 && BN_gcd(gcd, a, bn, ctx) && (BN_is_one(gcd) || BN_is_zero(a));
    if (given) {
        uint64_t limbs[4], r[4];
        uint8_t ours[32], theirs[32];
        for (int i = 0; i < 4; i++)
            limbs[i] = load_u64be(in + 24 - 8 * i);
        if (!BN_is_zero(a))
            assert_non_null(BN_mod_inverse(expected, a, bn, ctx));
        backend_used()->inverse_mod(r, limbs, &m->m);
        for (int i = 0; i < 4; i++)
            store_u64be(ours + 24 - 8 * i, r[i]);
        bn_bytes(theirs, expected);
        assert_memory_equal(ours, theirs, sizeof ours);
    }
    BN_free(bn);
    BN_free(a);
    BN_free(gcd);
    BN_free(expected);
    return given;
}

static void edges_of_all_kinds(void **state)
{
    (void)state;
    static uint8_t edges[EDGES][32];
    for (size_t i = 0; i < MODULI; i++) {
        size_t given = 0;
        for (size_t j = 0, n = edge_numbers(edges, i == 0 ? P_HEX : N_HEX); j < n; j++)
            given += check(&moduli[i], edges[j]);
        assert_true(given > 100);
    }
}

static void random_numbers(void **state)
{
    (void)state;
    uint8_t in[32];
    for (int i = 0; i < 20000; i++) {
        peer_fill(in, sizeof in);
        memset(in, 0, i % 4 == 3 ? (size_t)(i / 4 % 32) : 0); /* short ones too */
        (void)check(&moduli[i % MODULI], in);
    }
}

static void every_small_number(void **state)
{
    (void)state;
    for (size_t i = 0; i < MODULI; i++) {
        for (unsigned a = 0; a < 2000; a++) {
            uint8_t in[32] = {0};
            store_u32be(in + 28, a);
            (void)check(&moduli[i], in);
        }
    }
}

static int prepare(void **state)
{
    (void)state;
    ctx = BN_CTX_new();
    return 0;
}

static int release(void **state)
{
    (void)state;
    BN_CTX_free(ctx);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(edges_of_all_kinds),
        cmocka_unit_test(random_numbers),
        cmocka_unit_test(every_small_number),
    };
    return RUN_ON_EVERY_BACKEND(tests, prepare, release);
}
