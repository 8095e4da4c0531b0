#include <string.h>

#include "base/text.h"
#include "pki/profile.h"

static const char attribute_prefix[] = "attribute:";

static bool is(bytes placeholder, const char *name)
{
    return bytes_equal(placeholder, bytes_of_text(name));
}

static bool attribute_name(bytes placeholder, bytes *name)
{
    size_t n = sizeof attribute_prefix - 1;
    if (placeholder.n <= n || memcmp(placeholder.p, attribute_prefix, n) != 0)
        return false;
    *name = bytes_of(placeholder.p + n, placeholder.n - n);
    return utf8_length((const char *)name->p, name->n) <= PROFILE_ATTRIBUTE_NAME_MAX;
}

/* *value NULL: he has none. False: no placeholder. */
static bool value_of(bytes placeholder, const profile_person *who, const char **value)
{
    static const profile_person nobody;
    bytes name;
    *value = NULL;
    if (!who)
        who = &nobody;
    if (is(placeholder, "name"))
        *value = who->name;
    else if (is(placeholder, "staff_no"))
        *value = who->staff_no;
    else if (is(placeholder, "department"))
        *value = who->department;
    else if (is(placeholder, "organisation"))
        *value = who->organisation;
    else if (!attribute_name(placeholder, &name))
        return false;
    else
        for (size_t i = 0; i < who->attributes_n; i++)
            if (is(name, who->attributes[i].name))
                *value = who->attributes[i].value;
    if (*value && **value == 0)
        *value = NULL;
    return true;
}

/* One placeholder, from behind its opening brace. */
static err expand_one(arena *a, buffer *out, const char **at, const profile_person *who, const char **missing)
{
    const char *end = strpbrk(*at, "{}"), *value;
    if (!end || *end != '}')
        return ERR_FIELD_VALUE;
    bytes placeholder = bytes_of(*at, (size_t)(end - *at));
    if (!value_of(placeholder, who, &value))
        return ERR_FIELD_VALUE;
    if (value)
        buffer_put(out, value, strlen(value));
    else if (who && !*missing && !(*missing = arena_text(a, placeholder.p, placeholder.n)))
        return ERR_MEMORY;
    *at = end + 1;
    return ERR_OK;
}

err profile_expand(arena *a, buffer *out, const char *text, const profile_person *who, const char **missing)
{
    *missing = NULL;
    while (*text) {
        size_t plain = strcspn(text, "{}");
        buffer_put(out, text, plain);
        text += plain;
        if (*text == '}')
            return ERR_FIELD_VALUE;
        if (*text++ == 0)
            break;
        TRY(expand_one(a, out, &text, who, missing));
    }
    return ERR_OK;
}

bool profile_has_placeholder(const char *text, const char *placeholder)
{
    size_t n = strlen(placeholder);
    for (const char *at = text; (at = strchr(at, '{')) != NULL; at++)
        if (strncmp(at + 1, placeholder, n) == 0 && at[1 + n] == '}')
            return true;
    return false;
}
