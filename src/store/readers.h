/* A fixed number of read connections, lent to one query each. Thread-safe. */
#ifndef YIQIAN_STORE_READERS_H
#define YIQIAN_STORE_READERS_H

#include "store/engine.h"

typedef struct readers readers;

/* n in 1..64. Ownership: readers_destroy, once every connection is back; NULL is fine there. */
MUST_CHECK err readers_create(readers **out, const char *path, unsigned n);
void readers_destroy(readers *r);

/* Waits for one; give it back with readers_give. Queries are short, so waiting has no time limit. */
engine *readers_take(readers *r);
void readers_give(readers *r, engine *c);

#endif
