/* An arena: many small allocations freed together. Request code allocates from the request's arena and never frees. */
#ifndef YIQIAN_BASE_ARENA_H
#define YIQIAN_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

#include "base/bytes.h"
#include "base/err.h"

typedef struct arena arena;

/* A new arena that will hold at most `limit` bytes in all. Takes: limit > 0. Gives: NULL if memory is out.
 * Ownership: the caller frees it with arena_destroy. */
arena *arena_create(size_t limit);

/* Frees the arena and all that came from it. NULL is fine. */
void arena_destroy(arena *a);

/* Forgets all allocations but keeps one chunk for the next use. What was there is wiped first. */
void arena_reset(arena *a);

/* n bytes, zeroed, aligned for any type. NULL if memory is out or the limit is reached. n = 0 gives a valid pointer. */
void *arena_alloc(arena *a, size_t n);

/* Copies, NULL as above. arena_text adds a terminator; the bytes may not contain NUL to be of use as a C string. */
void *arena_copy(arena *a, const void *p, size_t n);
char *arena_text(arena *a, const void *p, size_t n);

/* printf into the arena. */
char *arena_printf(arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
