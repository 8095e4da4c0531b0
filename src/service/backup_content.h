/* What is in a backup: every table has a row here, and a unit test fails where one has none. Nothing outside src/service and the tests includes this. */
#ifndef YIQIAN_SERVICE_BACKUP_CONTENT_H
#define YIQIAN_SERVICE_BACKUP_CONTENT_H

#include "keystore/backup_seal.h"
#include "store/copy.h"

typedef enum backup_part {
    BACKUP_PART_BOTH, /* whatever the scope */
    BACKUP_PART_DATA, /* of scope "all" alone: what was done, and what grows with it */
    BACKUP_PART_NEVER /* what must not come back: sessions, codes, answers that were given; and what is made anew */
} backup_part;

typedef struct backup_table {
    const char *table;
    backup_part part;
} backup_table;

extern const backup_table backup_tables[];
extern const size_t backup_tables_n;

/* What is taken out of the copy's rows: shares of authorisations, codes that somebody may still have. */
extern const char backup_scrub[];

/* The rules of a scope, in the arena; NULL if it is full. */
const copy_rule *backup_rules(arena *a, backup_scope scope);

const char *backup_scope_name(backup_scope scope); /* "configuration", "all" */
bool backup_scope_of(const char *name, backup_scope *out);

#endif
