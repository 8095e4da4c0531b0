#include "keystore/keystore.h"

#include <limits.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/ct.h"
#include "crypto/sm3.h"
#include "keystore/master_key.h"

enum { VERSION = 1, IV_SIZE = 16, TAG_SIZE = 32, HEADER_SIZE = 1 + IV_SIZE };
_Static_assert(HEADER_SIZE + TAG_SIZE == KEYSTORE_OVERHEAD, "the sealed form of keystore.h");

struct keystore {
    master_key master;
    uint8_t cipher_key[SM3_SIZE]; /* SM4 takes its first 16 bytes */
    uint8_t mac_key[SM3_SIZE], iv_key[SM3_SIZE];
    EVP_CIPHER *sm4_ctr; /* fetched once: OpenSSL 3 looks algorithms up slowly */
};

void keystore_derive(const keystore *ks, const char *purpose, uint8_t out[32])
{
    static const char label[] = "yiqian/derive/1";
    size_t n = strlen(purpose);
    uint8_t length = (uint8_t)n;
    hmac_sm3_ctx ctx;
    hmac_sm3_init(&ctx, ks->master.bytes, sizeof ks->master.bytes);
    hmac_sm3_update(&ctx, label, sizeof label - 1);
    hmac_sm3_update(&ctx, &length, 1);
    hmac_sm3_update(&ctx, purpose, n);
    hmac_sm3_final(&ctx, out);
}

/* What sealing needs, from the master key. */
static err get_ready(keystore *ks)
{
    keystore_derive(ks, "keystore/seal/sm4-ctr", ks->cipher_key);
    keystore_derive(ks, "keystore/seal/hmac-sm3", ks->mac_key);
    keystore_derive(ks, "keystore/seal/iv", ks->iv_key);
    ks->sm4_ctr = EVP_CIPHER_fetch(NULL, "SM4-CTR", NULL);
    return ks->sm4_ctr ? ERR_OK : ERR_UNSUPPORTED;
}

err keystore_open(keystore **out, const char *data_dir, bool create, const entropy *rng)
{
    *out = NULL;
    keystore *ks = calloc(1, sizeof *ks);
    if (!ks)
        return ERR_MEMORY;
    err e;
    TRY_OUT(master_key_load(&ks->master, data_dir, create, rng));
    TRY_OUT(get_ready(ks));
    *out = ks;
    ks = NULL;
out:
    keystore_close(ks);
    return e;
}

void keystore_close(keystore *ks)
{
    if (!ks)
        return;
    EVP_CIPHER_free(ks->sm4_ctr);
    wipe(ks, sizeof *ks);
    free(ks);
}

/* In CTR mode encryption and decryption are the same. */
static err apply_ctr(const keystore *ks, uint8_t *out, const uint8_t iv[IV_SIZE], bytes in)
{
    if (in.n == 0)
        return ERR_OK;
    if (in.n > INT_MAX)
        return ERR_INTERNAL;
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int n = 0;
    bool done = ctx && EVP_EncryptInit_ex2(ctx, ks->sm4_ctr, ks->cipher_key, iv, NULL) == 1 &&
                EVP_EncryptUpdate(ctx, out, &n, in.p, (int)in.n) == 1 && n == (int)in.n;
    EVP_CIPHER_CTX_free(ctx);
    return done ? ERR_OK : ERR_INTERNAL;
}

/* Over header || u32be length of the context || context || cipher text: the length keeps the last two apart. */
static void compute_tag(const keystore *ks, uint8_t tag[TAG_SIZE], bytes context, const uint8_t header[HEADER_SIZE],
                        bytes cipher)
{
    uint8_t length[4];
    store_u32be(length, (uint32_t)context.n);
    hmac_sm3_ctx ctx;
    hmac_sm3_init(&ctx, ks->mac_key, sizeof ks->mac_key);
    hmac_sm3_update(&ctx, header, HEADER_SIZE);
    hmac_sm3_update(&ctx, length, sizeof length);
    hmac_sm3_update(&ctx, context.p, context.n);
    hmac_sm3_update(&ctx, cipher.p, cipher.n);
    hmac_sm3_final(&ctx, tag);
}

/* From fresh bytes and from what is sealed: a generator that repeats itself (a cloned or resumed machine) gives one key stream to
 * the same text in the same place only. */
static err draw_iv(const keystore *ks, uint8_t iv[IV_SIZE], bytes context, bytes plain, const entropy *rng)
{
    uint8_t fresh[IV_SIZE], length[4], mac[SM3_SIZE];
    hmac_sm3_ctx ctx;
    TRY(rng->fill(rng->ctx, fresh, sizeof fresh));
    store_u32be(length, (uint32_t)context.n);
    hmac_sm3_init(&ctx, ks->iv_key, sizeof ks->iv_key);
    hmac_sm3_update(&ctx, fresh, sizeof fresh);
    hmac_sm3_update(&ctx, length, sizeof length);
    hmac_sm3_update(&ctx, context.p, context.n);
    hmac_sm3_update(&ctx, plain.p, plain.n);
    hmac_sm3_final(&ctx, mac);
    memcpy(iv, mac, IV_SIZE);
    ct_declassify(iv, IV_SIZE); /* stands in the sealed form */
    wipe(mac, sizeof mac);
    return ERR_OK;
}

err keystore_seal(const keystore *ks, bytes context, bytes plain, uint8_t *out, const entropy *rng)
{
    if (context.n > UINT32_MAX)
        return ERR_INTERNAL;
    out[0] = VERSION;
    TRY(draw_iv(ks, out + 1, context, plain, rng));
    TRY(apply_ctr(ks, out + HEADER_SIZE, out + 1, plain));
    compute_tag(ks, out + HEADER_SIZE + plain.n, context, out, bytes_of(out + HEADER_SIZE, plain.n));
    return ERR_OK;
}

err keystore_unseal(const keystore *ks, bytes context, bytes sealed, uint8_t *out)
{
    if (sealed.n < KEYSTORE_OVERHEAD)
        return ERR_DECRYPT;
    bytes cipher = bytes_of(sealed.p + HEADER_SIZE, sealed.n - KEYSTORE_OVERHEAD);
    uint8_t tag[TAG_SIZE];
    compute_tag(ks, tag, context, sealed.p, cipher);
    if (sealed.p[0] == VERSION && context.n <= UINT32_MAX && ct_equal(tag, cipher.p + cipher.n, sizeof tag) &&
        apply_ctr(ks, out, sealed.p + 1, cipher) == ERR_OK)
        return ERR_OK;
    wipe(out, cipher.n);
    return ERR_DECRYPT;
}

bool keystore_is_credential(const keystore *ks)
{
    return ks->master.credential;
}

static const char wrap_context[] = "master-key";

/* A keystore whose master key is the caller's. */
static err open_over(keystore **out, const uint8_t kek[32])
{
    *out = calloc(1, sizeof **out);
    if (!*out)
        return ERR_MEMORY;
    memcpy((*out)->master.bytes, kek, sizeof(*out)->master.bytes);
    return get_ready(*out);
}

err keystore_wrap(const keystore *ks, const uint8_t kek[32], uint8_t out[KEYSTORE_WRAPPED], const entropy *rng)
{
    keystore *over;
    err e = open_over(&over, kek);
    if (e == ERR_OK)
        e = keystore_seal(over, bytes_of_text(wrap_context), bytes_of(ks->master.bytes, sizeof ks->master.bytes), out,
                          rng);
    keystore_close(over);
    return e;
}

err keystore_unwrap_to(const char *data_dir, const uint8_t kek[32], const uint8_t wrapped[KEYSTORE_WRAPPED])
{
    uint8_t master[32];
    keystore *over;
    err e = open_over(&over, kek);
    if (e == ERR_OK)
        e = keystore_unseal(over, bytes_of_text(wrap_context), bytes_of(wrapped, KEYSTORE_WRAPPED), master);
    if (e == ERR_OK)
        e = master_key_put(data_dir, master);
    wipe(master, sizeof master);
    keystore_close(over);
    return e;
}

err keystore_signer(const keystore *ks, bytes context, bytes sealed, signer **out, const entropy *rng)
{
    *out = NULL;
    uint8_t d[32];
    sm2_private key;
    err e;
    if (sealed.n != sizeof d + KEYSTORE_OVERHEAD)
        return ERR_DECRYPT;
    TRY_OUT(keystore_unseal(ks, context, sealed, d));
    TRY_OUT(sm2_private_from_bytes(&key, d));
    *out = signer_in_memory(&key, rng);
    sm2_private_wipe(&key);
    if (!*out)
        e = ERR_MEMORY;
out:
    wipe(d, sizeof d);
    return e;
}
