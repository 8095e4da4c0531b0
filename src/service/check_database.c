#include "os/file.h"
#include "service/check_internal.h"
#include "service/health.h"
#include "service/internal.h"

enum {
    COMMIT_WARN_US = 200000, /* a person waits for it with each signature */
    COMMIT_FAIL_US = 2000000,
    US_IN_MS = 1000,
    NS_IN_US = 1000
};
#define WAL_WARN (INT64_C(256) << 20)
#define WAL_FAIL (INT64_C(2) << 30)

enum { WRITE, COMMIT, SIZE, WAL, INTEGRITY };
static const check_kind kinds[] = {
    [WRITE] =
        {"database.write",
         {"数据库可写", "Database can be written"},
         {"查看服务器日志；磁盘已满则清理或扩容，出错则检查磁盘，必要时从备份恢复。在此之前不会接受任何签名。",
          "Look at the server's log. A full disk: make room; an error: check the disk, restore a backup if need be. "
          "No signature is taken until then."},
         false},
    [COMMIT] =
        {"database.commit",
         {"提交用时", "Time of a commit"},
         {"磁盘同步过慢：把数据目录放在固态硬盘上，检查阵列写缓存及同机其他负载。",
          "The disk is slow to sync: put the data directory on an SSD, check the controller's write cache and what "
          "else runs on this machine."},
         false},
    [SIZE] = {"database.size", {"数据库大小", "Size of the database"}, {"", ""}, true},
    [WAL] =
        {"database.wal",
         {"预写日志大小", "Size of the write-ahead log"},
         {"有读取长时间未结束（如备份或外部工具打开着数据库），关闭之；否则重启服务。",
          "Something has been reading for long (a backup, another program that holds the database open): end it, or "
          "restart the server."},
         false},
    [INTEGRITY] =
        {"database.integrity",
         {"数据库文件完整", "Database file is whole"},
         {"数据库文件已损坏：停止服务，保留现场，检查磁盘与内存，从最近的备份恢复。",
          "The database file is damaged: stop the server, keep the files as they are, check disk and memory, and "
          "restore the newest backup."},
         false},
};

static void judge_integrity(checker *k, const database_facts *f)
{
    if (!f->integrity_known)
        return;
    check_state state = f->integrity == ERR_OK ? CHECK_OK : f->integrity == ERR_CORRUPT ? CHECK_FAILED : CHECK_UNKNOWN;
    const char *value = f->finding && *f->finding ? f->finding
                        : f->integrity == ERR_TIMEOUT
                            ? arena_printf(k->c->arena, "> %s", check_text_ms(k->c->arena, CHECK_FULL_MS))
                            : err_code(f->integrity);
    check_add(k, &kinds[INTEGRITY], "", state, value, "ok");
}

void check_database_judge(checker *k, const database_facts *f)
{
    arena *a = k->c->arena;
    check_add(k, &kinds[WRITE], "", f->write == ERR_OK || f->write == ERR_SELF_TEST ? CHECK_OK : CHECK_FAILED,
              err_code(f->write == ERR_SELF_TEST ? ERR_OK : f->write), "ok");
    check_add(k, &kinds[COMMIT], "", check_at_most(f->commit_us, COMMIT_WARN_US, COMMIT_FAIL_US),
              f->commit_us < 0 ? "" : check_text_ms(a, f->commit_us / US_IN_MS),
              check_text_ms(a, COMMIT_WARN_US / US_IN_MS));
    check_add(k, &kinds[SIZE], "", f->size < 0 ? CHECK_UNKNOWN : CHECK_OK, check_text_bytes(a, f->size), "");
    check_add(k, &kinds[WAL], "", check_at_most(f->wal, WAL_WARN, WAL_FAIL), check_text_bytes(a, f->wal),
              check_text_bytes(a, WAL_WARN));
    judge_integrity(k, f);
}

static int64_t size_of(checker *k, const char *name)
{
    const char *dir = k->c->service->options.data_dir;
    const char *path = dir ? arena_printf(k->c->arena, "%s/%s", dir, name) : NULL;
    uint64_t size;
    return path && file_size(path, &size) == ERR_OK ? (int64_t)size : HOST_UNKNOWN;
}

static void run(checker *k)
{
    char finding[STORE_FINDING] = "";
    store_figures figures;
    service *s = k->c->service;
    database_facts f = {.write = health_check(k->c), .integrity_known = k->full, .finding = finding};
    store_read_figures(s->options.store, &figures);
    f.commit_us = figures.last_at_ns != 0 ? (int64_t)(figures.last_group_ns / NS_IN_US) : HOST_UNKNOWN;
    f.size = size_of(k, "yiqian.db");
    f.wal = size_of(k, "yiqian.db-wal");
    if (k->full)
        f.integrity = store_quick_check(s->options.store, CHECK_FULL_MS, finding);
    f.finding = arena_printf(k->c->arena, "%s", finding);
    check_database_judge(k, &f);
}

const check_family check_database = {kinds, sizeof kinds / sizeof *kinds, run};
