#include "service/audit_log.h"

#include <inttypes.h>
#include <string.h>

#include "base/ct.h"
#include "service/audit_search.h"
#include "service/column.h"
#include "service/internal.h"

err audit_log_rows(const store_result *rows, audit_entry *out, size_t *n)
{
    enum { LEAF = 32 };
    for (size_t i = 0; i < rows->rows; i++) {
        const store_value *v = rows->values + i * rows->columns;
        bytes leaf = column_bytes(&v[8]);
        audit_entry *entry = &out[(*n)++];
        *entry = (audit_entry){.sequence = column_int(&v[0]),
                               .time_ms = column_int(&v[1]),
                               .event = column_text(&v[2]),
                               .outcome = column_text(&v[3]),
                               .actor = column_text(&v[4]),
                               .subject = column_text(&v[5]),
                               .origin = column_text(&v[6]),
                               .detail = column_text(&v[7]),
                               .leaf = leaf.p};
        if (!entry->event || !entry->outcome || leaf.n != LEAF)
            return ERR_CORRUPT;
    }
    return ERR_OK;
}

err audit_log_list(call *c, int64_t after, int64_t limit, const audit_entry **out, size_t *n)
{
    return audit_log_search(c, &(audit_filter){.after = after, .limit = limit}, out, n);
}

err audit_log_search(call *c, const audit_filter *f, const audit_entry **out, size_t *n)
{
    audit_page page;
    TRY(audit_search(c, f, 0, &page));
    *out = page.entries;
    *n = page.n;
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
