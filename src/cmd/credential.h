/* A business system's credential: its file, {"server", "key", "secret"} with mode 0600, and requests signed with it. */
#ifndef YIQIAN_CMD_CREDENTIAL_H
#define YIQIAN_CMD_CREDENTIAL_H

#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"

enum { CREDENTIAL_SERVER = 256, CREDENTIAL_KEY = 64, CREDENTIAL_SECRET = 128 };

/* Whoever has it wipes it. */
typedef struct credential {
    char server[CREDENTIAL_SERVER]; /* "" where the file names none */
    char key[CREDENTIAL_KEY];
    char secret[CREDENTIAL_SECRET];
} credential;

/* ERR_NOT_FOUND, ERR_FORBIDDEN (group or others have a permission on it), ERR_JSON (not such a file), ERR_IO, ERR_LIMIT. */
MUST_CHECK err credential_read(credential *out, const char *path);

/* Makes the file, 0600; what is there already stays. ERR_EXISTS, ERR_FORBIDDEN, ERR_NOT_FOUND (directory), ERR_DISK_FULL, ERR_IO, ERR_MEMORY. */
MUST_CHECK err credential_write(const char *path, const char *server, const char *key, const char *secret);

/* The header "Authorization: YQ1-HMAC-SM3 key=..., time=..., nonce=..., signature=..." in the arena: HMAC-SM3 over
 * method \n path[?query] \n hex SM3(body) \n time \n nonce. ERR_ENTROPY, ERR_MEMORY. */
MUST_CHECK err credential_sign(const credential *c, arena *a, const char *method, const char *path, bytes body,
                               int64_t now_ms, const char **header);

#endif
