/* Columns of a stored row as C values, where NULL has a meaning of its own. */
#ifndef YIQIAN_SERVICE_COLUMN_H
#define YIQIAN_SERVICE_COLUMN_H

#include "store/store.h"

/* NULL where the column is NULL. */
static inline const char *column_text(const store_value *v)
{
    return v->type == STORE_TEXT ? v->p : NULL;
}

/* 0 where the column is NULL: no time, no count. */
static inline int64_t column_int(const store_value *v)
{
    return v->type == STORE_INT ? v->i : 0;
}

/* p NULL where the column is NULL. */
static inline bytes column_bytes(const store_value *v)
{
    return v->type == STORE_BLOB ? bytes_of(v->p, v->n) : bytes_of(NULL, 0);
}

#endif
