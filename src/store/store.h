/* The database behind one statement interface. SQL is one dialect that runs unchanged on SQLite and PostgreSQL (the rules stand
 * in docs/ARCHITECTURE.md); parameters are $1, $2 ... Today the engine is SQLite (WAL, synchronous=FULL).
 *
 * Reading: store_query gives all rows of one statement in the arena, from the last durable state.
 * Writing: a unit of work is a list of statements with the number of rows each must touch. Units go to one group-commit
 * writer, which commits those that wait together; a failing unit rolls back alone, and store_commit returns only after its
 * unit is durable (fsync) or has left no trace. All calls are thread-safe. */
#ifndef YIQIAN_STORE_STORE_H
#define YIQIAN_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"

typedef struct store store;

enum { STORE_READERS_MAX = 64 };

typedef struct store_options {
    const char *path;   /* the SQLite file; created (0600) where there is none, set to 0600 where it is not */
    unsigned readers;   /* read connections kept open, 1..STORE_READERS_MAX */
    unsigned group_max; /* units in one durable commit at the most, 1..4096 */
} store_options;

/* Opens the database and applies the migrations it lacks (each once, in order, all in one transaction under a lock). ERR_IO,
 * ERR_CORRUPT (also a migration whose checksum differs from what was applied, or a database from a newer program),
 * ERR_DISK_FULL, ERR_MEMORY, ERR_NOT_FOUND (no such directory), ERR_FORBIDDEN (its permissions), ERR_BUSY (another process
 * holds the lock), ERR_ARG (an option out of its range). What failed stands in the log.
 * Ownership: the caller closes it with store_close, which first lets the writer finish what it was given. NULL is fine. */
MUST_CHECK err store_open(store **out, const store_options *options);
void store_close(store *s);

typedef enum store_type { STORE_NULL, STORE_INT, STORE_TEXT, STORE_BLOB, STORE_BOOL } store_type;

/* A parameter or a column. p and n for TEXT (UTF-8, terminated where it came from a query) and BLOB; i for INT and BOOL. */
typedef struct store_value {
    store_type type;
    int64_t i;
    const void *p;
    size_t n;
} store_value;

store_value store_null(void);
store_value store_int(int64_t i);
store_value store_bool(bool b);
store_value store_text(const char *text);        /* NULL gives NULL */
store_value store_blob(const void *p, size_t n); /* n = 0 gives an empty BLOB, whatever p is */
store_value store_id(const uint8_t id[16]);      /* a BLOB of 16; NULL gives NULL */

/* rows * columns values, row by row, in the arena. */
typedef struct store_result {
    size_t rows, columns;
    const store_value *values;
} store_result;

/* Runs one SELECT. At most STORE_ROWS rows: more is ERR_LIMIT (say LIMIT in the statement). sql must be a string literal: its
 * address names the prepared statement. It has at most 64 columns and the parameters $1..$n, n <= 64, each used at least once.
 * A column declared BOOLEAN comes out as STORE_BOOL; a truth value that was computed may come out as STORE_INT (read i of both).
 * ERR_MEMORY, ERR_IO, ERR_CORRUPT, ERR_INTERNAL (the statement itself is wrong, or gives a floating-point number). */
enum { STORE_ROWS = 10000 };
MUST_CHECK err store_query(store *s, arena *a, store_result *out, const char *sql, const store_value *params, size_t n);

/* The same for a statement of at most one row: ERR_NOT_FOUND (the given error instead, if it is not ERR_OK) for none, ERR_LIMIT
 * for several. */
MUST_CHECK err store_query_one(store *s, arena *a, const store_value **row, err none, const char *sql,
                               const store_value *params, size_t n);

/* A column of a row; where the stored value has another type or size, ERR_CORRUPT. */
MUST_CHECK err store_column_id(uint8_t id[16], const store_value *v);
MUST_CHECK err store_column_blob(void *out, size_t n, const store_value *v);

typedef struct store_unit store_unit;

/* An empty unit in the arena; NULL if that is full: the calls below take that too, and store_commit then says ERR_MEMORY.
 * Ownership: the arena's, which must live until store_commit returned. */
store_unit *store_unit_begin(arena *a);

enum { STORE_ANY = -1 };

/* Adds a statement that must touch exactly `rows` rows (STORE_ANY: any number); otherwise the unit fails with `mismatch`.
 * A SELECT touches the rows it gives, so that a unit can be made to depend on what it does not change. A broken UNIQUE or
 * primary key fails the unit with ERR_EXISTS, another constraint with ERR_CONFLICT. Parameters are copied into the arena, but
 * not what they point to. The first failure of arena memory is kept and comes out of store_commit. */
void store_unit_add(store_unit *u, int64_t rows, err mismatch, const char *sql, const store_value *params, size_t n);

/* Has the writer call `step` after all the unit's statements: for what needs the writer's order (the audit log's sequence and
 * hash). An error fails the unit. Where a group is lost or a unit of it fails, its units are run again, and so is the step.
 * data must live until store_commit returned. */
typedef struct store_writer store_writer;
typedef err (*store_step)(void *ctx, store_writer *w, void *data);
void store_unit_step(store_unit *u, store_step step, void *ctx, void *data);

/* Inside a step: one statement on the writer's connection. */
MUST_CHECK err store_writer_run(store_writer *w, const char *sql, const store_value *params, size_t n);

/* Commits the unit; returns when it is durable. ERR_DISK_FULL, ERR_IO, ERR_EXISTS, ERR_CONFLICT, ERR_MEMORY, ERR_BUSY (another
 * process kept the lock), ERR_INTERNAL (a statement is wrong), ERR_ARG (a row count below STORE_ANY, or one without a mismatch),
 * a statement's `mismatch` or a step's error. After an error nothing of the unit is in the database. (One thing no database can
 * promise: if the disk fails in the final fsync, ERR_IO, and the power goes before the next commit, the unit may be found.) */
MUST_CHECK err store_commit(store *s, store_unit *u);

/* The same for a thread that does not wait for the disk: done is called once, with what store_commit would give, by the writer (whose next group
 * waits meanwhile) or, for a unit that cannot be run at all, before this returns. The unit's arena must live until then. Only where
 * thousands of units are waiting it waits for room. */
typedef void (*store_done)(void *ctx, err result);
void store_commit_later(store *s, store_unit *u, store_done done, void *ctx);

/* Hooks around one group's COMMIT, all on the writer thread; each may be NULL. `unit` after each unit with whether it is kept: if
 * not, it was rolled back, alone or with its group. `before` inside the transaction, if any unit was kept (its failure fails the group).
 * `after`, last and exactly once a try, with whether the commit was durable: if not, nothing of the group was.
 * Setting waits until the writer is between two groups; NULL takes them off. */
typedef struct store_group_hooks {
    void *ctx;
    void (*unit)(void *ctx, bool kept);
    err (*before)(void *ctx, store_writer *w);
    void (*after)(void *ctx, bool durable);
} store_group_hooks;
void store_set_group_hooks(store *s, const store_group_hooks *hooks);

/* Figures since the start, for the metrics and the benchmark: units and groups that became durable, and the CPU time of the
 * writer thread; how long the last group took to become durable, and when that was (monotonic; 0: there was none). */
typedef struct store_figures {
    uint64_t units, groups, writer_cpu_ns;
    uint64_t last_group_ns, last_at_ns;
} store_figures;
void store_read_figures(store *s, store_figures *out);

/* Whether the database file is whole (PRAGMA quick_check), looked at for at most `ms`; on a connection of its own, beside all else. ERR_CORRUPT: it is
 * not, *finding (STORE_FINDING bytes) says what was found first; ERR_TIMEOUT: nothing was found in that time. ERR_IO, ERR_MEMORY. */
enum { STORE_FINDING = 200 };
MUST_CHECK err store_quick_check(const store *s, uint32_t ms, char finding[STORE_FINDING]);

#endif
