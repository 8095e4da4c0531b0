#include "service/audit_export.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "api/audits.h"
#include "api/input.h"
#include "api/sheet.h"
#include "base/text.h"
#include "os/clock.h"
#include "service/audit_name.h"
#include "service/audit_search.h"

enum { OK = 200, LIMIT_MAX = 10000 };

static void put_json(sheet *t, json_t *line)
{
    char *dump = line ? json_dumps(line, JSON_COMPACT) : NULL;
    if (dump) {
        sheet_text(t, dump);
        sheet_text(t, "\n");
    }
    t->failed = t->failed || !dump;
    free(dump);
    json_decref(line);
}

/* Names, numbers, the leaf and what is quoted, beside the texts. */
static void reserve(sheet *t, const audit_entry *rows, size_t n)
{
    enum { HEAD = 16 << 10, BESIDE = 420 };
    size_t room = HEAD;
    for (size_t i = 0; i < n; i++) {
        const char *const texts[] = {rows[i].event,   rows[i].outcome, rows[i].actor,
                                     rows[i].subject, rows[i].origin,  rows[i].detail};
        room += BESIDE;
        for (size_t k = 0; k < COUNT(texts); k++)
            room += texts[k] ? strlen(texts[k]) : 0;
    }
    sheet_reserve(t, room);
}

/* ---- JSON lines ---- */

static json_t *nodes_json(const audit_node *nodes, size_t n)
{
    json_t *array = json_array();
    for (size_t i = 0; i < n; i++)
        (void)json_array_append_new(array, json_pack("{s:i, s:o}", "level", (int)nodes[i].level, "hash",
                                                     api_hex(nodes[i].hash, sizeof nodes[i].hash)));
    return array;
}

static json_t *head_json(call *c, const audit_export *x)
{
    bytes chain[2];
    service_chain(c->service, chain);
    return json_pack("{s:s, s:s, s:o, s:I, s:I, s:I, s:o, s:o, s:o, s:o}", "format", "yiqian-audit/1", "organisation",
                     service_organisation(c->service), "exported_at", api_time(c->now_ms), "from", (json_int_t)x->from,
                     "to", (json_int_t)x->to, "size", (json_int_t)x->size, "root", api_hex(x->root, sizeof x->root),
                     "before", nodes_json(x->before, x->before_n), "after", nodes_json(x->after, x->after_n), "head",
                     json_pack("{s:s, s:o, s:o, s:[o, o]}", "text", x->statement, "signature",
                               api_base64(c->arena, bytes_of(x->signature, sizeof x->signature)), "certificate",
                               api_base64(c->arena, x->certificate), "chain", api_base64(c->arena, chain[0]),
                               api_base64(c->arena, chain[1])));
}

/* What the leaf covers, as it was recorded: numbers and texts, null where there is none. */
static json_t *row_json(const audit_entry *e)
{
    return json_pack("{s:I, s:I, s:s, s:s, s:s?, s:s?, s:s?, s:s?, s:o}", "sequence", (json_int_t)e->sequence,
                     "time_ms", (json_int_t)e->time_ms, "event", e->event, "outcome", e->outcome, "actor", e->actor,
                     "subject", e->subject, "origin", e->origin, "detail", e->detail, "leaf",
                     api_hex(e->leaf, SM3_SIZE));
}

/* More than fit are as many as fit. */
static err read_limit(call *c, const http_request *request, int64_t *limit)
{
    const char *text = http_query(request, "limit");
    *limit = AUDIT_EXPORT_ROWS;
    if (text)
        TRY(input_number(c, "limit", text, LIMIT_MAX, limit));
    if (*limit < 1)
        return fault_field(&c->fault, ERR_FIELD_VALUE, "limit");
    if (*limit > AUDIT_EXPORT_ROWS)
        *limit = AUDIT_EXPORT_ROWS;
    return ERR_OK;
}

static err lines(call *c, const http_request *request, sheet *t, int64_t *next)
{
    audit_export *x = arena_alloc(c->arena, sizeof *x);
    const char *from_time = http_query(request, "from"), *after = http_query(request, "after");
    int64_t from = 1, from_ms;
    TRY(api_query_only(c, request, "format from after limit"));
    if (!x)
        return ERR_MEMORY;
    if (from_time) {
        TRY(input_time(c, "from", from_time, &from_ms));
        TRY(audit_export_from(c, from_ms, &from));
    }
    if (after) {
        TRY(input_number(c, "after", after, INT64_MAX - 1, &from));
        from++;
    }
    int64_t limit;
    TRY(read_limit(c, request, &limit));
    TRY(audit_export_read(c, from, limit, x));
    reserve(t, x->rows, x->n);
    put_json(t, head_json(c, x));
    for (size_t i = 0; i < x->n; i++)
        put_json(t, row_json(&x->rows[i]));
    *next = x->n > 0 && (uint64_t)x->to < x->size ? x->to : 0;
    c->detail = arena_printf(c->arena, "jsonl from=%" PRId64 " to=%" PRId64, x->from, x->to);
    return c->detail ? ERR_OK : ERR_MEMORY;
}

/* ---- CSV ---- */

static void put_row(sheet *t, arena *a, const audit_entry *e)
{
    char time[CLOCK_TEXT], leaf[2 * SM3_SIZE + 1];
    const audit_name *name = audit_name_of(e->event);
    const char *const cells[] = {time,       e->event, name ? name->zh : "", name ? name->en : "",
                                 e->outcome, e->actor, e->subject,           e->origin,
                                 e->detail,  leaf};
    clock_text(time, e->time_ms);
    hex_encode(leaf, e->leaf, SM3_SIZE);
    sheet_cell(t, arena_printf(a, "%" PRId64, e->sequence));
    for (size_t i = 0; i < COUNT(cells); i++) {
        sheet_text(t, ",");
        sheet_cell(t, cells[i]);
    }
    sheet_text(t, "\r\n");
}

static err table(call *c, const http_request *request, sheet *t, int64_t *next)
{
    static const char heading[] =
        SHEET_MARK "\"sequence\",\"time\",\"event\",\"事件\",\"event name\",\"outcome\",\"actor\","
                   "\"subject\",\"origin\",\"detail\",\"leaf\"\r\n";
    audit_filter filter;
    audit_page page;
    TRY(api_query_only(c, request, "format limit after before order event actor subject outcome origin from to"));
    TRY(audits_read_filter(c, request, &filter));
    TRY(read_limit(c, request, &filter.limit));
    TRY(audit_search(c, &filter, AUDITS_SEARCH_NS, &page));
    reserve(t, page.entries, page.n);
    sheet_text(t, heading);
    for (size_t i = 0; i < page.n; i++)
        put_row(t, c->arena, &page.entries[i]);
    *next = page.next;
    c->detail = arena_printf(c->arena, "csv rows=%zu", page.n);
    return c->detail ? ERR_OK : ERR_MEMORY;
}

/* Reading all of the log is an act. */
err audits_export(void *app, http_request *request, http_response *response)
{
    call *c = app;
    sheet t = {.arena = c->arena};
    const char *format = http_query(request, "format");
    int64_t next = 0;
    bool csv = format && strcmp(format, "csv") == 0;
    if (!csv && (!format || strcmp(format, "jsonl") != 0))
        return fault_field(&c->fault, ERR_FIELD_VALUE, "format");
    TRY(csv ? table(c, request, &t, &next) : lines(c, request, &t, &next));
    if (t.failed)
        return ERR_MEMORY;
    TRY(call_commit(c, store_unit_begin(c->arena)));
    response->status = OK;
    response->content_type = csv ? "text/csv; charset=utf-8" : "application/x-ndjson; charset=utf-8";
    response->body = bytes_of(t.p, t.n);
    response->headers[0].name = "Content-Disposition";
    response->headers[0].value = csv ? "attachment; filename=\"audit.csv\"" : "attachment; filename=\"audit.jsonl\"";
    response->headers[1].name = next > 0 ? "Yiqian-Next" : NULL;
    response->headers[1].value = arena_printf(c->arena, "%" PRId64, next);
    return ERR_OK;
}
