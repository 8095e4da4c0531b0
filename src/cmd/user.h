/* Users by their staff number. */
#ifndef YIQIAN_CMD_USER_H
#define YIQIAN_CMD_USER_H

#include "cmd/session.h"

/* The user with exactly this staff number. ERR_REMOTE (there is none: told), and what remote_call gives. */
MUST_CHECK err user_find(session *s, const char *staff_no, json_t **user);

#endif
