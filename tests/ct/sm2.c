/* Whole keys: the CA's. */
#include "ct.h"

#include "crypto/sm2.h"

static void keys_and_signatures(void)
{
    sm2_private key;
    uint8_t e[32], rs[64], d[32];
    scalar k;

    public_bytes(d, sizeof d);
    d[0] = 0x7f;
    SECRET(d);
    NEED(outcome(sm2_private_from_bytes(&key, d)) == ERR_OK);
    memset(d, 0, sizeof d);
    SECRET(d);
    NEED(outcome(sm2_private_from_bytes(&key, d)) == ERR_SCALAR);

    NEED(outcome(sm2_private_generate(&key, &secret_rng)) == ERR_OK);
    PUBLIC(key.public_key);
    public_bytes(e, sizeof e);
    NEED(outcome(sm2_sign(rs, &key, e, &secret_rng)) == ERR_OK);
    PUBLIC(rs);
    NEED(sm2_verify_bytes(key.public_key, e, rs) == ERR_OK);

    public_scalar(&k);
    SECRET(k);
    NEED(outcome(sm2_sign_with_nonce(rs, &key, e, &k)) == ERR_OK);
    PUBLIC(rs);
    NEED(sm2_verify_bytes(key.public_key, e, rs) == ERR_OK);
    sm2_private_wipe(&key);
}

/* Plain text, nonce and key are secret. A forged text is refused: that it is, is public, nothing else. */
static void encryption(void)
{
    enum { PLAIN = 100 };
    sm2_private key;
    uint8_t plain[PLAIN], cipher[PLAIN + SM2_CIPHER_OVERHEAD], out[PLAIN];
    NEED(outcome(sm2_private_generate(&key, &secret_rng)) == ERR_OK);
    PUBLIC(key.public_key);
    public_bytes(plain, sizeof plain);
    SECRET(plain);
    NEED(outcome(sm2_encrypt(cipher, key.public_key, bytes_of(plain, sizeof plain), &secret_rng)) == ERR_OK);
    PUBLIC(cipher);
    NEED(outcome(sm2_decrypt(out, &key, bytes_of(cipher, sizeof cipher))) == ERR_OK);
    PUBLIC(out);
    PUBLIC(plain);
    NEED(memcmp(out, plain, sizeof out) == 0);
    static const size_t flips[] = {POINT_SIZE, POINT_SIZE + 31, SM2_CIPHER_OVERHEAD, sizeof cipher - 1};
    for (size_t i = 0; i < sizeof flips / sizeof *flips; i++) {
        cipher[flips[i]] ^= 1;
        NEED(outcome(sm2_decrypt(out, &key, bytes_of(cipher, sizeof cipher))) == ERR_DECRYPT);
        cipher[flips[i]] ^= 1;
    }
}

void ct_sm2(void)
{
    keys_and_signatures();
    encryption();
}
