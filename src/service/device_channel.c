#include "service/device_channel.h"

#include <string.h>

#include "crypto/sm3.h"
#include "service/column.h"
#include "service/device.h"
#include "service/internal.h"

err device_channel_read(call *c, device_channel *out)
{
    store_result rows;
    sm3_ctx ctx;
    uint8_t digest[SM3_SIZE];
    memset(out, 0, sizeof *out);
    TRY(device_standing(c, out->user_id));
    TRY(store_query(c->service->options.store, c->arena, &rows,
                    "SELECT t.id, t.title, s.name FROM task t JOIN system s ON s.id = t.system_id "
                    "WHERE t.signer = $1 AND t.kind = 'document' AND t.expires_at > $2 AND t.finished_at IS NULL AND "
                    "(t.state = 'pending' OR "
                    "t.claim_until <= $2) ORDER BY t.id DESC LIMIT $3",
                    (store_value[]){store_id(out->user_id), store_int(c->now_ms), store_int(DEVICE_CHANNEL_COUNTED)},
                    3));
    out->count = rows.rows;
    out->tasks_n = rows.rows < DEVICE_CHANNEL_TASKS ? rows.rows : DEVICE_CHANNEL_TASKS;
    device_channel_task *tasks = arena_alloc(c->arena, out->tasks_n * sizeof *tasks);
    if (!tasks)
        return ERR_MEMORY;
    sm3_init(&ctx);
    for (size_t i = 0; i < rows.rows; i++) {
        const store_value *v = rows.values + i * rows.columns;
        uint8_t id[16];
        TRY(store_column_id(id, &v[0]));
        sm3_update(&ctx, id, sizeof id);
        if (i >= out->tasks_n)
            continue;
        memcpy(tasks[i].id, id, sizeof id);
        tasks[i].title = column_text(&v[1]);
        tasks[i].system_name = column_text(&v[2]);
    }
    sm3_final(&ctx, digest);
    memcpy(out->fingerprint, digest, sizeof out->fingerprint);
    out->tasks = tasks;
    return ERR_OK;
}
