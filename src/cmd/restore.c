#include "cmd/restore.h"

#include <inttypes.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/ct.h"
#include "base/text.h"
#include "cmd/language.h"
#include "cmd/passphrase.h"
#include "cmd/settings.h"
#include "http/problem.h"
#include "os/clock.h"
#include "os/entropy.h"
#include "os/file.h"
#include "os/limits.h"
#include "os/lock.h"
#include "service/backup_content.h"
#include "service/backup_restore.h"

enum { RESTORE_ARENA = 64 << 20, WRONG_USAGE = 2 };

extern char **environ;

static atomic_bool stopped;

static void on_signal(int number)
{
    (void)number;
    stopped = true;
}

typedef struct restoring {
    arena *arena;
    settings settings;
    const char *file, *passphrase_file;
    bool replace, again;
    int lock;
    bool finished; /* one that was interrupted */
} restoring;

static err tell(err e, const char *zh, const char *en)
{
    fprintf(stderr, "yiqiand restore: %s\n", say((phrase){zh, en}));
    return e;
}

#define USAGE_ZH "yiqiand restore [--replace [--again]] [--passphrase-file 文件] [--设置 值 ...] 备份.yqb"
#define USAGE_EN "yiqiand restore [--replace [--again]] [--passphrase-file FILE] [--SETTING VALUE ...] BACKUP.yqb"

static err usage(void)
{
    return tell(ERR_ARG, "用法：" USAGE_ZH "\n备份文件写在最后；--help 有详细说明",
                "usage: " USAGE_EN "\nthe backup comes last; --help says more");
}

static void help(void)
{
    puts(say((phrase){
        USAGE_ZH "\n"
                 "  把备份恢复到数据目录（--data-dir）。服务须已停止，以运行服务的用户执行。\n"
                 "  --replace               目录非空时：原有内容移入 before-restore，再放入备份\n"
                 "  --again                 该备份已恢复到这里时：确要再恢复一次\n"
                 "  --passphrase-file 文件  备份口令所在文件（0600，UTF-8）；不给则在终端询问\n"
                 "  --设置 值               服务器的设置，如 --data-dir、--config；见 yiqiand --help\n"
                 "  备份.yqb                备份文件，写在最后；不跟随符号链接",
        USAGE_EN
        "\n"
        "  Restores a backup into the data directory (--data-dir). The server must be stopped; run it as the server's "
        "user.\n"
        "  --replace               where the directory is not empty: what is there goes to before-restore first\n"
        "  --again                 where this backup was restored here already: do it once more\n"
        "  --passphrase-file FILE  a file (0600, UTF-8) with the passphrase; without it the terminal is asked\n"
        "  --SETTING VALUE         the server's settings, such as --data-dir and --config: yiqiand --help\n"
        "  BACKUP.yqb              the backup, last; links are not followed"}));
}

static bool asks_for_help(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    return false;
}

/* Its own options are taken out; the rest are the server's settings, and the last one is the file. */
static err read_arguments(restoring *r, int argc, char **argv)
{
    char message[CONFIG_MESSAGE] = "";
    const char **rest = arena_alloc(r->arena, (size_t)argc * sizeof *rest);
    size_t n = 0;
    if (!rest)
        return ERR_MEMORY;
    if (argc < 2 || argv[argc - 1][0] == '-')
        return usage();
    r->file = argv[argc - 1];
    for (int i = 1; i < argc - 1; i++) {
        static const char equals[] = "--passphrase-file=";
        if (strcmp(argv[i], "--replace") == 0)
            r->replace = true;
        else if (strcmp(argv[i], "--again") == 0)
            r->again = true;
        else if (strcmp(argv[i], "--passphrase-file") == 0 && i + 1 < argc - 1)
            r->passphrase_file = argv[++i];
        else if (strncmp(argv[i], equals, sizeof equals - 1) == 0)
            r->passphrase_file = argv[i] + sizeof equals - 1;
        else
            rest[n++] = argv[i];
    }
    config_source source = {.environment = (const char *const *)environ, .arguments = rest, .arguments_n = n};
    err e = config_load(r->arena, &r->settings, &settings_table, &source, message);
    if (e == ERR_OK)
        return ERR_OK;
    (void)tell(e, message, message);
    return e == ERR_CONFIG ? usage() : e;
}

static err refused(const backup_restored *done, err e)
{
    const problem_row *p = problem_of(e);
    fprintf(stderr, "yiqiand restore: %s (%s)\n", say((phrase){p->title_zh, p->title_en}), err_code(e));
    if (done->failed_zh)
        fprintf(stderr, "  %s\n", say((phrase){done->failed_zh, done->failed_en}));
    else if (p->hint_zh && !done->ready)
        fprintf(stderr, "  %s\n", say((phrase){p->hint_zh, p->hint_en}));
    fprintf(
        stderr, "  %s\n",
        say(done->ready
                ? (phrase){"备份已完整就绪，但没有全部放入数据目录：原数据可能已有一部分移入 before-restore。请勿改动 "
                           "restore.ready（其中有主密钥）；排除上述原因后启动 yiqiand 或再次执行恢复，即会完成，"
                           "不会撤销",
                           "The backup is whole and ready, but not all of it could be put into the data "
                           "directory: some of the old data may be in before-restore already. Leave "
                           "restore.ready alone (it holds the master key); mend the cause and start yiqiand, or "
                           "run the restore again: it is finished then, and not undone"}
                : (phrase){"数据目录保持原样", "the data directory is as it was"}));
    return e;
}

static void print_line(phrase name, const char *value)
{
    printf("  %s%s\n", say(name), value);
}

/* What there is none of needs no line. */
static void print_count(int64_t n, phrase what)
{
    if (n > 0)
        printf("  %" PRId64 " %s\n", n, say(what));
}

/* What the old data had taken away stays so. */
static void report_carried(const backup_restored *d)
{
    const int64_t *n = d->carried;
    if (!d->carried_known)
        puts(
            say((phrase){"  备份之后的挂失、吊销、停用无从得知（或不全）：请逐项重做。操作员令牌全部作废，须重新创建。",
                         "  What was reported lost, revoked, suspended or removed after the backup is not (all) known: "
                         "do it again. Every operator's token is ended: make new ones."}));
    int64_t all = 0;
    for (size_t i = 0; i < BACKUP_CARRIED_KINDS; i++)
        all += n[i];
    if (!d->aside || (all == 0 && !d->carried_known))
        return; /* there was nothing that could be carried over, or it could not be read */
    if (all == 0)
        puts(say((phrase){"  原数据中没有备份之后的挂失、吊销、停用需要沿用。",
                          "  nothing was reported lost, revoked, suspended or removed after the backup."}));
    else if (language_is_chinese())
        printf("  自原数据沿用：证书吊销 %" PRId64 "，密钥锁定、冻结或销毁 %" PRId64 "，关闭的登记 %" PRId64
               "，停用用户 %" PRId64 "，操作员 %" PRId64 "，令牌 %" PRId64 "，业务系统 %" PRId64 "，凭证 %" PRId64
               "。\n",
               n[BACKUP_CARRIED_CERTIFICATES], n[BACKUP_CARRIED_KEYS], n[BACKUP_CARRIED_ENROLMENTS],
               n[BACKUP_CARRIED_USERS], n[BACKUP_CARRIED_OPERATORS], n[BACKUP_CARRIED_TOKENS],
               n[BACKUP_CARRIED_SYSTEMS], n[BACKUP_CARRIED_CREDENTIALS]);
    else
        printf("  carried over from the old data: %" PRId64 " certificates revoked, %" PRId64
               " keys locked, frozen or destroyed, %" PRId64 " enrolments closed; suspended or ended: %" PRId64
               " users, %" PRId64 " operators, %" PRId64 " tokens, %" PRId64 " systems, %" PRId64 " credentials.\n",
               n[BACKUP_CARRIED_CERTIFICATES], n[BACKUP_CARRIED_KEYS], n[BACKUP_CARRIED_ENROLMENTS],
               n[BACKUP_CARRIED_USERS], n[BACKUP_CARRIED_OPERATORS], n[BACKUP_CARRIED_TOKENS],
               n[BACKUP_CARRIED_SYSTEMS], n[BACKUP_CARRIED_CREDENTIALS]);
}

static void report(const restoring *r, const backup_restored *d)
{
    static const phrase of = {"备份：", "backup: "}, made = {"制作时间：", "made at: "}, scope = {"范围：", "scope: "},
                        sm3 = {"文件 SM3：", "SM3 of the file: "}, aside = {"原数据保留于：", "what was there is in: "};
    char id[UUID_TEXT], time[CLOCK_TEXT];
    uuid_encode(id, d->header.id);
    clock_text(time, d->header.created_ms);
    puts(say((phrase){"已恢复。", "Restored."}));
    print_line(of, id);
    print_line(made, time);
    print_line(scope, backup_scope_name(d->header.scope));
    print_line(sm3, hex_text(r->arena, d->digest, sizeof d->digest));
    if (d->aside)
        print_line(aside, d->aside);
    print_count(d->keys, (phrase){"个密钥（在用或锁定）", "keys, active or locked"});
    print_count(d->authorisations, (phrase){"个授权已关闭", "authorisations closed"});
    puts(say((phrase){"  控制台会话全部结束。", "  every console session ended."}));
    if (d->refreshed >= 0 && language_is_chinese())
        printf("  备份之后刷新过分量的密钥 %" PRId64 " 个，已销毁：持有人须重新登记手机。\n", d->refreshed);
    else if (d->refreshed >= 0)
        printf("  %" PRId64 " keys were refreshed after the backup and are destroyed: their holders enrol again.\n",
               d->refreshed);
    else if (d->keys > 0)
        puts(say((phrase){"  备份之后是否有密钥刷新过无从得知：这些手机会一直提示 PIN 错误，须重新登记。",
                          "  Whether keys were refreshed after the backup is not known: such phones keep saying that "
                          "the PIN is wrong, and enrol again."}));
    report_carried(d);
    if (d->credential)
        puts(say((phrase){"  主密钥为 systemd 凭据，不在备份中：启动服务须有同一凭据。",
                          "  The master key is a systemd credential and not in the backup: the server needs the same "
                          "one to start."}));
    if (d->has_settings)
        puts(say((phrase){
            "  原服务器的设置见数据目录中的 restored-settings.conf：不会自动生效，请核对后写入配置文件（如 "
            "organisation、public_url）。",
            "  The settings of that server are in restored-settings.conf in the data directory: they are not in "
            "force by themselves; look at them and put them into the configuration (organisation, public_url ...)."}));
}

/* What became of a restore that was interrupted. One that stood already is finished; where that was another backup than is asked for now, what to do is a
 * person's to say. */
static err resume(restoring *r)
{
    backup_swap_found found;
    backup_restored done;
    bool known;
    err e = backup_restore_resume(r->arena, r->settings.data_dir, &found, &done, &known);
    if (e != ERR_OK)
        return tell(
            e, "上次恢复已就绪，但仍无法完成：数据目录须可写；请勿改动其中的 restore.ready",
            "the last restore is ready and still cannot be finished: the data directory must be writable; leave "
            "restore.ready in it alone");
    if (found == BACKUP_SWAP_UNDONE)
        (void)tell(ERR_OK, "上次恢复中断且已撤销：数据保持原样",
                   "the last restore was interrupted and is undone: the data is as it was before");
    r->finished = found == BACKUP_SWAP_FINISHED;
    if (!r->finished)
        return ERR_OK;
    (void)tell(ERR_OK, "上次恢复在最后一步中断，现已完成：数据为备份中的状态",
               "the last restore was interrupted at its end and is finished now: the data is the backup's");
    if (known)
        report(r, &done);
    if (known && backup_restore_is(&done, r->file))
        return ERR_OK;
    return tell(
        ERR_EXISTS, "这不是本次指定的备份（或无从得知）；本次未再恢复，仍需要时请再次执行",
        "that was another backup than the one given now (or it is not known): nothing more was restored; run it "
        "again if you still want that");
}

static err taken(err e, const char *lock)
{
    char holder[LOCK_HOLDER];
    lock_holder(lock, holder);
    return strcmp(holder, RESTORE_HOLDS) == 0
               ? tell(e, "另一个恢复正在该数据目录上进行：请等它结束",
                      "another restore is under way on this data directory: wait until it is over")
               : tell(e, "服务正在该数据目录上运行：请先停止 yiqiand",
                      "a server runs on this data directory: stop yiqiand first");
}

static err open_place(restoring *r)
{
    const char *directory = r->settings.data_dir, *lock = arena_printf(r->arena, "%s/yiqiand.lock", directory);
    if (!lock)
        return ERR_MEMORY;
    err e = file_make_directory(directory, 0700);
    if (e == ERR_OK)
        e = file_check_directory(directory);
    if (e == ERR_NOT_FOUND)
        return tell(e, "数据目录的上级目录不存在", "the directory above the data directory is not there");
    if (e != ERR_OK)
        return tell(e, "数据目录无法使用：须属于当前用户且他人不可写",
                    "the data directory cannot be used: it must be this user's own, and nobody else may write into it");
    e = lock_take(&r->lock, lock);
    if (e == ERR_IO)
        return tell(e, "数据目录中的 yiqiand.lock 无法打开：请以运行服务的用户执行",
                    "yiqiand.lock in the data directory cannot be opened: run this as the server's user");
    if (e != ERR_OK)
        return taken(e, lock);
    lock_say(r->lock, RESTORE_HOLDS);
    return resume(r);
}

static err restore(restoring *r)
{
    char passphrase[PASSPHRASE_ROOM];
    size_t n;
    backup_restored done;
    err e = passphrase_read(passphrase, &n, r->passphrase_file, false);
    if (e != ERR_OK)
        return tell(e, passphrase_problem(e), passphrase_problem(e));
    const backup_restoring work = {.arena = r->arena,
                                   .data_dir = r->settings.data_dir,
                                   .file = r->file,
                                   .passphrase = bytes_of(passphrase, n),
                                   .replace = r->replace,
                                   .again = r->again,
                                   .actor = arena_printf(r->arena, "operator:uid:%u", (unsigned)geteuid()),
                                   .rng = {os_entropy_fill, NULL},
                                   .stop = &stopped};
    e = backup_restore(&work, &done);
    wipe(passphrase, sizeof passphrase);
    if (e != ERR_OK)
        return refused(&done, e);
    report(r, &done);
    return ERR_OK;
}

/* First: nobody types a passphrase for a file that is not there. */
static err look(const restoring *r)
{
    backup_restored done;
    err e = backup_restore_look(r->file, &done);
    return e == ERR_OK ? ERR_OK : refused(&done, e);
}

int restore_command(int argc, char **argv)
{
    restoring r = {.lock = -1};
    struct sigaction action = {.sa_handler = on_signal};
    language_choose();
    if (asks_for_help(argc, argv)) {
        help();
        return EXIT_SUCCESS;
    }
    (void)sigaction(SIGTERM, &action, NULL);
    (void)sigaction(SIGINT, &action, NULL);
    limits_forbid_core();
    r.arena = arena_create(RESTORE_ARENA);
    err e = r.arena ? read_arguments(&r, argc, argv) : ERR_MEMORY;
    if (e == ERR_OK)
        e = look(&r);
    if (e == ERR_OK)
        e = open_place(&r);
    if (e == ERR_OK && !r.finished)
        e = restore(&r);
    if (r.lock >= 0)
        lock_release(r.lock);
    arena_destroy(r.arena);
    return e == ERR_OK ? EXIT_SUCCESS : e == ERR_ARG ? WRONG_USAGE : EXIT_FAILURE;
}
