#include "audit/audit.h"

#include <stdlib.h>
#include <string.h>

#include "audit/audit_block.h"
#include "audit/audit_head.h"
#include "audit/audit_row.h"
#include "audit/merkle.h"
#include "base/ct.h"
#include "base/text.h"

enum { PAGE = 5000, PAGE_ARENA = 4 * 1024 * 1024, TEXT_MAX = 500, DETAIL_MAX = 2000 };

/* After audit_open only the store's writer thread touches the trees. */
struct audit {
    store *store;
    uint8_t mac_key[32];
    merkle durable; /* what is on the disk */
    merkle grouped; /* with the units of the group so far */
    merkle staged;  /* with the steps of the unit so far */
};

/* One row on its way, in the unit's arena. */
typedef struct pending {
    store_value columns[AUDIT_COLUMNS];
    uint8_t leaf[SM3_SIZE];
} pending;

/* ---- committing ---- */

static err append_row(void *ctx, store_writer *w, void *data)
{
    audit *a = ctx;
    pending *row = data;
    row->columns[AUDIT_SEQUENCE] = store_int((int64_t)(a->staged.size + 1));
    TRY(audit_row_leaf(row->leaf, row->columns));
    row->columns[AUDIT_LEAF] = store_blob(row->leaf, sizeof row->leaf);
    TRY(store_writer_run(w,
                         "INSERT INTO audit (sequence, time_ms, event, outcome, actor, subject, origin, detail, leaf) "
                         "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                         row->columns, AUDIT_COLUMNS));
    merkle_append(&a->staged, row->leaf);
    return ERR_OK;
}

static void on_unit(void *ctx, bool kept)
{
    audit *a = ctx;
    if (kept)
        a->grouped = a->staged;
    else
        a->staged = a->grouped;
}

static err write_head(audit *a, store_writer *w)
{
    audit_head head = {.size = a->grouped.size};
    merkle_root(head.root, &a->grouped);
    audit_head_mac(head.mac, a->mac_key, head.size, head.root);
    return audit_head_write(&head, w);
}

static err before_commit(void *ctx, store_writer *w)
{
    audit *a = ctx;
    return a->grouped.size != a->durable.size ? write_head(a, w) : ERR_OK;
}

static void after_commit(void *ctx, bool durable)
{
    audit *a = ctx;
    if (durable)
        a->durable = a->grouped;
    else
        a->staged = a->grouped = a->durable;
}

static err check_text(const char *text, size_t max)
{
    size_t n = text ? strlen(text) : 0;
    if (n > max)
        return ERR_LENGTH;
    return n == 0 || utf8_valid(text, n) ? ERR_OK : ERR_UTF8;
}

/* Copies what the record points to, since it need not live as long as the unit. */
static err copy_text(arena *memory, store_value *out, const char *text, size_t max)
{
    TRY(check_text(text, max));
    const char *copy = text ? arena_text(memory, text, strlen(text)) : NULL;
    if (text && !copy)
        return ERR_MEMORY;
    *out = store_text(copy);
    return ERR_OK;
}

err audit_add(audit *a, arena *memory, store_unit *unit, const audit_record *record)
{
    if (!record->event || !record->outcome)
        return ERR_ARG;
    pending *row = unit ? arena_alloc(memory, sizeof *row) : NULL;
    if (!row)
        return ERR_MEMORY;
    row->columns[AUDIT_TIME] = store_int(record->time_ms);
    const char *const texts[] = {record->event,   record->outcome, record->actor,
                                 record->subject, record->origin,  record->detail};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        size_t column = AUDIT_EVENT + i;
        TRY(copy_text(memory, &row->columns[column], texts[i], column == AUDIT_DETAIL ? DETAIL_MAX : TEXT_MAX));
    }
    store_unit_step(unit, append_row, a, row);
    return ERR_OK;
}

/* ---- opening ---- */

static err append_leaves(merkle *m, const store_result *page)
{
    for (size_t i = 0; i < page->rows; i++) {
        const store_value *row = &page->values[i * page->columns];
        uint8_t leaf[SM3_SIZE];
        if (row[0].type != STORE_INT || row[0].i != (int64_t)(m->size + 1))
            return ERR_CORRUPT;
        TRY(store_column_blob(leaf, sizeof leaf, &row[1]));
        merkle_append(m, leaf);
    }
    return ERR_OK;
}

static err read_leaves(audit *a, arena *memory)
{
    store_result page;
    do {
        arena_reset(memory);
        const store_value params[] = {store_int((int64_t)a->durable.size), store_int(PAGE)};
        TRY(store_query(a->store, memory, &page,
                        "SELECT sequence, leaf FROM audit WHERE sequence > $1 ORDER BY sequence LIMIT $2", params, 2));
        TRY(append_leaves(&a->durable, &page));
    } while (page.rows == PAGE);
    return ERR_OK;
}

static err write_first_head(void *ctx, store_writer *w, void *data)
{
    (void)data;
    return write_head(ctx, w);
}

/* A new database gets its head at once, so that a head is missing only where somebody took it away. */
static err begin_log(audit *a, arena *memory)
{
    if (a->durable.size != 0)
        return ERR_CORRUPT;
    store_unit *u = store_unit_begin(memory);
    store_unit_step(u, write_first_head, a, NULL);
    return store_commit(a->store, u);
}

static err append_block(void *ctx, const uint8_t root[SM3_SIZE])
{
    audit *a = ctx;
    merkle_append_subtree(&a->durable, AUDIT_BLOCK_LEVEL, root);
    return ERR_OK;
}

/* blocks: so many at the most are taken by their roots. */
static err read_tree(audit *a, arena *memory, const audit_head *head, uint64_t blocks)
{
    uint8_t root[SM3_SIZE];
    merkle_init(&a->durable);
    TRY(audit_block_each(a->store, (int64_t)blocks, append_block, a));
    TRY(read_leaves(a, memory));
    merkle_root(root, &a->durable);
    return head->size == a->durable.size && memcmp(root, head->root, sizeof root) == 0 ? ERR_OK : ERR_CORRUPT;
}

static err load(audit *a, arena *memory, bool begin)
{
    audit_head head;
    err e = audit_head_read(&head, a->store, memory);
    if (e == ERR_NOT_FOUND) {
        merkle_init(&a->durable);
        TRY(read_leaves(a, memory));
        return begin ? begin_log(a, memory) : ERR_CORRUPT;
    }
    TRY(e);
    if (!audit_head_authentic(&head, a->mac_key))
        return ERR_CORRUPT;
    /* The last row is read in any case: a log whose end was cut off does not open. */
    e = read_tree(a, memory, &head, head.size > 0 ? (head.size - 1) / AUDIT_BLOCK_ROWS : 0);
    return e == ERR_OK || e == ERR_IO ? e : read_tree(a, memory, &head, 0);
}

err audit_open(audit **out, store *s, const uint8_t mac_key[32], bool begin)
{
    *out = NULL;
    audit *a = calloc(1, sizeof *a);
    arena *memory = arena_create(PAGE_ARENA);
    err e;
    if (!a || !memory) {
        e = ERR_MEMORY;
        goto out;
    }
    a->store = s;
    memcpy(a->mac_key, mac_key, sizeof a->mac_key);
    TRY_OUT(load(a, memory, begin));
    a->staged = a->grouped = a->durable;
    store_set_group_hooks(s, &(store_group_hooks){a, on_unit, before_commit, after_commit});
    *out = a;
    a = NULL;
out:
    arena_destroy(memory);
    if (a)
        wipe(a, sizeof *a);
    free(a);
    return e;
}

void audit_close(audit *a)
{
    if (!a)
        return;
    store_set_group_hooks(a->store, NULL);
    wipe(a, sizeof *a);
    free(a);
}
