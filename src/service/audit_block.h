/* The audit log in blocks of rows that are there in whole: of each the root of its subtree, the times and the origins that are in it, so that an export
 * need not read all leaves and a search goes past what has nothing. Made from the log by housekeeping; behind the last one are the newest rows, and all
 * of them where it has not come to it yet: whoever reads goes through those themselves. */
#ifndef YIQIAN_SERVICE_AUDIT_BLOCK_H
#define YIQIAN_SERVICE_AUDIT_BLOCK_H

#include <stdatomic.h>

#include "audit/audit_node.h"
#include "service/audit_log.h"

/* Octets of the filter of origins: one in two thousand is found that is not there, at the most. */
enum { AUDIT_BLOCK_FILTER = 8192 };

/* How many there are, from the first row on. */
MUST_CHECK err audit_block_count(const service *s, arena *a, int64_t *blocks);

/* The next block that may have a row of the filter's times (and, with_origin, of its origin): from `at` downwards where the newest come first, else upwards.
 * *found: -1 where there is none. */
MUST_CHECK err audit_block_find(call *c, const audit_filter *f, bool with_origin, int64_t at, int64_t *found);

/* Compares each with what its rows give, until one is otherwise or `stop` is set (ERR_BUSY). *block: that one; -1 where all are right. The rows themselves
 * are audit_fsck's to judge: it comes first. */
MUST_CHECK err audit_block_check(const service *s, const atomic_bool *stop, int64_t *block);

/* Makes those that are missing, for a while. Part of service_housekeeping. */
MUST_CHECK err audit_block_roll_up(service *s);

#endif
