/* After a restore: the settings of the server that was restored lie in the data directory, and nothing applies them. */
#ifndef YIQIAN_CMD_RESTORED_H
#define YIQIAN_CMD_RESTORED_H

#include "cmd/settings.h"

/* Warns in the log of those that are otherwise here, by name; a server that was started bare would be another hospital's without a word. */
void restored_warn(arena *a, const settings *s);

#endif
