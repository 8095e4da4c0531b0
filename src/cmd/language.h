/* What the command line says, in Chinese or English: both stand side by side, the environment chooses. */
#ifndef YIQIAN_CMD_LANGUAGE_H
#define YIQIAN_CMD_LANGUAGE_H

#include <stdbool.h>

typedef struct phrase {
    const char *zh, *en; /* both NULL: nothing to say */
} phrase;

/* Chinese where the first of LC_ALL, LC_MESSAGES and LANG that is not empty begins with "zh" (POSIX XBD 8.2), else English.
 * Before any other thread runs. */
void language_choose(void);

bool language_is_chinese(void);

/* The phrase in the language chosen; English before that. Static storage. */
const char *say(phrase p);

#endif
