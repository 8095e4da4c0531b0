/* The command line: `yiqian GROUP COMMAND`. Finds the row, reads its options, runs it. */
#include <stdio.h>
#include <string.h>

#include "cmd/command.h"
#include "os/limits.h"

enum { NAME_WIDTH = 20 };

static const command_group device_group = {
    .name = "device",
    .summary = {"参考移动端：登记、拉取任务、以 PIN 签名", "the reference phone: enrol, pull tasks, sign with the PIN"},
    .whole = device_command};

/* Alphabetical. */
static const command_group *const groups[] = {
    &agent_group,    &alarm_group,  &audit_group,   &authorisation_group, &backup_group,     &callback_group,
    &cert_group,     &check_group,  &console_group, &device_group,        &key_group,        &login_group,
    &operator_group, &policy_group, &profile_group, &role_group,          &sandbox_group,    &server_code_group,
    &status_group,   &system_group, &task_group,    &time_group,          &tls_group,        &token_group,
    &ts_group,       &tsa_group,    &user_group,    &verify_group,        &workstation_group};
enum { GROUPS = sizeof groups / sizeof *groups };

static const phrase usage_label = {"用法", "Usage"};
static const phrase see_help = {"查看用法", "for help, run"};

/* ---- help ---- */

static void print_row(const char *name, phrase summary)
{
    printf("  %-*s%s\n", NAME_WIDTH, name, say(summary));
}

static void program_help(void)
{
    static const phrase about = {"医签：医院电子签名系统的命令行",
                                 "Yiqian, the command line of the hospital's electronic signatures"};
    static const phrase more = {"每条命令的用法：yiqian help COMMAND，或 yiqian COMMAND --help",
                                "How to use each: yiqian help COMMAND, or yiqian COMMAND --help"};
    static const phrase exits = {"退出码：0 成功；1 被拒绝或无效；2 用法错误；3 无法连接服务器",
                                 "Exit status: 0 done; 1 refused or not valid; 2 wrong usage; 3 no server reached"};
    printf("%s\n\n%s: yiqian COMMAND ...\n\n", say(about), say(usage_label));
    for (size_t i = 0; i < GROUPS; i++)
        print_row(groups[i]->name, groups[i]->summary);
    print_row("help", (phrase){"命令的用法", "how to use a command"});
    print_row("--version", (phrase){"版本", "the version"});
    printf("\n%s\n%s\n", say(more), say(exits));
}

static void group_help(const command_group *group)
{
    printf("%s\n\n%s: yiqian %s COMMAND ...\n\n", say(group->summary), say(usage_label), group->name);
    for (size_t i = 0; i < group->groups_n; i++)
        print_row(group->groups[i]->name + strlen(group->name) + 1, group->groups[i]->summary);
    for (size_t i = 0; i < group->n; i++)
        print_row(group->commands[i].name ? group->commands[i].name : "", group->commands[i].summary);
}

/* A command's own option takes the place of a common one (--token of yiqian ts verify). */
static bool has_option(const command *c, const char *name)
{
    for (size_t i = 0; i < c->options_n; i++)
        if (c->options[i].name && strcmp(c->options[i].name, name) == 0)
            return true;
    return false;
}

static void command_help(const command_group *group, const command *c)
{
    static const phrase own = {"选项", "Options"}, common = {"连接与输出", "Connection and output"};
    printf("%s\n\n%s: yiqian %s%s%s", say(c->summary), say(usage_label), group->name, c->name ? " " : "",
           c->name ? c->name : "");
    options_usage(stdout, c->options, c->options_n);
    if (c->options_n > 0) {
        printf("\n%s:\n", say(own));
        options_help(stdout, c->options, c->options_n);
    }
    printf("\n%s:\n", say(common));
    for (size_t i = 0; i < common_rows_n; i++)
        if (!has_option(c, common_rows[i].name))
            options_help(stdout, &common_rows[i], 1);
    if (say(c->notes))
        printf("\n%s\n", say(c->notes));
}

static int version(void)
{
    printf("yiqian " YIQIAN_VERSION "\n");
    return EXIT_OK;
}

/* ---- finding the row ---- */

static const command_group *find_group(const char *name)
{
    for (size_t i = 0; i < GROUPS; i++)
        if (strcmp(groups[i]->name, name) == 0)
            return groups[i];
    return NULL;
}

/* By the last word of its name. */
static const command_group *find_inner(const command_group *group, const char *name)
{
    for (size_t i = 0; i < group->groups_n; i++)
        if (strcmp(group->groups[i]->name + strlen(group->name) + 1, name) == 0)
            return group->groups[i];
    return NULL;
}

static const command *find_command(const command_group *group, const char *name)
{
    for (size_t i = 0; i < group->n; i++)
        if (group->commands[i].name && strcmp(group->commands[i].name, name) == 0)
            return &group->commands[i];
    return NULL;
}

static bool is_single(const command_group *group)
{
    return group->n == 1 && !group->commands[0].name;
}

/* The arguments that are not read yet. */
typedef struct words {
    char **at;
    size_t n;
} words;

static int usage_error(const char *what, const char *whose)
{
    fprintf(stderr, "yiqian: %s\n  %s: yiqian %s--help\n", what, say(see_help), whose);
    return EXIT_USAGE;
}

/* Common options may stand before the command, too. */
static err read_front(session *s, option_table *common, words *w)
{
    char message[OPTIONS_MESSAGE];
    size_t used = 0;
    if (options_parse(common, 1, (const char *const *)w->at, w->n, true, &used, message) != ERR_OK) {
        s->told = true;
        (void)usage_error(message, "");
        return ERR_ARG;
    }
    w->at += used;
    w->n -= used;
    return ERR_OK;
}

/* ---- running ---- */

static int run(session *s, option_table *common, const command_group *group, const command *c, words w)
{
    char message[OPTIONS_MESSAGE];
    size_t used;
    void *target = arena_alloc(s->arena, c->options_size);
    const char *name = arena_printf(s->arena, "%s%s%s ", group->name, c->name ? " " : "", c->name ? c->name : "");
    if (!target || !name)
        return session_exit_code(s, ERR_MEMORY);
    option_table tables[] = {{.rows = c->options, .n = c->options_n, .target = target}, *common};
    if (options_parse(tables, 2, (const char *const *)w.at, w.n, false, &used, message) != ERR_OK)
        return usage_error(message, name);
    if (s->common.help) {
        command_help(group, c);
        return EXIT_OK;
    }
    if (options_complete(tables, 1, message) != ERR_OK)
        return usage_error(message, name);
    s->caller = c->caller;
    err e = c->run(s, target);
    if (e == ERR_OK)
        e = session_flush(s);
    int code = session_exit_code(s, e);
    if (code == EXIT_USAGE)
        fprintf(stderr, "  %s: yiqian %s--help\n", say(see_help), name);
    return code;
}

static int run_group(session *s, option_table *common, const command_group *group, words w)
{
    static const phrase which = {"要做什么？", "which command?"},
                        unknown = {"没有这条命令", "there is no such command"};
    const char *name = arena_printf(s->arena, "%s ", group->name);
    if (!name)
        return session_exit_code(s, ERR_MEMORY);
    if (is_single(group))
        return run(s, common, group, &group->commands[0], w);
    if (read_front(s, common, &w) != ERR_OK)
        return EXIT_USAGE;
    if (w.n == 0 && s->common.help) {
        group_help(group);
        return EXIT_OK;
    }
    if (w.n == 0 && !group->commands[0].name)
        return run(s, common, group, &group->commands[0], w);
    if (w.n == 0)
        return usage_error(say(which), name);
    const words rest = {w.at + 1, w.n - 1};
    const command_group *inner = find_inner(group, w.at[0]);
    if (inner)
        return run_group(s, common, inner, rest);
    const command *c = find_command(group, w.at[0]);
    if (!c)
        return usage_error(arena_printf(s->arena, "%s: %s %s", say(unknown), group->name, w.at[0]), name);
    return run(s, common, group, c, rest);
}

/* `yiqian help user add` is `yiqian user add --help`. */
static int help(session *s, option_table *common, words w)
{
    static const phrase unknown = {"没有这条命令", "there is no such command"};
    char help_option[] = "--help";
    if (w.n == 0) {
        program_help();
        return EXIT_OK;
    }
    const command_group *group = find_group(w.at[0]);
    if (!group)
        return usage_error(arena_printf(s->arena, "%s: %s", say(unknown), w.at[0]), "");
    if (group->whole)
        return group->whole(2, (char *[]){w.at[0], help_option, NULL});
    s->common.help = true;
    return run_group(s, common, group, (words){w.at + 1, w.n - 1});
}

static int dispatch(session *s, words w)
{
    static const phrase which = {"要做什么？", "which command?"},
                        unknown = {"没有这条命令", "there is no such command"};
    static const phrase behind = {"device 的选项须写在 device 之后", "options of device stand behind it"};
    option_table common = {.rows = common_rows, .n = common_rows_n, .target = &s->common};
    if (w.n > 0 && strcmp(w.at[0], "--version") == 0)
        return version();
    if (read_front(s, &common, &w) != ERR_OK)
        return EXIT_USAGE;
    if (w.n == 0 && !s->common.help)
        return usage_error(say(which), "");
    if (w.n == 0 || strcmp(w.at[0], "help") == 0)
        return help(s, &common, w.n == 0 ? w : (words){w.at + 1, w.n - 1});
    const command_group *group = find_group(w.at[0]);
    if (!group)
        return usage_error(arena_printf(s->arena, "%s: %s", say(unknown), w.at[0]), "");
    if (group->whole)
        return common.given ? usage_error(say(behind), "device ") : group->whole((int)w.n, w.at);
    return run_group(s, &common, group, (words){w.at + 1, w.n - 1});
}

int main(int argc, char **argv)
{
    session s;
    language_choose();
    limits_forbid_core();
    err e = session_open(&s);
    int code =
        e == ERR_OK ? dispatch(&s, (words){argv + 1, argc > 0 ? (size_t)argc - 1 : 0}) : session_exit_code(&s, e);
    session_close(&s);
    return code;
}
