/* Certificate profiles: their versions in the database, which one persons' certificates are issued by, and what it gives for a person. */
#ifndef YIQIAN_SERVICE_CERTIFICATE_PROFILE_H
#define YIQIAN_SERVICE_CERTIFICATE_PROFILE_H

#include "pki/profile.h"
#include "service/service.h"

enum {
    CERTIFICATE_PROFILES_MAX = 64,
    CERTIFICATE_PROFILE_VERSIONS_MAX = 1000, /* of one */
    CERTIFICATE_PROFILE_ID_MAX = 32,         /* characters: a to z, digits, - and _, a letter first */
    CERTIFICATE_PROFILE_NAME_MAX = 64,
    CERTIFICATE_PROFILE_NOTE_MAX = 200
};

typedef struct certificate_profile_view {
    const char *id, *name, *state; /* "active", "retired" */
    bool in_use;                   /* persons' certificates are issued by it */
    int64_t version;               /* the newest */
    int64_t created_ms, updated_ms;
    int64_t certificates;   /* valid ones that were issued by it */
    const char *definition; /* of the newest version, JSON; NULL in a listing */
} certificate_profile_view;

typedef struct certificate_profile_version {
    int64_t version, created_ms, certificates; /* certificates: issued by it, whatever became of them */
    const char *definition, *note, *created_by;
} certificate_profile_version;

MUST_CHECK err certificate_profile_list(call *c, const certificate_profile_view **out, size_t *n);

/* ERR_PROFILE_NOT_FOUND. */
MUST_CHECK err certificate_profile_show(call *c, const char *id, certificate_profile_view *out);

/* The newest first. ERR_PROFILE_NOT_FOUND. */
MUST_CHECK err certificate_profile_versions(call *c, const char *id, const certificate_profile_version **out,
                                            size_t *n);

/* ERR_FIELD_VALUE (id), ERR_EXISTS (id), ERR_LIMIT, and those of profile_read. */
typedef struct certificate_profile_change {
    const char *name; /* NULL: stays as it is */
    const char *note; /* why; NULL: nothing said */
    bytes definition; /* JSON */
    int64_t version;  /* which one is changed; 0: whatever there is */
} certificate_profile_change;
MUST_CHECK err certificate_profile_create(call *c, const char *id, const certificate_profile_change *change,
                                          certificate_profile_view *out);

/* Makes a new version, by which certificates are issued from then on where the profile is in use. ERR_PROFILE_NOT_FOUND, ERR_STALE (it is no
 * longer as in change->version), ERR_CONFLICT (retired), ERR_LIMIT, and those of profile_read. */
MUST_CHECK err certificate_profile_update(call *c, const char *id, const certificate_profile_change *change,
                                          certificate_profile_view *out);

/* For good: it can be neither changed nor used any more. ERR_PROFILE_NOT_FOUND, ERR_CONFLICT (in use, or retired already). */
MUST_CHECK err certificate_profile_retire(call *c, const char *id, certificate_profile_view *out);

/* Persons' certificates are issued by it from now on. ERR_PROFILE_NOT_FOUND, ERR_CONFLICT (retired). */
MUST_CHECK err certificate_profile_use(call *c, const char *id, certificate_profile_view *out);

/* What the newest version of the profile in use gives for a person. */
typedef struct certificate_profile_made {
    const char *id;
    int64_t version;
    profile_definition definition;
    profile_applied applied;
} certificate_profile_made;

/* ERR_USER_NOT_FOUND, ERR_PROFILE (with what the person lacks). */
MUST_CHECK err certificate_profile_make(call *c, const uint8_t user_id[16], certificate_profile_made *out);

/* What a definition would give, for a person or (user_id NULL) for an example: the TBSCertificate for a key that nobody has, signed by nobody. */
typedef struct certificate_profile_preview {
    bytes tbs;
    profile_definition definition;
    profile_applied applied;
    bool sample;
    const char *name, *staff_no; /* whose */
} certificate_profile_preview;

/* ERR_USER_NOT_FOUND, ERR_PROFILE (also a certificate of more than PROFILE_CERTIFICATE_MAX bytes), and those of profile_read. */
MUST_CHECK err certificate_profile_try(call *c, bytes definition, const uint8_t *user_id,
                                       certificate_profile_preview *out);

enum { CERTIFICATE_PROFILE_ATTRIBUTES = 200 };

/* What templates may name: the attributes that persons in use have, most first, and how many of them have it. */
typedef struct certificate_profile_attribute {
    const char *name;
    int64_t people;
} certificate_profile_attribute;
typedef struct certificate_profile_attributes {
    const certificate_profile_attribute *list; /* CERTIFICATE_PROFILE_ATTRIBUTES at the most */
    size_t n;
    int64_t people; /* in use */
} certificate_profile_attributes;
MUST_CHECK err certificate_profile_attributes_there(call *c, certificate_profile_attributes *out);

#endif
