/* Who may ask for timestamps, and how often: rows that allow or deny a network or a business system. A client is admitted if no row that
 * denies has it, and, where there are rows that allow at all, one of them has it. The rows are kept in memory, read anew after each
 * change and swapped whole: a request sees the old ones or the new ones, and waits for neither. */
#ifndef YIQIAN_SERVICE_TSA_ACCESS_H
#define YIQIAN_SERVICE_TSA_ACCESS_H

#include "service/service.h"

enum {
    TSA_ACCESS_MAX = 5000,     /* rows */
    TSA_ACCESS_NOTE_MAX = 200, /* characters */
    TSA_ACCESS_PER_MINUTE_MAX = 10000000
};

typedef struct tsa_access_row {
    uint8_t id[16];
    bool deny;
    const char *network;     /* "10.1.0.0/16"; NULL: a business system's */
    uint8_t system_id[16];   /* where network is NULL */
    const char *system_name; /* likewise */
    int64_t per_minute;      /* requests of each client that the row admits; 0: no limit, -1: the server's own */
    const char *note;
    int64_t version, created_ms;
} tsa_access_row;

/* What the server does with a client. */
typedef struct tsa_access_verdict {
    bool admitted;
    bool has_row;       /* else: admitted for want of rows that allow, or refused because none of them has the client */
    uint8_t row_id[16]; /* the row that decides */
    int64_t per_minute; /* of an admitted client; 0: no limit */
} tsa_access_verdict;

/* Part of service_open and service_close. */
MUST_CHECK err tsa_access_open(service *s);
void tsa_access_close(service *s);

/* Reads the rows anew, if a change could not be put into effect when it was made. Housekeeping's. */
MUST_CHECK err tsa_access_refresh(service *s);

/* For each request of a client: c->actor is the business system if it proved to be one, origin its address ("unix" is this machine).
 * ERR_ACCESS; ERR_RATE, with retry_after; both are counted (service/token_count.h). */
MUST_CHECK err tsa_access_check(call *c, const char *origin);

/* What tsa_access_check would do, without counting; system_id NULL: without credentials. ERR_FIELD_VALUE (origin is no address). */
MUST_CHECK err tsa_access_would(call *c, const char *origin, const uint8_t *system_id, tsa_access_verdict *out);

typedef struct tsa_access_request {
    bool deny;
    const char *network;      /* either this */
    const uint8_t *system_id; /* or that; NULL */
    int64_t per_minute;       /* -1: the server's own */
    const char *note;
} tsa_access_request;

/* Adds a row; it is in effect when this returns. ERR_FIELD_MISSING, ERR_FIELD_UNKNOWN (both network and system; a limit of a row that
 * denies), ERR_FIELD_VALUE (network: none, or bits beyond its prefix; per_minute), ERR_SYSTEM_NOT_FOUND, ERR_EXISTS (a row of the same
 * action for the same client), ERR_LIMIT (TSA_ACCESS_MAX). */
MUST_CHECK err tsa_access_add(call *c, const tsa_access_request *r, tsa_access_row *out);

/* What is NULL or not there stays: whom a row is about is not changed, but replaced by another. */
typedef struct tsa_access_change {
    bool has_per_minute;
    int64_t per_minute; /* -1: the server's own */
    const char *note;
    int64_t version; /* that the change was made on; 0: whichever it is */
} tsa_access_change;

/* Likewise in effect when this returns. ERR_NOT_FOUND, ERR_STALE, ERR_FIELD_UNKNOWN (a limit of a row that denies), ERR_FIELD_VALUE. */
MUST_CHECK err tsa_access_update(call *c, const uint8_t id[16], const tsa_access_change *change, tsa_access_row *out);

/* Likewise in effect when this returns. ERR_NOT_FOUND. */
MUST_CHECK err tsa_access_remove(call *c, const uint8_t id[16]);

/* In the order of their creation; after may be NULL; limit 1..1000. */
MUST_CHECK err tsa_access_list(call *c, const uint8_t *after, int64_t limit, const tsa_access_row **out, size_t *n);

/* ERR_NOT_FOUND. */
MUST_CHECK err tsa_access_get(call *c, const uint8_t id[16], tsa_access_row *out);

#endif
