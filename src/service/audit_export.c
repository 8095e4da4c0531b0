#include "service/audit_export.h"

#include <inttypes.h>
#include <string.h>

#include "audit/audit_head.h"
#include "base/text.h"
#include "os/clock.h"
#include "service/column.h"
#include "service/internal.h"
#include "service/time_signer.h"

enum { PAGE = 5000, PAGE_ARENA = 4 << 20 };

/* Leaves in their order, and what is made of them. */
typedef struct pass {
    audit_export *out;
    merkle all;  /* from the first leaf on */
    merkle part; /* of the subtree behind the rows that is under way */
    uint64_t part_leaves;
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

static void take_behind(pass *p, uint64_t at, const uint8_t leaf[SM3_SIZE])
{
    if (p->part_leaves == 0) {
        merkle_init(&p->part);
        p->part_leaves = subtree_at(at, p->out->size);
    }
    merkle_append(&p->part, leaf);
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
        take_behind(p, at, leaf);
}

static err take_page(service *s, arena *a, pass *p, size_t *n)
{
    store_result rows;
    TRY(store_query(
        s->options.store, a, &rows,
        "SELECT sequence, leaf FROM audit WHERE sequence > $1 AND sequence <= $2 ORDER BY sequence LIMIT $3",
        (store_value[]){store_int((int64_t)p->all.size), store_int((int64_t)p->out->size), store_int(PAGE)}, 3));
    for (size_t i = 0; i < rows.rows; i++) {
        uint8_t leaf[SM3_SIZE];
        if (column_int(&rows.values[2 * i]) != (int64_t)p->all.size + 1)
            return ERR_CORRUPT;
        TRY(store_column_blob(leaf, sizeof leaf, &rows.values[2 * i + 1]));
        take_leaf(p, leaf);
    }
    *n = rows.rows;
    return ERR_OK;
}

static err walk(service *s, audit_export *out)
{
    pass p = {.out = out};
    size_t n = 0;
    arena *a = arena_create(PAGE_ARENA);
    if (!a)
        return ERR_MEMORY;
    err e = ERR_OK;
    merkle_init(&p.all);
    do {
        arena_reset(a);
        e = take_page(s, a, &p, &n);
    } while (e == ERR_OK && n == PAGE);
    arena_destroy(a);
    TRY(e);
    uint8_t root[SM3_SIZE];
    merkle_root(root, &p.all);
    return p.all.size == out->size && memcmp(root, out->root, sizeof root) == 0 ? ERR_OK : ERR_CORRUPT;
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
    TRY(walk(c->service, out));
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
