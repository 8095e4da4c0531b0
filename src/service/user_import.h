/* Many people at once, as a personnel department's sheet has them: who is there already is brought up to date. */
#ifndef YIQIAN_SERVICE_USER_IMPORT_H
#define YIQIAN_SERVICE_USER_IMPORT_H

#include "service/user_check.h"

enum { USER_IMPORT_ROWS = 500, USER_IMPORT_CHANGES = 6 };

typedef enum user_import_outcome {
    USER_IMPORT_CREATED,
    USER_IMPORT_UPDATED,
    USER_IMPORT_UNCHANGED, /* already as the row says */
    USER_IMPORT_ERROR,     /* nothing of it was written; its problems say why */
    USER_IMPORT_OUTCOMES
} user_import_outcome;

/* What an update changes, with what it was and will be where that is one word: name, state, certificates; of departments, aliases and attributes NULL. */
typedef struct user_import_change {
    const char *field, *before, *after;
} user_import_change;

/* What a row does not give stays as it is: of aliases those of systems it does not name, of attributes those it does not name; an attribute given
 * empty goes. Departments, where given, take the place of those there were. */
typedef struct user_import_row {
    user_fields fields;
    user_problems problems; /* what the caller found already; then all of them */
    user_import_outcome outcome;
    bool has_user; /* not of an error, nor in a dry run of one that would be created */
    uint8_t user_id[16];
    user_import_change changes[USER_IMPORT_CHANGES]; /* of one that is, or would be, updated */
    size_t changes_n;
} user_import_row;

typedef struct user_import_options {
    bool add_only; /* who is there already is an error */
    bool dry_run;  /* says what would happen, and writes nothing */
} user_import_options;

/* Rows without problems are written together, in one unit of work with one audit row; those with problems are left out. The same call again
 * finds everything unchanged, so that it repairs one whose answer was lost. ERR_LIMIT (more than USER_IMPORT_ROWS), ERR_STALE (somebody else kept
 * changing the same people); after an error nothing was written. */
MUST_CHECK err user_import(call *c, user_import_row *rows, size_t n, const user_import_options *options,
                           size_t counts[USER_IMPORT_OUTCOMES]);

#endif
