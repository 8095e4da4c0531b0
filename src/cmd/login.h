/* `yiqian login`, in parts. */
#ifndef YIQIAN_CMD_LOGIN_H
#define YIQIAN_CMD_LOGIN_H

#include "cmd/session.h"

typedef struct login_verify_options {
    const char *id, *nonce, *system, *assertion, *signature, *certificate;
    option_list ca, crl;
    int64_t within;
} login_verify_options;

enum { LOGIN_VERIFY_ROWS = 9 };
extern const option_row login_verify_rows[LOGIN_VERIFY_ROWS];

/* login_verify.c */
err login_verify(session *s, const void *options);

#endif
