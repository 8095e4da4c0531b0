#include "pki/crl.h"

#include "os/log.h"
#include "service/column.h"
#include "service/crl.h"
#include "service/internal.h"
#include "service/operator_certificate.h"

enum {
    REFRESH_TRIES = 8,
    CRL_PAGE = 2000,      /* listed certificates in one reading */
    CRL_ARENA = 512 << 20 /* bytes; a list of a million entries fits */
};
static const int64_t hour_ms = INT64_C(3600000);

/* What the newest list of an issuer says of itself; number 0: there is none. changes: as of changes_count. */
typedef struct crl_state {
    int64_t number, changes, this_update_ms, next_update_ms;
} crl_state;

static err state_load(const service *s, arena *a, const char *issuer, crl_state *out)
{
    const store_value *row;
    err e = store_query_one(s->options.store, a, &row, ERR_NOT_FOUND,
                            "SELECT number, changes, this_update, next_update FROM crl WHERE issuer = $1 "
                            "ORDER BY number DESC LIMIT 1",
                            (store_value[]){store_text(issuer)}, 1);
    *out = (crl_state){0};
    if (e == ERR_NOT_FOUND)
        return ERR_OK;
    TRY(e);
    *out = (crl_state){column_int(&row[0]), column_int(&row[1]), column_int(&row[2]), column_int(&row[3])};
    return ERR_OK;
}

/* How many certificates are to be listed, and how often one was ever put on the list or taken off it: that only grows, so it tells
 * whether a list is complete. */
static err changes_count(const service *s, arena *a, int64_t *listed, int64_t *changes)
{
    const store_value *row;
    int64_t operators;
    TRY(operator_certificate_listed(s, a, &operators));
    TRY(store_query_one(s->options.store, a, &row, ERR_INTERNAL,
                        "SELECT count(*), (SELECT CAST(coalesce(sum(unfrozen), 0) AS BIGINT) FROM certificate WHERE "
                        "unfrozen > 0), (SELECT count(*) FROM tsa_unit WHERE revoked_at IS NOT NULL) FROM certificate "
                        "WHERE revoked_at IS NOT NULL",
                        NULL, 0));
    *listed = column_int(&row[0]) + column_int(&row[2]) + operators;
    /* Each unfreezing takes one off, which a freezing had put on. */
    *changes = *listed + 2 * column_int(&row[1]);
    return ERR_OK;
}

/* The list's entries, read in pages. A certificate that has expired is left out (RFC 5280 3.3 asks for one list after
 * its expiry: a day is kept). */
static err entries_load(const service *s, arena *a, int64_t now_ms, size_t most, crl_entry *entries, size_t *n)
{
    bytes after = bytes_of("", 0);
    store_result rows;
    *n = 0;
    do {
        TRY(store_query(
            s->options.store, a, &rows,
            "SELECT serial, revoked_at, reason FROM certificate WHERE revoked_at IS NOT NULL AND not_after > $1 "
            "AND serial > $2 ORDER BY serial LIMIT $3",
            (store_value[]){store_int(now_ms - 24 * hour_ms), store_blob(after.p, after.n), store_int(CRL_PAGE)}, 3));
        for (size_t i = 0; i < rows.rows && *n < most; i++) {
            const store_value *v = rows.values + i * rows.columns;
            entries[(*n)++] = (crl_entry){column_bytes(&v[0]), column_int(&v[1]), (crl_reason)column_int(&v[2])};
        }
        if (rows.rows > 0)
            after = column_bytes(&rows.values[(rows.rows - 1) * rows.columns]);
    } while (rows.rows == CRL_PAGE && *n < most);
    return ERR_OK;
}

/* Those of timestamp units, of which there are few. */
static err units_load(const service *s, arena *a, int64_t now_ms, size_t most, crl_entry *entries, size_t *n)
{
    store_result rows;
    TRY(store_query(
        s->options.store, a, &rows,
        "SELECT certificate, revoked_at, reason FROM tsa_unit WHERE algorithm = 'sm2' AND revoked_at IS NOT "
        "NULL ORDER BY id",
        NULL, 0));
    for (size_t i = 0; i < rows.rows && *n < most; i++) {
        const store_value *v = rows.values + i * rows.columns;
        cert x;
        if (cert_parse(&x, column_bytes(&v[0])) != ERR_OK)
            return ERR_CORRUPT;
        if (x.not_after_ms > now_ms - 24 * hour_ms)
            entries[(*n)++] = (crl_entry){x.serial, column_int(&v[1]), (crl_reason)column_int(&v[2])};
    }
    return ERR_OK;
}

static err crl_build(arena *a, const certificate_authority *ca, crl_template *t, bytes *der)
{
    t->issuer = ca->cert.subject;
    t->authority_key_id = ca->cert.ski;
    size_t cap = crl_size_max(t);
    buffer b = buffer_over(arena_alloc(a, cap), cap);
    if (!b.p)
        return ERR_MEMORY;
    TRY(crl_issue(&b, t, ca->signer));
    *der = bytes_of(b.p, b.n);
    return ERR_OK;
}

/* Older lists go: what was revoked when stands with the certificates. */
static err crl_store(const service *s, arena *a, const char *issuer, const crl_state *state, bytes der)
{
    store_unit *unit = store_unit_begin(a);
    const char *subject = arena_printf(a, "crl:%s:%lld", issuer, (long long)state->number);
    if (!unit || !subject)
        return ERR_MEMORY;
    store_value params[] = {
        store_text(issuer),        store_int(state->number),         store_blob(der.p, der.n),
        store_int(state->changes), store_int(state->this_update_ms), store_int(state->next_update_ms)};
    store_unit_add(
        unit, 1, ERR_INTERNAL,
        "INSERT INTO crl (issuer, number, crl, changes, this_update, next_update) VALUES ($1, $2, $3, $4, $5, $6)",
        params, 6);
    store_unit_add(unit, STORE_ANY, ERR_OK, "DELETE FROM crl WHERE issuer = $1 AND number < $2", params, 2);
    audit_record record = {
        .time_ms = state->this_update_ms, .event = "crl.issue", .outcome = "ok", .actor = "server", .subject = subject};
    TRY(audit_add(s->options.audit, a, unit, &record));
    return store_commit(s->options.store, unit);
}

static err crl_make(const service *s, const char *issuer, const certificate_authority *ca, const crl_state *before,
                    int64_t now_ms, int64_t listed, int64_t changes)
{
    err e = ERR_OK;
    bytes der;
    size_t n = 0;
    if (s->selftest_failed)
        return ERR_SELF_TEST;
    crl_state next = {before->number + 1, changes, now_ms, now_ms + s->options.crl_hours * hour_ms};
    arena *a = arena_create(CRL_ARENA);
    crl_entry *entries = a ? arena_alloc(a, (size_t)listed * sizeof *entries) : NULL;
    if (!entries) {
        e = ERR_MEMORY;
        goto out;
    }
    if (ca == &s->issuing) {
        TRY_OUT(entries_load(s, a, now_ms, (size_t)listed, entries, &n));
        TRY_OUT(units_load(s, a, now_ms, (size_t)listed, entries, &n));
        TRY_OUT(operator_certificate_entries(s, a, now_ms - 24 * hour_ms, (size_t)listed, entries, &n));
    }
    crl_template t = {.number = (uint64_t)next.number,
                      .this_update_ms = next.this_update_ms,
                      .next_update_ms = next.next_update_ms,
                      .entries = entries,
                      .entries_n = n};
    TRY_OUT(crl_build(a, ca, &t, &der));
    TRY_OUT(crl_store(s, a, issuer, &next, der));
out:
    arena_destroy(a);
    return e;
}

/* One list where it is due: none yet, half its life over, or changes that it does not have. */
static err refresh_one(const service *s, arena *a, const char *issuer, const certificate_authority *ca, int64_t now_ms,
                       bool even_if_current)
{
    crl_state state;
    int64_t listed = 0, changes = 0;
    TRY(state_load(s, a, issuer, &state));
    /* Counted before the entries are read: a change in between makes the count look old, and a new list follows. */
    if (ca == &s->issuing)
        TRY(changes_count(s, a, &listed, &changes));
    bool current = state.number > 0 && state.changes == changes &&
                   now_ms < state.this_update_ms + (state.next_update_ms - state.this_update_ms) / 2;
    return current && !even_if_current ? ERR_OK : crl_make(s, issuer, ca, &state, now_ms, listed, changes);
}

/* Another server on the same database may take the number first; then its list is looked at like any other. */
static err refresh_until_taken(const service *s, arena *a, const char *issuer, const certificate_authority *ca,
                               int64_t now_ms, bool even_if_current)
{
    err e = ERR_EXISTS;
    for (int tries = 0; e == ERR_EXISTS && tries < REFRESH_TRIES; tries++)
        e = refresh_one(s, a, issuer, ca, now_ms, even_if_current);
    return e == ERR_EXISTS ? ERR_BUSY : e;
}

err crl_refresh(service *s, arena *a, int64_t now_ms, bool even_if_current)
{
    pthread_mutex_lock(&s->crl_lock);
    err e = refresh_until_taken(s, a, "root", &s->root, now_ms, false);
    if (e == ERR_OK)
        e = refresh_until_taken(s, a, "issuing", &s->issuing, now_ms, even_if_current);
    pthread_mutex_unlock(&s->crl_lock);
    return e;
}

void crl_refresh_after(call *c)
{
    err e = crl_refresh(c->service, c->arena, c->now_ms, true);
    if (e != ERR_OK)
        log_write(LOG_ERROR, "service", "no new CRL after %s yet code=%s", c->audit_event ? c->audit_event : "an act",
                  err_code(e));
}

err crl_current(call *c, const char *issuer, bytes *der)
{
    const store_value *row;
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_NOT_FOUND,
                        "SELECT crl FROM crl WHERE issuer = $1 ORDER BY number DESC LIMIT 1",
                        (store_value[]){store_text(issuer)}, 1));
    *der = column_bytes(&row[0]);
    return ERR_OK;
}

static err status_of(call *c, const char *issuer, crl_status *out)
{
    bytes der;
    crl list;
    *out = (crl_status){.issuer = issuer};
    err e = crl_current(c, issuer, &der);
    if (e == ERR_NOT_FOUND)
        return ERR_OK;
    TRY(e);
    if (crl_parse(&list, der) != ERR_OK || list.number.n > 8)
        return ERR_CORRUPT;
    for (size_t i = 0; i < list.number.n; i++)
        out->number = (int64_t)((uint64_t)out->number << 8 | list.number.p[i]);
    out->this_update_ms = list.this_update_ms;
    out->next_update_ms = list.next_update_ms;
    out->entries = list.entries_n;
    out->size = der.n;
    return ERR_OK;
}

err crl_statuses(call *c, crl_status out[CRL_ISSUERS])
{
    TRY(status_of(c, "issuing", &out[0]));
    return status_of(c, "root", &out[1]);
}

err crl_issue_now(call *c, crl_status out[CRL_ISSUERS])
{
    c->subject = "crl:issuing";
    TRY(crl_refresh(c->service, c->arena, c->now_ms, true));
    TRY(crl_statuses(c, out));
    c->detail = arena_printf(c->arena, "number=%lld", (long long)out[0].number);
    return call_commit(c, store_unit_begin(c->arena));
}
