/* What is wrong with what was given of a person: all of it, because who imports a sheet wants to mend it once. Nothing outside
 * src/service and its tests makes user_problems from this; src/api shows them. */
#ifndef YIQIAN_SERVICE_USER_CHECK_H
#define YIQIAN_SERVICE_USER_CHECK_H

#include "service/user.h"

enum { USER_PROBLEMS = 16 };

typedef struct user_problem {
    err code;
    const char *field;  /* "departments[1]" */
    const char *detail; /* NULL for none */
} user_problem;

/* The first USER_PROBLEMS of them. */
typedef struct user_problems {
    size_t n;
    user_problem items[USER_PROBLEMS];
} user_problems;

void user_problem_add(user_problems *p, err code, const char *field, const char *detail);

/* The first of them as the call's fault; ERR_OK where there is none. */
MUST_CHECK err user_problem_fault(call *c, const user_problems *p);

/* What may be given of a person; NULL: it was not. */
typedef struct user_fields {
    const char *staff_no, *name, *state, *certificates;
    const char *const *departments;
    size_t departments_n;
    const user_alias *aliases;
    size_t aliases_n;
    const user_attribute *attributes;
    size_t attributes_n;
} user_fields;

/* Looks at what was given by itself; not at what there is. ERR_MEMORY alone. */
MUST_CHECK err user_check(call *c, const user_fields *fields, user_problems *out);

#endif
