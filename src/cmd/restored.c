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

/* The data directory of that server, where it was set: what stands below it moved with it. */
static const char *former_directory(arena *a, const char *text)
{
    static const char mark[] = "# data_dir = ";
    const char *at = strstr(text, mark);
    return at && (at == text || at[-1] == '\n') ? arena_text(a, at + sizeof mark - 1, strcspn(at + sizeof mark - 1, "\n"))
                                                : NULL;
}

static const char *moved(arena *a, const settings *s, const char *former, const char *value)
{
    size_t n = former ? strlen(former) : 0;
    return n > 0 && strncmp(value, former, n) == 0 && value[n] == '/' ? arena_printf(a, "%s%s", s->data_dir, value + n)
                                                                     : value;
}

/* What is in force where it is not set. */
static const char *fallback(arena *a, const settings *s, const config_row *row)
{
    if (strcmp(row->name, "backup_dir") == 0)
        return arena_printf(a, "%s/backups", s->data_dir);
    if (strcmp(row->name, "public_url") == 0)
        return arena_printf(a, "%s://%s", s->tls_certificate ? "https" : "http", s->listen);
    return NULL;
}

/* A slash at the end of an address or a directory says nothing. */
static size_t length(const char *value)
{
    size_t n = strlen(value);
    return n > 1 && value[n - 1] == '/' ? n - 1 : n;
}

/* "name = value", as settings_as_file writes it; what is a comment or unknown here is none. */
static bool is_otherwise(arena *a, const settings *s, const char *former, const char *line, size_t n, const char **name)
{
    static const char between[] = " = ";
    size_t name_n = strcspn(line, " ");
    const char *value;
    const config_row *row = name_n < n ? row_of(line, name_n) : NULL;
    if (!row || n < name_n + sizeof between - 1 || memcmp(line + name_n, between, sizeof between - 1) != 0 ||
        config_value(a, row, s, &value) != ERR_OK)
        return false;
    const char *there = arena_text(a, line + name_n + sizeof between - 1, n - name_n - (sizeof between - 1));
    if (!there)
        return false;
    there = moved(a, s, former, there);
    value = value ? value : fallback(a, s, row);
    *name = row->name;
    return !there || !value || length(value) != length(there) || memcmp(value, there, length(there)) != 0;
}

void restored_warn(arena *a, const settings *s)
{
    bytes text;
    const char *path = arena_printf(a, "%s/restored-settings.conf", s->data_dir), *names = "";
    if (!path || file_read(a, path, FILE_MAX, &text) != ERR_OK)
        return;
    const char *line = (const char *)text.p, *former = former_directory(a, line);
    while (*line && names && strlen(names) < NAMES_MAX) {
        size_t n = strcspn(line, "\n");
        const char *name;
        if (is_otherwise(a, s, former, line, n, &name))
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
