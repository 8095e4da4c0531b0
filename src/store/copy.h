/* A copy of the database in a file of its own, made beside all else: one read transaction, so that it is the state of one moment, and the writer goes
 * on. Tables are copied row by row into a new schema, so that nothing that was deleted comes along in free pages. */
#ifndef YIQIAN_STORE_COPY_H
#define YIQIAN_STORE_COPY_H

#include <stdatomic.h>

#include "store/store.h"

/* Of one table: whether its rows come along. */
typedef struct copy_rule {
    const char *table;
    bool rows;
} copy_rule;

/* Writes the file at path, which must not be there (0600): all tables, of each the rows by its rule, then has the script `after` run in it, which
 * leaves nothing of what it removes. Once *stop is set it ends with ERR_BUSY. ERR_INTERNAL (also: a table without a rule; the log names it),
 * ERR_EXISTS, ERR_DISK_FULL, ERR_IO, ERR_CORRUPT, ERR_MEMORY, ERR_LENGTH. After an error the file may be there, of no use. */
MUST_CHECK err store_copy(const store *s, const char *path, const copy_rule *rules, size_t n, const char *after,
                          const atomic_bool *stop);

/* Of a database file that no store has open: whether it is whole, and no row refers to one that is not there. ERR_CORRUPT, and as above. */
MUST_CHECK err store_copy_check(const char *path);

#endif
