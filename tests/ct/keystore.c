/* The keystore's own arithmetic: derivation and the tag's comparison. The cipher is OpenSSL's SM4, which reads tables by secret
 * bytes; so its key is not marked, and docs/THREAT_MODEL.md says so. The file is compiled here, for the keys in it are out of
 * reach of its callers. */
#include "ct.h"

#include "keystore/keystore.c"

err master_key_put(const char *data_dir, const uint8_t master[32])
{
    (void)data_dir;
    (void)master;
    return ERR_UNSUPPORTED;
}

err master_key_load(master_key *key, const char *data_dir, bool create, const entropy *rng)
{
    (void)data_dir;
    (void)create;
    return rng->fill(rng->ctx, key->bytes, sizeof key->bytes);
}

void ct_keystore(void)
{
    static const uint8_t context[] = "device_key/d2/0123456789abcdef";
    enum { PLAIN = 97, SEALED = PLAIN + KEYSTORE_OVERHEAD };
    keystore *ks;
    uint8_t plain[PLAIN], sealed[SEALED], out[PLAIN], derived[32], expected[32];
    const bytes where = bytes_of(context, sizeof context - 1);
    NEED(keystore_open(&ks, "", false, &public_rng) == ERR_OK);
    keystore_derive(ks, "test", expected);
    SECRET(ks->master);
    SECRET(ks->mac_key);
    keystore_derive(ks, "test", derived);
    PUBLIC(derived);
    NEED(memcmp(derived, expected, sizeof derived) == 0);

    public_bytes(plain, sizeof plain);
    SECRET(plain);
    NEED(outcome(keystore_seal(ks, where, bytes_of(plain, sizeof plain), sealed, &public_rng)) == ERR_OK);
    PUBLIC(sealed); /* it lies in the database */
    NEED(outcome(keystore_unseal(ks, where, bytes_of(sealed, sizeof sealed), out)) == ERR_OK);
    PUBLIC(plain);
    PUBLIC(out);
    NEED(memcmp(plain, out, sizeof out) == 0);
    static const size_t flips[] = {1, 20, SEALED - 32, SEALED - 1};
    for (size_t i = 0; i < sizeof flips / sizeof *flips; i++) {
        sealed[flips[i]] ^= 1;
        NEED(outcome(keystore_unseal(ks, where, bytes_of(sealed, sizeof sealed), out)) == ERR_DECRYPT);
        sealed[flips[i]] ^= 1;
    }
    keystore_close(ks);
}
