/* The SM2 key of an operator's key file, in the browser (web/console/src/keyfile.ts calls it): made, its certificate asked for, a challenge signed.
 * The file's cipher is the browser's own (WebCrypto). Everything is given and taken in one room, which is wiped when it is given back; nothing
 * here waits, so this module needs no Asyncify. */
#include <string.h>

#include "asn1/ecsig.h"
#include "asn1/name.h"
#include "asn1/pkcs8.h"
#include "base/ct.h"
#include "pki/cert.h"
#include "pki/csr.h"
#include "point_table_compute.h"

#define EXPORT(name) __attribute__((export_name(#name)))
#define IMPORT(name) __attribute__((import_module("yiqian"), import_name(#name)))

enum { ROOM = 1 << 15, HEADER = 8 };

/* What the exports give instead of a length. */
enum { REFUSED = -1, UNSUPPORTED = -2, FAILED = -3 };

static uint8_t room[ROOM];

IMPORT(random) int import_random(uint8_t *out, size_t n);

EXPORT(start) void key_start(void);
EXPORT(room) uint8_t *key_room(void);
EXPORT(clear) void key_clear(void);
EXPORT(make) int key_make(void);
EXPORT(request) int key_request(size_t key_n, size_t name_n);
EXPORT(sign) int key_sign(size_t key_n, size_t message_n);
EXPORT(holds) int key_holds(size_t key_n, size_t certificate_n);
EXPORT(seal) int key_seal(uint32_t rounds, size_t salt_n, size_t data_n);
EXPORT(open) int key_open(size_t n);

void __wasm_call_ctors(void);

static err fill(void *ctx, uint8_t *out, size_t n)
{
    (void)ctx;
    return import_random(out, n) == 0 ? ERR_OK : ERR_ENTROPY;
}

static const entropy rng = {fill, NULL};

static int code_of(err e)
{
    return e == ERR_UNSUPPORTED ? UNSUPPORTED : e == ERR_ENTROPY ? FAILED : REFUSED;
}

void key_start(void)
{
    __wasm_call_ctors();
    point_table_compute();
}

uint8_t *key_room(void)
{
    return room;
}

void key_clear(void)
{
    wipe(room, sizeof room);
}

/* The private key at the beginning of the room, if its public key is with it and belongs to it. */
static err read_key(sm2_private *key, size_t key_n, size_t more)
{
    uint8_t d[32], public_key[POINT_SIZE];
    if (key_n > ROOM || more > ROOM - key_n)
        return ERR_LENGTH;
    err e = pkcs8_read(bytes_of(room, key_n), d, public_key);
    if (e == ERR_OK)
        e = sm2_private_from_bytes(key, d);
    wipe(d, sizeof d);
    if (e == ERR_OK && memcmp(key->public_key, public_key, POINT_SIZE) != 0) {
        sm2_private_wipe(key);
        e = ERR_POINT;
    }
    return e;
}

/* What was written in a buffer of the caller's goes to the beginning of the room, alone. */
static int give(err e, const buffer *b)
{
    key_clear();
    if (e != ERR_OK || b->overflow)
        return code_of(e);
    memcpy(room, b->p, b->n);
    return (int)b->n;
}

/* A new key: PrivateKeyInfo. */
int key_make(void)
{
    sm2_private key;
    uint8_t d[32], out[PKCS8_SM2_SIZE];
    buffer b = buffer_over(out, sizeof out);
    err e = sm2_private_generate(&key, &rng);
    if (e == ERR_OK) {
        scalar_to_bytes(d, &key.d);
        pkcs8_put(&b, d, key.public_key);
        wipe(d, sizeof d);
        sm2_private_wipe(&key);
    }
    int n = give(e, &b);
    wipe(out, sizeof out);
    return n;
}

static err request(buffer *out, const sm2_private *key, const char *name)
{
    uint8_t subject[NAME_DER_MAX], info[CSR_INFO_SIZE_MAX(sizeof subject)], e[32], rs[64];
    buffer s = buffer_over(subject, sizeof subject), i = buffer_over(info, sizeof info);
    const name_field field = {OID_COMMON_NAME, name};
    TRY(name_build(&s, &field, 1));
    TRY(csr_info_build(&i, bytes_of(subject, s.n), key->public_key));
    sm2_digest(e, key->public_key, bytes_of(info, i.n));
    TRY(sm2_sign(rs, key, e, &rng));
    return csr_assemble(out, bytes_of(info, i.n), rs);
}

/* PrivateKeyInfo || the name of whose certificate is asked for: a certification request. */
int key_request(size_t key_n, size_t name_n)
{
    static uint8_t out[CSR_DER_MAX];
    sm2_private key;
    char name[256];
    buffer b = buffer_over(out, sizeof out);
    err e = name_n < sizeof name ? read_key(&key, key_n, name_n) : ERR_LENGTH;
    if (e == ERR_OK) {
        memcpy(name, room + key_n, name_n);
        name[name_n] = '\0';
        e = request(&b, &key, name);
        sm2_private_wipe(&key);
    }
    return give(e, &b);
}

/* PrivateKeyInfo || message: the signature over it, with SM3 under the default ID, as DER. */
int key_sign(size_t key_n, size_t message_n)
{
    sm2_private key;
    uint8_t digest[32], rs[64], der[ECSIG_DER_MAX];
    size_t n = 0;
    err e = read_key(&key, key_n, message_n);
    if (e == ERR_OK) {
        sm2_digest(digest, key.public_key, bytes_of(room + key_n, message_n));
        e = sm2_sign(rs, &key, digest, &rng);
        sm2_private_wipe(&key);
    }
    if (e == ERR_OK)
        e = ecsig_to_der(der, &n, rs);
    const buffer b = {der, n, sizeof der, false};
    return give(e, &b);
}

/* PrivateKeyInfo || certificate: 1 if it is this key's, else 0. */
int key_holds(size_t key_n, size_t certificate_n)
{
    sm2_private key;
    cert certificate;
    err e = read_key(&key, key_n, certificate_n);
    if (e != ERR_OK) {
        key_clear();
        return code_of(e);
    }
    bool same = cert_parse(&certificate, bytes_of(room + key_n, certificate_n)) == ERR_OK && certificate.is_sm2 &&
                memcmp(certificate.public_key, key.public_key, POINT_SIZE) == 0;
    sm2_private_wipe(&key);
    key_clear();
    return same;
}

/* salt || IV || what the browser encrypted: EncryptedPrivateKeyInfo. */
int key_seal(uint32_t rounds, size_t salt_n, size_t data_n)
{
    uint8_t out[PKCS8_DATA_MAX + 256];
    buffer b = buffer_over(out, sizeof out);
    err e = ERR_LENGTH;
    if (salt_n <= PKCS8_SALT_MAX && data_n <= PKCS8_DATA_MAX) {
        const pkcs8_sealed sealed = {.salt = bytes_of(room, salt_n),
                                     .iv = bytes_of(room + salt_n, PKCS8_IV),
                                     .data = bytes_of(room + salt_n + PKCS8_IV, data_n),
                                     .rounds = rounds};
        e = pkcs8_sealed_put(&b, &sealed);
    }
    return give(e, &b);
}

/* EncryptedPrivateKeyInfo: rounds and the salt's length, each 32 bits big-endian, salt || IV || what the browser decrypts. */
int key_open(size_t n)
{
    uint8_t out[HEADER + PKCS8_SALT_MAX + PKCS8_IV + PKCS8_DATA_MAX];
    buffer b = buffer_over(out, sizeof out);
    pkcs8_sealed sealed;
    err e = n <= ROOM ? pkcs8_sealed_read(bytes_of(room, n), &sealed) : ERR_LENGTH;
    if (e == ERR_OK) {
        buffer_put_u32be(&b, (uint32_t)sealed.rounds);
        buffer_put_u32be(&b, (uint32_t)sealed.salt.n);
        buffer_put(&b, sealed.salt.p, sealed.salt.n);
        buffer_put(&b, sealed.iv.p, sealed.iv.n);
        buffer_put(&b, sealed.data.p, sealed.data.n);
    }
    return give(e, &b);
}
