#include "keystore/backup_seal.h"

#include <openssl/evp.h>
#include <string.h>

#include "base/ct.h"
#include "base/text.h"
#include "crypto/sm3.h"

/* Where each part of the header stands. */
enum {
    FORM = 1,
    AT_FORM = 8,
    AT_SCOPE = 10,
    AT_ID = 12,
    AT_CREATED = 28,
    AT_SCHEMA = 36,
    AT_SCRYPT = 40,
    AT_SALT = 44,
    AT_VERSION = 76,
    AT_CHECK = 108,
    AT_CHUNK = 124,
    AT_DIGEST = 128,
    ROOT = 32,
    LOG2_N_LEAST = 14,
    LOG2_N_MOST = 20,
    R_MOST = 32,
    P_MOST = 4,
    LAST_BIT = 31
};
#define SCRYPT_MEMORY (UINT64_C(256) << 20)
static const char magic[8] = {'Y', 'Q', 'B', 'A', 'C', 'K', 'U', 'P'};

static err check_scrypt(const backup_header *h)
{
    bool fine = h->log2_n >= LOG2_N_LEAST && h->log2_n <= LOG2_N_MOST && h->r >= 1 && h->r <= R_MOST && h->p >= 1 &&
                h->p <= P_MOST && (UINT64_C(128) * h->r << h->log2_n) <= SCRYPT_MEMORY;
    return fine ? ERR_OK : ERR_RANGE;
}

static err make_root(const backup_header *h, bytes passphrase, uint8_t root[ROOT])
{
    TRY(check_scrypt(h));
    int done = EVP_PBE_scrypt((const char *)passphrase.p, passphrase.n, h->salt, sizeof h->salt,
                              UINT64_C(1) << h->log2_n, h->r, h->p, 2 * SCRYPT_MEMORY, root, ROOT);
    return done == 1 ? ERR_OK : ERR_MEMORY; /* with numbers that are in bounds nothing else fails */
}

/* HMAC-SM3(root, label || extra) */
static void derive(const uint8_t root[ROOT], const char *label, bytes extra, uint8_t out[SM3_SIZE])
{
    hmac_sm3_ctx ctx;
    hmac_sm3_init(&ctx, root, ROOT);
    hmac_sm3_update(&ctx, label, strlen(label));
    hmac_sm3_update(&ctx, extra.p, extra.n);
    hmac_sm3_final(&ctx, out);
}

static void make_check(const uint8_t root[ROOT], uint8_t check[BACKUP_CHECK])
{
    uint8_t mac[SM3_SIZE];
    derive(root, "yiqian/backup/1/check", bytes_of(NULL, 0), mac);
    memcpy(check, mac, BACKUP_CHECK);
    ct_declassify(check, BACKUP_CHECK); /* stands in the header */
}

/* Bound to the whole header: chunks of one file open in no other. */
static void make_keys(const uint8_t root[ROOT], const uint8_t digest[SM3_SIZE], backup_keys *keys)
{
    uint8_t cipher[SM3_SIZE];
    derive(root, "yiqian/backup/1/cipher", bytes_of(digest, SM3_SIZE), cipher);
    memcpy(keys->cipher, cipher, sizeof keys->cipher);
    derive(root, "yiqian/backup/1/mac", bytes_of(digest, SM3_SIZE), keys->mac);
    derive(root, "yiqian/backup/1/master-key", bytes_of(digest, SM3_SIZE), keys->wrap);
    wipe(cipher, sizeof cipher);
}

/* All but the digest. */
static void write_fields(const backup_header *h, uint8_t out[AT_DIGEST])
{
    memset(out, 0, AT_DIGEST);
    memcpy(out, magic, sizeof magic);
    out[AT_FORM + 1] = FORM;
    out[AT_SCOPE] = (uint8_t)h->scope;
    memcpy(out + AT_ID, h->id, sizeof h->id);
    store_u64be(out + AT_CREATED, (uint64_t)h->created_ms);
    store_u32be(out + AT_SCHEMA, h->schema);
    out[AT_SCRYPT] = (uint8_t)h->log2_n;
    out[AT_SCRYPT + 1] = (uint8_t)h->r;
    out[AT_SCRYPT + 2] = (uint8_t)h->p;
    memcpy(out + AT_SALT, h->salt, sizeof h->salt);
    memcpy(out + AT_VERSION, h->server_version, strnlen(h->server_version, BACKUP_VERSION_TEXT));
    memcpy(out + AT_CHECK, h->check, sizeof h->check);
    store_u32be(out + AT_CHUNK, BACKUP_CHUNK);
}

err backup_header_begin(backup_header *h, bytes passphrase, backup_keys *keys, const entropy *rng)
{
    uint8_t root[ROOT], fields[AT_DIGEST];
    err e;
    TRY_OUT(rng->fill(rng->ctx, h->salt, sizeof h->salt));
    TRY_OUT(make_root(h, passphrase, root));
    make_check(root, h->check);
    write_fields(h, fields);
    sm3(h->digest, fields, sizeof fields);
    make_keys(root, h->digest, keys);
out:
    wipe(root, sizeof root);
    return e;
}

void backup_header_write(const backup_header *h, uint8_t out[BACKUP_HEADER])
{
    write_fields(h, out);
    memcpy(out + AT_DIGEST, h->digest, sizeof h->digest);
}

bool backup_header_begins(bytes in)
{
    return memcmp(in.p, magic, in.n < sizeof magic ? in.n : sizeof magic) == 0;
}

err backup_header_read(backup_header *h, const uint8_t in[BACKUP_HEADER])
{
    uint8_t digest[SM3_SIZE];
    memset(h, 0, sizeof *h);
    if (memcmp(in, magic, sizeof magic) != 0)
        return ERR_BACKUP_DAMAGED;
    sm3(digest, in, AT_DIGEST);
    if (memcmp(digest, in + AT_DIGEST, sizeof digest) != 0)
        return ERR_BACKUP_DAMAGED;
    if (in[AT_FORM] != 0 || in[AT_FORM + 1] != FORM || load_u32be(in + AT_CHUNK) != BACKUP_CHUNK)
        return ERR_UNSUPPORTED;
    if (in[AT_SCOPE] != BACKUP_CONFIGURATION && in[AT_SCOPE] != BACKUP_ALL)
        return ERR_UNSUPPORTED;
    h->scope = (backup_scope)in[AT_SCOPE];
    memcpy(h->id, in + AT_ID, sizeof h->id);
    h->created_ms = (int64_t)(load_u64be(in + AT_CREATED) & INT64_MAX);
    h->schema = load_u32be(in + AT_SCHEMA);
    h->log2_n = in[AT_SCRYPT];
    h->r = in[AT_SCRYPT + 1];
    h->p = in[AT_SCRYPT + 2];
    memcpy(h->salt, in + AT_SALT, sizeof h->salt);
    memcpy(h->server_version, in + AT_VERSION, BACKUP_VERSION_TEXT);
    memcpy(h->check, in + AT_CHECK, sizeof h->check);
    memcpy(h->digest, digest, sizeof h->digest);
    return check_scrypt(h);
}

err backup_keys_make(const backup_header *h, bytes passphrase, backup_keys *keys)
{
    uint8_t root[ROOT], check[BACKUP_CHECK];
    err e;
    TRY_OUT(make_root(h, passphrase, root));
    make_check(root, check);
    if (!ct_equal(check, h->check, sizeof check)) {
        e = ERR_PASSPHRASE_WRONG;
        goto out;
    }
    make_keys(root, h->digest, keys);
out:
    wipe(root, sizeof root);
    return e;
}

/* A key seals one file, whose chunks have at most 2^16 blocks: no counter block comes twice. */
static err apply_ctr(const backup_keys *keys, uint64_t counter, bytes in, uint8_t *out)
{
    uint8_t iv[16] = {0};
    int n = 0;
    if (in.n == 0)
        return ERR_OK;
    store_u64be(iv, counter);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    bool done = ctx && EVP_EncryptInit_ex2(ctx, EVP_sm4_ctr(), keys->cipher, iv, NULL) == 1 &&
                EVP_EncryptUpdate(ctx, out, &n, in.p, (int)in.n) == 1 && n == (int)in.n;
    EVP_CIPHER_CTX_free(ctx);
    return done ? ERR_OK : ctx ? ERR_INTERNAL : ERR_MEMORY;
}

/* Over u64be(counter) || frame || cipher text. */
static void make_tag(const backup_keys *keys, uint64_t counter, bytes framed, uint8_t tag[BACKUP_TAG])
{
    uint8_t place[8];
    hmac_sm3_ctx ctx;
    store_u64be(place, counter);
    hmac_sm3_init(&ctx, keys->mac, sizeof keys->mac);
    hmac_sm3_update(&ctx, place, sizeof place);
    hmac_sm3_update(&ctx, framed.p, framed.n);
    hmac_sm3_final(&ctx, tag);
}

err backup_chunk_seal(const backup_keys *keys, uint64_t counter, bool last, bytes plain, uint8_t *out)
{
    if (plain.n > BACKUP_CHUNK || (!last && plain.n != BACKUP_CHUNK))
        return ERR_LENGTH;
    store_u32be(out, (uint32_t)plain.n | (last ? UINT32_C(1) << LAST_BIT : 0));
    TRY(apply_ctr(keys, counter, plain, out + BACKUP_FRAME));
    make_tag(keys, counter, bytes_of(out, BACKUP_FRAME + plain.n), out + BACKUP_FRAME + plain.n);
    return ERR_OK;
}

err backup_frame_read(const uint8_t frame[BACKUP_FRAME], size_t *n, bool *last)
{
    uint32_t value = load_u32be(frame);
    *last = value >> LAST_BIT;
    *n = value & ~(UINT32_C(1) << LAST_BIT);
    return *n <= BACKUP_CHUNK && (*last || *n == BACKUP_CHUNK) ? ERR_OK : ERR_BACKUP_DAMAGED;
}

err backup_chunk_open(const backup_keys *keys, uint64_t counter, bytes sealed, uint8_t *out)
{
    uint8_t tag[BACKUP_TAG];
    if (sealed.n < BACKUP_FRAME + BACKUP_TAG)
        return ERR_BACKUP_DAMAGED;
    bytes framed = bytes_of(sealed.p, sealed.n - BACKUP_TAG);
    make_tag(keys, counter, framed, tag);
    if (!ct_equal(tag, sealed.p + framed.n, sizeof tag))
        return ERR_BACKUP_DAMAGED;
    return apply_ctr(keys, counter, bytes_of(framed.p + BACKUP_FRAME, framed.n - BACKUP_FRAME), out);
}

err backup_passphrase_check(bytes passphrase)
{
    const char *text = (const char *)passphrase.p;
    bool alike = true, control = false;
    if (passphrase.n == 0 || passphrase.n > BACKUP_PASSPHRASE_MAX || !utf8_valid(text, passphrase.n) ||
        utf8_length(text, passphrase.n) < BACKUP_PASSPHRASE_LEAST)
        return ERR_PASSPHRASE_WEAK;
    size_t first = utf8_prefix(text, 1);
    for (size_t i = 0; i < passphrase.n; i++) {
        alike &= passphrase.n % first == 0 && passphrase.p[i] == passphrase.p[i % first];
        control |= passphrase.p[i] < ' ' || passphrase.p[i] == 0x7f;
    }
    return alike || control ? ERR_PASSPHRASE_WEAK : ERR_OK;
}
