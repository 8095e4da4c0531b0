#include "cmd/restored.h"

#include <string.h>

#include "os/file.h"
#include "os/log.h"

enum { FILE_MAX = 256 << 10, NAMES_MAX = 300 };

static const config_row *row_of(const char *name, size_t n)
{
    for (size_t i = 0; i < settings_table.n; i++)
        if (strlen(settings_table.rows[i].name) == n && memcmp(settings_table.rows[i].name, name, n) == 0)
            return &settings_table.rows[i];
    return NULL;
}

/* "name = value", as settings_as_file writes it; what is a comment or unknown here is none. */
static bool is_otherwise(arena *a, const settings *s, const char *line, size_t n, const char **name)
{
    static const char between[] = " = ";
    size_t name_n = strcspn(line, " ");
    const char *value;
    const config_row *row = name_n < n ? row_of(line, name_n) : NULL;
    if (!row || n < name_n + sizeof between - 1 || memcmp(line + name_n, between, sizeof between - 1) != 0 ||
        config_value(a, row, s, &value) != ERR_OK)
        return false;
    const char *there = line + name_n + sizeof between - 1;
    size_t there_n = n - name_n - (sizeof between - 1);
    *name = row->name;
    return !value || strlen(value) != there_n || memcmp(value, there, there_n) != 0;
}

void restored_warn(arena *a, const settings *s)
{
    bytes text;
    const char *path = arena_printf(a, "%s/restored-settings.conf", s->data_dir), *names = "";
    if (!path || file_read(a, path, FILE_MAX, &text) != ERR_OK)
        return;
    const char *line = (const char *)text.p;
    while (*line && names && strlen(names) < NAMES_MAX) {
        size_t n = strcspn(line, "\n");
        const char *name;
        if (is_otherwise(a, s, line, n, &name))
            names = arena_printf(a, "%s%s%s", names, *names ? ", " : "", name);
        line += n + (line[n] == '\n');
    }
    if (names && *names)
        log_write(LOG_WARN, "yiqiand",
                  "settings of the server that was restored are otherwise here, and certificates and pages say what is "
                  "here: %s; "
                  "take them over from %s, or remove that file",
                  names, path);
}
