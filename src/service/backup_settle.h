/* What a restored database needs before it is used: nothing that was open goes on, no number comes twice. Nothing outside src/service includes this. */
#ifndef YIQIAN_SERVICE_BACKUP_SETTLE_H
#define YIQIAN_SERVICE_BACKUP_SETTLE_H

#include "service/backup_restore.h"

/* Opens the database at path (its migrations follow), changes it, and writes who restored what into its audit log, all in one unit. old_path: the
 * database that it replaces; NULL: none. ERR_CORRUPT, and the store's. */
MUST_CHECK err backup_settle(const backup_restoring *r, const keystore *ks, const char *path, const char *old_path,
                             backup_restored *out);

#endif
