/* A hospital's years as rows: people, devices, certificates, tasks, signatures, timestamps and the audit log, made straight in the database of a
 * server that is stopped. Nobody made these signatures: their numbers are random. All else is as the server writes it, the audit log's tree
 * and its head included. For measuring alone. */
#ifndef YIQIAN_BENCH_CONSOLE_ROWS_H
#define YIQIAN_BENCH_CONSOLE_ROWS_H

#include <sqlite3.h>
#include <stdint.h>

enum { CONSOLE_SYSTEMS = 20, CONSOLE_DAYS = 730, CONSOLE_TYPES = 24 };

typedef struct console_size {
    int64_t users, departments, signatures;
} console_size;

typedef struct console_figures {
    double seconds;        /* that it took */
    int64_t bytes;         /* of the database */
    int64_t audit, others; /* rows of the audit log; tasks that ended without a signature */
} console_figures;

/* data_dir: a stopped server's, which was started once. now_ms: the last signature's time. */
void console_rows_make(const char *data_dir, console_size size, int64_t now_ms, console_figures *out);

/* What the server's indexes of searching and counting cost: seconds for n signatures as the server records them (a task made, claimed, signed; its
 * audit rows' texts), in durable groups, and the CPU time of it. The database is of no use to a server afterwards. */
typedef struct console_cost {
    double seconds, cpu_seconds;
} console_cost;
console_cost console_rows_sign(sqlite3 *db, int64_t n, int64_t now_ms);

/* Names that a search may ask for. */
const char *console_department(char out[32], int64_t i);
const char *console_record_type(int64_t i);
const char *console_name(char out[32], int64_t user);

/* The same numbers each time: one below n, and an id of that time. */
int64_t console_below(int64_t n);
void console_uuid_at(uint8_t id[16], int64_t ms);

/* Open for writing, as the server's writer has it. */
sqlite3 *console_rows_open(const char *data_dir);
void console_rows_run(sqlite3 *db, const char *sql);

#endif
