#include "http/cors.h"

#include <string.h>
#include <strings.h>

static const char lower[] = "abcdefghijklmnopqrstuvwxyz", digits[] = "0123456789",
                  host_letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-._";

static size_t span_host(const char *text)
{
    if (*text != '[')
        return strspn(text, host_letters);
    size_t n = 1 + strspn(text + 1, "0123456789abcdef:.");
    return n > 1 && text[n] == ']' ? n + 1 : 0;
}

/* RFC 6454 6.2, the serialisation of an origin. */
static bool is_origin(const char *text)
{
    size_t scheme = strspn(text, lower);
    if (scheme == 0 || strncmp(text + scheme, "://", 3) != 0)
        return false;
    const char *at = text + scheme + 3;
    size_t host = span_host(at);
    at += host;
    if (host > 0 && *at == ':') {
        size_t port = strspn(at + 1, digits);
        if (port == 0 || port > 5)
            return false;
        at += 1 + port;
    }
    return host > 0 && *at == '\0';
}

err cors_parse(arena *a, cors_origins *out, const char *text)
{
    *out = (cors_origins){.n = 0};
    for (const char *at = text; *(at += strspn(at, " ")) != '\0';) {
        size_t n = strcspn(at, ", ");
        const char *name = arena_text(a, at, n);
        if (!name)
            return ERR_MEMORY;
        if (!is_origin(name) || out->n == CORS_ORIGINS)
            return ERR_ARG;
        out->names[out->n++] = name;
        at += n;
        at += strspn(at, " ");
        if (*at != '\0' && *at++ != ',')
            return ERR_ARG;
    }
    return ERR_OK;
}

const char *cors_find(const cors_origins *origins, const char *origin)
{
    for (size_t i = 0; origin && i < origins->n; i++)
        if (strcmp(origins->names[i], origin) == 0)
            return origins->names[i];
    return NULL;
}

bool cors_headers_allowed(const char *names)
{
    static const char *const allowed[] = {"authorization", "content-type"};
    for (const char *at = names ? names : ""; *(at += strspn(at, " ,")) != '\0';) {
        size_t n = strcspn(at, " ,");
        bool known = false;
        for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
            known = known || (strlen(allowed[i]) == n && strncasecmp(allowed[i], at, n) == 0);
        if (!known)
            return false;
        at += n;
    }
    return true;
}
