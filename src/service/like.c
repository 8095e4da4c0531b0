#include "service/like.h"

#include <string.h>

const char *like_contains(arena *a, const char *text, size_t n)
{
    char *pattern = arena_alloc(a, 2 * n + 3), *at = pattern;
    if (!pattern)
        return NULL;
    *at++ = '%';
    for (size_t i = 0; i < n; i++) {
        if (text[i] == '%' || text[i] == '_' || text[i] == '!')
            *at++ = '!';
        *at++ = text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] - 'A' + 'a') : text[i];
    }
    *at++ = '%';
    *at = '\0';
    return pattern;
}
