#include "service/audit_log.h"

#include <inttypes.h>

#include "base/ct.h"
#include "service/column.h"
#include "service/internal.h"

err audit_log_list(call *c, int64_t after, int64_t limit, const audit_entry **out, size_t *n)
{
    store_result rows;
    TRY(store_query(c->service->options.store, c->arena, &rows,
                    "SELECT sequence, time_ms, event, outcome, actor, subject, origin, detail FROM audit "
                    "WHERE sequence > $1 ORDER BY sequence LIMIT $2",
                    (store_value[]){store_int(after), store_int(limit)}, 2));
    audit_entry *entries = arena_alloc(c->arena, rows.rows * sizeof *entries);
    if (!entries)
        return ERR_MEMORY;
    for (size_t i = 0; i < rows.rows; i++) {
        const store_value *v = rows.values + i * rows.columns;
        entries[i] = (audit_entry){.sequence = column_int(&v[0]),
                                   .time_ms = column_int(&v[1]),
                                   .event = column_text(&v[2]),
                                   .outcome = column_text(&v[3]),
                                   .actor = column_text(&v[4]),
                                   .subject = column_text(&v[5]),
                                   .origin = column_text(&v[6]),
                                   .detail = column_text(&v[7])};
    }
    *out = entries;
    *n = rows.rows;
    return ERR_OK;
}

err audit_log_check(call *c, audit_finding *out)
{
    uint8_t key[32];
    const service_options *options = &c->service->options;
    keystore_derive(options->keystore, AUDIT_KEY_PURPOSE, key);
    err e = audit_fsck(options->store, key, out);
    wipe(key, sizeof key);
    TRY(e);
    c->detail = out->intact ? arena_printf(c->arena, "intact rows=%" PRIu64, out->rows)
                            : arena_printf(c->arena, "damaged: %s", out->what);
    return call_commit(c, store_unit_begin(c->arena));
}
