/* Whom and what the ids in rows of the audit log mean, as they are called now: the log itself keeps ids, which do not change. */
#ifndef YIQIAN_SERVICE_AUDIT_WHO_H
#define YIQIAN_SERVICE_AUDIT_WHO_H

#include "service/audit_log.h"

/* "D1001 王建国" of a person, an operator, a device or its key; the name of a business system or a workstation; a task's record number. NULL: it has
 * none, or is not known. */
typedef struct audit_who {
    const char *actor, *subject;
} audit_who;

/* One a row, for a listing's rows (AUDIT_LOG_PAGE at the most): all ids are looked up together, some at a time. In the arena. ERR_MEMORY. */
MUST_CHECK err audit_who_find(call *c, const audit_entry *entries, size_t n, const audit_who **out);

#endif
