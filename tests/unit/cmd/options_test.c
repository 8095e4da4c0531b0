#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cmd/options.h"

typedef struct target {
    const char *name, *file, *form, *staff_no, *second;
    int64_t limit, ttl;
    bool json, help;
    option_list departments;
    uint32_t scopes;
} target;

static const option_row rows[] = {
    {.name = "STAFF_NO",
     .kind = OPTION_TEXT,
     .flags = OPTION_REQUIRED | OPTION_OPERAND,
     .help = {"工号", "staff number"},
     .offset = offsetof(target, staff_no)},
    {.name = "SECOND",
     .kind = OPTION_TEXT,
     .flags = OPTION_OPERAND,
     .help = {"第二", "second"},
     .offset = offsetof(target, second)},
    {.name = "name",
     .kind = OPTION_TEXT,
     .flags = OPTION_REQUIRED,
     .value = "NAME",
     .help = {"姓名", "name"},
     .offset = offsetof(target, name)},
    {.name = "file", .kind = OPTION_PATH, .value = "FILE", .help = {"文件", "file"}, .offset = offsetof(target, file)},
    {.name = "form",
     .kind = OPTION_CHOICE,
     .choices = "raw|digest",
     .help = {"形式", "form"},
     .offset = offsetof(target, form)},
    {.name = "limit",
     .kind = OPTION_INT,
     .value = "N",
     .min = 1,
     .max = 1000,
     .help = {"几条", "how many"},
     .offset = offsetof(target, limit)},
    {.name = "ttl",
     .kind = OPTION_SECONDS,
     .value = "SECONDS",
     .min = 60,
     .max = 7 * 86400,
     .help = {"多久", "how long"},
     .offset = offsetof(target, ttl)},
    {.name = "department",
     .kind = OPTION_LIST,
     .value = "D",
     .help = {"科室", "department"},
     .offset = offsetof(target, departments)},
    {.name = "scope",
     .kind = OPTION_SET,
     .value = "SCOPES",
     .choices = "tasks|users|verify",
     .help = {"权限", "scopes"},
     .offset = offsetof(target, scopes)},
};
static const option_row more_rows[] = {
    {.name = "json", .kind = OPTION_FLAG, .help = {"JSON", "JSON"}, .offset = offsetof(target, json)},
    {.name = "help", .kind = OPTION_FLAG, .help = {"帮助", "help"}, .offset = offsetof(target, help)},
};
enum { ROWS = sizeof rows / sizeof *rows, MORE = sizeof more_rows / sizeof *more_rows };

static char message[OPTIONS_MESSAGE];
static size_t used;

/* Parses one line's words (at most 40, split at spaces) into a fresh target. */
static err parse(const char *line, target *out, bool complete)
{
    static char text[1024];
    const char *arguments[40];
    size_t n = 0;
    option_table tables[] = {{.rows = rows, .n = ROWS, .target = out}, {.rows = more_rows, .n = MORE, .target = out}};
    *out = (target){0};
    assert_true(strlen(line) < sizeof text);
    memcpy(text, line, strlen(line) + 1);
    for (char *rest = text; *rest && n < 40;) {
        arguments[n++] = rest;
        rest += strcspn(rest, " ");
        if (*rest)
            *rest++ = 0;
    }
    err e = options_parse(tables, 2, arguments, n, false, &used, message);
    return e == ERR_OK && complete ? options_complete(tables, 2, message) : e;
}

static void every_kind_in_any_order(void **state)
{
    target t;
    (void)state;
    assert_int_equal(
        parse("--json --name=王建国 D1001 --limit 7 --ttl 24h --department 呼吸科 --department=急诊科 --form digest "
              "--scope tasks,verify --file a=b second",
              &t, true),
        ERR_OK);
    assert_true(t.json);
    assert_string_equal(t.name, "王建国");
    assert_string_equal(t.staff_no, "D1001");
    assert_string_equal(t.second, "second");
    assert_int_equal(t.limit, 7);
    assert_int_equal(t.ttl, 86400);
    assert_int_equal(t.departments.n, 2);
    assert_string_equal(t.departments.items[1], "急诊科");
    assert_string_equal(t.form, "digest");
    assert_string_equal(t.file, "a=b");
    assert_int_equal(t.scopes, 5);
}

static void what_is_wrong_is_said_by_name(void **state)
{
    static const struct {
        const char *line, *says;
    } cases[] = {
        {"--nmae x", "--nmae"},
        {"--nam x", "--nam"},
        {"-x", "-x"},
        {"--name", "--name"},
        {"--name a --name b", "--name"},
        {"--json=1", "--json"},
        {"--json --json", "--json"},
        {"a b c", "c"},
        {"--name \xFF", "--name"},
        {"--file=", "--file"},
        {"--form cms", "raw|digest"},
        {"--form raw|digest", "raw|digest"},
        {"--form ra", "raw|digest"},
        {"--form=", "raw|digest"},
        {"--scope=", "tasks|users|verify"},
        {"--scope tasks,", "tasks|users|verify"},
        {"--scope tasks,admin", "tasks|users|verify"},
        {"--limit 0", "1..1000"},
        {"--limit 1001", "1..1000"},
        {"--limit 5m", "1..1000"},
        {"--limit -5", "1..1000"},
        {"--limit 99999999999999999999", "1..1000"},
        {"--limit=", "1..1000"},
        {"--ttl 59", "60..604800"},
        {"--ttl 8d", "60..604800"},
        {"--ttl 2w", "60..604800"},
        {"--ttl 2hh", "60..604800"},
        {"--ttl h", "60..604800"},
        {"--ttl 999999999999999d", "60..604800"},
    };
    target t;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(parse(cases[i].line, &t, false), ERR_ARG);
        if (!strstr(message, cases[i].says))
            fail_msg("%s: the message does not say \"%s\": %s", cases[i].line, cases[i].says, message);
    }
}

static void a_list_is_bounded(void **state)
{
    char line[1024] = "";
    target t;
    (void)state;
    for (size_t i = 0; i < OPTION_LIST_MAX; i++)
        (void)snprintf(line + strlen(line), sizeof line - strlen(line), "%s--department=x", i ? " " : "");
    assert_int_equal(parse(line, &t, false), ERR_OK);
    assert_int_equal(t.departments.n, OPTION_LIST_MAX);
    (void)snprintf(line + strlen(line), sizeof line - strlen(line), " --department=x");
    assert_int_equal(parse(line, &t, false), ERR_ARG);
}

static void required_rows_must_be_there(void **state)
{
    target t;
    (void)state;
    assert_int_equal(parse("--name x", &t, true), ERR_ARG);
    assert_non_null(strstr(message, "STAFF_NO"));
    assert_int_equal(parse("D1001", &t, true), ERR_ARG);
    assert_non_null(strstr(message, "--name"));
    assert_int_equal(parse("D1001 --name x", &t, true), ERR_OK);
}

static void two_hyphens_end_the_options(void **state)
{
    target t;
    (void)state;
    assert_int_equal(parse("-- --json -5", &t, false), ERR_OK);
    assert_false(t.json);
    assert_string_equal(t.staff_no, "--json");
    assert_string_equal(t.second, "-5");
    assert_int_equal(parse("-", &t, false), ERR_OK); /* a lone hyphen is an operand */
    assert_string_equal(t.staff_no, "-");
    assert_int_equal(parse("-h", &t, false), ERR_OK);
    assert_true(t.help);
}

static void parsing_can_stop_at_the_first_operand(void **state)
{
    const char *const arguments[] = {"--json", "user", "--nonsense"};
    target t = {0};
    option_table table = {.rows = more_rows, .n = MORE, .target = &t};
    (void)state;
    assert_int_equal(options_parse(&table, 1, arguments, 3, true, &used, message), ERR_OK);
    assert_int_equal(used, 1);
    assert_true(t.json);
    assert_int_equal(table.given, 1);
}

static void help_shows_every_row_in_the_language_chosen(void **state)
{
    char *text = NULL;
    size_t n;
    (void)state;
    FILE *out = open_memstream(&text, &n);
    assert_non_null(out);
    options_usage(out, rows, ROWS);
    options_help(out, rows, ROWS);
    assert_int_equal(fclose(out), 0);
    assert_non_null(strstr(text, " STAFF_NO [SECOND] --name NAME ["));
    for (size_t i = 0; i < ROWS; i++) {
        assert_non_null(strstr(text, rows[i].name));
        assert_non_null(strstr(text, say(rows[i].help)));
    }
    free(text);
}

static void the_environment_chooses_the_language(void **state)
{
    static const struct {
        const char *all, *messages, *lang;
        bool chinese;
    } cases[] = {{NULL, NULL, NULL, false},         {NULL, NULL, "zh_CN.UTF-8", true}, {"", "", "zh_CN.UTF-8", true},
                 {"C", NULL, "zh_CN.UTF-8", false}, {NULL, "zh_TW", "en_US", true},    {"zh", "en_US", NULL, true},
                 {NULL, NULL, "en_US.UTF-8", false}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *const values[] = {cases[i].all, cases[i].messages, cases[i].lang};
        static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
        for (size_t v = 0; v < 3; v++)
            assert_int_equal(values[v] ? setenv(names[v], values[v], 1) : unsetenv(names[v]), 0);
        language_choose();
        assert_int_equal(language_is_chinese(), cases[i].chinese);
        assert_string_equal(say((phrase){"是", "yes"}), cases[i].chinese ? "是" : "yes");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_in_any_order),
        cmocka_unit_test(what_is_wrong_is_said_by_name),
        cmocka_unit_test(a_list_is_bounded),
        cmocka_unit_test(required_rows_must_be_there),
        cmocka_unit_test(two_hyphens_end_the_options),
        cmocka_unit_test(parsing_can_stop_at_the_first_operand),
        cmocka_unit_test(help_shows_every_row_in_the_language_chosen),
        cmocka_unit_test(the_environment_chooses_the_language),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
