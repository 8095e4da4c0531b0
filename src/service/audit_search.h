/* Searching the audit log, however long it is: by the way into it that leads to the fewest rows, in windows of sequences that grow where little is found,
 * past blocks that have nothing (audit_block.h); for so long at the most, saying how far it came. */
#ifndef YIQIAN_SERVICE_AUDIT_SEARCH_H
#define YIQIAN_SERVICE_AUDIT_SEARCH_H

#include "service/audit_log.h"

typedef struct audit_page {
    const audit_entry *entries;
    size_t n;
    int64_t next; /* goes on behind this sequence (newest first: before it); 0: there are no more */
} audit_page;

/* for_ns: when it gives what it has and where to go on; 0: goes on to the end. */
MUST_CHECK err audit_search(call *c, const audit_filter *filter, uint64_t for_ns, audit_page *out);

#endif
