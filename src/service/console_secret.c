#include "service/console_secret.h"

#include <string.h>

#include "base/ct.h"
#include "base/text.h"
#include "os/entropy.h"
#include "service/internal.h"

enum { SECRET = 32 };

err console_secret_make(call *c, uint8_t id[16], uint8_t hash[SM3_SIZE], const char **text)
{
    uint8_t plain[16 + SECRET];
    const entropy *rng = &c->service->options.rng;
    TRY(selftest_require(c));
    TRY(uuid7_create(id));
    TRY(rng->fill(rng->ctx, plain + 16, SECRET));
    memcpy(plain, id, 16);
    /* A plain SM3 is enough here: a secret of 256 random bits cannot be searched, however fast the hash. */
    sm3(hash, plain + 16, SECRET);
    *text = base64url_text(c->arena, plain, sizeof plain);
    wipe(plain, sizeof plain);
    return *text ? ERR_OK : ERR_MEMORY;
}

bool console_secret_parse(arena *a, const char *text, uint8_t id[16], uint8_t hash[SM3_SIZE])
{
    bytes plain;
    size_t n = strlen(text);
    if (n != CONSOLE_SECRET_TEXT || base64url_decode(a, text, n, &plain) != ERR_OK)
        return false;
    memcpy(id, plain.p, 16);
    sm3(hash, plain.p + 16, SECRET);
    return true;
}
