#include "cmd/options.h"

#include <string.h>

#include "base/text.h"
#include "cmd/table.h"

static const phrase unknown = {"没有这个选项", "there is no such option"};
static const phrase surplus = {"多余的参数", "one argument too many"};
static const phrase twice = {"只能给一次", "may be given only once"};
static const phrase too_many = {"给得太多", "given too often"};
static const phrase no_value = {"缺少取值", "its value is missing"};
static const phrase unwanted_value = {"不接受取值", "takes no value"};
static const phrase not_text = {"不是 UTF-8 文本", "is not UTF-8 text"};
static const phrase not_path = {"不能为空", "must not be empty"};
static const phrase missing = {"缺少", "missing"};

static err wrong(char message[OPTIONS_MESSAGE], const char *name, phrase what)
{
    (void)snprintf(message, OPTIONS_MESSAGE, language_is_chinese() ? "%.100s：%s" : "%.100s: %s", name, say(what));
    return ERR_ARG;
}

/* How a message names a row: --name, or NAME. */
static const char *shown_name(const option_row *row, char out[64])
{
    (void)snprintf(out, 64, "%s%s", row->flags & OPTION_OPERAND ? "" : "--", row->name);
    return out;
}

static err wrong_row(char message[OPTIONS_MESSAGE], const option_row *row, phrase what)
{
    char name[64];
    return wrong(message, shown_name(row, name), what);
}

/* "must be 60 to 2592000 (seconds)" */
static err wrong_number(char message[OPTIONS_MESSAGE], const option_row *row)
{
    static const phrase number = {"应为整数", "must be a number"};
    static const phrase seconds = {"应为秒数（可写 30m、24h、7d）", "must be seconds (or 30m, 24h, 7d)"};
    char name[64];
    (void)snprintf(message, OPTIONS_MESSAGE, "%s: %s, %lld..%lld", shown_name(row, name),
                   say(row->kind == OPTION_SECONDS ? seconds : number), (long long)row->min, (long long)row->max);
    return ERR_ARG;
}

static int64_t unit_seconds(const char *unit)
{
    static const struct {
        char letter;
        int64_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (unit[0] == units[i].letter && !unit[1])
            return units[i].seconds;
    return 0;
}

static err read_number(const option_row *row, const char *value, int64_t *out, char message[OPTIONS_MESSAGE])
{
    enum { DIGITS = 18 }; /* they fit an int64_t */
    int64_t number = 0;
    size_t n = strspn(value, "0123456789");
    int64_t unit = !value[n] ? 1 : row->kind == OPTION_SECONDS ? unit_seconds(value + n) : 0;
    if (n == 0 || n > DIGITS || unit == 0)
        return wrong_number(message, row);
    for (size_t i = 0; i < n; i++)
        number = number * 10 + (value[i] - '0');
    if (number > row->max / unit || number * unit < row->min)
        return wrong_number(message, row);
    *out = number * unit;
    return ERR_OK;
}

/* Which of the choices the n characters are; -1 for none. */
static int choice_index(const char *choices, const char *value, size_t n)
{
    for (int i = 0;; i++) {
        size_t length = strcspn(choices, "|");
        if (length == n && memcmp(choices, value, n) == 0)
            return i;
        if (!choices[length])
            return -1;
        choices += length + 1;
    }
}

static err wrong_choice(char message[OPTIONS_MESSAGE], const option_row *row)
{
    static const phrase one = {"应为", "must be one of"}, some = {"应为逗号分隔的", "must be, separated by commas, of"};
    char name[64];
    (void)snprintf(message, OPTIONS_MESSAGE, "%s: %s %s", shown_name(row, name),
                   say(row->kind == OPTION_SET ? some : one), row->choices);
    return ERR_ARG;
}

static err read_choice(const option_row *row, const char *value, const char **out, char message[OPTIONS_MESSAGE])
{
    *out = value;
    return choice_index(row->choices, value, strlen(value)) >= 0 ? ERR_OK : wrong_choice(message, row);
}

static err read_set(const option_row *row, const char *value, uint32_t *out, char message[OPTIONS_MESSAGE])
{
    for (;;) {
        size_t n = strcspn(value, ",");
        int index = choice_index(row->choices, value, n);
        if (index < 0)
            return wrong_choice(message, row);
        *out |= UINT32_C(1) << index;
        if (!value[n])
            return ERR_OK;
        value += n + 1;
    }
}

static err append(const option_row *row, option_list *list, const char *value, char message[OPTIONS_MESSAGE])
{
    if (list->n == OPTION_LIST_MAX)
        return wrong_row(message, row, too_many);
    list->items[list->n++] = value;
    return ERR_OK;
}

static err read_value(option_table *t, size_t i, const char *value, char message[OPTIONS_MESSAGE])
{
    const option_row *row = &t->rows[i];
    void *target = (char *)t->target + row->offset;
    if (t->given >> i & 1 && row->kind != OPTION_LIST)
        return wrong_row(message, row, twice);
    t->given |= UINT32_C(1) << i;
    if (row->kind != OPTION_FLAG && row->kind != OPTION_PATH && !utf8_valid(value, strlen(value)))
        return wrong_row(message, row, not_text);
    switch (row->kind) {
    case OPTION_FLAG:
        *(bool *)target = true;
        return ERR_OK;
    case OPTION_CHOICE:
        return read_choice(row, value, target, message);
    case OPTION_INT:
    case OPTION_SECONDS:
        return read_number(row, value, target, message);
    case OPTION_LIST:
        return append(row, target, value, message);
    case OPTION_SET:
        return read_set(row, value, target, message);
    case OPTION_PATH:
        if (!*value)
            return wrong_row(message, row, not_path);
        break;
    case OPTION_TEXT:
        break;
    }
    *(const char **)target = value;
    return ERR_OK;
}

/* -h is what everybody tries first. */
static const char *spelled_out(const char *argument)
{
    return strcmp(argument, "-h") == 0 ? "--help" : argument;
}

/* Where the arguments are read from. */
typedef struct cursor {
    option_table *tables;
    size_t tables_n;
    const char *const *arguments;
    size_t n, at;
    char *message;
} cursor;

static err read_option(cursor *c)
{
    const char *argument = spelled_out(c->arguments[c->at++]), *name = argument + 2, *value = strchr(name, '=');
    size_t name_n = value ? (size_t)(value - name) : strlen(name);
    for (size_t t = 0; t < c->tables_n; t++) {
        for (size_t i = 0; i < c->tables[t].n; i++) {
            const option_row *row = &c->tables[t].rows[i];
            if (row->flags & OPTION_OPERAND || strlen(row->name) != name_n || memcmp(row->name, name, name_n) != 0)
                continue;
            if (row->kind == OPTION_FLAG && value)
                return wrong_row(c->message, row, unwanted_value);
            if (row->kind != OPTION_FLAG && !value && c->at == c->n)
                return wrong_row(c->message, row, no_value);
            return read_value(&c->tables[t], i,
                              value                      ? value + 1
                              : row->kind == OPTION_FLAG ? ""
                                                         : c->arguments[c->at++],
                              c->message);
        }
    }
    return wrong(c->message, argument, unknown);
}

static err read_operand(cursor *c)
{
    const char *argument = c->arguments[c->at++];
    for (size_t t = 0; t < c->tables_n; t++)
        for (size_t i = 0; i < c->tables[t].n; i++)
            if (c->tables[t].rows[i].flags & OPTION_OPERAND && !(c->tables[t].given >> i & 1))
                return read_value(&c->tables[t], i, argument, c->message);
    return wrong(c->message, argument, surplus);
}

err options_parse(option_table *tables, size_t tables_n, const char *const *arguments, size_t arguments_n,
                  bool stop_at_operand, size_t *used, char message[OPTIONS_MESSAGE])
{
    cursor c = {tables, tables_n, arguments, arguments_n, 0, message};
    bool only_operands = false;
    message[0] = 0;
    while (c.at < c.n) {
        const char *argument = spelled_out(arguments[c.at]);
        bool option = !only_operands && argument[0] == '-' && argument[1];
        if (option && strcmp(argument, "--") == 0) {
            only_operands = true;
            c.at++;
        } else if (option && argument[1] != '-') {
            return wrong(message, argument, unknown);
        } else if (option) {
            TRY(read_option(&c));
        } else if (stop_at_operand) {
            break;
        } else {
            TRY(read_operand(&c));
        }
    }
    *used = c.at;
    return ERR_OK;
}

err options_complete(const option_table *tables, size_t tables_n, char message[OPTIONS_MESSAGE])
{
    char name[64];
    for (size_t t = 0; t < tables_n; t++) {
        for (size_t i = 0; i < tables[t].n; i++) {
            const option_row *row = &tables[t].rows[i];
            if (row->flags & OPTION_REQUIRED && !(tables[t].given >> i & 1))
                return wrong(message, say(missing), (phrase){shown_name(row, name), name});
        }
    }
    return ERR_OK;
}

/* "--name VALUE", or an operand's name. */
enum { SHAPE = 96 };
static void shape(const option_row *row, char out[SHAPE])
{
    bool valued = !(row->flags & OPTION_OPERAND) && row->kind != OPTION_FLAG;
    const char *value = row->value ? row->value : row->choices;
    (void)snprintf(out, SHAPE, "%s%s%s%s", row->flags & OPTION_OPERAND ? "" : "--", row->name, valued ? " " : "",
                   valued ? value : "");
}

void options_usage(FILE *out, const option_row *rows, size_t n)
{
    static const phrase options = {"选项", "OPTIONS"};
    for (size_t i = 0; i < n; i++) {
        if (!(rows[i].flags & (OPTION_REQUIRED | OPTION_OPERAND)))
            continue;
        char text[SHAPE];
        shape(&rows[i], text);
        fprintf(out, rows[i].flags & OPTION_REQUIRED ? " %s" : " [%s]", text);
    }
    fprintf(out, " [%s]\n", say(options));
}

void options_help(FILE *out, const option_row *rows, size_t n)
{
    enum { INDENT = 2, LEFT = 30 };
    for (size_t i = 0; i < n; i++) {
        char left[SHAPE];
        shape(&rows[i], left);
        fprintf(out, "%*s", INDENT, "");
        if (table_width(left) + 2 > LEFT) {
            fprintf(out, "%s\n%*s", left, INDENT + LEFT, "");
        } else {
            table_pad(out, left, LEFT);
        }
        fprintf(out, "%s\n", say(rows[i].help));
    }
}
