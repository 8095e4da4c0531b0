/* The bytes of an audit row that its leaf hash covers: the columns in their order, each as u32be length || bytes; numbers as 8
 * bytes, two's complement, big-endian; texts in UTF-8; NULL as the length 0xffffffff and no bytes. */
#ifndef YIQIAN_AUDIT_AUDIT_ROW_H
#define YIQIAN_AUDIT_AUDIT_ROW_H

#include "crypto/sm3.h"
#include "store/store.h"

/* sequence, time_ms, event, outcome, actor, subject, origin, detail; and after them, not covered, the leaf. */
enum {
    AUDIT_SEQUENCE = 0,
    AUDIT_TIME = 1,
    AUDIT_EVENT = 2,
    AUDIT_DETAIL = 7,
    AUDIT_FIELDS = 8,
    AUDIT_LEAF = 8,
    AUDIT_COLUMNS = 9
};

/* leaf = SM3(0x00 || row). ERR_CORRUPT where a field is of a type that was never written there. */
MUST_CHECK err audit_row_leaf(uint8_t leaf[SM3_SIZE], const store_value fields[AUDIT_FIELDS]);

#endif
