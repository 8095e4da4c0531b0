/* Prepared statements of one connection, kept for the next use. Used by one thread at a time. */
#ifndef YIQIAN_STORE_STATEMENT_H
#define YIQIAN_STORE_STATEMENT_H

#include <sqlite3.h>

#include "store/store.h"

enum { STATEMENT_PARAMS = 64, STATEMENT_COLUMNS = 64, STATEMENT_SLOTS = 256 };

typedef struct statement {
    const char *sql;      /* the literal; its address finds the slot */
    sqlite3_stmt *handle; /* NULL: the slot is free */
    uint64_t used;        /* when it was last used, for the choice of what to drop */
    uint64_t booleans;    /* bit i: column i is declared BOOLEAN, which SQLite itself does not tell from an integer */
    int columns, params;
    uint8_t param[STATEMENT_PARAMS]; /* param[i]: the k of the $k that SQLite numbers i + 1, less one */
} statement;

typedef struct statement_cache {
    statement slots[STATEMENT_SLOTS];
    uint64_t uses;
} statement_cache;

/* Finds or prepares the statement; *rc is SQLite's result. NULL where that is not SQLITE_OK: SQLITE_MISUSE for what the dialect
 * does not allow (more than one statement, parameters other than $1..$n without gaps, too many columns). */
statement *statement_get(statement_cache *cache, sqlite3 *db, const char *sql, int *rc);

/* Binds by name. The values are not copied: they live until statement_done. SQLITE_RANGE where n is not the statement's. */
int statement_bind(statement *s, const store_value *params, size_t n);

/* Ends a use of the statement; gives SQLite's result of the last step. */
int statement_done(statement *s);

void statement_cache_close(statement_cache *cache);

#endif
