#include <string.h>

#include "os/file.h"
#include "service/backup_make.h"
#include "service/backup_setting.h"
#include "service/check_internal.h"
#include "service/column.h"
#include "service/internal.h"

enum { DAILY_WARN = 2, DAILY_FAIL = 7, WEEKLY_WARN = 8, WEEKLY_FAIL = 21, MANUAL_WARN = 31 }; /* days */

enum { AGE, SCHEDULED, FINDING, DIRECTORY, BEFORE_RESTORE };
static const check_kind kinds[] = {
    [AGE] =
        {"backup.age",
         {"最近的备份", "The newest backup"},
         {"还没有近期的完好备份：设定定期备份，并把文件复制到另一台机器，口令另行保管。",
          "There is no good backup of late: have backups made regularly, copy them to another machine, and keep the "
          "passphrase elsewhere."},
         false},
    [SCHEDULED] =
        {"backup.scheduled",
         {"定期备份", "Scheduled backup"},
         {"定期备份失败，一小时后自动重试；查看服务器日志、备份目录（backup_dir）与磁盘空间。",
          "A scheduled backup failed and is tried again after an hour: look at the log, the directory of backups "
          "(backup_dir) and the disk."},
         false},
    [FINDING] = {"backup.finding",
                 {"备份校验", "Verified backups"},
                 {"有备份经校验已损坏或无法恢复：删除它，立即重新备份，并检查存放备份的磁盘。",
                  "A backup was found damaged, or such that it cannot be restored: remove it, make another one now, "
                  "and check the disk where backups are."},
                 false},
    [DIRECTORY] =
        {"backup.directory",
         {"备份目录", "The directory of backups"},
         {"备份目录（backup_dir）不可用：须存在、属于运行服务的用户、他人不可写，且文件系统可写。",
          "The directory of backups (backup_dir) cannot be used: it must be there and the server's user's own, "
          "nobody else may write into it, and its file system must be writable."},
         false},
    [BEFORE_RESTORE] =
        {"backup.before_restore",
         {"恢复前的数据", "Data from before a restore"},
         {"数据目录中还留有恢复之前的密钥与数据：确认恢复无误后请删除该目录。",
          "The keys and data from before a restore are still in the data directory: remove that directory "
          "when you are sure that all is well."},
         false},
};

static check_state judge_age(const backup_facts *f, int64_t now_ms)
{
    bool daily = f->schedule && strcmp(f->schedule, "daily") == 0,
         weekly = f->schedule && strcmp(f->schedule, "weekly") == 0;
    if (f->last_good_ms == 0)
        return (daily || weekly) && (f->any_done || now_ms - f->schedule_ms > CHECK_DAY_MS) ? CHECK_FAILED
                                                                                            : CHECK_UNKNOWN;
    int64_t days = (now_ms - f->last_good_ms) / CHECK_DAY_MS;
    if (daily)
        return check_at_most(days, DAILY_WARN - 1, DAILY_FAIL - 1);
    if (weekly)
        return check_at_most(days, WEEKLY_WARN - 1, WEEKLY_FAIL - 1);
    return days < MANUAL_WARN ? CHECK_OK : CHECK_WARNING;
}

void check_backup_judge(checker *k, const backup_facts *f, int64_t now_ms)
{
    arena *a = k->c->arena;
    bool scheduled = f->schedule && strcmp(f->schedule, "off") != 0;
    check_add(k, &kinds[AGE], "", judge_age(f, now_ms), f->last_good_ms ? check_text_time(a, f->last_good_ms) : "", "");
    if (scheduled || f->last_error)
        check_add(k, &kinds[SCHEDULED], "", f->last_error ? CHECK_FAILED : CHECK_OK,
                  f->last_error ? f->last_error : "ok", "");
    if (f->last_finding)
        check_add(k, &kinds[FINDING], "", CHECK_FAILED, f->last_finding, "ok");
    check_add(k, &kinds[DIRECTORY], "", f->directory == ERR_OK ? CHECK_OK : CHECK_FAILED,
              f->directory == ERR_OK ? "ok" : err_code(f->directory), "");
    if (f->before_restore)
        check_add(k, &kinds[BEFORE_RESTORE], "", CHECK_WARNING, f->before_restore, "");
}

struct looking {
    checker *k;
    const char *found;
};

/* Any of them, for its name. */
static err find_before(void *context, const char *name)
{
    struct looking *w = context;
    static const char begin[] = "before-restore";
    if (strncmp(name, begin, sizeof begin - 1) == 0)
        w->found = arena_text(w->k->c->arena, name, strlen(name));
    return ERR_OK;
}

/* The directory of itself is made by the first backup. */
static void look_at_directories(checker *k, backup_facts *out)
{
    const service *s = k->c->service;
    const char *directory = backup_directory(s, k->c->arena);
    struct looking w = {k, NULL};
    if (directory && (s->options.backup_dir || file_exists(directory)))
        out->directory = backup_directory_check(s, k->c->arena);
    if (s->options.data_dir && file_each(s->options.data_dir, find_before, &w) == ERR_OK)
        out->before_restore = w.found;
}

static err read_facts(checker *k, backup_facts *out)
{
    const service *s = k->c->service;
    arena *a = k->c->arena;
    backup_setting setting;
    store_result rows;
    TRY(backup_setting_get(s, a, &setting));
    out->schedule = setting.schedule;
    out->schedule_ms = setting.changed_ms;
    TRY(store_query(s->options.store, a, &rows, "SELECT 1 FROM backup WHERE state = 'done' LIMIT 1", NULL, 0));
    out->any_done = rows.rows > 0;
    TRY(backup_last_good(s, a, &out->last_good_ms));
    TRY(store_query(
        s->options.store, a, &rows,
        "SELECT state, error FROM backup WHERE cause = 'scheduled' AND (state = 'done' OR state = 'failed') "
        "ORDER BY created_at DESC, id DESC LIMIT 1",
        NULL, 0));
    if (rows.rows == 1 && strcmp(setting.schedule, "off") != 0)
        out->last_error = column_text(&rows.values[1]);
    TRY(store_query(s->options.store, a, &rows,
                    "SELECT finding FROM backup WHERE state = 'done' AND (finding = 'backup_damaged' OR finding = "
                    "'backup_shortened' OR finding = 'backup_content') ORDER BY created_at DESC LIMIT 1",
                    NULL, 0));
    out->last_finding = rows.rows == 1 ? column_text(&rows.values[0]) : NULL;
    return ERR_OK;
}

static void run(checker *k)
{
    backup_facts f = {0};
    look_at_directories(k, &f);
    if (read_facts(k, &f) == ERR_OK)
        check_backup_judge(k, &f, k->c->now_ms);
    else
        check_add(k, &kinds[AGE], "", CHECK_UNKNOWN, "", "");
}

const check_family check_backup = {kinds, sizeof kinds / sizeof *kinds, run};
