/* Which entries a backup may have: one rule for whoever writes it, verifies it and restores it, so that none is made or called good that cannot be restored.
 * Nothing outside src/service and the tests includes this. */
#ifndef YIQIAN_SERVICE_BACKUP_ENTRY_H
#define YIQIAN_SERVICE_BACKUP_ENTRY_H

#include "service/backup_file.h"

enum { BACKUP_FILES_MAX = 16, BACKUP_ENTRY_DEPTH = 6 };

/* The entries that were seen. Begins as {0}. */
typedef struct backup_entries {
    bool manifest, master_key, settings, database;
    size_t files_n;
    char files[BACKUP_FILES_MAX][BACKUP_NAME_MAX + 1];
    char wrong[2 * BACKUP_NAME_MAX]; /* after an error: what is wrong, in words, for the log */
} backup_entries;

/* Of "files/": whether its path in the data directory is one that a restore may write: below it, of at most BACKUP_ENTRY_DEPTH components none of which
 * begins with a dot, and nothing of the server's own. */
bool backup_entry_is_file(const char *name);
bool backup_entries_has(const backup_entries *seen, const char *name);

/* One more. ERR_BACKUP_CONTENT: it may not be in a backup, is there already, is in the way of another, or is too large. */
MUST_CHECK err backup_entries_add(backup_entries *seen, const char *name, uint64_t size);
/* There is no other. ERR_BACKUP_CONTENT: manifest or database are missing. */
MUST_CHECK err backup_entries_end(backup_entries *seen);

#endif
