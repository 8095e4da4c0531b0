#include "service/backup.h"
#include "service/check_internal.h"
#include "service/internal.h"

enum {
    SHARE_FAILED = 4, /* of what warns, as a divisor */
    INODES_WARN = 5,  /* percent that are free */
    INODES_FAIL = 1,
    HUNDRED = 100
};
#define FREE_LEAST (INT64_C(4) << 30)

enum { SPACE, INODES, BACKUPS };
#define MAKE_ROOM                                                                                                      \
    {                                                                                                                  \
        "清理日志与旧备份，或扩大磁盘；磁盘写满后不会再接受任何签名。",                                                \
            "Remove old logs and backups, or enlarge the disk: once it is full no signature is taken any more."        \
    }
static const check_kind kinds[] = {
    [SPACE] = {"disk.space", {"数据磁盘剩余空间", "Free space where the data is"}, MAKE_ROOM, false},
    [INODES] = {"disk.inodes",
                {"数据磁盘剩余 inode", "Free inodes where the data is"},
                {"该文件系统上小文件过多：找出并清理（df -i，find -xdev）。",
                 "There are too many small files on this file system: find and remove them (df -i, find -xdev)."},
                false},
    [BACKUPS] = {"disk.backups", {"备份磁盘剩余空间", "Free space where backups are"}, MAKE_ROOM, false},
};

void check_disk_judge(checker *k, const disk_facts *f)
{
    arena *a = k->c->arena;
    const char *limit = check_text_bytes(a, f->free_least);
    check_add(k, &kinds[SPACE], "", check_at_least(f->data.free, f->free_least, f->free_least / SHARE_FAILED),
              check_text_bytes(a, f->data.free), limit);
    if (f->data.inodes_total > 0) /* else this file system has no fixed number of them */
        check_add(k, &kinds[INODES], "",
                  check_at_least(f->data.inodes_free * HUNDRED / f->data.inodes_total, INODES_WARN, INODES_FAIL),
                  check_text_percent(a, f->data.inodes_free, f->data.inodes_total),
                  check_text_percent(a, INODES_WARN, HUNDRED));
    if (f->backups.total >= 0)
        check_add(k, &kinds[BACKUPS], "", check_at_least(f->backups.free, f->free_least, f->free_least / SHARE_FAILED),
                  check_text_bytes(a, f->backups.free), limit);
}

static void run(checker *k)
{
    const service_options *o = &k->c->service->options;
    disk_facts f = {.free_least = o->check_disk_free > 0 ? o->check_disk_free : FREE_LEAST};
    const char *backups = backup_directory(k->c->service, k->c->arena);
    host_disk_read(&f.data, o->data_dir ? o->data_dir : "/nowhere");
    host_disk_read(&f.backups, backups ? backups : "/nowhere");
    check_disk_judge(k, &f);
}

const check_family check_disk = {kinds, sizeof kinds / sizeof *kinds, run};
