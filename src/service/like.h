/* Patterns of SQL's LIKE. */
#ifndef YIQIAN_SERVICE_LIKE_H
#define YIQIAN_SERVICE_LIKE_H

#include "base/arena.h"

/* For "contains these n bytes", in which nothing stands for anything else: column LIKE $k ESCAPE '!'. ASCII letters are small, as lower(column) has
 * them: SQLite's LIKE ignores their case where it is told to, PostgreSQL's never does. In the arena; NULL where that is full. */
const char *like_contains(arena *a, const char *text, size_t n);

#endif
