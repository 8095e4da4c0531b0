/* Where the master key comes from. */
#ifndef YIQIAN_KEYSTORE_MASTER_KEY_H
#define YIQIAN_KEYSTORE_MASTER_KEY_H

#include <stdbool.h>

#include "crypto/entropy.h"

typedef struct master_key {
    uint8_t bytes[32];
    bool credential; /* systemd gave it */
} master_key;

/* As keystore_open. The caller wipes it. */
MUST_CHECK err master_key_load(master_key *key, const char *data_dir, bool create, const entropy *rng);

/* Makes the file in data_dir. ERR_EXISTS, and those of os/file.h. */
MUST_CHECK err master_key_put(const char *data_dir, const uint8_t master[32]);

#endif
