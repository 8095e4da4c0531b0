/* Roles of operators: the three built-in ones, which nobody changes, and the hospital's own, made of permissions that one person may hold
 * together (service/permission.h). */
#ifndef YIQIAN_SERVICE_ROLE_H
#define YIQIAN_SERVICE_ROLE_H

#include "service/permission.h"
#include "service/service.h"

enum { ROLE_NAME_MAX = 32 /* characters */, ROLES_MAX = 100 /* of the hospital's own */ };

typedef struct role {
    bool built_in;
    uint8_t id[16];   /* of the hospital's own */
    const char *text; /* as an operator's row and the API name it: "auditor", else the id */
    const char *name;
    uint64_t permissions;
    int64_t operators;              /* who have it */
    int64_t version;                /* counts its changes; 1 of a built-in one */
    int64_t created_ms, updated_ms; /* 0 of a built-in one */
} role;

/* Built-in ones first, then by name. */
MUST_CHECK err role_list(call *c, const role **out, size_t *n);

/* By its text. ERR_NOT_FOUND. */
MUST_CHECK err role_find(call *c, const char *text, role *out);

/* ERR_EXISTS (the name, also a built-in one's), ERR_FIELD_LENGTH, ERR_SEPARATION (permissions that nobody may hold together), ERR_LIMIT. */
MUST_CHECK err role_create(call *c, const char *name, uint64_t permissions, role *out);

/* What is not given stays. Holds at once for whoever has the role. version: as the caller knows it; 0: whatever it is. ERR_NOT_FOUND,
 * ERR_FORBIDDEN (built-in, or the caller's own), ERR_STALE, ERR_LAST_ADMINISTRATOR, and as above. */
typedef struct role_change {
    const char *name;
    bool has_permissions;
    uint64_t permissions;
    int64_t version;
} role_change;
MUST_CHECK err role_update(call *c, const char *text, const role_change *change, role *out);

/* ERR_NOT_FOUND, ERR_FORBIDDEN (built-in), ERR_CONFLICT (somebody has it). */
MUST_CHECK err role_delete(call *c, const char *text);

/* The permissions of a stored operator: role, a built-in one's name, or NULL and the text of the hospital's own. Nothing outside src/service
 * uses it. ERR_CORRUPT. */
MUST_CHECK err role_permissions(const char *built_in, const char *own, uint64_t *out);

#endif
