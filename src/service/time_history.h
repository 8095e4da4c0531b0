/* The clock's history: a signed chain of what the clock was found to be (tsa/clock_statement.h), a link at each change of its state and once an
 * hour. What the chain cannot show by itself is that its end was cut off: for that, a later link or the audit log is compared. */
#ifndef YIQIAN_SERVICE_TIME_HISTORY_H
#define YIQIAN_SERVICE_TIME_HISTORY_H

#include "service/service.h"

typedef struct time_link {
    int64_t sequence, at_us;
    const char *state;
    bytes text, signature;
} time_link;

/* Those after this number, oldest first, at most TIME_HISTORY_PAGE. */
enum { TIME_HISTORY_PAGE = 200 };
MUST_CHECK err time_history_list(call *c, int64_t after, int64_t limit, const time_link **out, size_t *n);

/* The certificates of all keys that ever signed it, DER, oldest first. */
MUST_CHECK err time_history_signers(call *c, const bytes **out, size_t *n);

#endif
