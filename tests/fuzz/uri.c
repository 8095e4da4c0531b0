/* The parts of a request target: nothing that decodes holds what a decoder refuses, and an argument is found wherever the whole query
 * decodes. Up to the first line break the name of an argument, then the query. */
#include "base/text.h"
#include "fuzz.h"
#include "http/uri.h"

enum { ROOM = 1 << 20, INPUT_MAX = 16 << 10 };

static size_t slashes(const char *text)
{
    size_t n = 0;
    for (; *text; text++)
        n += *text == '/';
    return n;
}

static void check_decoded(const char *out, bool segment)
{
    CHECK(utf8_valid(out, strlen(out)));
    for (; *out; out++)
        CHECK((unsigned char)*out >= 0x20 && *out != 0x7f && !(segment && *out == '/'));
}

/* Encodes every byte, so that it decodes whatever it is. */
static void check_round(arena *a, const char *decoded)
{
    size_t n = strlen(decoded);
    char *encoded = arena_alloc(a, 3 * n + 1), *back;
    CHECK(encoded);
    for (size_t i = 0; i < n; i++)
        (void)snprintf(encoded + 3 * i, 4, "%%%02X", (unsigned char)decoded[i]);
    CHECK(uri_decode(a, &back, encoded, 3 * n, URI_QUERY) == ERR_OK && strcmp(back, decoded) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    if (n > INPUT_MAX || memchr(p ? p : (const uint8_t *)"", 0, n))
        return 0;
    arena *a = arena_create(ROOM);
    CHECK(a);
    const char *text = arena_text(a, p, n);
    CHECK(text);
    char *out;
    if (uri_decode(a, &out, text, n, URI_SEGMENT) == ERR_OK)
        check_decoded(out, true);
    if (uri_decode(a, &out, text, n, URI_PATH) == ERR_OK) {
        check_decoded(out, false);
        CHECK(slashes(out) == slashes(text));
    }
    if (uri_decode(a, &out, text, n, URI_QUERY) == ERR_OK) {
        check_decoded(out, false);
        check_round(a, out);
    }
    size_t name_n = strcspn(text, "\n");
    const char *name = arena_text(a, text, name_n), *query = text[name_n] ? text + name_n + 1 : "";
    CHECK(name);
    const char *value = uri_query(a, query, name);
    if (value)
        check_decoded(value, false);
    else if (*name && !strpbrk(name, "&=") && uri_check_query(a, query) == ERR_OK)
        for (const char *at = query; at; at = strchr(at, '&')) {
            at += *at == '&';
            CHECK(strncmp(at, name, name_n) != 0 || (at[name_n] && at[name_n] != '=' && at[name_n] != '&'));
        }
    arena_destroy(a);
    return 0;
}
