#include <string.h>

#include "service/check_internal.h"
#include "service/column.h"
#include "service/internal.h"

enum { TRIES = 3, ENDPOINTS_MAX = 200 };
#define SILENT_FAIL CHECK_HOUR_MS

static const check_kind kinds[] = {
    {"callbacks.endpoint",
     {"回调接口", "Callback endpoint"},
     {"接口不应答或拒收：联系业务系统厂商，用“测试”按钮确认；恢复后会自动补发一天之内的消息。",
      "It does not answer, or refuses: tell the business system's people, confirm with the test button. What is up to "
      "a day old is "
      "sent by itself once it is back."},
     false},
};

void check_endpoint_judge(checker *k, const char *url, int64_t undelivered, int64_t since_ms, int64_t now_ms)
{
    arena *a = k->c->arena;
    int64_t age_ms = undelivered > 0 ? now_ms - since_ms : 0;
    /* What stands behind may be a secret of the receiver's, and is told in mails and metrics. */
    const char *subject = arena_printf(a, "%.*s", (int)strcspn(url, "?"), url);
    check_add(k, &kinds[0], subject ? subject : "",
              undelivered == 0       ? CHECK_OK
              : age_ms > SILENT_FAIL ? CHECK_FAILED
                                     : CHECK_WARNING,
              undelivered == 0
                  ? "0"
                  : arena_printf(a, "%s (%s)", check_text_number(a, undelivered), check_text_ms(a, age_ms)),
              "0");
}

static void run(checker *k)
{
    store_result rows;
    err e =
        store_query(k->c->service->options.store, k->c->arena, &rows,
                    "SELECT e.url, (SELECT count(*) FROM callback c WHERE c.endpoint_id = e.id AND c.finished_at IS "
                    "NULL AND c.tries >= $1), (SELECT min(c.queued_at) FROM callback c WHERE c.endpoint_id = e.id "
                    "AND c.finished_at IS NULL AND c.tries >= $1) FROM callback_endpoint e WHERE e.state = "
                    "'active' ORDER BY e.id LIMIT $2",
                    (store_value[]){store_int(TRIES), store_int(ENDPOINTS_MAX)}, 2);
    if (e != ERR_OK)
        check_add(k, &kinds[0], "", CHECK_UNKNOWN, err_code(e), "");
    for (size_t i = 0; e == ERR_OK && i < rows.rows; i++) {
        const store_value *v = rows.values + i * rows.columns;
        check_endpoint_judge(k, column_text(&v[0]), column_int(&v[1]), column_int(&v[2]), k->c->now_ms);
    }
}

const check_family check_callbacks = {kinds, sizeof kinds / sizeof *kinds, run};
