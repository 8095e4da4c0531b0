/* What a credential may be used for: the scopes of business systems and of operator tokens. */
#ifndef YIQIAN_SERVICE_SCOPE_H
#define YIQIAN_SERVICE_SCOPE_H

#include <stdint.h>

#include "base/arena.h"

enum {
    SCOPE_TASKS = 1 << 0,
    SCOPE_USERS = 1 << 1,
    SCOPE_VERIFY = 1 << 2,
    SCOPE_OPERATOR = 1 << 3,
    SCOPE_ADMINISTRATOR = 1 << 4,
    SCOPE_AUDITOR = 1 << 5,
    SCOPE_TIMESTAMPS = 1 << 6,
    SCOPE_OF_SYSTEMS = SCOPE_TASKS | SCOPE_USERS | SCOPE_VERIFY | SCOPE_TIMESTAMPS,
    SCOPE_OF_OPERATORS = SCOPE_OPERATOR | SCOPE_ADMINISTRATOR | SCOPE_AUDITOR
};

enum { SCOPE_COUNT = 7 };

/* The name of the scope 1 << index, index < SCOPE_COUNT. */
const char *scope_name(unsigned index);

/* The bit of a name; 0 for none. */
uint32_t scope_bit(const char *name);

/* As stored: names separated by one space. NULL where the arena is full; ERR_CORRUPT for text that scope_text does not make. */
const char *scope_text(arena *a, uint32_t scopes);
MUST_CHECK err scope_parse(const char *text, uint32_t *scopes);

#endif
