/* One SQLite connection with the product's settings. Used by one thread at a time. */
#ifndef YIQIAN_STORE_CONNECTION_H
#define YIQIAN_STORE_CONNECTION_H

#include "store/store.h"

typedef struct connection connection;

/* The file must be there (an empty one is an empty database). A writer's connection sets WAL; a reader's cannot write.
 * ERR_IO, ERR_CORRUPT (not a database), ERR_MEMORY. Ownership: connection_close; NULL is fine there. */
typedef enum connection_role { CONNECTION_WRITER, CONNECTION_READER } connection_role;
MUST_CHECK err connection_open(connection **out, const char *path, connection_role role);
void connection_close(connection *c);

/* Runs one statement to its end. *rows: how many rows it inserted, changed or deleted, or gave if it is a SELECT.
 * Errors as store_commit's; ERR_INTERNAL for a statement that is wrong. */
MUST_CHECK err connection_run(connection *c, int64_t *rows, const char *sql, const store_value *params, size_t n);

/* Runs one SELECT; the rows are copied into the arena. As store_query. */
MUST_CHECK err connection_query(connection *c, arena *a, store_result *out, const char *sql, const store_value *params,
                                size_t n);

/* Runs a text of several statements, as a migration is. */
MUST_CHECK err connection_script(connection *c, const char *text);

/* False also after an error that made SQLite roll back the whole transaction by itself (SQLITE_FULL, SQLITE_IOERR ...). */
bool connection_in_transaction(const connection *c);

/* Ends an open transaction, if there is one. Where this fails, SQLite has rolled back already or the next BEGIN fails. */
void connection_roll_back(connection *c);

/* Moves the WAL into the database file if it has grown long. For the writer, between two transactions. Its failure loses
 * nothing: the WAL stays, and the next call tries again. */
void connection_checkpoint(connection *c);

#endif
