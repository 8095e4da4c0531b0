/* Users by their staff number. */
#ifndef YIQIAN_CMD_USER_H
#define YIQIAN_CMD_USER_H

#include "cmd/session.h"

/* The user with exactly this staff number. ERR_REMOTE (there is none: told), and what remote_call gives. */
MUST_CHECK err user_find(session *s, const char *staff_no, json_t **user);

/* "/v1/users/{user}" and what stands behind it, for a staff number. ERR_REMOTE, and what remote_call gives. */
MUST_CHECK err user_path(session *s, const char *staff_no, const char *after, const char **path);

/* `yiqian user lost` (src/cmd/user_lost.c). */
typedef struct user_lost_options {
    const char *staff_no, *key_id;
    bool all, yes;
} user_lost_options;

err user_lost(session *s, const void *options);

#endif
