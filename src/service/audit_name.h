/* What the events of the audit log are called, for people. */
#ifndef YIQIAN_SERVICE_AUDIT_NAME_H
#define YIQIAN_SERVICE_AUDIT_NAME_H

#include <stddef.h>

typedef struct audit_name {
    const char *event, *zh, *en;
} audit_name;

/* In alphabetical order. */
extern const audit_name audit_names[];
extern const size_t audit_names_n;

/* NULL for an event that has no name. */
const audit_name *audit_name_of(const char *event);

#endif
