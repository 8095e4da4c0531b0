/* What the server says a new certificate will supersede, to be shown to the person before it is asked for. */
#ifndef YIQIAN_SDK_SUPERSEDES_H
#define YIQIAN_SDK_SUPERSEDES_H

#include "json_reader.h"

enum { SUPERSEDES_MAX = 200 };

/* The names of the devices in the array `supersedes` of an answer, in the arena. ERR_FIELD_*, ERR_MEMORY. */
MUST_CHECK err supersedes_read(arena *a, json_value root, const char *const **names, size_t *n);

#endif
