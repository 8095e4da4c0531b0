/* The sealed form of a backup (docs/spec/backup.md): a header, and chunks under keys that scrypt makes of the hospital's passphrase. Bytes only; who
 * reads and writes the file is service/backup_file.h. SM4-CTR with HMAC-SM3, encrypt then MAC, as all that is sealed here. */
#ifndef YIQIAN_KEYSTORE_BACKUP_SEAL_H
#define YIQIAN_KEYSTORE_BACKUP_SEAL_H

#include <stdbool.h>

#include "base/bytes.h"
#include "crypto/entropy.h"

enum {
    BACKUP_HEADER = 160,
    BACKUP_CHUNK = 1 << 20, /* plain bytes in each chunk but the last */
    BACKUP_FRAME = 4,
    BACKUP_TAG = 32,
    BACKUP_SALT = 32,
    BACKUP_CHECK = 16,
    BACKUP_VERSION_TEXT = 32,
    BACKUP_PASSPHRASE_LEAST = 12, /* characters */
    BACKUP_PASSPHRASE_MAX = 1024, /* bytes */
    BACKUP_SCRYPT_LOG2_N = 17,
    BACKUP_SCRYPT_R = 8,
    BACKUP_SCRYPT_P = 1
};

/* keystore_derive's purpose of what says in a backup which master key it was made under. */
#define BACKUP_MASTER_KEY_CHECK "backup-check"

typedef enum backup_scope { BACKUP_CONFIGURATION = 1, BACKUP_ALL = 2 } backup_scope;

typedef struct backup_header {
    backup_scope scope;
    uint8_t id[16];
    int64_t created_ms;
    uint32_t schema; /* the newest migration that its database has */
    char server_version[BACKUP_VERSION_TEXT + 1];
    unsigned log2_n, r, p; /* of scrypt */
    uint8_t salt[BACKUP_SALT], check[BACKUP_CHECK];
    uint8_t digest[32]; /* SM3 of what comes before it: what is damaged is told from what has another passphrase */
} backup_header;

typedef struct backup_keys {
    uint8_t cipher[16], mac[32], wrap[32]; /* wrap: of the master key (keystore_wrap) */
} backup_keys;

/* Draws the salt, fills check and digest, and makes the keys; the other members are the caller's. The caller wipes keys. ERR_ENTROPY, ERR_MEMORY,
 * ERR_RANGE (scrypt's numbers), ERR_INTERNAL. */
MUST_CHECK err backup_header_begin(backup_header *h, bytes passphrase, backup_keys *keys, const entropy *rng);
void backup_header_write(const backup_header *h, uint8_t out[BACKUP_HEADER]);

/* ERR_BACKUP_DAMAGED (no backup, or changed), ERR_UNSUPPORTED (of a newer form), ERR_RANGE (scrypt's numbers are out of bounds: what reads a
 * strange file must not be made to work for hours). */
MUST_CHECK err backup_header_read(backup_header *h, const uint8_t in[BACKUP_HEADER]);

/* Whether what there is of it begins as one does. */
bool backup_header_begins(bytes in);

/* ERR_PASSPHRASE_WRONG, ERR_MEMORY, ERR_INTERNAL. */
MUST_CHECK err backup_keys_make(const backup_header *h, bytes passphrase, backup_keys *keys);

/* Writes frame || cipher text || tag: BACKUP_FRAME + plain.n + BACKUP_TAG bytes. counter: 0, 1, 2 ... ERR_LENGTH, ERR_MEMORY, ERR_INTERNAL. */
MUST_CHECK err backup_chunk_seal(const backup_keys *keys, uint64_t counter, bool last, bytes plain, uint8_t *out);

/* What a frame says: how many plain bytes, and whether it is the last one. ERR_BACKUP_DAMAGED. */
MUST_CHECK err backup_frame_read(const uint8_t frame[BACKUP_FRAME], size_t *n, bool *last);

/* sealed: all three parts. out has room for the plain bytes and may not overlap. ERR_BACKUP_DAMAGED, ERR_MEMORY, ERR_INTERNAL. */
MUST_CHECK err backup_chunk_open(const backup_keys *keys, uint64_t counter, bytes sealed, uint8_t *out);

/* Whether a passphrase is good enough: valid UTF-8 without control characters, long enough, not all characters alike. ERR_PASSPHRASE_WEAK. */
MUST_CHECK err backup_passphrase_check(bytes passphrase);

#endif
