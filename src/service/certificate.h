/* Certificates of persons: issued for a joint key, listed, revoked. */
#ifndef YIQIAN_SERVICE_CERTIFICATE_H
#define YIQIAN_SERVICE_CERTIFICATE_H

#include "service/certificate_profile.h"
#include "service/service.h"

/* RFC 5280 5.3.1, those that a person's certificate is revoked for. */
typedef enum revocation_reason {
    REASON_UNSPECIFIED = 0,
    REASON_KEY_COMPROMISE = 1,
    REASON_AFFILIATION_CHANGED = 3,
    REASON_SUPERSEDED = 4,
    REASON_CESSATION = 5,
    REASON_HOLD = 6 /* frozen: not a reason that can be given */
} revocation_reason;

/* "keyCompromise" ...; NULL for another number. Static storage. */
const char *certificate_reason_name(int64_t reason);
/* ERR_FIELD_VALUE. */
MUST_CHECK err certificate_reason_from_name(const char *name, revocation_reason *out);

typedef struct certificate_view {
    bytes serial;
    bytes der; /* p NULL in a listing */
    uint8_t key_id[16], user_id[16];
    const char *staff_no, *user_name;
    const char *state; /* "active", "frozen", "revoked", "superseded"; "expired" when its time is over */
    int64_t not_before_ms, not_after_ms, created_ms;
    int64_t revoked_ms; /* 0: not revoked */
    revocation_reason reason;
    const char *profile; /* by which it was issued, and which version */
    int64_t profile_version;
    const char *key_state; /* of the key behind it: service/device_key.h */
} certificate_view;

/* What a certificate for the key will be by this profile; everything but the subject is its. */
MUST_CHECK err certificate_template_fill(call *c, bytes subject_der, const uint8_t public_key[65],
                                         const certificate_profile_made *made, cert_template *t);

/* Issues a certificate for the public key by the newest version of the profile in use and adds its row to the caller's unit. subject_der: the
 * Name that was signed for (device_subject). *certificate_der is in the call's arena. Its end is not after the issuing CA's. ERR_PROFILE. */
MUST_CHECK err certificate_issue_for_key(call *c, store_unit *unit, const uint8_t key_id[16], const uint8_t user_id[16],
                                         bytes subject_der, const uint8_t public_key[65], bytes *certificate_der);

/* Issues one for the key of a workstation's installation: kept with the workstation, and revoked by removing that. */
enum { CERTIFICATE_WORKSTATION_DAYS = 1826 };
MUST_CHECK err certificate_issue_for_workstation(call *c, bytes subject_der, const uint8_t public_key[65],
                                                 bytes *certificate_der);

/* ERR_CERTIFICATE_NOT_FOUND. */
MUST_CHECK err certificate_show(call *c, bytes serial, certificate_view *out);

typedef enum certificate_order { CERTIFICATES_OLDEST, CERTIFICATES_NEWEST, CERTIFICATES_EXPIRY } certificate_order;

typedef struct certificate_filter {
    const uint8_t *user_id; /* NULL: any */
    const char *state;      /* NULL: any */
    const char *profile;    /* NULL: any */
    const char
        *q; /* a part of staff number or name, without regard to case, or the beginning of a serial number; NULL: any */
    int64_t expires_before_ms; /* 0: any */
    certificate_order order;   /* of issue, and of notAfter */
    bytes after;               /* a serial; n 0: from the beginning */
    int64_t limit;             /* 1..1000 */
} certificate_filter;

/* ERR_FIELD_VALUE (after: no such certificate), ERR_FIELD_LENGTH (q). */
enum { CERTIFICATE_Q_MAX = 64 };
MUST_CHECK err certificate_list(call *c, const certificate_filter *filter, const certificate_view **out, size_t *n);

/* Revokes it (a frozen one, too) and destroys the server's share of its key, so that nothing more is signed with it; then the CRL is made anew (by
 * housekeeping, should that fail: the revocation stands). ERR_CERTIFICATE_NOT_FOUND, ERR_CERTIFICATE_REVOKED, ERR_CERTIFICATE_EXPIRED,
 * ERR_CONFLICT (superseded). */
MUST_CHECK err certificate_revoke(call *c, bytes serial, revocation_reason reason, certificate_view *out);

/* Adds to the unit what revokes the certificates of a key, if there are valid ones, and those that a renewal superseded; the key itself is the caller's, who calls
 * crl_refresh after the commit. */
void certificate_revoke_in_unit(call *c, store_unit *unit, const uint8_t key_id[16], revocation_reason reason);

#endif
