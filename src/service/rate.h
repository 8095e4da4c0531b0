/* How often somebody may do something: token buckets by name in a table of fixed size, so that a flood of names costs no memory. */
#ifndef YIQIAN_SERVICE_RATE_H
#define YIQIAN_SERVICE_RATE_H

#include "service/service.h"

/* What is counted. Each has its own buckets. */
typedef enum rate_kind {
    RATE_ANYBODY,        /* calls without credentials, all together; name: none */
    RATE_ORIGIN,         /* the same of one address */
    RATE_CODE_OF_ORIGIN, /* wrong activation codes of one address */
    RATE_CODE_OF_PERSON, /* the same for one staff number, or one workstation's name */
    RATE_SHORT_CODE,     /* wrong short codes of one person's devices */
    RATE_ADDRESS,        /* refusals of one credential's address that are recorded */
    RATE_TSA,            /* timestamps of one client; has no limit of its own: rate_take_within */
    RATE_KINDS
} rate_kind;

/* The table; part of service_open and service_close. */
MUST_CHECK err rate_table_create(service *s);
void rate_table_destroy(service *s);

/* Takes one from the bucket; ERR_RATE with retry_after where it is empty. left (may be NULL): how many it still holds. */
MUST_CHECK err rate_take(call *c, rate_kind kind, bytes name, int64_t *left);

/* The same within a limit that is the caller's. */
MUST_CHECK err rate_take_within(call *c, rate_kind kind, rate_limit limit, bytes name, int64_t *left);

/* Puts one back that was taken for what turned out right. Asking first and taking afterwards would let everything through that comes at once. */
void rate_give(call *c, rate_kind kind, bytes name);

/* A wrong code that somebody without credentials typed, for a name that need not exist; left: how many more for this name. ERR_RATE. */
MUST_CHECK err rate_wrong_code(call *c, const char *name, int64_t *left);

/* The name under which an address is counted: an IPv6 address by its /64, which one subscriber has whole. In the arena; the address
 * itself where that is full. */
bytes rate_origin(call *c);

#endif
