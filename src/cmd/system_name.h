/* A business system by the name that people know it by. */
#ifndef YIQIAN_CMD_SYSTEM_NAME_H
#define YIQIAN_CMD_SYSTEM_NAME_H

#include "cmd/session.h"

/* The id of a business system that is given by name or id. ERR_REMOTE (there is none: told). */
MUST_CHECK err system_name_find(session *s, const char *name, const char **id);

#endif
