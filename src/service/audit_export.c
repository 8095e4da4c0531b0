#include "service/audit_export.h"

#include <inttypes.h>
#include <string.h>

#include "audit/audit_block.h"
#include "audit/audit_head.h"
#include "base/text.h"
#include "os/clock.h"
#include "service/column.h"
#include "service/internal.h"
#include "service/time_signer.h"

enum { PAGE_ARENA = 4 << 20, BLOCKS_MAX = 1 << 16 };

/* Leaves in their order, and what is made of them. */
typedef struct pass {
    audit_export *out;
    merkle all;  /* from the first leaf on */
    merkle part; /* of the subtree behind the rows that is under way */
    uint64_t part_leaves;
    uint8_t (*blocks)[SM3_SIZE]; /* the roots of those that are known, from the first on */
    uint64_t blocks_n;
} pass;

static void take_frontier(audit_export *out, const merkle *m)
{
    for (unsigned level = MERKLE_LEVELS; level-- > 0;)
        if (m->size >> level & 1) {
            audit_node *node = &out->before[out->before_n++];
            node->level = level;
            memcpy(node->hash, m->node[level], SM3_SIZE);
        }
}

/* How many leaves the full subtree has that begins at `at` and ends by `size`: as many as the position's lowest bit allows. */
static uint64_t subtree_at(uint64_t at, uint64_t size)
{
    uint64_t leaves = at & (~at + 1);
    while (leaves > size - at)
        leaves >>= 1;
    return leaves;
}

/* level: of the subtree of leaves that comes, 0: a leaf. */
static void take_behind(pass *p, uint64_t at, unsigned level, const uint8_t root[SM3_SIZE])
{
    if (p->part_leaves == 0) {
        merkle_init(&p->part);
        p->part_leaves = subtree_at(at, p->out->size);
    }
    merkle_append_subtree(&p->part, level, root);
    if (p->part.size < p->part_leaves)
        return;
    audit_node *node = &p->out->after[p->out->after_n++];
    node->level = (unsigned)__builtin_ctzll(p->part_leaves);
    memcpy(node->hash, p->part.node[node->level], SM3_SIZE);
    p->part_leaves = 0;
}

static void take_leaf(pass *p, const uint8_t leaf[SM3_SIZE])
{
    uint64_t at = p->all.size; /* its index: sequence - 1 */
    if (at == (uint64_t)p->out->from - 1)
        take_frontier(p->out, &p->all);
    merkle_append(&p->all, leaf);
    if (at >= (uint64_t)p->out->to)
        take_behind(p, at, 0, leaf);
}

/* Whether none of the leaves of a known block that begins here is needed by itself. */
static bool is_apart(const pass *p, uint64_t at)
{
    uint64_t from = (uint64_t)p->out->from - 1, end = at + AUDIT_BLOCK_ROWS;
    return at % AUDIT_BLOCK_ROWS == 0 && at / AUDIT_BLOCK_ROWS < p->blocks_n && end <= p->out->size &&
           (end <= from || (at >= (uint64_t)p->out->to && at > from));
}

static void take_block(pass *p, uint64_t at)
{
    const uint8_t *root = p->blocks[at / AUDIT_BLOCK_ROWS];
    merkle_append_subtree(&p->all, AUDIT_BLOCK_LEVEL, root);
    if (at >= (uint64_t)p->out->to)
        take_behind(p, at, AUDIT_BLOCK_LEVEL, root);
}

/* The leaves of the block that is under way. */
static err take_leaves(service *s, arena *a, pass *p)
{
    store_result rows;
    uint64_t at = p->all.size, end = (at / AUDIT_BLOCK_ROWS + 1) * AUDIT_BLOCK_ROWS;
    TRY(store_query(
        s->options.store, a, &rows,
        "SELECT sequence, leaf FROM audit WHERE sequence > $1 AND sequence <= $2 ORDER BY sequence",
        (store_value[]){store_int((int64_t)at), store_int((int64_t)(end < p->out->size ? end : p->out->size))}, 2));
    for (size_t i = 0; i < rows.rows; i++) {
        uint8_t leaf[SM3_SIZE];
        if (column_int(&rows.values[2 * i]) != (int64_t)p->all.size + 1)
            return ERR_CORRUPT;
        TRY(store_column_blob(leaf, sizeof leaf, &rows.values[2 * i + 1]));
        take_leaf(p, leaf);
    }
    return p->all.size > at ? ERR_OK : ERR_CORRUPT;
}

static err walk(service *s, audit_export *out, uint8_t (*blocks)[SM3_SIZE], uint64_t blocks_n)
{
    pass p = {.out = out, .blocks = blocks, .blocks_n = blocks_n};
    arena *a = arena_create(PAGE_ARENA);
    if (!a)
        return ERR_MEMORY;
    err e = ERR_OK;
    merkle_init(&p.all);
    out->before_n = out->after_n = 0;
    while (e == ERR_OK && p.all.size < out->size) {
        arena_reset(a);
        if (is_apart(&p, p.all.size))
            take_block(&p, p.all.size);
        else
            e = take_leaves(s, a, &p);
    }
    arena_destroy(a);
    TRY(e);
    uint8_t root[SM3_SIZE];
    merkle_root(root, &p.all);
    return memcmp(root, out->root, sizeof root) == 0 ? ERR_OK : ERR_CORRUPT;
}

/* The roots of the blocks, as far as there is room. */
typedef struct block_roots {
    uint8_t (*at)[SM3_SIZE];
    uint64_t n;
} block_roots;

static err take_root(void *ctx, const uint8_t root[SM3_SIZE])
{
    block_roots *roots = ctx;
    memcpy(roots->at[roots->n++], root, SM3_SIZE);
    return ERR_OK;
}

static err read_blocks(call *c, block_roots *out)
{
    int64_t blocks;
    TRY(audit_block_count(c->service->options.store, c->arena, &blocks));
    if (blocks > BLOCKS_MAX)
        blocks = BLOCKS_MAX;
    *out = (block_roots){arena_alloc(c->arena, (size_t)blocks * SM3_SIZE), 0};
    return out->at ? audit_block_each(c->service->options.store, blocks, take_root, out) : ERR_MEMORY;
}

/* What the blocks say is believed where it gives the root; otherwise the leaves decide. */
static err put_together(call *c, audit_export *out)
{
    block_roots roots;
    err e = read_blocks(c, &roots);
    if (e == ERR_OK)
        e = walk(c->service, out, roots.at, roots.n);
    return e == ERR_CORRUPT ? walk(c->service, out, NULL, 0) : e;
}

static err sign(call *c, audit_export *out)
{
    time_signer key;
    cert certificate;
    char now[CLOCK_TEXT], root[2 * SM3_SIZE + 1];
    TRY(selftest_require(c));
    TRY(time_signer_get(c->service, c->arena, c->now_ms, &key));
    TRY(cert_parse(&certificate, key.certificate));
    const char *serial = hex_text(c->arena, certificate.serial.p, certificate.serial.n);
    clock_text(now, c->now_ms);
    hex_encode(root, out->root, sizeof out->root);
    out->statement = serial
                         ? arena_printf(c->arena, "yiqian-audit-head/1\nsize=%" PRIu64 "\nroot=%s\nat=%s\nsigner=%s\n",
                                        out->size, root, now, serial)
                         : NULL;
    if (!out->statement)
        return ERR_MEMORY;
    out->certificate = key.certificate;
    return signer_sign_message(key.signer, bytes_of_text(out->statement), out->signature);
}

err audit_export_read(call *c, int64_t from, int64_t rows, audit_export *out)
{
    audit_head head;
    memset(out, 0, sizeof *out);
    TRY(audit_head_read(&head, c->service->options.store, c->arena));
    out->size = head.size;
    memcpy(out->root, head.root, sizeof out->root);
    out->from = from < 1 ? 1 : from;
    audit_filter filter = {.after = out->from - 1, .before = (int64_t)head.size + 1, .limit = rows};
    TRY(audit_log_search(c, &filter, &out->rows, &out->n));
    out->to = out->from - 1 + (int64_t)out->n;
    TRY(put_together(c, out));
    return sign(c, out);
}

err audit_export_from(call *c, int64_t time_ms, int64_t *sequence)
{
    const store_value *row;
    TRY(store_query_one(
        c->service->options.store, c->arena, &row, ERR_OK,
        "SELECT coalesce((SELECT sequence FROM audit WHERE time_ms >= $1 ORDER BY time_ms, sequence LIMIT "
        "1), (SELECT coalesce(max(sequence), 0) + 1 FROM audit))",
        (store_value[]){store_int(time_ms)}, 1));
    *sequence = column_int(row);
    return ERR_OK;
}
