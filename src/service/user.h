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
    USER_ALIASES = 16,
    USER_EXTERNAL_ID_MAX = 64, /* characters */
    USER_ATTRIBUTES = 16,
    USER_ATTRIBUTE_NAME_MAX = 32,
    USER_ATTRIBUTE_VALUE_MAX = 128,
    USER_SEARCH_MAX = 64, /* characters of user_filter.q */
    USER_PAGE = 200       /* users in one listing at the most: what a request's memory holds, long names included */
};

/* By which id another system knows him: its tasks may name him by it. */
typedef struct user_alias {
    uint8_t system_id[16];
    const char *system; /* its name; where it is given: not looked at */
    const char *external_id;
} user_alias;

/* What certificate profiles may name, such as his title or the number of his licence. */
typedef struct user_attribute {
    const char *name, *value;
} user_attribute;

typedef struct user {
    uint8_t id[16];
    const char *staff_no, *name, *state; /* "active", "suspended" */
    const char *certificates; /* the single-certificate switch: "policy" (as service/policy.h), "single", "many" */
    const char *const *departments;
    size_t departments_n;
    const user_alias *aliases;
    size_t aliases_n;
    const user_attribute *attributes; /* by name */
    size_t attributes_n;
    int64_t created_ms, updated_ms, version;
    const char *updated_by; /* what the one who changed him last is called; NULL: nobody knows */
    int64_t seal_version;   /* of the picture of his seal; 0: none was given */
    bool repeated;          /* by user_create: the idempotency key had made it before */
} user;

typedef struct user_request {
    const char *staff_no; /* printable ASCII without spaces, as a PrintableString allows */
    const char *name;
    const char *const *departments;
    size_t departments_n;
    idempotency once;
    const user_alias *aliases; /* by a business system: only its own */
    size_t aliases_n;
    const user_attribute *attributes;
    size_t attributes_n;
} user_request;

/* ERR_USER_EXISTS (staff number), ERR_EXISTS (an alias is another person's), ERR_SYSTEM_NOT_FOUND (an alias's), ERR_FIELD_LENGTH, ERR_FIELD_VALUE,
 * ERR_FORBIDDEN (another system's alias), ERR_IDEMPOTENCY. */
MUST_CHECK err user_create(call *c, const user_request *request, user *out);

/* ERR_USER_NOT_FOUND. */
MUST_CHECK err user_get(call *c, const uint8_t id[16], user *out);

typedef struct user_filter {
    const char *staff_no; /* exactly this one; NULL: any */
    const char *
        q; /* a part of name, staff number, department or alias, without regard to the case of ASCII letters; NULL: any */
    const char *department, *state; /* exactly these; NULL: any */
    bool has_after;
    uint8_t after[16];
    int64_t limit; /* 1..USER_PAGE */
} user_filter;

/* In the order of their creation. ERR_FIELD_LENGTH (q), ERR_FIELD_VALUE (state). */
MUST_CHECK err user_list(call *c, const user_filter *filter, const user **out, size_t *n);

/* What is NULL stays as it is (lists: where has_... is not set); a list that is given takes the place of the one there was, for a business system
 * only as far as its own aliases go. A suspended user cannot enrol or sign. How many certificates
 * he may have is for operators to say. ERR_USER_NOT_FOUND, ERR_STALE (he is no longer as in `version`), ERR_EXISTS (an alias is another person's), ERR_SYSTEM_NOT_FOUND,
 * ERR_FIELD_LENGTH, ERR_FIELD_VALUE, ERR_FORBIDDEN (certificates, another system's alias). */
typedef struct user_change {
    int64_t version; /* which one is changed; 0: whatever there is */
    const char *name, *state, *certificates;
    bool has_departments;
    const char *const *departments;
    size_t departments_n;
    bool has_aliases, has_attributes;
    const user_alias *aliases;
    size_t aliases_n;
    const user_attribute *attributes;
    size_t attributes_n;
} user_change;
MUST_CHECK err user_update(call *c, const uint8_t id[16], const user_change *change, user *out);

#endif
