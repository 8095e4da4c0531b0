/* Roots of full subtrees of the log that are kept beside it (table audit_block; service/audit_block.h makes them), from the first row on. They are not
 * under the head's MAC by themselves: whoever goes by them compares what comes out with the recorded root, and reads the leaves where it does not. */
#ifndef YIQIAN_AUDIT_AUDIT_NODE_H
#define YIQIAN_AUDIT_AUDIT_NODE_H

#include "crypto/sm3.h"
#include "store/store.h"

enum {
    AUDIT_BLOCK_LEVEL = 12, /* of the subtree */
    AUDIT_BLOCK_ROWS = 1 << AUDIT_BLOCK_LEVEL
};

/* Gives `take` each in its order, the first `max` of them. What it answers other than ERR_OK ends it. ERR_CORRUPT: there is one missing, or one that is
 * none. ERR_IO, ERR_MEMORY. */
MUST_CHECK err audit_node_each(store *s, int64_t max, err (*take)(void *ctx, const uint8_t root[SM3_SIZE]), void *ctx);

#endif
