/* What a hospital of that size has besides: devices in all states, callbacks, workstations, operators and their sessions, alarms, approvals, backups,
 * the machine's and the clock's history. Each table as full as its retention lets it become, or as years make it. */
#ifndef YIQIAN_BENCH_CONSOLE_MORE_H
#define YIQIAN_BENCH_CONSOLE_MORE_H

#include <sqlite3.h>
#include <stdint.h>

/* After the people and the records are there. scale: as many times fewer. */
void console_more_make(sqlite3 *db, int64_t scale, int64_t now_ms);

#endif
