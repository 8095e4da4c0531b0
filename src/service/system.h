/* Business systems (HIS, EMR, LIS ...). What they sign their requests with: service/system_credential.h. */
#ifndef YIQIAN_SERVICE_SYSTEM_H
#define YIQIAN_SERVICE_SYSTEM_H

#include "service/scope.h"
#include "service/service.h"
#include "service/system_credential.h"
#include "service/system_network.h"

enum {
    SYSTEM_NAME_MAX = 64,    /* characters */
    SYSTEM_NOTE_MAX = 500,   /* likewise */
    SYSTEM_CONTACT_MAX = 200 /* likewise */
};

typedef struct business_system {
    uint8_t id[16];
    const char *name, *state; /* "active", "suspended": its credentials open nothing */
    const char *note, *contact;
    const char *networks; /* from where it may call (service/system_network.h); "": from anywhere */
    uint32_t scopes;      /* of SCOPE_OF_SYSTEMS */
    bool stamps;          /* finished signatures of its tasks are stamped (service/signature_stamp.h) */
    int64_t version, created_ms;
    int64_t credentials; /* that open */
    int64_t used_ms;     /* when the last of them was used; 0: never */
} business_system;

/* note and contact: NULL is none. networks: as they were written, networks_n of them. */
typedef struct system_request {
    const char *name, *note, *contact;
    uint32_t scopes;
    bool stamps;
    const char *const *networks;
    size_t networks_n;
} system_request;

/* ERR_EXISTS (name), ERR_FIELD_LENGTH, ERR_FIELD_VALUE (no scope, or one that is not for systems; networks[i]). Texts are checked text. */
MUST_CHECK err system_register(call *c, const system_request *r, business_system *out);

/* The same without particulars. */
MUST_CHECK err system_create(call *c, const char *name, uint32_t scopes, bool stamps, business_system *out);

/* What is NULL or not there stays. */
typedef struct system_change {
    const char *name, *note, *contact;
    const char *state; /* "active", "suspended" */
    bool has_scopes, has_stamps, has_networks;
    uint32_t scopes;
    bool stamps; /* from the next signature on; what was signed before stays as it is */
    const char *const *networks;
    size_t networks_n;
    int64_t version; /* that the change was made on; 0: whichever it is */
} system_change;

/* In effect when this returns. ERR_SYSTEM_NOT_FOUND, ERR_STALE, ERR_EXISTS (name), ERR_FIELD_LENGTH, ERR_FIELD_VALUE. */
MUST_CHECK err system_update(call *c, const uint8_t id[16], const system_change *change, business_system *out);

/* ERR_SYSTEM_NOT_FOUND. */
MUST_CHECK err system_get(call *c, const uint8_t id[16], business_system *out);

typedef struct system_filter {
    const char *q;        /* a part of name, contact or note, without regard to the case of ASCII letters; NULL: any */
    const char *state;    /* NULL: any */
    const uint8_t *after; /* NULL: from the first */
    int64_t limit;        /* 1..1000 */
} system_filter;

/* In the order of their creation. */
MUST_CHECK err system_list(call *c, const system_filter *filter, const business_system **out, size_t *n);

#endif
