#include "audit/audit_head.h"
#include "base/ct.h"
#include "service/audit_job.h"
#include "service/check_internal.h"
#include "service/internal.h"

#include <inttypes.h>

enum { HEAD, LOG, AGE, JOB_DAYS = 3, FIRST_MS = 600000 /* after a start the first one has begun by then */ };
#define KEEP_AS_IT_IS                                                                                                  \
    {                                                                                                                  \
        "审计日志被改动：不要重启服务，保留数据目录与备份，通知安全负责人，用 yiqian audit fsck 定位。",               \
            "The audit log was tampered with: do not restart, keep the data directory and the backups as they are, "   \
            "tell who is "                                                                                             \
            "responsible for security; yiqian audit fsck says where."                                                  \
    }
static const check_kind kinds[] = {
    [HEAD] = {"audit.head", {"审计日志的末端", "The audit log's end"}, KEEP_AS_IT_IS, false},
    [LOG] = {"audit.log", {"审计日志全文校验", "The whole audit log"}, KEEP_AS_IT_IS, false},
    [AGE] = {"audit.age",
             {"审计日志的定期校验", "The audit log's regular verification"},
             {"审计日志未能按时校验：查看服务器日志；读盘出错时先备份再检修磁盘；可在控制台“审计日志”页面重新开始校验。",
              "The audit log was not verified in time: look at the server's log; where the disk cannot be read, back up and see to the "
              "disk; begin it anew on the console's page of the audit log."},
             false},
};

static check_state age_state(const audit_facts *f, int64_t now_ms)
{
    if (f->job_failed != ERR_OK)
        return CHECK_WARNING;
    bool late = f->job_known ? now_ms - f->job_at_ms > JOB_DAYS * CHECK_DAY_MS
                             : !f->job_running && now_ms - f->started_ms > FIRST_MS;
    return late ? CHECK_WARNING : CHECK_OK;
}

void check_audit_judge(checker *k, const audit_facts *f, int64_t now_ms)
{
    arena *a = k->c->arena;
    bool good = f->authentic && f->head_size == f->last;
    const char *at = f->job_known ? check_text_time(a, f->job_at_ms) : "";
    check_add(k, &kinds[HEAD], "", !f->head_read || !good ? CHECK_FAILED : CHECK_OK,
              arena_printf(a, "%" PRIu64 " / %" PRIu64, f->head_size, f->last), "");
    check_add(k, &kinds[LOG], "", !f->job_known ? CHECK_UNKNOWN : f->job_intact ? CHECK_OK : CHECK_FAILED,
              f->job_known && !f->job_intact ? f->finding : at, "");
    check_add(k, &kinds[AGE], "", age_state(f, now_ms), f->job_failed != ERR_OK ? err_code(f->job_failed) : at,
              check_text_ms(a, JOB_DAYS * CHECK_DAY_MS));
}

static void run(checker *k)
{
    uint8_t key[32];
    audit_head head;
    audit_job_state job;
    service *s = k->c->service;
    audit_facts f = {0};
    keystore_derive(s->options.keystore, AUDIT_KEY_PURPOSE, key);
    f.head_read = audit_head_read(&head, s->options.store, k->c->arena) == ERR_OK;
    f.authentic = f.head_read && audit_head_authentic(&head, key);
    wipe(key, sizeof key);
    f.head_size = f.head_read ? head.size : 0;
    f.last = f.head_read && head.has_rows ? head.last : 0;
    audit_job_read(s, &job);
    f.job_known = job.done;
    f.job_intact = job.finding.intact;
    f.job_running = job.running;
    f.job_failed = job.failed;
    f.job_at_ms = job.finished_ms;
    f.started_ms = s->started_ms;
    f.finding = arena_printf(k->c->arena, "%s", job.finding.what);
    check_audit_judge(k, &f, k->c->now_ms);
}

const check_family check_audit = {kinds, sizeof kinds / sizeof *kinds, run};
