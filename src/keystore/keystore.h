/* Keys at rest. One master key of 32 bytes (master.key, mode 0600, or a systemd credential) seals everything else: key shares,
 * the CA's keys. From it a key is derived for each purpose, so no key serves two.
 *
 * Sealing is SM4-CTR with HMAC-SM3 over header, context and cipher text (encrypt then MAC): u8 version = 1 || IV (16) ||
 * cipher text || tag (32). The IV is made of fresh bytes and of what is sealed and where. The context (table, column and id of
 * the row) is authenticated: a blob moved elsewhere does not open. */
#ifndef YIQIAN_KEYSTORE_KEYSTORE_H
#define YIQIAN_KEYSTORE_KEYSTORE_H

#include <stdbool.h>

#include "base/arena.h"
#include "crypto/entropy.h"
#include "crypto/signer.h"

typedef struct keystore keystore;

enum { KEYSTORE_OVERHEAD = 1 + 16 + 32 };

/* Opens master.key (32 bytes, binary) in data_dir, or $CREDENTIALS_DIRECTORY/master.key where systemd gives one; `create` makes
 * it (durably, 0600) where there is none. ERR_IO, ERR_CORRUPT (wrong size), ERR_FORBIDDEN (group or others have a permission on
 * the file; of a credential: others), ERR_NOT_FOUND, ERR_ENTROPY, ERR_DISK_FULL, ERR_LENGTH (the path), ERR_MEMORY,
 * ERR_UNSUPPORTED (an OpenSSL without SM4).
 * Ownership: keystore_close wipes and frees it; NULL is fine. */
MUST_CHECK err keystore_open(keystore **out, const char *data_dir, bool create, const entropy *rng);
void keystore_close(keystore *ks);

/* A key for one purpose, derived from the master key: HMAC-SM3(master, "yiqian/derive/1" || u8(len) || purpose).
 * purpose has at most 255 bytes; those beginning with "keystore/" are the keystore's own. */
void keystore_derive(const keystore *ks, const char *purpose, uint8_t out[32]);

/* out has room for plain.n + KEYSTORE_OVERHEAD bytes and does not overlap plain. Thread-safe. ERR_ENTROPY, ERR_INTERNAL. */
MUST_CHECK err keystore_seal(const keystore *ks, bytes context, bytes plain, uint8_t *out, const entropy *rng);

/* out has room for sealed.n - KEYSTORE_OVERHEAD bytes; every failure is ERR_DECRYPT, with out wiped. Thread-safe. */
MUST_CHECK err keystore_unseal(const keystore *ks, bytes context, bytes sealed, uint8_t *out);

/* The master key itself, sealed as above under a key that the caller has (context "master-key"), and back: so it goes into a backup
 * (docs/spec/backup.md) and never leaves this module in clear. ERR_ENTROPY, ERR_MEMORY, ERR_UNSUPPORTED, ERR_INTERNAL. */
enum { KEYSTORE_WRAPPED = 32 + KEYSTORE_OVERHEAD };
MUST_CHECK err keystore_wrap(const keystore *ks, const uint8_t kek[32], uint8_t out[KEYSTORE_WRAPPED],
                             const entropy *rng);

/* Writes what keystore_wrap gave as master.key (0600, durably) into a directory that has none. ERR_DECRYPT (another key), ERR_EXISTS, ERR_IO,
 * ERR_DISK_FULL, ERR_LENGTH, ERR_MEMORY, ERR_UNSUPPORTED. */
MUST_CHECK err keystore_unwrap_to(const char *data_dir, const uint8_t kek[32], const uint8_t wrapped[KEYSTORE_WRAPPED]);

/* Whether it is systemd's credential and not a file of the data directory. */
bool keystore_is_credential(const keystore *ks);

/* A signing key that was sealed as its 32-byte private scalar. ERR_DECRYPT, ERR_SCALAR, ERR_MEMORY. rng outlives the signer.
 * Ownership: the caller destroys *out with signer_destroy. */
MUST_CHECK err keystore_signer(const keystore *ks, bytes context, bytes sealed, signer **out, const entropy *rng);

#endif
