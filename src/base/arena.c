#include "base/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ct.h"

enum { CHUNK = 16 * 1024, ALIGN = 16 };

typedef struct chunk {
    struct chunk *next;
    size_t used, size;
    _Alignas(ALIGN) uint8_t data[];
} chunk;

struct arena {
    chunk *head;
    size_t limit, total; /* total: bytes of all chunks' data */
};

static chunk *chunk_create(size_t size)
{
    chunk *c = malloc(sizeof *c + size);
    if (c) {
        c->next = NULL;
        c->used = 0;
        c->size = size;
    }
    return c;
}

arena *arena_create(size_t limit)
{
    arena *a = malloc(sizeof *a);
    if (a)
        *a = (arena){NULL, limit, 0};
    return a;
}

static void chunks_free(chunk *c)
{
    while (c) {
        chunk *next = c->next;
        wipe(c->data, c->used);
        free(c);
        c = next;
    }
}

void arena_destroy(arena *a)
{
    if (!a)
        return;
    chunks_free(a->head);
    free(a);
}

void arena_reset(arena *a)
{
    chunk *keep = NULL;
    for (chunk **at = &a->head; *at; at = &(*at)->next) {
        if ((*at)->size == CHUNK) {
            keep = *at;
            *at = keep->next;
            break;
        }
    }
    chunks_free(a->head);
    if (keep) {
        wipe(keep->data, keep->used);
        keep->used = 0;
        keep->next = NULL;
    }
    a->head = keep;
    a->total = keep ? keep->size : 0;
}

void *arena_alloc(arena *a, size_t n)
{
    if (n > a->limit || n > PTRDIFF_MAX) /* so that rounding up and adding a header cannot wrap */
        return NULL;
    n = (n + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    chunk *c = a->head;
    if (!c || c->size - c->used < n) {
        size_t size = n > CHUNK ? n : CHUNK;
        if (size > a->limit - a->total && n <= a->limit - a->total)
            size = n;
        if (size > a->limit - a->total)
            return NULL;
        c = chunk_create(size);
        if (!c)
            return NULL;
        a->total += size;
        /* A chunk made for one large piece goes behind the head, whose room is still of use. */
        if (a->head && n > CHUNK) {
            c->next = a->head->next;
            a->head->next = c;
        } else {
            c->next = a->head;
            a->head = c;
        }
    }
    void *p = c->data + c->used;
    c->used += n;
    memset(p, 0, n);
    return p;
}

void *arena_copy(arena *a, const void *p, size_t n)
{
    void *copy = arena_alloc(a, n);
    if (copy && n > 0)
        memcpy(copy, p, n);
    return copy;
}

char *arena_text(arena *a, const void *p, size_t n)
{
    char *text = n < SIZE_MAX ? arena_alloc(a, n + 1) : NULL;
    if (text && n > 0)
        memcpy(text, p, n);
    return text;
}

char *arena_printf(arena *a, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *text = n >= 0 ? arena_alloc(a, (size_t)n + 1) : NULL;
    if (text)
        (void)vsnprintf(text, (size_t)n + 1, format, again);
    va_end(again);
    return text;
}
