/* The time for other systems, and signed for who asks with a nonce. */
#ifndef YIQIAN_SERVICE_TIME_STATEMENT_H
#define YIQIAN_SERVICE_TIME_STATEMENT_H

#include "service/time_watch.h"

enum { TIME_NONCE_MIN = 8, TIME_NONCE_MAX = 64 };

/* text is what is signed (SM2 with SM3, the default ID), lines of "name=value":
 *
 *     yiqian-time/1
 *     nonce, utc (RFC 3339 with microseconds), error_us, leap, state, signer (the serial of its certificate, hex)
 *
 * All in the call's arena. */
typedef struct time_statement {
    time_now now;
    time_state state;
    int zone_minutes;
    const char *utc;
    const char *text; /* NULL where no nonce was given, and so the next two */
    bytes signature;  /* r || s */
    bytes certificate;
} time_statement;

/* nonce: TIME_NONCE_MIN to TIME_NONCE_MAX letters, digits, '-' and '_'; NULL: not signed. ERR_TIME, ERR_FIELD_VALUE, ERR_FIELD_LENGTH,
 * ERR_SELF_TEST. */
MUST_CHECK err time_state_now(call *c, const char *nonce, time_statement *out);

#endif
