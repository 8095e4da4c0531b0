/* The schema's versions: one SQL text each, forward only, in the order in which every database goes through them. */
#ifndef YIQIAN_STORE_MIGRATION_H
#define YIQIAN_STORE_MIGRATION_H

#include "store/engine.h"

typedef struct migration {
    int64_t version; /* 1, 2, 3 ... without gaps */
    const char *name, *sql;
} migration;

/* The program's own, made from src/store/migrations/NNNN_name.sql by cmake/embed_sql.cmake. */
extern const migration store_migrations[];
extern const size_t store_migration_count;

/* Applies what the database lacks, all of it in one exclusive transaction, and records it in schema_migration: after an error
 * the database is as it was. A database that lacks nothing is only read. ERR_CORRUPT: something was applied that is not in the
 * list (a newer program's database) or whose text was another; ERR_INTERNAL: a text that does not run; ERR_IO, ERR_DISK_FULL,
 * ERR_BUSY, ERR_MEMORY. */
MUST_CHECK err migration_apply(engine *c, const migration *list, size_t n);

/* FNV-1a, 64 bits. It tells an edited file from the one that was applied. It need not withstand an attacker: who can write the
 * database can write the checksum too, whatever its algorithm; so a cryptographic hash would add only a dependency. */
uint64_t migration_checksum(const char *sql);

#endif
