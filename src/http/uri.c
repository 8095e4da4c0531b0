#include "http/uri.h"

#include <string.h>

#include "base/text.h"

static bool is_control(unsigned char c)
{
    return c < 0x20 || c == 0x7f;
}

err uri_decode(arena *a, char **out, const char *text, size_t n, uri_part part)
{
    char *to = arena_alloc(a, n + 1);
    if (!to)
        return ERR_MEMORY;
    *out = to;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];
        bool separates = c == '/' && part == URI_PATH;
        if (c == '%') {
            if (n - i < 3 || hex_decode(&c, 1, text + i + 1, 2) != ERR_OK)
                return ERR_ENCODING;
            i += 2;
        } else if (c == '+' && part == URI_QUERY) {
            c = ' ';
        }
        if (is_control(c) || (c == '/' && part != URI_QUERY && !separates))
            return ERR_ENCODING;
        *to++ = (char)c;
    }
    return utf8_valid(*out, (size_t)(to - *out)) ? ERR_OK : ERR_UTF8;
}

const char *uri_query(arena *a, const char *query, const char *name)
{
    size_t name_n = strlen(name);
    for (const char *at = query; *at;) {
        size_t n = strcspn(at, "&");
        if (n >= name_n && memcmp(at, name, name_n) == 0 && (n == name_n || at[name_n] == '=')) {
            size_t skip = n == name_n ? name_n : name_n + 1;
            char *value;
            return uri_decode(a, &value, at + skip, n - skip, URI_QUERY) == ERR_OK ? value : NULL;
        }
        at += at[n] ? n + 1 : n;
    }
    return NULL;
}

err uri_check_query(arena *a, const char *query)
{
    char *decoded;
    return *query ? uri_decode(a, &decoded, query, strlen(query), URI_QUERY) : ERR_OK;
}
