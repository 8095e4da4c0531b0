/* People who sign, known by the hospital's unique identifier (工号). */
#ifndef YIQIAN_SERVICE_USER_H
#define YIQIAN_SERVICE_USER_H

#include "service/idempotency.h"
#include "service/service.h"

enum {
    USER_STAFF_NO_MAX = 64,   /* characters; X.520 ub-serial-number: it is the certificate's serialNumber (2.5.4.5) */
    USER_NAME_MAX = 64,       /* characters; ub-common-name */
    USER_DEPARTMENT_MAX = 64, /* characters; ub-organizational-unit-name */
    USER_DEPARTMENTS = 16,
    USER_PAGE = 200 /* users in one listing at the most: what a request's memory holds, long names included */
};

typedef struct user {
    uint8_t id[16];
    const char *staff_no, *name, *state; /* "active", "suspended" */
    const char *certificates; /* the single-certificate switch: "policy" (as service/policy.h), "single", "many" */
    const char *const *departments;
    size_t departments_n;
    int64_t created_ms, updated_ms;
    bool repeated; /* by user_create: the idempotency key had made it before */
} user;

typedef struct user_request {
    const char *staff_no; /* printable ASCII without spaces, as a PrintableString allows */
    const char *name;
    const char *const *departments;
    size_t departments_n;
    idempotency once;
} user_request;

/* ERR_USER_EXISTS (staff number), ERR_FIELD_LENGTH, ERR_FIELD_VALUE, ERR_IDEMPOTENCY. */
MUST_CHECK err user_create(call *c, const user_request *request, user *out);

/* ERR_USER_NOT_FOUND. */
MUST_CHECK err user_get(call *c, const uint8_t id[16], user *out);

typedef struct user_filter {
    const char *staff_no; /* exactly this one; NULL: any */
    const char *q;        /* a part of name or staff number, without regard to the case of ASCII letters; NULL: any */
    bool has_after;
    uint8_t after[16];
    int64_t limit; /* 1..USER_PAGE */
} user_filter;

/* In the order of their creation. */
MUST_CHECK err user_list(call *c, const user_filter *filter, const user **out, size_t *n);

/* What is NULL stays as it is (departments: where has_departments is not set). A suspended user cannot enrol or sign. How many certificates
 * he may have is for operators to say. ERR_USER_NOT_FOUND, ERR_FIELD_LENGTH, ERR_FIELD_VALUE, ERR_FORBIDDEN (certificates). */
typedef struct user_change {
    const char *name, *state, *certificates;
    bool has_departments;
    const char *const *departments;
    size_t departments_n;
} user_change;
MUST_CHECK err user_update(call *c, const uint8_t id[16], const user_change *change, user *out);

#endif
