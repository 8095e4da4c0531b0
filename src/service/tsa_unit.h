/* Timestamp units: a key with a certificate for timestamps, and how it issues. They are held in memory from the start on, for each request
 * finds one; none leaves it before service_close, for the tokens of a retired one can still be written again. */
#ifndef YIQIAN_SERVICE_TSA_UNIT_H
#define YIQIAN_SERVICE_TSA_UNIT_H

#include <stdatomic.h>

#include "service/certificate.h"
#include "service/service.h"
#include "tsa/token.h"

enum {
    TSA_UNIT_NAME_MAX = 32, /* a to z, 0 to 9 and '-' */
    TSA_UNITS_MAX = 1000,   /* retired ones among them */
    TSA_UNIT_CHAIN = 2,     /* certificates above a unit's */
    TSA_UNIT_DIGITS = 3     /* of a token's seconds, where nothing is said */
};

/* How far the clock may be off at the most: at least, at most, and where nothing is said (a second, which NTP alone keeps). */
#define TSA_UNIT_LIMIT_LEAST_US UINT64_C(1)
#define TSA_UNIT_LIMIT_MOST_US UINT64_C(3600000000)
#define TSA_UNIT_LIMIT_US UINT64_C(1000000)

/* The unit that the first start makes, and that a request without a name asks. */
#define TSA_UNIT_DEFAULT "sm2"

typedef enum tsa_unit_state { TSA_UNIT_ACTIVE, TSA_UNIT_STOPPED, TSA_UNIT_RETIRED, TSA_UNIT_STATES } tsa_unit_state;

const char *tsa_unit_state_name(tsa_unit_state state);           /* "active", "stopped", "retired" */
const char *tsa_unit_algorithm_name(signer_algorithm algorithm); /* "sm2", "p256", "rsa" */

/* ERR_NOT_FOUND: none of these. name may be NULL. */
MUST_CHECK err tsa_unit_algorithm_from_name(signer_algorithm *out, const char *name);

typedef struct tsa_unit tsa_unit;
struct tsa_unit {
    _Atomic(tsa_unit *) next; /* tsa_unit_next */
    arena *arena;             /* of what follows */
    uint8_t id[16];
    const char *name;
    signer_algorithm algorithm;
    bytes certificate, chain[TSA_UNIT_CHAIN]; /* DER; the issuer's first, the root's last */
    size_t chain_n;
    int64_t not_before_ms, not_after_ms, created_ms;
    uint64_t limit_us;
    unsigned time_digits;
    bool ordering;
    signer *signer;     /* NULL of one that was retired at the start */
    tsa_issuer *issuer; /* writes tokens, and signs them where there is a signer */
    _Atomic tsa_unit_state state;
    _Atomic int64_t revoked_ms; /* when it was retired; 0: it is not */
    _Atomic int reason;         /* revocation_reason */
    _Atomic int64_t last_us;    /* with ordering: the time of the newest token */
};

/* Loads them; where there never was one, makes TSA_UNIT_DEFAULT. A server whose self-test failed starts without. Part of service_open and
 * service_close; NULL is fine in the latter. */
MUST_CHECK err tsa_units_open(service *s);
void tsa_units_close(service *s);

/* The unit of this name that is not retired (NULL: TSA_UNIT_DEFAULT), and the one of this id in any state; NULL where there is none. Thread-safe,
 * without a lock. */
tsa_unit *tsa_unit_find(const service *s, const char *name);
tsa_unit *tsa_unit_of(const service *s, const uint8_t id[16]);

/* All of them, in the order of their creation; NULL behind the last. Thread-safe likewise. */
tsa_unit *tsa_unit_first(const service *s);
tsa_unit *tsa_unit_next(const tsa_unit *u);

/* A new unit, as an operator asks for it. */
typedef struct tsa_unit_request {
    const char *name;
    signer_algorithm algorithm;
    uint64_t limit_us;
    unsigned time_digits;
    bool ordering;
} tsa_unit_request;

/* ERR_FIELD_VALUE (a name, limit or number of digits that cannot be), ERR_EXISTS (the name), ERR_LIMIT, ERR_SELF_TEST. */
MUST_CHECK err tsa_unit_create(call *c, const tsa_unit_request *rq, const tsa_unit **out);

/* TSA_UNIT_ACTIVE or TSA_UNIT_STOPPED, of a unit that is not retired. The state it has already is no error. ERR_UNIT_NOT_FOUND, ERR_ARG. */
MUST_CHECK err tsa_unit_set_state(call *c, const char *name, tsa_unit_state state, const tsa_unit **out);

/* Retires one for good: its key is destroyed with the act (in memory, when the server stops), and its certificate is revoked (RFC 3161 4), of an
 * SM2 unit on the issuing CA's list. What it issued before stands, unless the reason is keyCompromise. ERR_UNIT_NOT_FOUND; ERR_FIELD_VALUE (no
 * reason given: then nothing that it issued would stand). */
MUST_CHECK err tsa_unit_retire(call *c, const char *name, revocation_reason reason, const tsa_unit **out);

#endif
