#include "crypto/sm2.h"

#include "crypto/sm3.h"
#include "backends.h"
#include "kat.h"
#include "openssl_sm2.h"

static const scalar zero;

static sm2_private new_key(void)
{
    sm2_private key;
    assert_int_equal(sm2_private_generate(&key, &peer_entropy), ERR_OK);
    return key;
}

static point point_of(const uint8_t public_key[POINT_SIZE])
{
    point p;
    assert_int_equal(point_from_bytes(&p, public_key), ERR_OK);
    return p;
}

/* ---- the standard's examples ---- */

static void signature_example(void **state)
{
    (void)state;
    json_t *kat = kat_load(), *example = json_object_get(kat, "sign");
    uint8_t d[32], public_key[POINT_SIZE], z[32], e[32], k[32], rs[64], out[64];
    sm2_private key;
    scalar nonce;
    kat_bytes(d, sizeof d, example, "d");
    kat_bytes(public_key, sizeof public_key, example, "P");
    kat_bytes(k, sizeof k, example, "k");
    kat_bytes(rs, 32, example, "r");
    kat_bytes(rs + 32, 32, example, "s");
    assert_int_equal(sm2_private_from_bytes(&key, d), ERR_OK);
    assert_memory_equal(key.public_key, public_key, sizeof public_key);

    kat_bytes(z, sizeof z, example, "Z");
    assert_int_equal(sm2_z(out, bytes_of_text(kat_text(example, "id")), public_key), ERR_OK);
    assert_memory_equal(out, z, sizeof z);
    kat_bytes(e, sizeof e, example, "e");
    sm2_digest(out, public_key, bytes_of_text(kat_text(example, "message")));
    assert_memory_equal(out, e, sizeof e);

    assert_int_equal(scalar_from_bytes(&nonce, k), ERR_OK);
    assert_int_equal(sm2_sign_with_nonce(out, &key, e, &nonce), ERR_OK);
    assert_memory_equal(out, rs, sizeof rs);
    assert_int_equal(sm2_verify_bytes(public_key, e, rs), ERR_OK);
    json_decref(kat);
}

static void encryption_example(void **state)
{
    (void)state;
    json_t *kat = kat_load(), *example = json_object_get(kat, "encrypt");
    bytes message = bytes_of_text(kat_text(example, "message"));
    uint8_t d[32], k[32], expected[200], out[200];
    size_t n = message.n + SM2_CIPHER_OVERHEAD;
    sm2_private key;
    scalar nonce;
    kat_bytes(d, sizeof d, example, "d");
    kat_bytes(k, sizeof k, example, "k");
    kat_bytes(expected, POINT_SIZE, example, "C1");
    kat_bytes(expected + POINT_SIZE, 32, example, "C3");
    kat_bytes(expected + SM2_CIPHER_OVERHEAD, message.n, example, "C2");
    assert_int_equal(sm2_private_from_bytes(&key, d), ERR_OK);
    assert_int_equal(scalar_from_bytes(&nonce, k), ERR_OK);
    assert_int_equal(sm2_encrypt_with_nonce(out, key.public_key, message, &nonce), ERR_OK);
    assert_memory_equal(out, expected, n);
    assert_int_equal(sm2_decrypt(out, &key, bytes_of(expected, n)), ERR_OK);
    assert_memory_equal(out, message.p, message.n);
    json_decref(kat);
}

/* ---- keys ---- */

static void private_keys_from_1_to_n_minus_2(void **state)
{
    (void)state;
    static const struct {
        int d;
        err expected;
    } cases[] = {{1, ERR_OK}, {2, ERR_OK}, {-2, ERR_OK}, {-3, ERR_OK}, {0, ERR_SCALAR}, {-1, ERR_SCALAR}};
    static const sm2_private wiped;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t d[32];
        sm2_private key;
        scalar k = small_scalar(cases[i].d), product;
        memset(&key, 0xaa, sizeof key);
        scalar_to_bytes(d, &k);
        assert_int_equal(sm2_private_from_bytes(&key, d), cases[i].expected);
        if (cases[i].expected != ERR_OK) {
            assert_memory_equal(&key, &wiped, sizeof key);
            continue;
        }
        point p = small_point(cases[i].d), ours = point_of(key.public_key);
        assert_true(point_equal_var(&p, &ours));
        scalar_add(&product, &k, &scalar_one);
        scalar_mul(&product, &product, &key.inverse);
        assert_true(scalar_equal(&product, &scalar_one));
    }
    sm2_private key;
    uint8_t big[32];
    from_hex(big, sizeof big, N_HEX);
    assert_int_equal(sm2_private_from_bytes(&key, big), ERR_SCALAR);
    memset(big, 0xff, sizeof big);
    assert_int_equal(sm2_private_from_bytes(&key, big), ERR_SCALAR);
    assert_int_equal(sm2_private_generate(&key, &broken_entropy), ERR_ENTROPY);
    assert_memory_equal(&key, &wiped, sizeof key);
}

/* The first 48 bytes give (n-3) mod (n-1) + 1 = n-2, one more n-1: that one must be drawn again. */
static err near_n_fill(void *ctx, uint8_t *out, size_t size)
{
    int *calls = ctx;
    memset(out, 0, size);
    from_hex(out + size - 32, 32, N_HEX);
    if (++*calls == 1)
        out[size - 1] = (uint8_t)(out[size - 1] - 2); /* n - 2 gives n - 1 */
    else
        out[size - 1] = (uint8_t)(out[size - 1] - 3);
    return ERR_OK;
}

static void a_generated_key_is_never_n_minus_1(void **state)
{
    (void)state;
    int calls = 0;
    const entropy rng = {near_n_fill, &calls};
    sm2_private key;
    assert_int_equal(sm2_private_generate(&key, &rng), ERR_OK);
    assert_int_equal(calls, 2);
    scalar expected = small_scalar(-2);
    assert_true(scalar_equal(&key.d, &expected));
}

static void z_of_long_ids(void **state)
{
    (void)state;
    static uint8_t id[8192];
    uint8_t z[32], expected[32];
    sm2_private key = new_key();
    memset(id, 'x', sizeof id);
    assert_int_equal(sm2_z(z, bytes_of(id, 8192), key.public_key), ERR_LENGTH);
    assert_int_equal(sm2_z(z, bytes_of(id, 8191), key.public_key), ERR_OK);
    assert_int_equal(sm2_z(z, bytes_of(NULL, 0), key.public_key), ERR_OK);

    /* ENTL counts bits, in two bytes. */
    static uint8_t input[2 + 8191 + 128 + 64];
    static const char curve[] = "fffffffeffffffffffffffffffffffffffffffff00000000fffffffffffffffc"
                                "28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93";
    uint8_t generator[POINT_SIZE];
    input[0] = 8191 * 8 >> 8;
    input[1] = 8191 * 8 & 0xff;
    memcpy(input + 2, id, 8191);
    from_hex(input + 2 + 8191, 64, curve);
    assert_int_equal(point_to_bytes(generator, &point_generator), ERR_OK);
    memcpy(input + 2 + 8191 + 64, generator + 1, 64);
    memcpy(input + 2 + 8191 + 128, key.public_key + 1, 64);
    sm3(expected, input, sizeof input);
    assert_int_equal(sm2_z(z, bytes_of(id, 8191), key.public_key), ERR_OK);
    assert_memory_equal(z, expected, sizeof z);
}

/* ---- signatures, with OpenSSL ---- */

static void openssl_verifies_ours_and_we_verify_its(void **state)
{
    (void)state;
    uint8_t message[300], e[32], rs[64];
    for (int i = 0; i < 40; i += PEER_STEP) {
        sm2_private key = new_key();
        EVP_PKEY *theirs = peer_key(key.public_key, &key.d);
        for (int j = 0; j < 20; j++) {
            bytes m = bytes_of(message, peer_random() % sizeof message);
            peer_fill(message, m.n);
            sm2_digest(e, key.public_key, m);
            assert_int_equal(sm2_sign(rs, &key, e, &peer_entropy), ERR_OK);
            assert_true(peer_verify(theirs, m, rs));
            assert_int_equal(sm2_verify_bytes(key.public_key, e, rs), ERR_OK);
            peer_sign(rs, theirs, m);
            assert_int_equal(sm2_verify_bytes(key.public_key, e, rs), ERR_OK);
            rs[peer_random() % 64] ^= (uint8_t)(1 << peer_random() % 8);
            assert_int_equal(sm2_verify_bytes(key.public_key, e, rs), ERR_SIGNATURE);
            assert_false(peer_verify(theirs, m, rs));
        }
        EVP_PKEY_free(theirs);
    }
}

static void every_flipped_bit_is_seen(void **state)
{
    (void)state;
    sm2_private key = new_key();
    uint8_t e[32], rs[64];
    peer_fill(e, sizeof e);
    assert_int_equal(sm2_sign(rs, &key, e, &peer_entropy), ERR_OK);
    for (size_t bit = 0; bit < 512; bit++) {
        rs[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(sm2_verify_bytes(key.public_key, e, rs), ERR_SIGNATURE);
        rs[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t bit = 0; bit < 256; bit++) {
        e[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(sm2_verify_bytes(key.public_key, e, rs), ERR_SIGNATURE);
        e[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_int_equal(sm2_verify_bytes(key.public_key, e, rs), ERR_OK);
    key.public_key[40] ^= 1;
    assert_int_equal(sm2_verify_bytes(key.public_key, e, rs), ERR_POINT);
}

/* The e for which (r, s) satisfies r = e + x(s*G + (r+s)*P): so that only the checks on r, s and r+s stand in the way. */
static void digest_that_fits(uint8_t e[32], const point *p, const scalar *r, const scalar *s)
{
    scalar t, x;
    point sum, g;
    scalar_add(&t, r, s);
    point_mul(&sum, &t, p);
    point_mul_base(&g, s);
    point_add_var(&sum, &sum, &g);
    assert_int_equal(point_x_scalar(&x, &sum), ERR_OK);
    scalar_sub(&t, r, &x);
    scalar_to_bytes(e, &t);
}

static void store_pair(uint8_t rs[64], const scalar *r, const scalar *s)
{
    scalar_to_bytes(rs, r);
    scalar_to_bytes(rs + 32, s);
}

static void r_and_s_must_lie_between_0_and_n(void **state)
{
    (void)state;
    static const int values[] = {0, 1, 2, 100, -1, -2};
    enum { VALUES = sizeof values / sizeof values[0] };
    sm2_private key = new_key();
    point p = point_of(key.public_key);
    uint8_t e[32], rs[64];
    for (size_t i = 0; i < VALUES; i++) {
        for (size_t j = 0; j < VALUES; j++) {
            if (values[i] == 0 && values[j] == 0)
                continue; /* infinity: no x at all */
            scalar r = small_scalar(values[i]), s = small_scalar(values[j]);
            bool good = values[i] != 0 && values[j] != 0 && values[i] + values[j] != 0;
            digest_that_fits(e, &p, &r, &s);
            store_pair(rs, &r, &s);
            assert_int_equal(sm2_verify(&p, e, rs), good ? ERR_OK : ERR_SIGNATURE);
        }
    }
    memset(rs, 0, sizeof rs);
    assert_int_equal(sm2_verify(&p, e, rs), ERR_SIGNATURE);
}

static void r_and_s_have_one_spelling(void **state)
{
    (void)state;
    sm2_private key = new_key();
    point p = point_of(key.public_key);
    scalar r = small_scalar(77), s = small_scalar(1001);
    BIGNUM *n = bn_hex(N_HEX);
    uint8_t e[32], rs[64], other[64];
    digest_that_fits(e, &p, &r, &s);
    store_pair(rs, &r, &s);
    assert_int_equal(sm2_verify(&p, e, rs), ERR_OK);
    for (int half = 0; half < 2; half++) {
        BIGNUM *value = bn_of(rs + 32 * half, 32);
        memcpy(other, rs, sizeof other);
        assert_true(BN_add(value, value, n));
        bn_bytes(other + 32 * half, value);
        assert_int_equal(sm2_verify(&p, e, other), ERR_SIGNATURE);
        bn_bytes(other + 32 * half, n);
        assert_int_equal(sm2_verify(&p, e, other), ERR_SIGNATURE);
        memset(other + 32 * half, 0xff, 32);
        assert_int_equal(sm2_verify(&p, e, other), ERR_SIGNATURE);
        BN_free(value);
    }
    BN_free(n);
}

/* r + s = n for random s, where s*G + 0*P has an x that fits. */
static void r_plus_s_is_never_n(void **state)
{
    (void)state;
    sm2_private key = new_key();
    point p = point_of(key.public_key);
    uint8_t e[32], rs[64];
    for (int i = 0; i < 20; i++) {
        scalar s = random_scalar(), r;
        scalar_neg(&r, &s);
        digest_that_fits(e, &p, &r, &s);
        store_pair(rs, &r, &s);
        assert_int_equal(sm2_verify(&p, e, rs), ERR_SIGNATURE);
    }
}

/* s = -t*d makes s*G + t*P infinity, whose x is nothing: whatever e is. */
static void a_sum_at_infinity_is_refused(void **state)
{
    (void)state;
    sm2_private key = new_key();
    point p = point_of(key.public_key);
    uint8_t e[32] = {0}, rs[64];
    scalar t = random_scalar(), s, r;
    scalar_mul(&s, &t, &key.d);
    scalar_neg(&s, &s);
    scalar_sub(&r, &t, &s);
    store_pair(rs, &r, &s);
    assert_int_equal(sm2_verify(&p, e, rs), ERR_SIGNATURE);
    memcpy(e, rs, sizeof e); /* r - e = 0 */
    assert_int_equal(sm2_verify(&p, e, rs), ERR_SIGNATURE);
    scalar_sub(&t, &r, &scalar_one); /* r - e = 1 */
    scalar_to_bytes(e, &t);
    assert_int_equal(sm2_verify(&p, e, rs), ERR_SIGNATURE);
}

/* e is any 32 bytes: one from n up means the same as e - n, to OpenSSL too. */
static void a_digest_from_n_up_is_reduced(void **state)
{
    (void)state;
    sm2_private key = new_key();
    scalar k = random_scalar();
    uint8_t e[32], low[32] = {0}, rs[64], again[64];
    for (int i = 0; i < 10; i++) {
        from_hex(e, sizeof e, N_HEX);
        e[31] = (uint8_t)(e[31] + i);
        low[31] = (uint8_t)i;
        assert_int_equal(sm2_sign_with_nonce(rs, &key, e, &k), ERR_OK);
        assert_int_equal(sm2_sign_with_nonce(again, &key, low, &k), ERR_OK);
        assert_memory_equal(rs, again, sizeof rs);
        assert_int_equal(sm2_verify_bytes(key.public_key, e, rs), ERR_OK);
        assert_int_equal(sm2_verify_bytes(key.public_key, low, rs), ERR_OK);
        assert_true(peer_verify_digest(key.public_key, e, rs));
    }
    memset(e, 0xff, sizeof e);
    assert_int_equal(sm2_sign(rs, &key, e, &peer_entropy), ERR_OK);
    assert_int_equal(sm2_verify_bytes(key.public_key, e, rs), ERR_OK);
    memset(e, 0, sizeof e);
    assert_int_equal(sm2_sign(rs, &key, e, &peer_entropy), ERR_OK);
    assert_int_equal(sm2_verify_bytes(key.public_key, e, rs), ERR_OK);
}

/* A signature whose point has n <= x < p. Q is such a point; with s and r = e + x(Q) chosen, P = (r+s)^-1 * (Q - s*G) is a
 * public key under which it is valid. */
static void a_point_whose_x_wraps(void **state)
{
    (void)state;
    peer_curve curve = peer_curve_create();
    EC_POINT *t = EC_POINT_new(curve.group);
    BIGNUM *x = BN_dup(curve.n);
    for (int i = 0; i < 5; i++, assert_true(BN_add_word(x, 1))) {
        while (!EC_POINT_set_compressed_coordinates(curve.group, t, x, i % 2, curve.ctx))
            assert_true(BN_add_word(x, 1));
        uint8_t encoded[POINT_SIZE], public_key[POINT_SIZE], e[32], rs[64];
        assert_int_equal(EC_POINT_point2oct(curve.group, t, POINT_CONVERSION_UNCOMPRESSED, encoded, POINT_SIZE, NULL),
                         POINT_SIZE);
        point q = point_of(encoded), p, sg;
        scalar s = random_scalar(), r, sum, digest;
        peer_fill(e, sizeof e);
        scalar_from_digest(&digest, e);
        assert_int_equal(point_x_scalar(&r, &q), ERR_OK);
        assert_true(r.v[2] == 0 && r.v[3] == 0); /* x - n is small */
        scalar_add(&r, &r, &digest);
        point_mul_base(&sg, &s);
        point_neg(&sg, &sg);
        point_add_var(&p, &q, &sg);
        scalar_add(&sum, &r, &s);
        scalar_inv(&sum, &sum);
        point_mul(&p, &sum, &p);
        store_pair(rs, &r, &s);
        assert_int_equal(point_to_bytes(public_key, &p), ERR_OK);
        assert_int_equal(sm2_verify_bytes(public_key, e, rs), ERR_OK);
        assert_true(peer_verify_digest(public_key, e, rs));
        rs[31] ^= 1;
        assert_int_equal(sm2_verify_bytes(public_key, e, rs), ERR_SIGNATURE);
    }
    EC_POINT_free(t);
    BN_free(x);
    peer_curve_destroy(&curve);
}

/* ---- nonces ---- */

static void nonces_that_must_not_be_used(void **state)
{
    (void)state;
    sm2_private key = new_key();
    scalar k = random_scalar(), x, target[3], t, d_inverse;
    point p;
    uint8_t e[32], rs[64];
    point_mul_base(&p, &k);
    assert_int_equal(point_x_scalar(&x, &p), ERR_OK);
    target[0] = zero;               /* r = 0 */
    scalar_neg(&target[1], &k);     /* r + k = n */
    scalar_inv(&d_inverse, &key.d); /* s = 0 where k = r*d */
    scalar_mul(&target[2], &k, &d_inverse);
    for (int i = 0; i < 3; i++) {
        scalar_sub(&t, &target[i], &x);
        scalar_to_bytes(e, &t);
        assert_int_equal(sm2_sign_with_nonce(rs, &key, e, &k), ERR_SCALAR);
        e[31] ^= 1;
        assert_int_equal(sm2_sign_with_nonce(rs, &key, e, &k), ERR_OK);
    }
    assert_int_equal(sm2_sign_with_nonce(rs, &key, e, &zero), ERR_SCALAR);
}

/* k = s * (1 + d) + r * d. */
static scalar nonce_of(const sm2_private *key, const uint8_t rs[64])
{
    scalar r, s, k;
    assert_int_equal(scalar_from_bytes(&r, rs), ERR_OK);
    assert_int_equal(scalar_from_bytes(&s, rs + 32), ERR_OK);
    scalar_add(&k, &r, &s);
    scalar_mul(&k, &k, &key->d);
    scalar_add(&k, &k, &s);
    return k;
}

static void a_stuck_generator_repeats_no_nonce(void **state)
{
    (void)state;
    uint8_t byte = 0, e[32] = {0}, rs[64], again[64];
    const entropy stuck = {stuck_entropy_fill, &byte};
    sm2_private key = new_key(), other = new_key();
    scalar k[4];
    assert_int_equal(sm2_sign(rs, &key, e, &stuck), ERR_OK);
    assert_int_equal(sm2_sign(again, &key, e, &stuck), ERR_OK);
    assert_memory_equal(rs, again, sizeof rs); /* all the same in, the same out: nothing is given away */
    k[0] = nonce_of(&key, rs);
    e[0] = 1;
    assert_int_equal(sm2_sign(rs, &key, e, &stuck), ERR_OK);
    k[1] = nonce_of(&key, rs);
    assert_int_equal(sm2_sign(rs, &other, e, &stuck), ERR_OK);
    k[2] = nonce_of(&other, rs);
    byte = 1;
    assert_int_equal(sm2_sign(rs, &key, e, &stuck), ERR_OK);
    k[3] = nonce_of(&key, rs);
    for (int i = 0; i < 4; i++) {
        for (int j = 0; j < i; j++)
            assert_false(scalar_equal(&k[i], &k[j]));
    }
    assert_int_equal(sm2_sign(rs, &key, e, &broken_entropy), ERR_ENTROPY);
}

/* ---- encryption ---- */

enum { TEXT_MAX = 300 };

static void openssl_decrypts_ours_and_we_decrypt_its(void **state)
{
    (void)state;
    uint8_t text[TEXT_MAX], cipher[TEXT_MAX + SM2_CIPHER_OVERHEAD], back[TEXT_MAX + SM2_CIPHER_OVERHEAD];
    for (size_t n = 1; n <= TEXT_MAX; n++) {
        sm2_private key = new_key();
        EVP_PKEY *theirs = peer_key(key.public_key, &key.d);
        peer_fill(text, n);
        bytes all = bytes_of(cipher, n + SM2_CIPHER_OVERHEAD);
        assert_int_equal(sm2_encrypt(cipher, key.public_key, bytes_of(text, n), &peer_entropy), ERR_OK);
        assert_int_equal(peer_decrypt(back, theirs, all), n);
        assert_memory_equal(back, text, n);
        memset(back, 0, sizeof back);
        assert_int_equal(sm2_decrypt(back, &key, all), ERR_OK);
        assert_memory_equal(back, text, n);
        if (n > 3) { /* OpenSSL 3.0 does not retry an all-zero key stream */
            peer_encrypt(cipher, theirs, bytes_of(text, n));
            memset(back, 0, sizeof back);
            assert_int_equal(sm2_decrypt(back, &key, all), ERR_OK);
            assert_memory_equal(back, text, n);
        }
        EVP_PKEY_free(theirs);
    }
}

static void any_change_of_a_cipher_is_refused(void **state)
{
    (void)state;
    static const uint8_t wiped[16];
    enum { N = sizeof wiped };
    uint8_t text[N], cipher[N + SM2_CIPHER_OVERHEAD], back[N];
    sm2_private key = new_key(), other = new_key();
    peer_fill(text, sizeof text);
    assert_int_equal(sm2_encrypt(cipher, key.public_key, bytes_of(text, N), &peer_entropy), ERR_OK);
    for (size_t bit = 0; bit < 8 * sizeof cipher; bit++) {
        cipher[bit / 8] ^= (uint8_t)(1 << bit % 8);
        memset(back, 0xee, sizeof back);
        assert_int_equal(sm2_decrypt(back, &key, bytes_of(cipher, sizeof cipher)), ERR_DECRYPT);
        assert_memory_equal(back, wiped, sizeof back);
        cipher[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t n = 0; n < sizeof cipher; n++)
        assert_int_equal(sm2_decrypt(back, &key, bytes_of(cipher, n)), ERR_DECRYPT);
    assert_int_equal(sm2_decrypt(back, &other, bytes_of(cipher, sizeof cipher)), ERR_DECRYPT);
    assert_int_equal(sm2_decrypt(back, &key, bytes_of(cipher, sizeof cipher)), ERR_OK);
}

/* One byte of key stream is 0 for one nonce in 256: such a nonce is refused, and another is drawn. */
static void a_key_stream_of_zeros_is_never_used(void **state)
{
    (void)state;
    sm2_private key = new_key();
    point p = point_of(key.public_key);
    const uint8_t text = 0x5a;
    uint8_t cipher[1 + SM2_CIPHER_OVERHEAD], shared[POINT_SIZE], stream, back;
    int refused = 0;
    for (int i = 1; i < 1500; i++) {
        scalar k = small_scalar(i);
        point product;
        point_mul(&product, &k, &p);
        assert_int_equal(point_to_bytes(shared, &product), ERR_OK);
        sm3_kdf(&stream, 1, shared + 1, 64);
        err expected = stream == 0 ? ERR_SCALAR : ERR_OK;
        assert_int_equal(sm2_encrypt_with_nonce(cipher, key.public_key, bytes_of(&text, 1), &k), expected);
        if (stream != 0)
            continue;
        refused++;
        /* A sender who does use it: C2 is the text, C3 is right, and still it is refused. */
        point c1;
        sm3_ctx ctx;
        point_mul_base(&c1, &k);
        assert_int_equal(point_to_bytes(cipher, &c1), ERR_OK);
        sm3_init(&ctx);
        sm3_update(&ctx, shared + 1, 32);
        sm3_update(&ctx, &text, 1);
        sm3_update(&ctx, shared + 33, 32);
        sm3_final(&ctx, cipher + POINT_SIZE);
        cipher[SM2_CIPHER_OVERHEAD] = text;
        assert_int_equal(sm2_decrypt(&back, &key, bytes_of(cipher, sizeof cipher)), ERR_DECRYPT);
        assert_int_equal(back, 0);
    }
    assert_true(refused > 0);
    for (int i = 0; i < 1500; i++) {
        assert_int_equal(sm2_encrypt(cipher, key.public_key, bytes_of(&text, 1), &peer_entropy), ERR_OK);
        assert_int_not_equal(cipher[SM2_CIPHER_OVERHEAD], text);
    }
}

static void encryption_checks_what_it_is_given(void **state)
{
    (void)state;
    sm2_private key = new_key();
    uint8_t cipher[1 + SM2_CIPHER_OVERHEAD];
    bytes text = bytes_of_text("x");
    assert_int_equal(sm2_encrypt(cipher, key.public_key, bytes_of(NULL, 0), &peer_entropy), ERR_LENGTH);
    assert_int_equal(sm2_encrypt(cipher, key.public_key, text, &broken_entropy), ERR_ENTROPY);
    assert_int_equal(sm2_encrypt_with_nonce(cipher, key.public_key, text, &zero), ERR_SCALAR);
    key.public_key[64] ^= 1;
    assert_int_equal(sm2_encrypt(cipher, key.public_key, text, &peer_entropy), ERR_POINT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signature_example),
        cmocka_unit_test(encryption_example),
        cmocka_unit_test(private_keys_from_1_to_n_minus_2),
        cmocka_unit_test(a_generated_key_is_never_n_minus_1),
        cmocka_unit_test(z_of_long_ids),
        cmocka_unit_test(openssl_verifies_ours_and_we_verify_its),
        cmocka_unit_test(every_flipped_bit_is_seen),
        cmocka_unit_test(r_and_s_must_lie_between_0_and_n),
        cmocka_unit_test(r_and_s_have_one_spelling),
        cmocka_unit_test(r_plus_s_is_never_n),
        cmocka_unit_test(a_sum_at_infinity_is_refused),
        cmocka_unit_test(a_digest_from_n_up_is_reduced),
        cmocka_unit_test(a_point_whose_x_wraps),
        cmocka_unit_test(nonces_that_must_not_be_used),
        cmocka_unit_test(a_stuck_generator_repeats_no_nonce),
        cmocka_unit_test(openssl_decrypts_ours_and_we_decrypt_its),
        cmocka_unit_test(any_change_of_a_cipher_is_refused),
        cmocka_unit_test(a_key_stream_of_zeros_is_never_used),
        cmocka_unit_test(encryption_checks_what_it_is_given),
    };
    return RUN_ON_EVERY_BACKEND(tests, NULL, NULL);
}
