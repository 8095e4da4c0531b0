/* Departments: what people's departments are called; there is one as long as somebody is in it. */
#ifndef YIQIAN_SERVICE_DEPARTMENT_H
#define YIQIAN_SERVICE_DEPARTMENT_H

#include "service/service.h"

enum { DEPARTMENTS_MAX = 5000 };

typedef struct department {
    const char *name;
    int64_t people, active; /* in it; and how many of them are not suspended */
} department;

/* By name; the first DEPARTMENTS_MAX. */
MUST_CHECK err department_list(call *c, const department **out, size_t *n);

typedef struct department_totals {
    int64_t people, active, without; /* without: in no department */
} department_totals;
MUST_CHECK err department_count(call *c, department_totals *out);

/* Everybody's in `from` is called `to` from now on; who is in both keeps the place of the first. What is signed keeps the name of its time.
 * ERR_NOT_FOUND (nobody is in `from`), ERR_FIELD_LENGTH, ERR_FIELD_VALUE (to). */
MUST_CHECK err department_rename(call *c, const char *from, const char *to, int64_t *people);

#endif
