/* A part of the audit log that somebody can check without this server: the rows, and around them the roots of the subtrees that stand for what comes
 * before and after them, so that together they give the root of the whole tree, which the server signs (docs/operations/monitoring.md). */
#ifndef YIQIAN_SERVICE_AUDIT_EXPORT_H
#define YIQIAN_SERVICE_AUDIT_EXPORT_H

#include "audit/merkle.h"
#include "service/audit_log.h"

/* So many that a request's memory holds them twice, as rows and as text, with details as long as they may be. */
enum { AUDIT_EXPORT_ROWS = 2000, AUDIT_EXPORT_NODES = 2 * MERKLE_LEVELS };

typedef struct audit_node {
    unsigned level;
    uint8_t hash[SM3_SIZE];
} audit_node;

typedef struct audit_export {
    int64_t from, to; /* sequences of the first and the last row; from > to: none */
    uint64_t size;    /* of the tree whose root this is */
    uint8_t root[SM3_SIZE];
    size_t before_n, after_n;
    audit_node before[MERKLE_LEVELS], after[AUDIT_EXPORT_NODES]; /* from the left to the right */
    const audit_entry *rows;
    size_t n;
    const char *statement; /* what is signed: the head, in lines of "name=value" */
    uint8_t signature[64]; /* SM2 with SM3 under the default ID, r || s */
    bytes certificate;     /* of the key, DER, by the issuing CA */
} audit_export;

/* The rows from this sequence on, AUDIT_EXPORT_ROWS at the most. ERR_SELF_TEST (it cannot be signed), ERR_CORRUPT (the log is not what its head
 * says). */
MUST_CHECK err audit_export_read(call *c, int64_t from, int64_t rows, audit_export *out);

/* The first row that is not older; the log's size + 1 where there is none. */
MUST_CHECK err audit_export_from(call *c, int64_t time_ms, int64_t *sequence);

#endif
