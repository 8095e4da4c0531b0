/* What a unit of work holds, for the writer that runs it. */
#ifndef YIQIAN_STORE_STORE_UNIT_H
#define YIQIAN_STORE_STORE_UNIT_H

#include "store/store.h"

typedef struct unit_statement unit_statement;
struct unit_statement {
    unit_statement *next;
    const char *sql;
    const store_value *params;
    size_t n;
    int64_t rows;
    err mismatch;
};

typedef struct unit_step unit_step;
struct unit_step {
    unit_step *next;
    store_step step;
    void *ctx, *data;
};

struct store_unit {
    arena *arena;
    err failed; /* what went wrong while it was put together; such a unit is not run */
    unit_statement *statements, **last_statement;
    unit_step *steps, **last_step;
};

#endif
