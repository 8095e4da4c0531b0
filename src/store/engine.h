/* One SQLite connection with the product's settings. Used by one thread at a time. */
#ifndef YIQIAN_STORE_ENGINE_H
#define YIQIAN_STORE_ENGINE_H

#include "store/store.h"

typedef struct engine engine;

/* The file must be there (an empty one is an empty database). A writer's connection sets WAL; a reader's cannot write.
 * ERR_IO, ERR_CORRUPT (not a database), ERR_MEMORY. Ownership: engine_close; NULL is fine there. */
typedef enum engine_role { ENGINE_WRITER, ENGINE_READER } engine_role;
MUST_CHECK err engine_open(engine **out, const char *path, engine_role role);
void engine_close(engine *c);

/* Runs one statement to its end. *rows: how many rows it inserted, changed or deleted, or gave if it is a SELECT.
 * Errors as store_commit's; ERR_INTERNAL for a statement that is wrong. */
MUST_CHECK err engine_run(engine *c, int64_t *rows, const char *sql, const store_value *params, size_t n);

/* Runs one SELECT; the rows are copied into the arena. As store_query. */
MUST_CHECK err engine_query(engine *c, arena *a, store_result *out, const char *sql, const store_value *params,
                            size_t n);

/* Runs a text of several statements, as a migration is. */
MUST_CHECK err engine_script(engine *c, const char *text);

/* False also after an error that made SQLite roll back the whole transaction by itself (SQLITE_FULL, SQLITE_IOERR ...). */
bool engine_in_transaction(const engine *c);

/* Ends an open transaction, if there is one. Where this fails, SQLite has rolled back already or the next BEGIN fails. */
void engine_roll_back(engine *c);

/* As store_quick_check. */
MUST_CHECK err engine_quick_check(engine *c, uint32_t ms, char finding[STORE_FINDING]);

/* Moves the WAL into the database file if it has grown long. For the writer, between two transactions. Its failure loses
 * nothing: the WAL stays, and the next call tries again. */
void engine_checkpoint(engine *c);

#endif
