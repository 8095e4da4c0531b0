/* The audit log in blocks of rows that are there in whole (table audit_block): of each the root of its subtree, the times and the origins that are in it, so that
 * a start and an export need not read all leaves and a search goes past what has nothing. Made from the log by housekeeping; behind the last one are the
 * newest rows, and all of them where it has not come to it yet: whoever reads goes through those himself. Nothing of it is under the head's MAC: whoever goes
 * by the roots compares what comes out with the recorded one and reads the leaves where it is another, and audit_fsck makes each block anew. */
#ifndef YIQIAN_AUDIT_AUDIT_BLOCK_H
#define YIQIAN_AUDIT_AUDIT_BLOCK_H

#include <stdatomic.h>

#include "crypto/sm3.h"
#include "store/store.h"

enum {
    AUDIT_BLOCK_LEVEL = 12, /* of the subtree */
    AUDIT_BLOCK_ROWS = 1 << AUDIT_BLOCK_LEVEL,
    AUDIT_BLOCK_FILTER = 8192 /* octets of the filter of origins: one in two thousand is found that is not there, at the most */
};

/* How many there are, from the first row on. */
MUST_CHECK err audit_block_count(store *s, arena *a, int64_t *blocks);

/* Gives `take` each one's root in their order, of the first `max`. What it answers other than ERR_OK ends it. ERR_CORRUPT: there is one missing, or one that is
 * none. ERR_IO, ERR_MEMORY. */
MUST_CHECK err audit_block_each(store *s, int64_t max, err (*take)(void *ctx, const uint8_t root[SM3_SIZE]), void *ctx);

/* What a block may have to have: times from from_ms on and before to_ms, and this origin (NULL: any). */
typedef struct audit_block_wanted {
    int64_t from_ms, to_ms;
    const char *origin;
} audit_block_wanted;

/* The next block that may have it: from `at` upwards, or downwards. *found: -1 where there is none. */
MUST_CHECK err audit_block_find(store *s, const audit_block_wanted *wanted, int64_t at, bool down, int64_t *found);

/* Compares each with what its rows give, until one is otherwise or `stop` is set (ERR_BUSY). *block: that one; -1 where all are right. The rows themselves
 * are audit_fsck's to judge: it comes first. */
MUST_CHECK err audit_block_check(store *s, const atomic_bool *stop, int64_t *block);

/* Makes those that are missing, for a while. */
MUST_CHECK err audit_block_roll_up(store *s);

#endif
