/* SM3 and what is made of it, the generator's algorithm among it, and the comparison and wiping of base/ct.h. */
#include "ct.h"

#include "base/ct.h"
#include "crypto/hash_drbg.h"
#include "crypto/nonce.h"
#include "crypto/sm3.h"

/* Key and text are secret; both lie across a block's end for some lengths. */
static void hash_of(size_t key_n, size_t n)
{
    enum { MOST = 200 };
    uint8_t key[MOST], text[MOST], salt[16], out[3 * SM3_SIZE], again[SM3_SIZE];
    public_bytes(key, key_n);
    public_bytes(text, n);
    public_bytes(salt, sizeof salt);
    hmac_sm3(again, key, key_n, text, n);
    SECRET(key);
    SECRET(text);
    hmac_sm3(out, key, key_n, text, n);
    bool equal = ct_equal(out, again, sizeof again);
    PUBLIC(equal);
    NEED(equal);
    /* And one that differs in its first byte, where an early exit would be taken. */
    out[0] ^= 1;
    equal = ct_equal(out, again, sizeof again);
    PUBLIC(equal);
    NEED(!equal);
    sm3(out, text, n);
    sm3_kdf(out, sizeof out, text, n);
    pbkdf2_hmac_sm3(out, 48, key, key_n, salt, sizeof salt, 3);
    wipe(text, sizeof text);
    wipe(key, sizeof key);
    NEED(VALGRIND_CHECK_MEM_IS_DEFINED(text, sizeof text) == 0);
}

/* The seed, and so the state and what comes of it. */
static void generator(void)
{
    enum { LONG = 1000 };
    hash_drbg state;
    uint8_t seed[HASH_DRBG_ENTROPY], nonce[HASH_DRBG_NONCE], out[LONG];
    public_bytes(seed, sizeof seed);
    public_bytes(nonce, sizeof nonce);
    SECRET(seed);
    SECRET(nonce);
    hash_drbg_instantiate(&state, bytes_of(seed, sizeof seed), bytes_of(nonce, sizeof nonce), (bytes){NULL, 0});
    hash_drbg_generate(&state, out, 1);
    hash_drbg_generate(&state, out, sizeof out);
    hash_drbg_reseed(&state, bytes_of(seed, sizeof seed), bytes_of(out, 32));
    hash_drbg_generate(&state, out, 48);

    scalar k, secret;
    const bytes part = bytes_of(out, 32);
    scalar_from_digest(&secret, out);
    nonce_hedged(&k, out, &secret, "test", &part, 1);
    bool zero = scalar_is_zero(&k);
    PUBLIC(zero);
    NEED(!zero);
}

void ct_hash(void)
{
    generator();
    static const size_t lengths[] = {1, 6, 32, 55, 56, 64, 65, 119, 200};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
        for (size_t j = 0; j < sizeof lengths / sizeof *lengths; j++)
            hash_of(lengths[i], lengths[j]);
}
