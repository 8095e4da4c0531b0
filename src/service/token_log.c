#include "service/token_log.h"

#include <string.h>

#include "service/column.h"
#include "service/internal.h"

#define TOKEN_COLUMNS                                                                                                  \
    "serial, unit_id, gm, demonstration, policy, certificates, time_us, accuracy_us, hash, imprint, nonce, client, "   \
    "origin, signature, bare_hash"

static err statement_read(const store_value *v, timestamp *ts)
{
    tsa_statement *st = &ts->statement;
    const char *hash = column_text(&v[8]);
    TRY(store_column_blob(st->serial, sizeof st->serial, &v[0]));
    if (!hash || tsa_hash_from_name(&st->hash, hash) != ERR_OK)
        return ERR_CORRUPT;
    st->profile = v[2].i ? CMS_GM : CMS_RFC;
    ts->demonstration = v[3].i != 0;
    st->policy = column_bytes(&v[4]);
    if (st->policy.n == 0)
        st->policy = timestamp_own_policy(st->profile, ts->demonstration);
    ts->certificates = v[5].i != 0;
    st->time_us = column_int(&v[6]);
    st->accuracy_us = (uint64_t)column_int(&v[7]);
    st->imprint = column_bytes(&v[9]);
    st->nonce = column_bytes(&v[10]);
    ts->signature = column_bytes(&v[13]);
    st->bare_hash = v[14].i != 0;
    return ERR_OK;
}

static err entry_read(const service *s, const store_value *v, token_entry *out)
{
    uint8_t unit_id[16];
    *out = (token_entry){.client = column_text(&v[11]), .origin = column_text(&v[12])};
    TRY(statement_read(v, &out->issued));
    TRY(store_column_id(unit_id, &v[1]));
    out->issued.unit = tsa_unit_of(s, unit_id);
    return out->issued.unit && out->client && out->origin ? ERR_OK : ERR_CORRUPT;
}

/* ---- blocks ---- */

/* The last block is gone on with; where this is done often, or by several at once, it has some tokens more. */
err token_log_open(service *s)
{
    const store_value *row;
    arena *a = arena_create(1 << 16);
    if (!a)
        return ERR_MEMORY;
    err e = store_query_one(s->options.store, a, &row, ERR_INTERNAL, "SELECT max(block) FROM token", NULL, 0);
    if (e == ERR_OK)
        s->tokens_logged = column_int(row) * TOKEN_LOG_BLOCK;
    arena_destroy(a);
    return e;
}

int64_t token_log_block(service *s)
{
    return s->tokens_logged++ / TOKEN_LOG_BLOCK;
}

/* ---- searching ---- */

/* One statement for each index that finds the rows: the database does not choose one by what is NULL. $1, $2: where the page begins. */
#define SEARCH(by)                                                                                                     \
    "SELECT " TOKEN_COLUMNS " FROM token WHERE " by " AND (time_us < $1 OR (time_us = $1 AND serial < $2)) AND "       \
    "time_us >= $3 AND time_us < $4 AND (client = $5 OR $5 IS NULL) AND (imprint = $6 OR $6 IS NULL) AND (unit_id = "  \
    "$7 OR $7 IS NULL) AND (serial = $8 OR $8 IS NULL) ORDER BY time_us DESC, serial DESC LIMIT $9"

#define EVERY_BLOCK                                                                                                    \
    "WITH RECURSIVE every (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM every WHERE n < (SELECT max(block) FROM "       \
    "token)) SELECT n FROM every"

static err search(call *c, const token_filter *f, const store_value params[9], store_result *rows)
{
    store *db = c->service->options.store;
    if (f->serial.n > 0)
        return store_query(db, c->arena, rows, SEARCH("serial = $8"), params, 9);
    if (f->imprint.n > 0)
        return store_query(db, c->arena, rows, SEARCH("block IN (" EVERY_BLOCK ") AND imprint = $6"), params, 9);
    if (f->client)
        return store_query(db, c->arena, rows, SEARCH("client = $5 AND time_us <= $1"), params, 9);
    return store_query(db, c->arena, rows, SEARCH("time_us <= $1"), params, 9);
}

/* The page goes on behind the row of this serial number. */
static err page_begin(call *c, bytes after, store_value *time, store_value *serial)
{
    const store_value *row;
    *time = store_int(INT64_MAX);
    *serial = store_blob("", 0);
    if (after.n == 0)
        return ERR_OK;
    err e = store_query_one(c->service->options.store, c->arena, &row, ERR_NOT_FOUND,
                            "SELECT time_us FROM token WHERE serial = $1",
                            (store_value[]){store_blob(after.p, after.n)}, 1);
    if (e == ERR_NOT_FOUND)
        return fault_field(&c->fault, ERR_FIELD_VALUE, "after");
    TRY(e);
    *time = *row;
    *serial = store_blob(after.p, after.n);
    return ERR_OK;
}

/* Where the time that is asked for ends before it, the page begins there: the index would be gone through from the other end. */
static void page_bound(int64_t to_us, store_value *time, store_value *serial)
{
    if (to_us > time->i)
        return;
    *time = store_int(to_us);
    *serial = store_blob("", 0);
}

err token_log_list(call *c, const token_filter *f, const token_entry **out, size_t *n)
{
    store_result rows;
    store_value none = store_null();
    store_value params[9] = {[2] = store_int(f->has_from ? f->from_us : INT64_MIN),
                             [3] = store_int(f->has_to ? f->to_us : INT64_MAX),
                             [4] = store_text(f->client),
                             [5] = f->imprint.n > 0 ? store_blob(f->imprint.p, f->imprint.n) : none,
                             [6] = store_id(f->unit_id),
                             [7] = f->serial.n > 0 ? store_blob(f->serial.p, f->serial.n) : none,
                             [8] = store_int(f->limit)};
    TRY(page_begin(c, f->after, &params[0], &params[1]));
    page_bound(params[3].i, &params[0], &params[1]);
    TRY(search(c, f, params, &rows));
    token_entry *entries = arena_alloc(c->arena, rows.rows * sizeof *entries);
    if (!entries)
        return ERR_MEMORY;
    for (size_t i = 0; i < rows.rows; i++)
        TRY(entry_read(c->service, rows.values + i * rows.columns, &entries[i]));
    *out = entries;
    *n = rows.rows;
    return ERR_OK;
}

/* ---- one token ---- */

err token_log_show(call *c, bytes serial, token_entry *out)
{
    const store_value *row;
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_TIMESTAMP_NOT_FOUND,
                        "SELECT " TOKEN_COLUMNS " FROM token WHERE serial = $1",
                        (store_value[]){store_blob(serial.p, serial.n)}, 1));
    TRY(entry_read(c->service, row, out));
    timestamp *ts = &out->issued;
    buffer b = buffer_over(arena_alloc(c->arena, TSA_TOKEN_MAX), TSA_TOKEN_MAX);
    if (!b.p)
        return ERR_MEMORY;
    if (tsa_token_write(&b, ts->unit->issuer, &ts->statement, ts->signature, ts->certificates) != ERR_OK)
        return ERR_CORRUPT;
    ts->token = bytes_of(b.p, b.n);
    return ERR_OK;
}
