#include "cmd/scopes.h"

#include <string.h>

json_t *scopes_array(const char *choices, uint32_t bits)
{
    json_t *array = json_array();
    for (; bits; bits >>= 1) {
        size_t n = strcspn(choices, "|");
        if (bits & 1)
            (void)json_array_append_new(array, json_stringn(choices, n));
        choices += n + (choices[n] == '|');
    }
    return array;
}
