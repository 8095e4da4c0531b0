#include "api/device_history.h"

#include <string.h>

#include "api/input.h"
#include "base/text.h"
#include "mpc/mpc.h"
#include "service/history.h"

enum { LIMIT_DEFAULT = 50 };

static json_t *entry_json(const history_entry *h)
{
    return json_pack("{s:o, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o}", "task", api_uuid(h->task), "kind",
                     h->kind, "title", h->title, "description", h->description, "record_type", h->record_type,
                     "reference", h->reference, "system", h->system, "method", h->method, "workstation",
                     h->workstation ? json_string(h->workstation) : json_null(), "serial",
                     api_hex(h->serial.p, h->serial.n), "signed_at", api_time(h->signed_ms), "withdrawn_at",
                     api_time(h->withdrawn_ms));
}

err device_history_get(void *app, http_request *request, http_response *response)
{
    call *c = app;
    uint8_t before[16];
    int64_t limit = LIMIT_DEFAULT;
    const history_entry *all;
    size_t n;
    TRY(api_query_only(c, request, "limit before"));
    const char *limit_text = http_query(request, "limit"), *before_text = http_query(request, "before");
    if (limit_text)
        TRY(input_number(c, "limit", limit_text, HISTORY_PAGE, &limit));
    if (limit == 0)
        return fault_field(&c->fault, ERR_FIELD_VALUE, "limit");
    if (before_text && uuid_decode(before, before_text, strlen(before_text)) != ERR_OK)
        return fault_field(&c->fault, ERR_FIELD_VALUE, "before");
    TRY(history_list(c, before_text ? before : NULL, limit, &all, &n));
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(items, entry_json(&all[i]));
    return json_respond(c->arena, response, 200,
                        json_pack("{s:i, s:o, s:o}", "protocol", MPC_VERSION, "signatures", items, "next",
                                  (int64_t)n == limit ? api_uuid(all[n - 1].task) : json_null()));
}
