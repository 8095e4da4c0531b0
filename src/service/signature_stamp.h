/* Timestamps on finished signatures. Where a business system asks for them (system.stamps), the unit of work that records a signature of its
 * task holds the timestamp too, so that one is never durable without the other. Where no timestamp can be had (the time is not available, the
 * unit is stopped) people sign all the same: the row stays open, and housekeeping stamps it as soon as that is possible again. What is stamped is what
 * a SignerInfo carries as its signature: SM2Signature in DER, hashed with SM3 (RFC 3161 Appendix A). */
#ifndef YIQIAN_SERVICE_SIGNATURE_STAMP_H
#define YIQIAN_SERVICE_SIGNATURE_STAMP_H

#include "service/task.h"

enum {
    SIGNATURE_STAMP_UNIT = 250,  /* made in one unit of work */
    SIGNATURE_STAMP_ROUND = 1000 /* in one round of housekeeping */
};

/* A signature that is to be stamped. The system is named as the timestamp's client. */
typedef struct signature_stamp {
    const uint8_t *task, *system; /* ids */
    const uint8_t *rs;            /* 64 bytes */
} signature_stamp;

/* Adds to the unit that records the signature its timestamp, or the open row of one. ERR_MEMORY; ERR_EXISTS comes out of the commit where
 * timestamp_add says so. */
MUST_CHECK err signature_stamp_add(call *c, store_unit *unit, const signature_stamp *s);

/* Part of housekeeping: stamps what is open, the oldest first; whose timestamp came is told (task.stamped). */
MUST_CHECK err signature_stamp_housekeeping(call *c);

/* The token of a stamped task, DER, in the call's arena; empty where there is none. ERR_CORRUPT, ERR_MEMORY. */
MUST_CHECK err signature_stamp_token(call *c, const task *t, bytes *token);

#endif
