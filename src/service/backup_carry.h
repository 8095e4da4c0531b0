/* What was taken away since a backup stays taken away when it is restored over the database that knows of it. Nothing outside src/service includes this. */
#ifndef YIQIAN_SERVICE_BACKUP_CARRY_H
#define YIQIAN_SERVICE_BACKUP_CARRY_H

#include "service/backup_restore.h"
#include "store/engine.h"

/* From the old database into the restored one, never loosening anything there; counted in out->carried. *known: the old database could be read for
 * all of it; where not, what was found before is carried over. The store's errors. */
MUST_CHECK err backup_carry(store *s, engine *old, backup_restored *out, bool *known);

#endif
