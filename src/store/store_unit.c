#include "store/store_unit.h"

store_unit *store_unit_begin(arena *a)
{
    store_unit *u = arena_alloc(a, sizeof *u);
    if (u) {
        *u = (store_unit){.arena = a, .failed = ERR_OK};
        u->last_statement = &u->statements;
        u->last_step = &u->steps;
    }
    return u;
}

static void fail(store_unit *u, err e)
{
    if (u->failed == ERR_OK)
        u->failed = e;
}

void store_unit_add(store_unit *u, int64_t rows, err mismatch, const char *sql, const store_value *params, size_t n)
{
    if (!u)
        return;
    if (rows < STORE_ANY || (rows != STORE_ANY && mismatch == ERR_OK)) {
        fail(u, ERR_ARG);
        return;
    }
    unit_statement *s = arena_alloc(u->arena, sizeof *s);
    store_value *copy = arena_copy(u->arena, params, n * sizeof *params);
    if (!s || !copy) {
        fail(u, ERR_MEMORY);
        return;
    }
    *s = (unit_statement){NULL, sql, copy, n, rows, mismatch};
    *u->last_statement = s;
    u->last_statement = &s->next;
}

void store_unit_step(store_unit *u, store_step step, void *ctx, void *data)
{
    if (!u)
        return;
    unit_step *s = arena_alloc(u->arena, sizeof *s);
    if (!s) {
        fail(u, ERR_MEMORY);
        return;
    }
    *s = (unit_step){NULL, step, ctx, data};
    *u->last_step = s;
    u->last_step = &s->next;
}
