/* When a business system's credential was last used, and from where: kept in memory, so that a request writes nothing, and put into the
 * table by housekeeping. What a crash loses is the last seconds'. */
#ifndef YIQIAN_SERVICE_SYSTEM_USE_H
#define YIQIAN_SERVICE_SYSTEM_USE_H

#include "service/service.h"

enum { SYSTEM_USE_EVERY_MS = 60000 /* so often a use is noted at the most */ };

/* Part of service_open and service_close; NULL is fine in the latter. */
MUST_CHECK err system_uses_open(service *s);
void system_uses_close(service *s);

/* Of a credential whose use was last noted at used_ms (0: never). Where there is no room before the next flush, the use is noted with a later
 * one. Thread-safe. */
void system_use_note(call *c, const char *key_id, int64_t used_ms);

/* Writes what was noted; where that fails, it is forgotten. Part of service_housekeeping. */
MUST_CHECK err system_use_flush(service *s, arena *a);

#endif
