#include "service/callback.h"
#include "service/check_internal.h"
#include "service/column.h"
#include "service/internal.h"

enum { FAILED_WARN = 0, FAILED_FAIL = 1000 };
#define TASKS_WARN (7 * CHECK_DAY_MS)
#define DUE_WARN (5 * CHECK_MINUTE_MS)
#define DUE_FAIL CHECK_HOUR_MS
#define STAMP_WARN (10 * CHECK_MINUTE_MS)
#define STAMP_FAIL (6 * CHECK_HOUR_MS)

enum { TASKS, CALLBACKS, CALLBACKS_FAILED, STAMPS };
static const check_kind kinds[] = {
    [TASKS] =
        {"queues.tasks",
         {"未完成的任务（最早的已等待）", "Tasks not finished (the oldest waits)"},
         {"有任务长期无人签：请业务系统设定有效期（expires_at）或撤销不再需要的任务。",
          "Tasks have waited for long: business systems should give them an end (expires_at), or cancel those not "
          "needed any more."},
         true},
    [CALLBACKS] =
        {"queues.callbacks",
         {"待发的回调（最早的已到期）", "Callbacks queued (the oldest is due since)"},
         {"业务系统的回调接口不通：查看下列接口与回调记录。",
          "A business system does not take its callbacks: look at the endpoints below and at the callbacks' log."},
         false},
    [CALLBACKS_FAILED] =
        {"queues.callbacks_failed",
         {"一小时内失败的回调", "Callbacks that failed within an hour"},
         {"这些回调已放弃：接口恢复后在回调记录中重发（或 yiqian callback replay）。",
          "They were given up: once the endpoint is back send them again from the callbacks' log (or yiqian "
          "callback replay)."},
         false},
    [STAMPS] =
        {"queues.stamps",
         {"等待时间戳的签名（最早的已等待）", "Signatures that wait for a timestamp (the oldest since)"},
         {"时间戳停发：查看时钟与时间戳单元的状态；恢复后自动补发。",
          "No timestamps are issued: look at the clock and at the timestamp units; they are made up for afterwards."},
         false},
};

static const char *count_and_age(arena *a, int64_t count, int64_t age_ms)
{
    return count > 0 && age_ms > 0 ? arena_printf(a, "%s (%s)", check_text_number(a, count), check_text_ms(a, age_ms))
                                   : check_text_number(a, count);
}

void check_queues_judge(checker *k, const queue_facts *f, int64_t now_ms)
{
    arena *a = k->c->arena;
    int64_t task_age = f->tasks > 0 ? now_ms - f->oldest_task_ms : 0;
    int64_t due_age = f->callbacks > 0 && now_ms > f->callbacks_due_ms ? now_ms - f->callbacks_due_ms : 0;
    int64_t stamp_age = f->stamps > 0 ? now_ms - f->oldest_stamp_ms : 0;
    check_add(k, &kinds[TASKS], "", task_age > TASKS_WARN ? CHECK_WARNING : CHECK_OK,
              count_and_age(a, f->tasks, task_age), check_text_ms(a, TASKS_WARN));
    check_add(k, &kinds[CALLBACKS], "", check_at_most(due_age, DUE_WARN, DUE_FAIL),
              count_and_age(a, f->callbacks, due_age), check_text_ms(a, DUE_WARN));
    check_add(k, &kinds[CALLBACKS_FAILED], "", check_at_most(f->callbacks_failed, FAILED_WARN, FAILED_FAIL),
              check_text_number(a, f->callbacks_failed), check_text_number(a, FAILED_WARN));
    check_add(k, &kinds[STAMPS], "", check_at_most(stamp_age, STAMP_WARN, STAMP_FAIL),
              count_and_age(a, f->stamps, stamp_age), check_text_ms(a, STAMP_WARN));
}

/* Ids are UUIDv7: their first 48 bits are the millisecond of their making, and the smallest is the oldest. */
static int64_t made_at(const store_value *id)
{
    const uint8_t *p = id->p;
    int64_t ms = 0;
    for (size_t i = 0; id->type == STORE_BLOB && id->n == 16 && i < 6; i++)
        ms = ms << 8 | p[i];
    return ms;
}

static err measure(checker *k, queue_facts *f)
{
    const store_value *row;
    store *s = k->c->service->options.store;
    TRY(callback_read_queue(k->c, &f->callbacks, &f->callbacks_due_ms));
    TRY(store_query_one(s, k->c->arena, &row, ERR_OK, "SELECT count(*), min(id) FROM task WHERE finished_at IS NULL",
                        NULL, 0));
    f->tasks = row[0].i;
    f->oldest_task_ms = made_at(&row[1]);
    TRY(store_query_one(s, k->c->arena, &row, ERR_OK,
                        "SELECT count(*) FROM callback WHERE finished_at > $1 AND state = 'failed'",
                        (store_value[]){store_int(k->c->now_ms - CHECK_HOUR_MS)}, 1));
    f->callbacks_failed = row[0].i;
    TRY(store_query_one(s, k->c->arena, &row, ERR_OK,
                        "SELECT count(*), min(asked_at) FROM signature_stamp WHERE serial IS NULL", NULL, 0));
    f->stamps = row[0].i;
    f->oldest_stamp_ms = column_int(&row[1]);
    return ERR_OK;
}

static void run(checker *k)
{
    queue_facts f = {0};
    err e = measure(k, &f);
    if (e == ERR_OK)
        check_queues_judge(k, &f, k->c->now_ms);
    for (size_t i = 0; e != ERR_OK && i < sizeof kinds / sizeof *kinds; i++)
        check_add(k, &kinds[i], "", CHECK_UNKNOWN, err_code(e), "");
}

const check_family check_queues = {kinds, sizeof kinds / sizeof *kinds, run};
