#include "cmd/agent_open.h"

#include <string.h>

#include "base/text.h"
#include "os/file.h"

/* LINE: an id and its line feed. */
enum { LINE = UUID_TEXT, FILE_MAX = AGENT_OPEN_MAX * LINE, MEMORY = 4 * FILE_MAX };

static void pick(const char *text, uint8_t ids[AGENT_OPEN_MAX][16], size_t *n)
{
    while (*text && *n < AGENT_OPEN_MAX) {
        size_t line = strcspn(text, "\n");
        if (uuid_decode(ids[*n], text, line) == ERR_OK)
            (*n)++;
        text += line + (text[line] == '\n');
    }
}

err agent_open_read(const char *path, uint8_t ids[AGENT_OPEN_MAX][16], size_t *n)
{
    bytes whole;
    *n = 0;
    if (!file_exists(path))
        return ERR_OK;
    arena *a = arena_create(MEMORY);
    if (!a)
        return ERR_MEMORY;
    err e = file_read(a, path, FILE_MAX, &whole);
    if (e == ERR_OK)
        pick((const char *)whole.p, ids, n);
    arena_destroy(a);
    return e;
}

err agent_open_write(const char *path, const uint8_t (*ids)[16], size_t n)
{
    char text[FILE_MAX + 1];
    for (size_t i = 0; i < n; i++) {
        uuid_encode(text + i * LINE, ids[i]);
        text[i * LINE + LINE - 1] = '\n';
    }
    return file_write(path, text, n * LINE, 0600);
}
