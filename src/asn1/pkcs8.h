/* Private keys as files hold them (RFC 5958, RFC 5915): an SM2 key as PrivateKeyInfo, and around it EncryptedPrivateKeyInfo by PBES2 (RFC 8018).
 * Encoding alone: the cipher is the caller's. */
#ifndef YIQIAN_ASN1_PKCS8_H
#define YIQIAN_ASN1_PKCS8_H

#include "asn1/spki.h"

enum {
    PKCS8_SM2_SIZE = 138,
    PKCS8_SALT_MIN = 8,
    PKCS8_SALT_MAX = 64,
    PKCS8_IV = 16,
    PKCS8_ROUNDS_MIN = 1000,
    PKCS8_ROUNDS_MAX =
        10000000, /* some ten seconds: whoever gives a file must not be able to stop a server or a page for good */
    PKCS8_DATA_MAX = 4096
};

/* Writes PKCS8_SM2_SIZE bytes: version 0, id-ecPublicKey with the SM2 curve, and the key with its public key. */
void pkcs8_put(buffer *b, const uint8_t d[32], const uint8_t public_key[SPKI_KEY_SIZE]);

/* ERR_DER; ERR_UNSUPPORTED (no SM2 key, or its public key is not with it). Whether the two belong together is not checked; after an error
 * nothing is in d. */
MUST_CHECK err pkcs8_read(bytes der, uint8_t d[32], uint8_t public_key[SPKI_KEY_SIZE]);

/* PBKDF2 with HMAC-SHA256 and AES-256-CBC with its padding, which is what browsers, OpenSSL and Java have in common. */
typedef struct pkcs8_sealed {
    bytes salt, iv, data;
    uint64_t rounds;
} pkcs8_sealed;

/* What pkcs8_sealed_read takes. ERR_RANGE, ERR_LENGTH (no room). */
MUST_CHECK err pkcs8_sealed_put(buffer *b, const pkcs8_sealed *sealed);

/* Borrows. ERR_DER; ERR_UNSUPPORTED (other algorithms), ERR_RANGE (beyond the limits above, or data that is no whole blocks). */
MUST_CHECK err pkcs8_sealed_read(bytes der, pkcs8_sealed *out);

#endif
