#include "service/supersession.h"

#include <string.h>

#include "base/text.h"
#include "service/certificate.h"
#include "service/column.h"
#include "service/internal.h"
#include "service/key_state.h"
#include "service/policy.h"

enum { CERTIFICATES_MAX = 200 };

err supersession_list(call *c, const uint8_t user_id[16], const uint8_t *key_id, const superseded **out, size_t *n)
{
    bool single;
    store_result rows;
    *n = 0;
    TRY(policy_single_for(c, user_id, &single));
    if (!single)
        return ERR_OK;
    TRY(store_query(
        c->service->options.store, c->arena, &rows,
        "SELECT c.key_id, c.serial, d.name, d.platform, c.not_after FROM certificate c JOIN device_key k ON "
        "k.id = c.key_id JOIN enrolment n ON n.id = k.enrolment_id JOIN device d ON d.id = n.device_id "
        "WHERE c.user_id = $1 AND (c.key_id <> $2 OR $2 IS NULL) AND c.state IN ('active', 'frozen') AND "
        "c.not_after > $3 ORDER BY c.key_id LIMIT $4",
        (store_value[]){store_id(user_id), store_id(key_id), store_int(c->now_ms), store_int(CERTIFICATES_MAX)}, 4));
    superseded *found = arena_alloc(c->arena, rows.rows * sizeof *found);
    if (!found)
        return ERR_MEMORY;
    for (size_t i = 0; i < rows.rows; i++) {
        const store_value *v = rows.values + i * rows.columns;
        TRY(store_column_id(found[i].key_id, &v[0]));
        found[i].serial = column_bytes(&v[1]);
        found[i].device_name = column_text(&v[2]);
        found[i].platform = column_text(&v[3]);
        found[i].not_after_ms = column_int(&v[4]);
    }
    *out = found;
    *n = rows.rows;
    return ERR_OK;
}

static err add_one(call *c, store_unit *unit, const uint8_t user_id[16], const uint8_t key_id[16], bytes serial)
{
    const char *hex = hex_text(c->arena, serial.p, serial.n);
    const audit_record record = {.time_ms = c->now_ms,
                                 .event = "certificate.supersede",
                                 .outcome = err_code(ERR_OK),
                                 .actor = c->actor_text,
                                 .subject = hex ? arena_printf(c->arena, "certificate:%s", hex) : NULL,
                                 .origin = c->origin,
                                 .detail = call_subject(c, "key", key_id)};
    if (!record.subject || !record.detail)
        return ERR_MEMORY;
    store_unit_add(unit, 1, ERR_CONFLICT,
                   "UPDATE certificate SET state = 'superseded', revoked_at = $2, reason = $3 WHERE serial = $1 AND "
                   "state IN ('active', 'frozen')",
                   (store_value[]){store_blob(serial.p, serial.n), store_int(c->now_ms), store_int(REASON_SUPERSEDED)},
                   3);
    TRY(key_state_destroy_add(c, unit, key_id, user_id));
    return audit_add(c->service->options.audit, c->arena, unit, &record);
}

err supersession_add(call *c, store_unit *unit, const uint8_t user_id[16], const uint8_t key_id[16],
                     const superseded_key *replaced, size_t *n)
{
    const superseded *found;
    size_t others;
    TRY(supersession_list(c, user_id, key_id, &found, &others));
    *n = 0;
    if (replaced) {
        TRY(add_one(c, unit, user_id, replaced->key_id, replaced->serial));
        ++*n;
    }
    for (size_t i = 0; i < others; i++) {
        if (replaced && memcmp(found[i].key_id, replaced->key_id, 16) == 0)
            continue;
        TRY(add_one(c, unit, user_id, found[i].key_id, found[i].serial));
        ++*n;
    }
    return ERR_OK;
}
