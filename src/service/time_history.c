#include "service/time_history.h"

#include <stdio.h>
#include <string.h>

#include "service/column.h"
#include "service/time_internal.h"
#include "service/time_signer.h"

enum { SOURCES_MAX = CLOCK_STATEMENT_MAX - 1024 };

/* "ntp 10.0.0.1:123 offset_us=-12 bound_us=900 agrees (stratum 2, delay 300 us); ..."; cut where it is too long. */
static const char *sources_text(arena *a, const time_report *r)
{
    buffer b = buffer_over(arena_alloc(a, SOURCES_MAX), SOURCES_MAX - 1);
    for (size_t i = 0; b.p && i < r->n; i++) {
        const clock_reading *one = &r->readings[i];
        char text[2 * CLOCK_ID_TEXT + 2 * CLOCK_SAID_TEXT];
        int n =
            one->synchronised
                ? snprintf(text, sizeof text, "%s%s %s offset_us=%lld bound_us=%llu %s (%s)", i > 0 ? "; " : "",
                           clock_source_name(one->kind), one->id, (long long)(one->offset_ns / 1000),
                           (unsigned long long)(one->bound_ns / 1000 + 1), r->agrees[i] ? "agrees" : "false", one->said)
                : snprintf(text, sizeof text, "%s%s %s no time (%s)", i > 0 ? "; " : "", clock_source_name(one->kind),
                           one->id, one->said);
        buffer_put(&b, text, n > 0 ? (size_t)n : 0);
    }
    return (const char *)b.p;
}

/* The last link's number, and what the next one calls previous. */
static err read_end(service *s, arena *a, int64_t *sequence, uint8_t previous[CLOCK_LINK])
{
    const store_value *row;
    *sequence = 0;
    memset(previous, 0, CLOCK_LINK);
    err e = store_query_one(s->options.store, a, &row, ERR_NOT_FOUND,
                            "SELECT sequence, statement, signature FROM clock_history ORDER BY sequence DESC LIMIT 1",
                            NULL, 0);
    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? ERR_OK : e;
    *sequence = column_int(&row[0]);
    clock_statement_link(previous, bytes_of(row[1].p, row[1].n), column_bytes(&row[2]));
    return ERR_OK;
}

static err sign(service *s, arena *a, const time_report *r, clock_statement *statement, buffer *text, uint8_t rs[64])
{
    time_signer key;
    cert certificate;
    TRY(time_signer_get(s, a, r->at_us / 1000, &key));
    TRY(cert_parse(&certificate, key.certificate));
    statement->signer = certificate.serial;
    TRY(clock_statement_write(text, statement));
    return signer_sign_message(key.signer, bytes_of(text->p, text->n), rs);
}

/* Between reading the end and adding to it another server on the same database may have been faster. */
static err add_once(service *s, arena *a, const time_report *r, const char *event)
{
    uint8_t rs[CLOCK_SIGNATURE];
    clock_statement statement = {.at_us = r->at_us,
                                 .state = time_state_name(r->state),
                                 .reason = clock_reason_name(r->reason),
                                 .known = r->known,
                                 .error_us = r->error_us,
                                 .leap = r->leap,
                                 .voices = r->voices,
                                 .agreeing = r->agreeing,
                                 .needed = r->needed,
                                 .sources = sources_text(a, r)};
    buffer text = buffer_over(arena_alloc(a, CLOCK_STATEMENT_MAX), CLOCK_STATEMENT_MAX - 1);
    store_unit *unit = store_unit_begin(a);
    if (!statement.sources || !text.p || !unit)
        return ERR_MEMORY;
    TRY(read_end(s, a, &statement.sequence, statement.previous));
    statement.sequence++;
    TRY(sign(s, a, r, &statement, &text, rs));
    store_unit_add(
        unit, 1, ERR_INTERNAL,
        "INSERT INTO clock_history (sequence, at_us, state, statement, signature) VALUES ($1, $2, $3, $4, $5)",
        (store_value[]){store_int(statement.sequence), store_int(r->at_us), store_text(statement.state),
                        store_text((const char *)text.p), store_blob(rs, sizeof rs)},
        5);
    if (event) {
        audit_record record = {
            .time_ms = r->at_us / 1000,
            .event = event,
            .outcome = r->state == TIME_BAD ? err_code(ERR_TIME) : "ok",
            .actor = "server",
            .detail = arena_printf(a, "%s, history %lld", statement.reason, (long long)statement.sequence)};
        TRY(audit_add(s->options.audit, a, unit, &record));
    }
    return store_commit(s->options.store, unit);
}

err time_history_add(service *s, arena *a, const time_report *r, const char *event)
{
    enum { TRIES = 3 };
    err e = ERR_EXISTS;
    for (int i = 0; i < TRIES && e == ERR_EXISTS; i++)
        e = add_once(s, a, r, event);
    return e;
}

err time_history_list(call *c, int64_t after, int64_t limit, const time_link **out, size_t *n)
{
    store_result rows;
    limit = limit > TIME_HISTORY_PAGE ? TIME_HISTORY_PAGE : limit;
    TRY(store_query(c->service->options.store, c->arena, &rows,
                    "SELECT sequence, at_us, state, statement, signature FROM clock_history WHERE sequence > $1 "
                    "ORDER BY sequence LIMIT $2",
                    (store_value[]){store_int(after), store_int(limit)}, 2));
    time_link *links = arena_alloc(c->arena, rows.rows * sizeof *links);
    if (!links)
        return ERR_MEMORY;
    for (size_t i = 0; i < rows.rows; i++) {
        const store_value *v = rows.values + i * rows.columns;
        links[i] = (time_link){.sequence = column_int(&v[0]),
                               .at_us = column_int(&v[1]),
                               .state = column_text(&v[2]),
                               .text = bytes_of(v[3].p, v[3].n),
                               .signature = column_bytes(&v[4])};
    }
    *out = links;
    *n = rows.rows;
    return ERR_OK;
}

err time_history_signers(call *c, const bytes **out, size_t *n)
{
    store_result rows;
    TRY(store_query(c->service->options.store, c->arena, &rows,
                    "SELECT certificate FROM time_signer ORDER BY created_at, id LIMIT 1000", NULL, 0));
    bytes *all = arena_alloc(c->arena, rows.rows * sizeof *all);
    if (!all)
        return ERR_MEMORY;
    for (size_t i = 0; i < rows.rows; i++)
        all[i] = column_bytes(&rows.values[i * rows.columns]);
    *out = all;
    *n = rows.rows;
    return ERR_OK;
}
