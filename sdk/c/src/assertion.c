#include "assertion.h"

#include <string.h>

#include "base/text.h"

bool assertion_reserved(bytes message)
{
    static const char begin[] = "{\"type\":\"yiqian/";
    return message.n >= sizeof begin - 1 && memcmp(message.p, begin, sizeof begin - 1) == 0;
}

/* What is still to be read. */
typedef struct cursor {
    const char *p, *end;
} cursor;

static bool take(cursor *c, const char *text)
{
    size_t n = strlen(text);
    if ((size_t)(c->end - c->p) < n || memcmp(c->p, text, n) != 0)
        return false;
    c->p += n;
    return true;
}

/* The text as a JSON string in which only the two characters that must be are escaped. */
static bool take_quoted(cursor *c, const char *text)
{
    if (!take(c, "\""))
        return false;
    for (; *text; text++) {
        const char one[] = {*text, 0};
        if ((*text == '"' || *text == '\\') && !take(c, "\\"))
            return false;
        if (!take(c, one))
            return false;
    }
    return take(c, "\"");
}

/* Any such string. */
static bool skip_quoted(cursor *c)
{
    if (!take(c, "\""))
        return false;
    while (c->p < c->end && *c->p != '"') {
        if (*c->p == '\\' && (++c->p == c->end || (*c->p != '"' && *c->p != '\\')))
            return false;
        c->p++;
    }
    return take(c, "\"");
}

/* A string of the pattern's length, in which '0' stands for a digit and 'x' for a lower-case hex digit. */
static bool skip_like(cursor *c, const char *pattern)
{
    for (; *pattern; pattern++, c->p++) {
        if (c->p == c->end)
            return false;
        char is = *c->p;
        bool digit = is >= '0' && is <= '9', hex = digit || (is >= 'a' && is <= 'f');
        if (*pattern == '0' ? !digit : *pattern == 'x' ? !hex : is != *pattern)
            return false;
    }
    return true;
}

static bool has_control(bytes message)
{
    for (size_t i = 0; i < message.n; i++)
        if (message.p[i] < ' ' || message.p[i] == 0x7f)
            return true;
    return false;
}

bool assertion_claims(bytes message, const assertion_claim *claim)
{
    static const char uuid[] = "\"xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx\"", time[] = "\"0000-00-00T00:00:00.000Z\"}";
    if (message.n == 0 || message.n > ASSERTION_MAX || has_control(message) ||
        !utf8_valid((const char *)message.p, message.n))
        return false;
    cursor c = {(const char *)message.p, (const char *)message.p + message.n};
    return take(&c, "{\"type\":\"yiqian/login/1\",\"system\":") && take_quoted(&c, claim->system) &&
           take(&c, ",\"system_id\":") && skip_like(&c, uuid) && take(&c, ",\"login\":") &&
           take_quoted(&c, claim->login) && take(&c, ",\"nonce\":") && skip_quoted(&c) && take(&c, ",\"purpose\":") &&
           take_quoted(&c, claim->purpose) && take(&c, ",\"staff_no\":") && take_quoted(&c, claim->staff_no) &&
           take(&c, ",\"name\":") && skip_quoted(&c) && take(&c, ",\"certificate\":") &&
           take_quoted(&c, claim->certificate) && take(&c, ",\"time\":") && skip_like(&c, time) && c.p == c.end;
}
