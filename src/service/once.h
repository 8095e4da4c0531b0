/* Acting once: a request that makes something (WHO_ONCE, api/api.h) and carries an Idempotency-Key acts once however often it comes, and is answered again what it was answered. That it
 * acted becomes durable with the act itself (call_commit), so that no crash lies between; what it was answered is kept afterwards, sealed because it may hold a
 * secret that is shown this once, and for a short time. Then, or where it was lost, only that it acted is known. */
#ifndef YIQIAN_SERVICE_ONCE_H
#define YIQIAN_SERVICE_ONCE_H

#include "service/idempotency.h"

enum {
    ONCE_ANSWER_MINUTES = 15,   /* how long an answer is kept; that it acted, as other keys are */
    ONCE_ANSWER_MAX = 256 << 10 /* a longer one is not kept */
};

/* Before it acts; from here on the call's first unit that is committed as done says so. *answer: what it was answered before, in the arena; empty: it did not
 * act. ERR_IDEMPOTENCY (the key is another request's, or of one that looks after its key itself: service/idempotency.h), ERR_ANSWER_LOST (it acted; what it was
 * answered is not there any more), ERR_BUSY (it acts just now). */
MUST_CHECK err once_begin(call *c, const idempotency *i, bytes *answer);

/* Whether it acted. */
bool once_is_noted(const struct call_once *once);

/* What it is answered; not kept where it is too long. */
MUST_CHECK err once_keep(call *c, const struct call_once *once, bytes answer);

/* For service/service.c: adds to the unit, once, that it acted; the unit is durable; and answers whose time is over are forgotten. */
void once_add(call *c, store_unit *unit);
void once_committed(call *c);
MUST_CHECK err once_housekeeping(call *c);

#endif
