#include "os/config.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "os/file.h"
#include "os/log.h"

enum { FILE_MAX = 1024 * 1024, NAME_MAX_BYTES = 64 };

static const char prefix[] = "YIQIAN_";

/* One load: where the values go, and from where the present one comes. */
typedef struct load {
    arena *a;
    const config_table *table;
    uint8_t *target;
    const char *where; /* "yiqian.conf:12", "YIQIAN_LISTEN", "--listen" */
    const char **origins;
    char *message;
} load;

static err fail(const load *l, const char *format, ...) __attribute__((format(printf, 2, 3)));
static err fail(const load *l, const char *format, ...)
{
    int n = snprintf(l->message, CONFIG_MESSAGE, "%s: ", l->where);
    if (n > 0 && n < CONFIG_MESSAGE) {
        va_list args;
        va_start(args, format);
        (void)vsnprintf(l->message + n, (size_t)(CONFIG_MESSAGE - n), format, args);
        va_end(args);
    }
    return ERR_CONFIG;
}

typedef struct unit {
    const char *name;
    int64_t factor;
} unit;

static const unit size_units[] = {{"", 1}, {"KiB", 1024}, {"MiB", 1024 * 1024}, {"GiB", 1024 * 1024 * 1024}, {NULL, 0}};
static const unit second_units[] = {{"", 1}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}, {NULL, 0}};
static const unit no_units[] = {{"", 1}, {NULL, 0}};

static const unit *units_of(config_kind kind)
{
    return kind == CONFIG_SIZE ? size_units : kind == CONFIG_SECONDS ? second_units : no_units;
}

/* A bound as a person would write it: with the largest unit that leaves no rest. */
static void number_text(char *out, size_t cap, config_kind kind, int64_t value)
{
    const unit *best = units_of(kind);
    for (const unit *u = best; u->name; u++)
        if (*u->name && value != 0 && value % u->factor == 0)
            best = u;
    (void)snprintf(out, cap, "%" PRId64 "%s%s", value / best->factor, kind == CONFIG_SIZE && *best->name ? " " : "",
                   best->name);
}

void config_allowed(char out[CONFIG_ALLOWED], const config_row *row)
{
    static const char *const forms[] = {
        [CONFIG_TEXT] = "text of",
        [CONFIG_PATH] = "a path of",
        [CONFIG_INT] = "a whole number from",
        [CONFIG_SIZE] = "bytes, or a number with KiB, MiB or GiB, from",
        [CONFIG_SECONDS] = "seconds, or a number with s, m, h or d, from",
    };
    if (row->kind == CONFIG_BOOL) {
        (void)snprintf(out, CONFIG_ALLOWED, "true or false");
        return;
    }
    char low[32], high[32];
    number_text(low, sizeof low, row->kind, row->min);
    number_text(high, sizeof high, row->kind, row->max);
    bool text = row->kind == CONFIG_TEXT || row->kind == CONFIG_PATH;
    (void)snprintf(out, CONFIG_ALLOWED, "%s %s to %s%s", forms[row->kind], low, high, text ? " bytes" : "");
}

static err fail_value(const load *l, const config_row *row, const char *value)
{
    char allowed[CONFIG_ALLOWED];
    config_allowed(allowed, row);
    if (row->kind == CONFIG_TEXT || row->kind == CONFIG_PATH)
        return fail(l, "%s: want %s", row->name, allowed);
    return fail(l, "%s: \"%.40s\" is not valid, want %s", row->name, value, allowed);
}

static bool read_number(int64_t *out, const config_row *row, const char *value)
{
    if (!isdigit((unsigned char)*value) && *value != '-')
        return false;
    char *end;
    errno = 0;
    long long number = strtoll(value, &end, 10);
    if (errno != 0 || end == value)
        return false;
    end += *end == ' ';
    for (const unit *u = units_of(row->kind); u->name; u++) {
        if (strcmp(u->name, end) != 0)
            continue;
        if (number > INT64_MAX / u->factor || number < INT64_MIN / u->factor)
            return false;
        *out = number * u->factor;
        return *out >= row->min && *out <= row->max;
    }
    return false;
}

static bool read_bool(bool *out, const char *value)
{
    static const char *const words[] = {"false", "true", "no", "yes", "off", "on", "0", "1"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(words[i], value) == 0) {
            *out = i % 2;
            return true;
        }
    }
    return false;
}

static bool read_text(const config_row *row, const char *value)
{
    size_t n = strlen(value);
    if ((uint64_t)n < (uint64_t)row->min || (uint64_t)n > (uint64_t)row->max || !utf8_valid(value, n))
        return false;
    for (; *value; value++)
        if ((unsigned char)*value < 0x20 || *value == 0x7f)
            return false;
    return true;
}

static err set_text(const load *l, const config_row *row, const char *value)
{
    const char *copy = value ? arena_text(l->a, value, strlen(value)) : NULL;
    if (value && !copy)
        return ERR_MEMORY;
    memcpy(l->target + row->offset, &copy, sizeof copy);
    return ERR_OK;
}

/* A value that is set is the newest one: the later source wins. */
static void note_origin(const load *l, const config_row *row, bool is_default)
{
    if (l->origins)
        l->origins[row - l->table->rows] = is_default ? NULL : l->where;
}

static err set_value(const load *l, const config_row *row, const char *value)
{
    note_origin(l, row, false);
    if (row->kind == CONFIG_TEXT || row->kind == CONFIG_PATH)
        return read_text(row, value) ? set_text(l, row, value) : fail_value(l, row, value);
    if (row->kind == CONFIG_BOOL) {
        bool flag;
        if (!read_bool(&flag, value))
            return fail_value(l, row, value);
        memcpy(l->target + row->offset, &flag, sizeof flag);
        return ERR_OK;
    }
    int64_t number;
    if (!read_number(&number, row, value))
        return fail_value(l, row, value);
    memcpy(l->target + row->offset, &number, sizeof number);
    return ERR_OK;
}

static err set_defaults(load *l)
{
    l->where = "default";
    for (size_t i = 0; i < l->table->n; i++) {
        const config_row *row = &l->table->rows[i];
        TRY(row->fallback ? set_value(l, row, row->fallback) : set_text(l, row, NULL));
        note_origin(l, row, true);
    }
    return ERR_OK;
}

static const config_row *row_of(const config_table *table, const char *name)
{
    for (size_t i = 0; i < table->n; i++)
        if (strcmp(table->rows[i].name, name) == 0)
            return &table->rows[i];
    return NULL;
}

/* A row's name from n characters of another spelling (upper case, hyphens). False: longer than any name. */
static bool row_name(char out[NAME_MAX_BYTES], const char *text, size_t n, bool upper)
{
    if (n >= NAME_MAX_BYTES)
        return false;
    for (size_t i = 0; i < n; i++)
        out[i] = upper ? (char)tolower((unsigned char)text[i]) : text[i] == '-' ? '_' : text[i];
    out[n] = 0;
    return true;
}

/* Which rows are taken: that which names the file must be known before the file is read. */
typedef enum pass { FILE_ROW_ONLY, ALL_ROWS } pass;

static bool wanted(const load *l, const config_row *row, pass p)
{
    return p == ALL_ROWS || (l->table->file_row && strcmp(row->name, l->table->file_row) == 0);
}

static bool is_others(const config_source *source, const char *name, size_t n)
{
    for (const char *const *at = source->others; at && *at; at++)
        if (strlen(*at) == n && memcmp(*at, name, n) == 0)
            return true;
    return false;
}

static err load_environment(load *l, const config_source *source, pass p, bool *found)
{
    size_t prefix_n = sizeof prefix - 1;
    for (const char *const *at = source->environment; at && *at; at++) {
        const char *equals = strchr(*at, '=');
        char name[NAME_MAX_BYTES];
        if (!equals || strncmp(*at, prefix, prefix_n) != 0)
            continue;
        size_t n = (size_t)(equals - *at);
        const config_row *row = row_name(name, *at + prefix_n, n - prefix_n, true) ? row_of(l->table, name) : NULL;
        if (!row) {
            if (p == ALL_ROWS && !is_others(source, *at, n))
                log_write(LOG_WARN, "config", "%.*s in the environment is not a setting", (int)n, *at);
            continue;
        }
        if (!wanted(l, row, p))
            continue;
        l->where = arena_text(l->a, *at, n);
        if (!l->where)
            return ERR_MEMORY;
        TRY(set_value(l, row, equals + 1));
        *found = true;
    }
    return ERR_OK;
}

static err load_argument(load *l, const config_source *source, size_t *i, pass p, bool *found)
{
    const char *option = source->arguments[(*i)++];
    size_t n = strcspn(option, "=");
    l->where = arena_text(l->a, option, n);
    if (!l->where)
        return ERR_MEMORY;
    if (strncmp(option, "--", 2) != 0 || n == 2)
        return fail(l, "not an option; options begin with --");
    char name[NAME_MAX_BYTES];
    const config_row *row = row_name(name, option + 2, n - 2, false) ? row_of(l->table, name) : NULL;
    if (!row)
        return fail(l, "no such option; --help lists them");
    const char *next = *i < source->arguments_n ? source->arguments[*i] : NULL;
    const char *value = option[n] == '=' ? option + n + 1 : NULL;
    bool flag;
    if (!value && row->kind == CONFIG_BOOL && !(next && read_bool(&flag, next)))
        value = "true";
    if (!value) {
        if (!next)
            return fail(l, "needs a value");
        value = next;
        (*i)++;
    }
    if (!wanted(l, row, p))
        return ERR_OK;
    *found = true;
    return set_value(l, row, value);
}

static err load_arguments(load *l, const config_source *source, pass p, bool *found)
{
    for (size_t i = 0; i < source->arguments_n;)
        TRY(load_argument(l, source, &i, p, found));
    return ERR_OK;
}

/* Cuts white space off both ends, in place. */
static char *trim(char *text)
{
    text += strspn(text, " \t\r");
    size_t n = strlen(text);
    while (n > 0 && strchr(" \t\r", text[n - 1]))
        n--;
    text[n] = 0;
    return text;
}

static err load_line(load *l, char *line, bool *seen)
{
    line = trim(line);
    if (!*line || *line == '#')
        return ERR_OK;
    char *equals = strchr(line, '=');
    if (!equals)
        return fail(l, "want \"name = value\"");
    *equals = 0;
    const char *name = trim(line);
    const config_row *row = row_of(l->table, name);
    if (!row)
        return fail(l, "no such setting: %.60s", name);
    size_t index = (size_t)(row - l->table->rows);
    if (seen[index])
        return fail(l, "%s is set twice", row->name);
    seen[index] = true;
    return set_value(l, row, trim(equals + 1));
}

static err load_lines(load *l, const char *path, bytes text, bool *seen)
{
    static const char byte_order_mark[] = "\xef\xbb\xbf"; /* some editors on Windows write it */
    char *at = (char *)(uintptr_t)text.p;
    if (strncmp(at, byte_order_mark, 3) == 0)
        at += 3;
    for (unsigned number = 1; at; number++) {
        char *end = strchr(at, '\n');
        if (end)
            *end = 0;
        l->where = arena_printf(l->a, "%s:%u", path, number);
        if (!l->where)
            return ERR_MEMORY;
        if (!utf8_valid(at, strlen(at)))
            return fail(l, "not UTF-8");
        TRY(load_line(l, at, seen));
        at = end ? end + 1 : NULL;
    }
    return ERR_OK;
}

static err load_file(load *l, const char *path, bool named)
{
    bytes text;
    l->where = path;
    err e = file_read(l->a, path, FILE_MAX, &text);
    if (e == ERR_NOT_FOUND && !named)
        return ERR_OK;
    if (e == ERR_MEMORY)
        return e;
    if (e != ERR_OK)
        return fail(l, "%s",
                    e == ERR_NOT_FOUND   ? "there is no such file"
                    : e == ERR_FORBIDDEN ? "no permission to read it"
                    : e == ERR_LIMIT     ? "larger than 1 MiB"
                                         : "cannot be read");
    if (memchr(text.p, 0, text.n))
        return fail(l, "not a text file");
    bool *seen = arena_alloc(l->a, l->table->n * sizeof *seen);
    return seen ? load_lines(l, path, text, seen) : ERR_MEMORY;
}

err config_load(arena *a, void *target, const config_table *table, const config_source *source,
                char message[CONFIG_MESSAGE])
{
    load l = {a, table, target, "", source->origins, message};
    bool named = false, found = false;
    message[0] = 0;
    TRY(set_defaults(&l));
    if (table->file_row) {
        TRY(load_environment(&l, source, FILE_ROW_ONLY, &named));
        TRY(load_arguments(&l, source, FILE_ROW_ONLY, &named));
        const char *path;
        memcpy(&path, l.target + row_of(table, table->file_row)->offset, sizeof path);
        if (path)
            TRY(load_file(&l, path, named));
    }
    TRY(load_environment(&l, source, ALL_ROWS, &found));
    return load_arguments(&l, source, ALL_ROWS, &found);
}

err config_value(arena *a, const config_row *row, const void *target, const char **out)
{
    const uint8_t *at = (const uint8_t *)target + row->offset;
    char number[32];
    *out = NULL;
    if (row->secret)
        return ERR_OK;
    if (row->kind == CONFIG_TEXT || row->kind == CONFIG_PATH) {
        memcpy(out, at, sizeof *out);
        return ERR_OK;
    }
    if (row->kind == CONFIG_BOOL) {
        bool flag;
        memcpy(&flag, at, sizeof flag);
        *out = flag ? "true" : "false";
        return ERR_OK;
    }
    int64_t value;
    memcpy(&value, at, sizeof value);
    number_text(number, sizeof number, row->kind, value);
    *out = arena_text(a, number, strlen(number));
    return *out ? ERR_OK : ERR_MEMORY;
}

static void print_spelled(FILE *out, const char *name, bool upper)
{
    for (; *name; name++)
        (void)fputc(upper ? toupper((unsigned char)*name) : *name == '_' ? '-' : *name, out);
}

void config_help(FILE *out, const config_table *table)
{
    for (size_t i = 0; i < table->n; i++) {
        const config_row *row = &table->rows[i];
        char allowed[CONFIG_ALLOWED];
        config_allowed(allowed, row);
        (void)fputs("  --", out);
        print_spelled(out, row->name, false);
        (void)fprintf(out, "%s\n      %s\n      %s\n      %s; ", row->kind == CONFIG_BOOL ? "" : " VALUE", row->help_zh,
                      row->help_en, allowed);
        (void)fprintf(out, "%s%s\n", row->fallback ? "default " : "no default", row->fallback ? row->fallback : "");
    }
}

void config_sample(FILE *out, const config_table *table)
{
    for (size_t i = 0; i < table->n; i++) {
        const config_row *row = &table->rows[i];
        char allowed[CONFIG_ALLOWED];
        if (table->file_row && strcmp(row->name, table->file_row) == 0)
            continue;
        config_allowed(allowed, row);
        (void)fprintf(out, "# %s\n# %s\n# (%s)\n#%s = %s\n\n", row->help_zh, row->help_en, allowed, row->name,
                      row->fallback ? row->fallback : "");
    }
}

/* A bar would end the cell. */
static void print_cell(FILE *out, const char *text)
{
    (void)fputc(' ', out);
    for (; *text; text++) {
        if (*text == '|')
            (void)fputc('\\', out);
        (void)fputc(*text, out);
    }
    (void)fputs(" |", out);
}

void config_markdown(FILE *out, const config_table *table)
{
    (void)fputs("| 名称 Name | 默认值 Default | 取值 Allowed | 说明 | Meaning |\n|---|---|---|---|---|\n", out);
    for (size_t i = 0; i < table->n; i++) {
        const config_row *row = &table->rows[i];
        char allowed[CONFIG_ALLOWED];
        config_allowed(allowed, row);
        (void)fprintf(out, "| `%s` |", row->name);
        print_cell(out, row->fallback && *row->fallback ? row->fallback : "-");
        print_cell(out, allowed);
        print_cell(out, row->help_zh);
        print_cell(out, row->help_en);
        (void)fputc('\n', out);
    }
}
