#include "service/clone_alarm.h"

#include <string.h>

#include "base/ct.h"
#include "service/column.h"
#include "service/internal.h"
#include "service/key_event.h"
#include "service/share.h"

enum { RETIRED_MAX = 1000 /* the newest; a key refreshed every day for two years has fewer */ };

err clone_alarm_check(call *c, const signing_key *key, const signing_key_proof *proof, bool *alarm)
{
    store_result rows;
    mpc_server_share retired;
    err e = ERR_OK;
    *alarm = false;
    TRY(store_query(c->service->options.store, c->arena, &rows,
                    "SELECT sealed_p1 FROM retired_share WHERE key_id = $1 ORDER BY retired_at DESC LIMIT $2",
                    (store_value[]){store_id(key->id), store_int(RETIRED_MAX)}, 2));
    /* A proof is checked with P1 and P only. */
    memset(&retired, 0, sizeof retired);
    memcpy(retired.P, key->public_key, POINT_SIZE);
    for (size_t i = 0; i < rows.rows; i++) {
        TRY_OUT(share_open_retired(c, key->id, column_bytes(&rows.values[i]), retired.P1));
        e = proof->check(proof->request, &retired);
        *alarm |= e == ERR_OK;
        TRY_OUT(e == ERR_PROOF ? ERR_OK : e);
    }
out:
    mpc_server_share_wipe(&retired);
    return e;
}

err clone_alarm_add(call *c, store_unit *unit, const signing_key *key)
{
    audit_record record = {.time_ms = c->now_ms,
                           .event = "key.clone_alarm",
                           .outcome = err_code(ERR_OK),
                           .actor = c->actor_text,
                           .subject = call_subject(c, "key", key->id),
                           .origin = c->origin};
    store_unit_add(unit, 1, ERR_KEY_STATE, "UPDATE device_key SET state = 'frozen', alarmed_at = $2 WHERE id = $1",
                   (store_value[]){store_id(key->id), store_int(c->now_ms)}, 2);
    TRY(key_event_add(c, unit, key->id, key->user_id, KEY_FROZEN));
    return audit_add(c->service->options.audit, c->arena, unit, &record);
}
