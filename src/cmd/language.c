#include "cmd/language.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static bool chinese;

void language_choose(void)
{
    static const char *const variables[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    const char *value = NULL;
    for (size_t i = 0; i < sizeof variables / sizeof *variables && (!value || !*value); i++)
        value = getenv(variables[i]);
    chinese = value && strncmp(value, "zh", 2) == 0;
}

bool language_is_chinese(void)
{
    return chinese;
}

const char *say(phrase p)
{
    return chinese ? p.zh : p.en;
}
