#include "authorisation_scope.h"

#include <string.h>

#include "base/text.h"

_Static_assert((int)YQ_SCOPE_NAMES == (int)MPC_SCOPE_NAMES && (int)YQ_SCOPE_COUNT == (int)MPC_SCOPE_COUNT_MAX,
               "the limits of the SDK are those of the protocol");

static err copy_names(const char **out, size_t *out_n, const char *const *names, size_t n)
{
    if (n > MPC_SCOPE_NAMES)
        return ERR_ARG;
    for (size_t i = 0; i < n; i++) {
        if (!names[i])
            return ERR_ARG;
        out[i] = names[i];
    }
    *out_n = n;
    return ERR_OK;
}

err authorisation_scope_build(arena *a, bytes *out, const yq_scope *scope)
{
    mpc_scope s = {.until = scope->until, .count = scope->count};
    buffer b = buffer_over(arena_alloc(a, MPC_SCOPE_MAX), MPC_SCOPE_MAX);
    if (!b.p)
        return ERR_MEMORY;
    TRY(copy_names(s.systems, &s.systems_n, scope->systems, scope->systems_n));
    TRY(copy_names(s.record_types, &s.record_types_n, scope->record_types, scope->record_types_n));
    TRY(mpc_scope_build(&b, &s));
    *out = bytes_of(b.p, b.n);
    return ERR_OK;
}

err authorisation_scope_read(arena *a, yq_scope *out, bytes scope)
{
    mpc_scope s;
    TRY(mpc_scope_read(a, scope, &s));
    *out = (yq_scope){.until = s.until, .count = (int)s.count};
    TRY(copy_names(out->systems, &out->systems_n, s.systems, s.systems_n));
    return copy_names(out->record_types, &out->record_types_n, s.record_types, s.record_types_n);
}

void authorisation_scope_write(arena *a, json_writer *w, bytes scope)
{
    const char *text = base64_text(a, scope.p, scope.n);
    if (text)
        json_writer_text(w, "scope", text);
    else
        w->out.overflow = true;
}
