#include "service/scope.h"

#include <string.h>

static const char *const names[SCOPE_COUNT] = {"tasks",         "users",   "verify",    "operator",
                                               "administrator", "auditor", "timestamps"};

const char *scope_name(unsigned index)
{
    return names[index];
}

static uint32_t bit_of(const char *name, size_t n)
{
    for (unsigned i = 0; i < SCOPE_COUNT; i++)
        if (strlen(names[i]) == n && memcmp(names[i], name, n) == 0)
            return UINT32_C(1) << i;
    return 0;
}

uint32_t scope_bit(const char *name)
{
    return bit_of(name, strlen(name));
}

const char *scope_text(arena *a, uint32_t scopes)
{
    const char *text = "";
    for (unsigned i = 0; i < SCOPE_COUNT && text; i++)
        if (scopes >> i & 1)
            text = arena_printf(a, "%s%s%s", text, *text ? " " : "", names[i]);
    return text;
}

err scope_parse(const char *text, uint32_t *scopes)
{
    *scopes = 0;
    for (;;) {
        size_t n = strcspn(text, " ");
        uint32_t bit = bit_of(text, n);
        if (!bit || *scopes & bit)
            return ERR_CORRUPT;
        *scopes |= bit;
        if (text[n] == '\0')
            return ERR_OK;
        text += n + 1;
    }
}
