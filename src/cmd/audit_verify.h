/* `yiqian audit verify FILE`, a row of the group audit. */
#ifndef YIQIAN_CMD_AUDIT_VERIFY_H
#define YIQIAN_CMD_AUDIT_VERIFY_H

#include "cmd/session.h"

typedef struct audit_verify_options {
    const char *file, *root;
} audit_verify_options;

enum { AUDIT_VERIFY_ROWS = 2 };
extern const option_row audit_verify_rows[AUDIT_VERIFY_ROWS];

MUST_CHECK err audit_verify(session *s, const void *options);

#endif
