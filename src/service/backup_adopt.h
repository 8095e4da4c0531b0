/* Backups that lie in the directory and that no row knows: copied there, or made before the database that is in force now was restored. Nothing outside
 * src/service includes this. */
#ifndef YIQIAN_SERVICE_BACKUP_ADOPT_H
#define YIQIAN_SERVICE_BACKUP_ADOPT_H

#include "service/service.h"

/* Lists them, of those whose header reads well, as made by hand: they are not removed by themselves, and count as good once they were verified. Those
 * that were listed so and whose file is gone are listed no more. Errors of the store, ERR_MEMORY. */
MUST_CHECK err backup_adopt(call *c);

#endif
