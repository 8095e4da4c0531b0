#include "service/audit_block.h"

#include <string.h>

#include "audit/merkle.h"
#include "os/clock.h"
#include "service/column.h"
#include "service/internal.h"

enum {
    ROUND_NS = 1000000000, /* in one round of housekeeping */
    BLOCKS_AT_ONCE = 16,   /* in one unit of work */
    UNIT_ARENA = 32 << 20,
    COLUMNS = 5,
    HASHES = 6,
    FILTERS_FIRST = 2, /* read at once: an origin that is often there is in the next block, one that is rare far off */
    FILTERS_MOST = 64,
    FIND_ARENA = 2 << 20
};

/* ---- the filter of origins: bits set by several hashes of each ---- */

static uint64_t hash_of(const char *text)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (; *text; text++)
        h = (h ^ (uint8_t)*text) * UINT64_C(0x100000001b3);
    h ^= h >> 32;
    h *= UINT64_C(0xd6e8feb86659fd93);
    return h ^ h >> 32;
}

static uint32_t bit_of(uint64_t hash, uint32_t k)
{
    return ((uint32_t)hash + k * ((uint32_t)(hash >> 32) | 1)) % (AUDIT_BLOCK_FILTER * 8);
}

static void filter_add(uint8_t filter[AUDIT_BLOCK_FILTER], const char *origin)
{
    uint64_t hash = hash_of(origin);
    for (uint32_t k = 0; k < HASHES; k++) {
        uint32_t bit = bit_of(hash, k);
        filter[bit / 8] |= (uint8_t)(1 << bit % 8);
    }
}

static bool filter_may_have(bytes filter, const char *origin)
{
    uint64_t hash = hash_of(origin);
    if (filter.n != AUDIT_BLOCK_FILTER)
        return true;
    for (uint32_t k = 0; k < HASHES; k++) {
        uint32_t bit = bit_of(hash, k);
        if (!(filter.p[bit / 8] >> bit % 8 & 1))
            return false;
    }
    return true;
}

/* ---- reading ---- */

err audit_block_count(const service *s, arena *a, int64_t *blocks)
{
    const store_value *row;
    TRY(store_query_one(s->options.store, a, &row, ERR_INTERNAL, "SELECT coalesce(max(block) + 1, 0) FROM audit_block",
                        NULL, 0));
    *blocks = column_int(row);
    return ERR_OK;
}

#define IN_TIME(what) "SELECT " what " FROM audit_block WHERE to_ms >= $2 AND from_ms < $3 AND block "
static const char *const by_time[2] = {IN_TIME("block") ">= $1 ORDER BY block LIMIT 1",
                                       IN_TIME("block") "<= $1 ORDER BY block DESC LIMIT 1"};
static const char *const by_origin[2] = {IN_TIME("block, origins") ">= $1 ORDER BY block LIMIT $4",
                                         IN_TIME("block, origins") "<= $1 ORDER BY block DESC LIMIT $4"};

/* Some blocks in the order of the search; *at moves behind them, -1 at the end. */
static err find_origin(call *c, arena *a, const audit_filter *f, const store_value params[4], int64_t *at,
                       int64_t *found)
{
    store_result rows;
    TRY(store_query(c->service->options.store, a, &rows, by_origin[f->newest_first], params, 4));
    for (size_t i = 0; i < rows.rows && *found < 0; i++) {
        *at = column_int(&rows.values[2 * i]);
        if (filter_may_have(column_bytes(&rows.values[2 * i + 1]), f->origin))
            *found = *at;
    }
    *at += f->newest_first ? -1 : 1;
    if ((int64_t)rows.rows < params[3].i)
        *at = -1;
    return ERR_OK;
}

err audit_block_find(call *c, const audit_filter *f, bool with_origin, int64_t at, int64_t *found)
{
    store_result rows;
    store_value params[4] = {store_int(at), store_int(f->from_ms), store_int(f->to_ms > 0 ? f->to_ms : INT64_MAX),
                             store_int(FILTERS_FIRST)};
    *found = -1;
    if (!with_origin) {
        TRY(store_query(c->service->options.store, c->arena, &rows, by_time[f->newest_first], params, 3));
        *found = rows.rows > 0 ? column_int(rows.values) : -1;
        return ERR_OK;
    }
    arena *a = arena_create(FIND_ARENA);
    err e = a ? ERR_OK : ERR_MEMORY;
    while (e == ERR_OK && *found < 0 && at >= 0) {
        arena_reset(a);
        e = find_origin(c, a, f, params, &at, found);
        params[0] = store_int(at);
        params[3].i = params[3].i * 2 < FILTERS_MOST ? params[3].i * 2 : FILTERS_MOST;
    }
    arena_destroy(a);
    return e;
}

/* ---- housekeeping ---- */

/* One block's row. *whole: all its rows are there. */
static err read_block(const service *s, arena *a, int64_t block, store_value row[COLUMNS], bool *whole)
{
    store_result rows;
    merkle m;
    int64_t first = block * AUDIT_BLOCK_ROWS, from = INT64_MAX, to = INT64_MIN;
    uint8_t *filter = arena_alloc(a, AUDIT_BLOCK_FILTER), *node = arena_alloc(a, SM3_SIZE), leaf[SM3_SIZE];
    TRY(store_query(s->options.store, a, &rows,
                    "SELECT sequence, time_ms, origin, leaf FROM audit WHERE sequence > $1 AND sequence <= $2 ORDER BY "
                    "sequence",
                    (store_value[]){store_int(first), store_int(first + AUDIT_BLOCK_ROWS)}, 2));
    *whole = rows.rows == AUDIT_BLOCK_ROWS;
    if (!filter || !node)
        return ERR_MEMORY;
    if (!*whole)
        return ERR_OK;
    memset(filter, 0, AUDIT_BLOCK_FILTER);
    merkle_init(&m);
    for (size_t i = 0; i < rows.rows; i++) {
        const store_value *v = rows.values + i * rows.columns;
        int64_t time = column_int(&v[1]);
        const char *origin = column_text(&v[2]);
        TRY(store_column_blob(leaf, sizeof leaf, &v[3]));
        merkle_append(&m, leaf);
        from = time < from ? time : from;
        to = time > to ? time : to;
        if (origin)
            filter_add(filter, origin);
    }
    memcpy(node, m.node[AUDIT_BLOCK_LEVEL], SM3_SIZE);
    row[0] = store_int(block);
    row[1] = store_blob(node, SM3_SIZE);
    row[2] = store_int(from);
    row[3] = store_int(to);
    row[4] = store_blob(filter, AUDIT_BLOCK_FILTER);
    return ERR_OK;
}

static bool same(const store_value *a, const store_value *b)
{
    if (a->type != b->type)
        return false;
    return a->type == STORE_INT ? a->i == b->i : a->n == b->n && memcmp(a->p, b->p, a->n) == 0;
}

static err check_one(const service *s, arena *a, int64_t block, bool *right)
{
    store_value made[COLUMNS];
    store_result rows;
    TRY(read_block(s, a, block, made, right));
    TRY(store_query(s->options.store, a, &rows,
                    "SELECT block, node, from_ms, to_ms, origins FROM audit_block WHERE block = $1",
                    (store_value[]){store_int(block)}, 1));
    *right = *right && rows.rows == 1;
    for (size_t i = 0; i < COLUMNS && *right; i++)
        *right = same(&made[i], &rows.values[i]);
    return ERR_OK;
}

err audit_block_check(const service *s, const atomic_bool *stop, int64_t *block)
{
    int64_t n = 0;
    bool right = true;
    arena *a = arena_create(UNIT_ARENA);
    err e = a ? audit_block_count(s, a, &n) : ERR_MEMORY;
    *block = -1;
    for (int64_t i = 0; i < n && e == ERR_OK && right; i++) {
        arena_reset(a);
        e = *stop ? ERR_BUSY : check_one(s, a, i, &right);
        *block = right ? -1 : i;
    }
    arena_destroy(a);
    return e;
}

/* Some blocks in one unit of work; *more: there may be further ones. */
static err make_some(service *s, arena *a, int64_t *block, bool *more)
{
    store_unit *unit = store_unit_begin(a);
    int64_t first = *block;
    *more = true;
    if (!unit)
        return ERR_MEMORY;
    for (int i = 0; i < BLOCKS_AT_ONCE && *more; i++) {
        store_value row[COLUMNS];
        TRY(read_block(s, a, *block, row, more));
        if (!*more)
            break;
        store_unit_add(unit, 1, ERR_INTERNAL,
                       "INSERT INTO audit_block (block, node, from_ms, to_ms, origins) VALUES ($1, $2, $3, $4, $5)",
                       row, COLUMNS);
        ++*block;
    }
    return *block > first ? store_commit(s->options.store, unit) : ERR_OK;
}

err audit_block_roll_up(service *s)
{
    uint64_t began = clock_monotonic_ns();
    int64_t block;
    bool more = true;
    arena *a = arena_create(UNIT_ARENA);
    err e = a ? audit_block_count(s, a, &block) : ERR_MEMORY;
    while (e == ERR_OK && more && clock_monotonic_ns() - began < ROUND_NS) {
        arena_reset(a);
        e = make_some(s, a, &block, &more);
    }
    arena_destroy(a);
    return e;
}
