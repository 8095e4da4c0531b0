#include "audit/audit_block.h"

#include <string.h>

#include "audit/merkle.h"
#include "os/clock.h"

enum {
    ROUND_NS = 1000000000, /* in one round of housekeeping */
    BLOCKS_AT_ONCE = 16,   /* in one unit of work */
    UNIT_ARENA = 32 << 20,
    COLUMNS = 5,
    HASHES = 6,
    FILTERS_FIRST = 2, /* read at once: an origin that is often there is in the next block, one that is rare far off */
    FILTERS_MOST = 64,
    PAGE = 4096, /* roots at once */
    PAGE_ARENA = 2 << 20
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

static err one_number(store *s, arena *a, const char *sql, int64_t *out)
{
    const store_value *row;
    TRY(store_query_one(s, a, &row, ERR_INTERNAL, sql, NULL, 0));
    if (row->type != STORE_INT)
        return ERR_CORRUPT;
    *out = row->i;
    return ERR_OK;
}

err audit_block_count(store *s, arena *a, int64_t *blocks)
{
    return one_number(s, a, "SELECT coalesce(max(block) + 1, 0) FROM audit_block", blocks);
}

static err take_page(const store_result *page, int64_t *block, err (*take)(void *, const uint8_t[SM3_SIZE]), void *ctx)
{
    for (size_t i = 0; i < page->rows; i++) {
        const store_value *row = &page->values[i * page->columns];
        uint8_t root[SM3_SIZE];
        if (row[0].type != STORE_INT || row[0].i != *block)
            return ERR_CORRUPT;
        TRY(store_column_blob(root, sizeof root, &row[1]));
        TRY(take(ctx, root));
        ++*block;
    }
    return ERR_OK;
}

err audit_block_each(store *s, int64_t max, err (*take)(void *ctx, const uint8_t root[SM3_SIZE]), void *ctx)
{
    arena *a = arena_create(PAGE_ARENA);
    store_result page = {.rows = PAGE};
    err e = a ? ERR_OK : ERR_MEMORY;
    for (int64_t block = 0; e == ERR_OK && page.rows == PAGE && block < max;) {
        arena_reset(a);
        const store_value params[] = {store_int(block), store_int(max - block < PAGE ? max - block : PAGE)};
        e = store_query(s, a, &page, "SELECT block, node FROM audit_block WHERE block >= $1 ORDER BY block LIMIT $2",
                        params, 2);
        if (e == ERR_OK)
            e = take_page(&page, &block, take, ctx);
    }
    arena_destroy(a);
    return e;
}

/* The second of each pair goes downwards. */
#define IN_TIME(what) "SELECT " what " FROM audit_block WHERE to_ms >= $2 AND from_ms < $3 AND block "
static const char *const by_time[2] = {IN_TIME("block") ">= $1 ORDER BY block LIMIT $4",
                                       IN_TIME("block") "<= $1 ORDER BY block DESC LIMIT $4"};
static const char *const by_origin[2] = {IN_TIME("block, origins") ">= $1 ORDER BY block LIMIT $4",
                                         IN_TIME("block, origins") "<= $1 ORDER BY block DESC LIMIT $4"};

/* Some blocks in the order of the search; *at moves behind them, -1 at the end. */
static err find_some(store *s, arena *a, const audit_block_wanted *w, bool down, int64_t some, int64_t *at,
                     int64_t *found)
{
    store_result rows;
    const store_value params[] = {store_int(*at), store_int(w->from_ms), store_int(w->to_ms), store_int(some)};
    TRY(store_query(s, a, &rows, (w->origin ? by_origin : by_time)[down], params, 4));
    for (size_t i = 0; i < rows.rows && *found < 0; i++) {
        const store_value *row = &rows.values[i * rows.columns];
        if (row[0].type != STORE_INT)
            return ERR_CORRUPT;
        *at = row[0].i;
        if (!w->origin || row[1].type != STORE_BLOB || filter_may_have(bytes_of(row[1].p, row[1].n), w->origin))
            *found = *at;
    }
    *at += down ? -1 : 1;
    if ((int64_t)rows.rows < some)
        *at = -1;
    return ERR_OK;
}

err audit_block_find(store *s, const audit_block_wanted *wanted, int64_t at, bool down, int64_t *found)
{
    arena *a = arena_create(PAGE_ARENA);
    err e = a ? ERR_OK : ERR_MEMORY;
    *found = -1;
    for (int64_t some = wanted->origin ? FILTERS_FIRST : 1; e == ERR_OK && *found < 0 && at >= 0;) {
        arena_reset(a);
        e = find_some(s, a, wanted, down, some, &at, found);
        some = some * 2 < FILTERS_MOST ? some * 2 : FILTERS_MOST;
    }
    arena_destroy(a);
    return e;
}

/* ---- housekeeping ---- */

/* One block's row. *whole: all its rows are there. */
static err read_block(store *s, arena *a, int64_t block, store_value row[COLUMNS], bool *whole)
{
    store_result rows;
    merkle m;
    int64_t first = block * AUDIT_BLOCK_ROWS, from = INT64_MAX, to = INT64_MIN;
    uint8_t *filter = arena_alloc(a, AUDIT_BLOCK_FILTER), *node = arena_alloc(a, SM3_SIZE), leaf[SM3_SIZE];
    TRY(store_query(s, a, &rows,
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
        int64_t time = v[1].type == STORE_INT ? v[1].i : 0;
        TRY(store_column_blob(leaf, sizeof leaf, &v[3]));
        merkle_append(&m, leaf);
        from = time < from ? time : from;
        to = time > to ? time : to;
        if (v[2].type == STORE_TEXT)
            filter_add(filter, v[2].p);
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

static err check_one(store *s, arena *a, int64_t block, bool *right)
{
    store_value made[COLUMNS];
    store_result rows;
    TRY(read_block(s, a, block, made, right));
    TRY(store_query(s, a, &rows,
                    "SELECT block, node, from_ms, to_ms, origins FROM audit_block WHERE block = $1",
                    (store_value[]){store_int(block)}, 1));
    *right = *right && rows.rows == 1;
    for (size_t i = 0; i < COLUMNS && *right; i++)
        *right = same(&made[i], &rows.values[i]);
    return ERR_OK;
}

err audit_block_check(store *s, const atomic_bool *stop, int64_t *block)
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
static err make_some(store *s, arena *a, int64_t *block, bool *more)
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
    return *block > first ? store_commit(s, unit) : ERR_OK;
}

err audit_block_roll_up(store *s)
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
