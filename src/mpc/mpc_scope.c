#include "mpc/mpc_scope.h"

#include <string.h>

#include "base/text.h"

static err check_name(const char *name)
{
    size_t n = strlen(name);
    if (n == 0 || !utf8_valid(name, n) || utf8_length(name, n) > MPC_SCOPE_NAME_MAX || utf8_deceptive(name, n))
        return ERR_FIELD_VALUE;
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)name[i] < 0x20 || name[i] == 0x7f)
            return ERR_FIELD_VALUE;
    return ERR_OK;
}

static err check_names(const char *const *names, size_t n)
{
    if (n > MPC_SCOPE_NAMES)
        return ERR_LIMIT;
    for (size_t i = 0; i < n; i++) {
        TRY(check_name(names[i]));
        for (size_t j = 0; j < i; j++)
            if (strcmp(names[i], names[j]) == 0)
                return ERR_FIELD_VALUE;
    }
    return ERR_OK;
}

static err check_scope(const mpc_scope *s)
{
    TRY(check_names(s->systems, s->systems_n));
    TRY(check_names(s->record_types, s->record_types_n));
    if (s->until <= 0)
        return ERR_FIELD_VALUE;
    return s->count >= 1 && s->count <= MPC_SCOPE_COUNT_MAX ? ERR_OK : ERR_LIMIT;
}

static void put(buffer *out, const char *text)
{
    buffer_put(out, text, strlen(text));
}

static void put_names(buffer *out, const char *const *names, size_t n)
{
    put(out, "[");
    for (size_t i = 0; i < n; i++) {
        put(out, i > 0 ? ",\"" : "\"");
        for (const char *p = names[i]; *p; p++) {
            if (*p == '"' || *p == '\\')
                put(out, "\\");
            buffer_put(out, p, 1);
        }
        put(out, "\"");
    }
    put(out, "]");
}

static void put_number(buffer *out, int64_t value)
{
    char digits[20];
    size_t n = sizeof digits;
    do {
        digits[--n] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    buffer_put(out, digits + n, sizeof digits - n);
}

err mpc_scope_build(buffer *out, const mpc_scope *scope)
{
    TRY(check_scope(scope));
    put(out, "{\"v\":1,\"systems\":");
    put_names(out, scope->systems, scope->systems_n);
    put(out, ",\"record_types\":");
    put_names(out, scope->record_types, scope->record_types_n);
    put(out, ",\"until\":");
    put_number(out, scope->until);
    put(out, ",\"count\":");
    put_number(out, scope->count);
    put(out, "}");
    return out->overflow ? ERR_LENGTH : ERR_OK;
}

/* Takes the text where it stands next. */
static bool take(bytes *in, const char *text)
{
    size_t n = strlen(text);
    if (in->n < n || memcmp(in->p, text, n) != 0)
        return false;
    *in = bytes_of(in->p + n, in->n - n);
    return true;
}

/* What stands before the closing quote, the escapes undone. */
static err take_name(arena *a, bytes *in, const char **out)
{
    char *name = arena_alloc(a, in->n + 1);
    size_t n = 0;
    if (!name)
        return ERR_MEMORY;
    while (in->n > 0 && in->p[0] != '"') {
        if (in->p[0] == '\\' && !take(in, "\\"))
            return ERR_JSON;
        if (in->n == 0 || in->p[0] == 0)
            return ERR_JSON;
        name[n++] = (char)in->p[0];
        *in = bytes_of(in->p + 1, in->n - 1);
    }
    name[n] = '\0';
    *out = name;
    return take(in, "\"") ? ERR_OK : ERR_JSON;
}

static err take_names(arena *a, bytes *in, const char **names, size_t *n)
{
    *n = 0;
    if (!take(in, "["))
        return ERR_JSON;
    while (!take(in, "]")) {
        if (*n == MPC_SCOPE_NAMES)
            return ERR_LIMIT;
        if (!take(in, *n > 0 ? ",\"" : "\""))
            return ERR_JSON;
        TRY(take_name(a, in, &names[(*n)++]));
    }
    return ERR_OK;
}

static err take_number(bytes *in, int64_t *out)
{
    enum { DIGITS = 15 };
    size_t n = 0;
    *out = 0;
    while (n < in->n && n < DIGITS && in->p[n] >= '0' && in->p[n] <= '9')
        *out = *out * 10 + (in->p[n++] - '0');
    *in = bytes_of(in->p + n, in->n - n);
    return n > 0 ? ERR_OK : ERR_JSON;
}

err mpc_scope_read(arena *a, bytes scope, mpc_scope *out)
{
    bytes in = scope;
    memset(out, 0, sizeof *out);
    if (scope.n > MPC_SCOPE_MAX)
        return ERR_LENGTH;
    if (!take(&in, "{\"v\":1,\"systems\":"))
        return ERR_JSON;
    TRY(take_names(a, &in, out->systems, &out->systems_n));
    if (!take(&in, ",\"record_types\":"))
        return ERR_JSON;
    TRY(take_names(a, &in, out->record_types, &out->record_types_n));
    if (!take(&in, ",\"until\":"))
        return ERR_JSON;
    TRY(take_number(&in, &out->until));
    if (!take(&in, ",\"count\":"))
        return ERR_JSON;
    TRY(take_number(&in, &out->count));
    if (!take(&in, "}") || in.n != 0)
        return ERR_JSON;
    /* Leading zeros, escapes that need not be: written again it must be the same. */
    buffer again = buffer_over(arena_alloc(a, scope.n), scope.n);
    if (!again.p)
        return ERR_MEMORY;
    TRY(mpc_scope_build(&again, out));
    return bytes_equal(bytes_of(again.p, again.n), scope) ? ERR_OK : ERR_JSON;
}

static bool among(const char *const *names, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return n == 0;
}

bool mpc_scope_covers_system(const mpc_scope *scope, const char *system)
{
    return among(scope->systems, scope->systems_n, system);
}

bool mpc_scope_covers(const mpc_scope *scope, const char *system, const char *record_type)
{
    return mpc_scope_covers_system(scope, system) && among(scope->record_types, scope->record_types_n, record_type);
}
