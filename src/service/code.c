#include "service/code.h"

#include <string.h>

#include "base/ct.h"

enum { CODE_MAX = 32 };

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

err code_random(char *out, size_t n, const entropy *rng)
{
    uint8_t random[CODE_MAX];
    if (n > sizeof random)
        return ERR_LENGTH;
    TRY(rng->fill(rng->ctx, random, n));
    for (size_t i = 0; i < n; i++)
        out[i] = alphabet[random[i] & 31];
    out[n] = '\0';
    wipe(random, sizeof random);
    return ERR_OK;
}

err code_random_id(char out[CODE_ID_TEXT], const char *prefix, const entropy *rng)
{
    memcpy(out, prefix, 3);
    TRY(code_random(out + 3, CODE_ID_TEXT - 4, rng));
    for (char *p = out + 3; *p; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p - 'A' + 'a');
    return ERR_OK;
}

/* The character meant by the one typed; 0 for none. */
static char meant(char typed)
{
    char upper = typed >= 'a' && typed <= 'z' ? (char)(typed - 'a' + 'A') : typed;
    if (upper == 'O')
        return '0';
    if (upper == 'I' || upper == 'L')
        return '1';
    return upper != '\0' && strchr(alphabet, upper) ? upper : '\0';
}

err code_normalise(char *out, size_t n, const char *text)
{
    size_t used = 0;
    for (; *text; text++) {
        if (*text == '-' || *text == ' ')
            continue;
        char character = meant(*text);
        if (!character || used == n)
            return ERR_ENCODING;
        out[used++] = character;
    }
    out[used] = '\0';
    return used == n ? ERR_OK : ERR_ENCODING;
}
