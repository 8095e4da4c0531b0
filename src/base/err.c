#include "base/err.h"

#include <string.h>

static const char *const codes[ERR_COUNT] = {
#define ERR_CODE(name, code) [name] = code,
    ERR_LIST(ERR_CODE)
#undef ERR_CODE
};

const char *err_code(err e)
{
    return (unsigned)e < ERR_COUNT ? codes[e] : codes[ERR_INTERNAL];
}

err err_from_code(const char *code)
{
    for (unsigned i = 0; i < ERR_COUNT; i++)
        if (strcmp(codes[i], code) == 0)
            return (err)i;
    return ERR_INTERNAL;
}
