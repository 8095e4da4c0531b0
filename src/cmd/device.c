/* `yiqian device`: the SDK as a reference phone. Finds the command's row, reads its options, opens the device, runs it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cmd/answer.h"
#include "cmd/command.h"
#include "cmd/device_run.h"

enum { LIMIT_MAX = 1000, HISTORY_MAX = 200, WIDTH = 22, LASTING_MAX = 24 * 3600 };

#define OPTION(field_) .offset = offsetof(device_options, field_)

static const option_row common[] = {
    {.name = "dir",
     .kind = OPTION_PATH,
     .value = "DIR",
     .help = {"设备目录（YIQIAN_DEVICE_DIR；默认 ~/.local/share/yiqian/device）",
              "the device's directory (YIQIAN_DEVICE_DIR; ~/.local/share/yiqian/device)"},
     OPTION(dir)},
    {.name = "ca-file",
     .kind = OPTION_PATH,
     .value = "FILE",
     .help = {"https 服务器的信任根证书（PEM），代替操作系统的",
              "trusted roots (PEM) of an https server, instead of the system's"},
     OPTION(ca_file)},
    {.name = "json",
     .kind = OPTION_FLAG,
     .help = {"以一个 JSON 对象输出结果", "print the result as one JSON object"},
     OPTION(json)},
    {.name = "test-finger",
     .kind = OPTION_FLAG,
     .help = {"仅供测试：以设备目录中的文件代替指纹，没有任何保护",
              "for tests only: a file in the directory stands for the finger, and nothing guards it"},
     OPTION(test_finger)},
    {.name = "help", .kind = OPTION_FLAG, .help = {"显示本帮助", "show this help"}, OPTION(help)},
};

#define KEY_ROW                                                                                                        \
    {                                                                                                                  \
        .name = "key", .kind = OPTION_TEXT, .value = "KEY",                                                            \
        .help = {"密钥、密钥号或工号；只有一个密钥时可省略",                                                           \
                 "a key, its id or the staff number; may be left out where there is one"},                             \
        OPTION(key)                                                                                                    \
    }
#define PIN_ROW                                                                                                        \
    {                                                                                                                  \
        .name = "pin-file", .kind = OPTION_PATH, .value = "FILE",                                                      \
        .help = {"从文件（0600）读 PIN 码；否则取 YIQIAN_PIN，或在终端输入",                                           \
                 "read the PIN from a file (0600); else from YIQIAN_PIN, or ask on the terminal"},                     \
        OPTION(pin_file)                                                                                               \
    }

#define FINGERPRINT_ROW                                                                                                \
    {                                                                                                                  \
        .name = "fingerprint", .kind = OPTION_FLAG,                                                                    \
        .help = {"用指纹代替 PIN 码（见 --test-finger）",                                                              \
                 "by the fingerprint in place of the PIN (see --test-finger)"},                                        \
        OPTION(fingerprint)                                                                                            \
    }

static const option_row enrol_rows[] = {
    {.name = "server",
     .kind = OPTION_TEXT,
     .value = "URL",
     .help = {"服务器地址（默认为扫描服务器二维码所设的）",
              "the server's address (by default the one whose code was scanned)"},
     OPTION(server)},
    {.name = "staff-no",
     .kind = OPTION_TEXT,
     .flags = OPTION_REQUIRED,
     .value = "STAFF_NO",
     .help = {"工号", "the staff number"},
     OPTION(staff_no)},
    {.name = "code",
     .kind = OPTION_TEXT,
     .flags = OPTION_REQUIRED,
     .value = "CODE",
     .help = {"激活码", "the activation code"},
     OPTION(code)},
    {.name = "name",
     .kind = OPTION_TEXT,
     .value = "NAME",
     .help = {"设备名称，默认主机名", "the device's name; by default the host's"},
     OPTION(name)},
    {.name = "yes",
     .kind = OPTION_FLAG,
     .help = {"不询问（是否本人，或其他设备因此不能再签名）",
              "do not ask (whether it is you, or other devices that will sign no more)"},
     OPTION(yes)},
    PIN_ROW};
static const option_row resume_rows[] = {KEY_ROW, PIN_ROW};
static const option_row keys_rows[] = {
    {.name = "offline", .kind = OPTION_FLAG, .help = {"不询问服务器", "do not ask the server"}, OPTION(offline)}};
static const option_row tasks_rows[] = {KEY_ROW,
                                        {.name = "limit",
                                         .kind = OPTION_INT,
                                         .value = "N",
                                         .min = 1,
                                         .max = LIMIT_MAX,
                                         .help = {"最多几个，默认 100", "at most so many; 100 by default"},
                                         OPTION(limit)}};
static const option_row show_rows[] = {KEY_ROW,
                                       {.name = "output",
                                        .kind = OPTION_PATH,
                                        .value = "FILE",
                                        .help = {"把文档存入文件", "save the document to a file"},
                                        OPTION(output)}};
static const option_row sign_rows[] = {
    {.name = "all", .kind = OPTION_FLAG, .help = {"签所有待签名的任务", "sign all that waits"}, OPTION(all)},
    KEY_ROW,
    PIN_ROW,
    FINGERPRINT_ROW,
    {.name = "document",
     .kind = OPTION_PATH,
     .value = "FILE",
     .help = {"自己手中的文档，用于服务器没有文档的任务", "your own copy of the document, for a task without one"},
     OPTION(document)},
    {.name = "unseen",
     .kind = OPTION_FLAG,
     .help = {"看不到内容也签（digest 任务）", "sign digest tasks although the content is not seen"},
     OPTION(unseen)}};
static const option_row renew_rows[] = {KEY_ROW,
                                        {.name = "yes",
                                         .kind = OPTION_FLAG,
                                         .help = {"不询问（改名，或其他设备因此不能再签名）",
                                                  "do not ask (another name, or other devices that will sign no more)"},
                                         OPTION(yes)},
                                        PIN_ROW};
static const option_row pin_rows[] = {
    KEY_ROW,
    PIN_ROW,
    {.name = "new-pin-file",
     .kind = OPTION_PATH,
     .value = "FILE",
     .help = {"从文件（0600）读新 PIN 码；否则取 YIQIAN_NEW_PIN，或在终端输入",
              "read the new PIN from a file (0600); else from YIQIAN_NEW_PIN, or ask on the terminal"},
     OPTION(new_pin_file)}};
static const option_row decline_rows[] = {
    KEY_ROW,
    {.name = "reason",
     .kind = OPTION_TEXT,
     .flags = OPTION_REQUIRED,
     .value = "TEXT",
     .help = {"原因，告知业务系统（1–200 字）", "why; the business system is told (1 to 200 characters)"},
     OPTION(reason)}};
static const option_row listen_rows[] = {
    {.name = "sign", .kind = OPTION_FLAG, .help = {"来一个签一个", "sign each as it comes"}, OPTION(all)},
    KEY_ROW,
    PIN_ROW,
    {.name = "unseen",
     .kind = OPTION_FLAG,
     .help = {"看不到内容也签（digest、cms 任务）", "sign digest and cms tasks although the content is not seen"},
     OPTION(unseen)},
    {.name = "time",
     .kind = OPTION_SECONDS,
     .value = "TIME",
     .min = 1,
     .max = 31 * 86400,
     .help = {"到时结束，如 8h；默认直到 Ctrl-C", "end after so long, 8h for example; by default with Ctrl-C"},
     OPTION(seconds)}};
#define YES_ROW(zh, en)                                                                                                \
    {                                                                                                                  \
        .name = "yes", .kind = OPTION_FLAG, .help = {(zh), (en)}, OPTION(yes)                                          \
    }
static const option_row scan_rows[] = {
    KEY_ROW,
    PIN_ROW,
    FINGERPRINT_ROW,
    YES_ROW("不询问（登录的屏幕、登记的服务器）", "do not ask (a login's screen, an enrolment's server)"),
    {.name = "name",
     .kind = OPTION_TEXT,
     .value = "NAME",
     .help = {"登记时的设备名称，默认主机名", "the device's name for an enrolment; by default the host's"},
     OPTION(name)}};
static const option_row login_rows[] = {KEY_ROW,
                                        PIN_ROW,
                                        FINGERPRINT_ROW,
                                        YES_ROW("不询问是否登录", "do not ask whether to log in"),
                                        {.name = "number",
                                         .kind = OPTION_TEXT,
                                         .value = "NN",
                                         .help = {"登录屏幕上显示的两位数字；否则在终端输入",
                                                  "the two digits on the login's screen; else asked on the terminal"},
                                         OPTION(number)}};
static const option_row other_keys_rows[] = {KEY_ROW};
static const option_row lost_rows[] = {KEY_ROW, YES_ROW("不询问", "do not ask")};
static const option_row authorise_rows[] = {
    KEY_ROW,
    PIN_ROW,
    FINGERPRINT_ROW,
    YES_ROW("不询问，直接授权", "do not ask"),
    {.name = "lasting",
     .kind = OPTION_SECONDS,
     .value = "SECONDS",
     .min = 60,
     .max = LASTING_MAX,
     .help = {"有效时长，如 30m、4h（默认按工作站所请求的，无则 8h）", "for how long: 30m, 4h (as asked for, else 8h)"},
     OPTION(lasting)},
    {.name = "count",
     .kind = OPTION_INT,
     .value = "N",
     .min = 1,
     .max = YQ_SCOPE_COUNT,
     .help = {"最多签几份（默认按所请求的，无则 100）", "at most so many signatures (as asked for, else 100)"},
     OPTION(count)},
    {.name = "system",
     .kind = OPTION_LIST,
     .value = "NAME",
     .help = {"只限这个业务系统，可多次给出", "for this business system only; may be given several times"},
     OPTION(systems)},
    {.name = "record-type",
     .kind = OPTION_LIST,
     .value = "TYPE",
     .help = {"只限这类病历，可多次给出", "for this kind of record only; may be given several times"},
     OPTION(record_types)}};
static const option_row key_rows[] = {KEY_ROW};
static const option_row history_rows[] = {KEY_ROW,
                                          {.name = "limit",
                                           .kind = OPTION_INT,
                                           .value = "N",
                                           .min = 1,
                                           .max = HISTORY_MAX,
                                           .help = {"最多几条，默认 50", "at most so many; 50 by default"},
                                           OPTION(limit)},
                                          {.name = "before",
                                           .kind = OPTION_TEXT,
                                           .value = "TASK",
                                           .help = {"比这个任务更早的", "those before this task"},
                                           OPTION(before)}};
static const option_row remove_rows[] = {{.name = "local",
                                          .kind = OPTION_FLAG,
                                          .help = {"只删本机的，不通知服务器（证书不会吊销）",
                                                   "here only, without the server (the certificate is not revoked)"},
                                          OPTION(local)}};

typedef struct row {
    const char *name, *operands;
    phrase summary;
    size_t operands_min, operands_max;
    device_command_run run;
    const option_row *options;
    size_t options_n;
} row;

#define ROWS(rows) (rows), sizeof(rows) / sizeof *(rows)

static const row rows[] = {
    {"authorisations",
     "",
     {"本人的授权：哪些工作站可代签", "your authorisations: which workstations may sign for you"},
     0,
     0,
     device_run_authorisations,
     ROWS(key_rows)},
    {"authorise",
     " CODE",
     {"扫码授权：允许一台工作站在范围内代签", "let the workstation that shows the code sign for you, within a scope"},
     1,
     1,
     device_run_authorise,
     ROWS(authorise_rows)},
    {"close-authorisation",
     " ID",
     {"结束授权，立即生效", "end an authorisation, at once"},
     1,
     1,
     device_run_close_authorisation,
     ROWS(key_rows)},
    {"decline",
     " TASK",
     {"拒签：告知业务系统不签及原因", "say that you will not sign a task, and why"},
     1,
     1,
     device_run_decline,
     ROWS(decline_rows)},
    {"enrol",
     "",
     {"用激活码登记：生成密钥、取得证书；中断后以同一命令继续",
      "enrol with an activation code: make the key, get the certificate; the same command goes on after an "
      "interruption"},
     0,
     0,
     device_run_enrol,
     ROWS(enrol_rows)},
    {"fingerprint",
     " on|off",
     {"开启或关闭指纹（开启须输入 PIN 码）", "turn the fingerprint on (which takes the PIN) or off"},
     1,
     1,
     device_run_fingerprint,
     ROWS(resume_rows)},
    {"history",
     "",
     {"本人的签署记录，最新的在前", "what you have signed, newest first"},
     0,
     0,
     device_run_history,
     ROWS(history_rows)},
    {"keys",
     "",
     {"本设备的密钥及其状态", "the keys of this device, and their state"},
     0,
     0,
     device_run_keys,
     ROWS(keys_rows)},
    {"listen",
     "",
     {"等待任务，来一个显示一个；--sign 时自动签名", "wait for tasks and show each as it comes; sign them with --sign"},
     0,
     0,
     device_run_listen,
     ROWS(listen_rows)},
    {"login",
     " SHORT_CODE",
     {"输入登录屏幕上的短码登录，再输入它随后显示的两位数字",
      "log in by typing the short code of a login's screen, then the two digits that it shows"},
     1,
     1,
     device_run_login,
     ROWS(login_rows)},
    {"lost",
     " KEY_ID",
     {"报失本人的另一部手机：销毁其密钥，吊销其证书",
      "report another of your phones lost: its key is destroyed, its certificate revoked"},
     1,
     1,
     device_run_lost,
     ROWS(lost_rows)},
    {"other-keys",
     "",
     {"本人其他手机上的密钥", "your keys on other phones"},
     0,
     0,
     device_run_other_keys,
     ROWS(other_keys_rows)},
    {"pin",
     "",
     {"更换 PIN 码（密钥分片随之更新）", "change the PIN (the shares become new with it)"},
     0,
     0,
     device_run_change_pin,
     ROWS(pin_rows)},
    {"refresh",
     "",
     {"更新密钥分片，或完成中断的更换", "replace the shares, or finish a change of the PIN that was interrupted"},
     0,
     0,
     device_run_refresh,
     ROWS(resume_rows)},
    {"rekey",
     "",
     {"更换密钥：生成新密钥并取得证书，原密钥随之销毁；中断后以同一命令继续",
      "make another key in the place of this one; the same command goes on after an interruption"},
     0,
     0,
     device_run_rekey,
     ROWS(renew_rows)},
    {"remove",
     " KEY",
     {"删除密钥，服务器吊销其证书", "remove a key; the server revokes its certificate"},
     1,
     1,
     device_run_remove,
     ROWS(remove_rows)},
    {"renew",
     "",
     {"更新证书（密钥不变）；中断后以同一命令继续",
      "get a new certificate for the same key; the same command goes on after an interruption"},
     0,
     0,
     device_run_renew,
     ROWS(renew_rows)},
    {"resume",
     "",
     {"不用激活码，完成中断的登记", "finish an interrupted enrolment without its code"},
     0,
     0,
     device_run_resume,
     ROWS(resume_rows)},
    {"scan",
     " CODE",
     {"扫码：给出二维码的文字，登录、签名、登记或授权工作站",
      "scan: the text of a QR code, to log in, sign, enrol or authorise"},
     1,
     1,
     device_run_scan,
     ROWS(scan_rows)},
    {"show",
     " TASK",
     {"任务的标题、描述、摘要，及本机重算的摘要",
      "a task's title, description and digest, and the digest recomputed here"},
     1,
     1,
     device_run_show,
     ROWS(show_rows)},
    {"sign",
     " TASK... | --all",
     {"以 PIN 码签名，多个任务一次完成", "sign with the PIN, several tasks in one request"},
     0,
     (size_t)-1,
     device_run_sign,
     ROWS(sign_rows)},
    {"tasks", "", {"待签名的任务", "the tasks that wait for a signature"}, 0, 0, device_run_tasks, ROWS(tasks_rows)},
};
enum { COMMANDS = sizeof rows / sizeof *rows };

/* ---- help ---- */

static const phrase usage_label = {"用法", "Usage"};

static void group_help(void)
{
    static const phrase about = {"参考移动端：以文件保存密钥份额与设备凭据",
                                 "The reference phone: key shares and credentials are kept in files"},
                        more = {"各命令的用法：yiqian device COMMAND --help",
                                "How to use each: yiqian device COMMAND --help"},
                        exits = {
                            "退出码：0 成功；1 被拒绝或失败；2 用法错误；3 服务器没有应答",
                            "Exit status: 0 done; 1 refused or failed; 2 wrong usage; 3 the server did not answer"};
    printf("%s\n\n%s: yiqian device COMMAND ...\n\n", say(about), say(usage_label));
    for (size_t i = 0; i < COMMANDS; i++)
        printf("  %-*s%s\n", WIDTH, rows[i].name, say(rows[i].summary));
    printf("\n%s\n%s\n", say(more), say(exits));
}

static void command_help(const row *c)
{
    static const phrase own = {"选项", "Options"}, shared = {"设备与输出", "Device and output"};
    printf("%s\n\n%s: yiqian device %s%s", say(c->summary), say(usage_label), c->name, c->operands);
    options_usage(stdout, c->options, c->options_n);
    printf("\n%s:\n", say(own));
    options_help(stdout, c->options, c->options_n);
    printf("\n%s:\n", say(shared));
    options_help(stdout, common, sizeof common / sizeof *common);
}

static int usage_error(const char *what, const char *whose)
{
    static const phrase see_help = {"查看用法", "for help, run"};
    fprintf(stderr, "yiqian: %s\n  %s: yiqian device %s--help\n", what, say(see_help), whose);
    return EXIT_USAGE;
}

/* ---- running ---- */

/* --dir, $YIQIAN_DEVICE_DIR, or the XDG base directory for data. NULL where there is none or memory is out. */
static const char *directory(device_run *r)
{
    const char *variable = getenv("YIQIAN_DEVICE_DIR"), *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
    if (r->options.dir)
        return r->options.dir;
    if (variable && *variable)
        return variable;
    if (data && *data == '/')
        return arena_printf(r->session.arena, "%s/yiqian/device", data);
    return home && *home ? arena_printf(r->session.arena, "%s/.local/share/yiqian/device", home) : NULL;
}

static int open_device(device_run *r)
{
    static const phrase busy = {"另一个进程正在使用这个设备目录", "another process uses this device's directory"},
                        nowhere = {"不知道设备目录：用 --dir",
                                   "where the device's directory is, is not known: use --dir"},
                        nothing = {NULL, NULL};
    const yq_options options = {.platform = "linux-cli"};
    const char *path = directory(r);
    if (!path)
        return device_run_usage(r, nowhere, NULL);
    err e = phone_open(&r->phone, path, r->options.ca_file);
    if (e == ERR_BUSY)
        (void)session_fail(&r->session, e, busy, path, nothing);
    else if (e != ERR_OK)
        (void)session_file_failed(&r->session, e, path);
    if (e != ERR_OK)
        return EXIT_FAILED;
    if (r->options.test_finger)
        phone_pretend_finger(r->phone);
    yq_status status = yq_device_open(&r->device, phone_platform(r->phone), &options);
    return status == YQ_OK ? EXIT_OK : device_run_failed(r, status, NULL);
}

static int run_opened(device_run *r, const row *c)
{
    r->result = json_object();
    int code = open_device(r);
    if (code == EXIT_OK)
        code = c->run(r);
    if (r->options.json && r->result && code != EXIT_USAGE && answer_dump(r->result) != ERR_OK && code == EXIT_OK)
        code = EXIT_FAILED;
    if (session_flush(&r->session) != ERR_OK && code == EXIT_OK)
        code = EXIT_FAILED;
    yq_device_close(r->device);
    phone_close(r->phone);
    json_decref(r->result);
    return code;
}

/* Options and operands in any order: the parser stops before each operand. */
static err read_arguments(device_run *r, option_table tables[2], const char *const *arguments, size_t n,
                          char message[OPTIONS_MESSAGE])
{
    const char **operands = arena_alloc(r->session.arena, (n + 1) * sizeof *operands);
    size_t at = 0, used;
    if (!operands)
        return ERR_MEMORY;
    while (at < n) {
        TRY(options_parse(tables, 2, arguments + at, n - at, true, &used, message));
        at += used;
        if (at < n)
            operands[r->operands_n++] = arguments[at++];
    }
    r->operands = operands;
    return ERR_OK;
}

static int run_command(device_run *r, const row *c, int argc, char **argv)
{
    static const phrase count = {"参数个数不对", "the wrong number of arguments"};
    char message[OPTIONS_MESSAGE] = "";
    const char *name = arena_printf(r->session.arena, "%s ", c->name);
    option_table tables[] = {{.rows = c->options, .n = c->options_n, .target = &r->options},
                             {.rows = common, .n = sizeof common / sizeof *common, .target = &r->options}};
    if (!name)
        return session_exit_code(&r->session, ERR_MEMORY);
    if (read_arguments(r, tables, (const char *const *)argv, (size_t)argc, message) != ERR_OK)
        return usage_error(message, name);
    if (r->options.help) {
        command_help(c);
        return EXIT_OK;
    }
    if (options_complete(tables, 1, message) != ERR_OK)
        return usage_error(message, name);
    if (r->operands_n < c->operands_min || r->operands_n > c->operands_max)
        return usage_error(say(count), name);
    return run_opened(r, c);
}

int device_command(int argc, char **argv)
{
    static const phrase which = {"要做什么？", "which command?"},
                        unknown = {"没有这条命令", "there is no such command"};
    device_run r = {.session = {0}};
    int code = EXIT_FAILED;
    if (argc < 2)
        return usage_error(say(which), "");
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        group_help();
        return EXIT_OK;
    }
    const row *c = NULL;
    for (size_t i = 0; i < COMMANDS && !c; i++)
        c = strcmp(rows[i].name, argv[1]) == 0 ? &rows[i] : NULL;
    if (!c)
        return usage_error(say(unknown), "");
    if (session_open(&r.session) == ERR_OK)
        code = run_command(&r, c, argc - 2, argv + 2);
    session_close(&r.session);
    return code;
}
