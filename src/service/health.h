/* Whether the server can do its work: sign, and keep what it answers. */
#ifndef YIQIAN_SERVICE_HEALTH_H
#define YIQIAN_SERVICE_HEALTH_H

#include "service/service.h"

/* ERR_SELF_TEST: it signs nothing any more. Else what a write came to, tried now or within the last HEALTH_SECONDS: ERR_DISK_FULL, ERR_IO and
 * what else store_commit gives; ERR_BUSY where a write has not come back for as long. For anybody to ask: one write at the most in that
 * time. */
enum { HEALTH_SECONDS = 5 };
MUST_CHECK err health_check(call *c);

/* Whether the last health_check that tried a write found less than HEALTH_DISK_LOW free where the data is: small writes succeed then for a
 * while, documents soon do not. False where the service has no data directory. */
enum { HEALTH_DISK_LOW = 64 << 20 };
bool health_disk_low(const call *c);

/* The last check of the whole audit log since the start found it not intact. */
bool health_audit_damaged(const call *c);

#endif
