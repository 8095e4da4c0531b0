/* Who may fetch a backup from the console: once a second person approved it, for a while, and once. A permit is taken when a transfer begins, and is there
 * again where that did not come to its end. Nothing outside src/service includes this. */
#ifndef YIQIAN_SERVICE_BACKUP_PERMIT_H
#define YIQIAN_SERVICE_BACKUP_PERMIT_H

#include "service/backup.h"
#include "store/store_unit.h"

/* Permits that were given back, which are not in the database: until the server ends. Part of service_open and service_close; NULL is fine in the latter. */
MUST_CHECK err backup_permits_open(service *s);
void backup_permits_close(service *s);

/* Until when the call's person may fetch it by one that was given back; 0: he may not. */
int64_t backup_permit_returned(const call *c, const uint8_t id[16]);

/* Takes his permit, which ends at until_ms; adds what that means to the unit. From elsewhere than the console *out is NULL. Once the unit is committed:
 * backup_permit_begun; where it failed: backup_permit_end (service/backup.h) with false. ERR_MEMORY; of the unit ERR_BACKUP_DOWNLOAD: somebody was faster. */
MUST_CHECK err backup_permit_take(call *c, store_unit *unit, const uint8_t id[16], int64_t until_ms,
                                  backup_taken **out);
void backup_permit_begun(backup_taken *taken, service *s);
#endif
