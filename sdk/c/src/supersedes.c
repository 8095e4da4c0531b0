#include "supersedes.h"

err supersedes_read(arena *a, json_value root, const char *const **names, size_t *n)
{
    json_value array, element, value;
    size_t position = 0, at = 0;
    TRY(json_reader_field(&array, root, "supersedes"));
    TRY(json_reader_count(n, array, SUPERSEDES_MAX));
    const char **found = arena_alloc(a, (*n + 1) * sizeof *found);
    if (!found)
        return ERR_MEMORY;
    while (json_reader_next(&element, array, &position)) {
        TRY(json_reader_field(&value, element, "device_name"));
        TRY(json_reader_text(a, &found[at++], value));
    }
    *names = found;
    return ERR_OK;
}
