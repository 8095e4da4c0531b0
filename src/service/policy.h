/* What the hospital decides while the server runs (table policy), and what follows from it for one person. */
#ifndef YIQIAN_SERVICE_POLICY_H
#define YIQIAN_SERVICE_POLICY_H

#include "service/service.h"

enum {
    POLICY_RENEWAL_DAYS_MAX = 180,
    POLICY_RENEWAL_DAYS_DEFAULT = 30,
    POLICY_IDLE_MINUTES_MAX = 240, /* console_idle_minutes, which the console's sessions read */
    POLICY_IDLE_MINUTES_DEFAULT = 15
};

/* people_with_several: to whom the rule "one a person" applies, or would where it is off, and who have more than one valid certificate;
 * surplus_certificates: what they have beyond one each. Turning the switch on revokes nothing: those end when their person is next
 * issued a certificate (service/supersession.h). */
typedef struct policy {
    bool single;          /* one valid certificate a person; else one on each device */
    bool no_fingerprint;  /* phones may not sign by fingerprint */
    int64_t renewal_days; /* so long before its end a certificate may be renewed */
    int64_t idle_minutes; /* after so long without a request a console's session ends */
    int64_t version;      /* grows with each change */
    const char *profile;  /* by which persons' certificates are issued (service/certificate_profile.h) */
    int64_t changed_ms;   /* 0: never */
    int64_t people_with_several, surplus_certificates;
} policy;

MUST_CHECK err policy_get(call *c, policy *out);

/* What is NULL or 0 stays. ERR_FIELD_VALUE, ERR_STALE. */
typedef struct policy_change {
    const char *certificates_per_person; /* "single", "many" */
    int64_t renewal_days;                /* 1..POLICY_RENEWAL_DAYS_MAX */
    int64_t idle_minutes;                /* 1..POLICY_IDLE_MINUTES_MAX */
    bool has_fingerprint, fingerprint;
    int64_t version; /* that the change was made on; 0: whichever it is */
} policy_change;
MUST_CHECK err policy_update(call *c, const policy_change *change, policy *out);

/* Whether this person may have one valid certificate only: as his own switch says, else the hospital's. ERR_USER_NOT_FOUND. */
MUST_CHECK err policy_single_for(call *c, const uint8_t user_id[16], bool *single);

/* Whether phones may sign and authorise by fingerprint. */
MUST_CHECK err policy_fingerprint(call *c, bool *allowed);

/* Since when a certificate with this end may be renewed. */
MUST_CHECK err policy_renewable_from(call *c, int64_t not_after_ms, int64_t *from_ms);

#endif
