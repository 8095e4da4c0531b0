#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "audit/audit.h"
#include "audit/audit_block.h"
#include "audit/audit_head.h"
#include "audit/audit_row.h"
#include "audit/merkle.h"

enum { PAGE = 500, PAGE_ARENA = 8 * 1024 * 1024 };

/* Keeps the first thing that is wrong: the later ones mostly follow from it. */
static void note(audit_finding *f, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void note(audit_finding *f, const char *format, ...)
{
    if (!f->intact)
        return;
    f->intact = false;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(f->what, sizeof f->what, format, args);
    va_end(args);
}

static void check_row(audit_finding *f, merkle *tree, const store_value columns[AUDIT_COLUMNS])
{
    uint64_t expected = tree->size + 1;
    const store_value *sequence = &columns[AUDIT_SEQUENCE];
    if (sequence->type != STORE_INT || sequence->i < 1) {
        note(f, "there is a row whose sequence is no number from 1 on");
        return;
    }
    if ((uint64_t)sequence->i != expected) {
        note(f, "row %" PRIu64 " is missing: row %" PRId64 " comes next", expected, sequence->i);
        return;
    }
    uint8_t leaf[SM3_SIZE];
    const store_value *recorded = &columns[AUDIT_LEAF];
    if (audit_row_leaf(leaf, columns) != ERR_OK || recorded->type != STORE_BLOB || recorded->n != sizeof leaf ||
        memcmp(leaf, recorded->p, sizeof leaf) != 0) {
        note(f, "row %" PRIu64 " was changed: its fields do not give its recorded hash", expected);
        return;
    }
    merkle_append(tree, leaf);
}

/* The rows up to head->size. Later ones are not looked at: on a live server they come while this reads. */
static err check_rows(audit_finding *f, merkle *tree, store *s, arena *a, uint64_t size, audit_progress *progress)
{
    /* From below 1 for the first page, so that a row with such a number does not stay unseen. */
    int64_t after = INT64_MIN;
    store_result page = {0};
    do {
        arena_reset(a);
        const store_value params[] = {store_int(after), store_int((int64_t)size), store_int(PAGE)};
        TRY(store_query(s, a, &page,
                        "SELECT sequence, time_ms, event, outcome, actor, subject, origin, detail, leaf FROM audit "
                        "WHERE sequence > $1 AND sequence <= $2 ORDER BY sequence LIMIT $3",
                        params, 3));
        for (size_t i = 0; i < page.rows && f->intact; i++)
            check_row(f, tree, &page.values[i * page.columns]);
        after = (int64_t)tree->size;
        progress->rows = tree->size;
        if (progress->stop)
            return ERR_BUSY;
    } while (page.rows == PAGE && f->intact);
    return ERR_OK;
}

static void check_end(audit_finding *f, const merkle *tree, const audit_head *head)
{
    if (tree->size < head->size)
        note(f, "the head records %" PRIu64 " rows, but those after row %" PRIu64 " are missing", head->size,
             tree->size);
    if (head->last > head->size)
        note(f, "the head records %" PRIu64 " rows, but there is a row %" PRIu64, head->size, head->last);
    if (memcmp(f->root, head->root, sizeof f->root) != 0)
        note(f, "the rows do not give the recorded root: some were replaced together with their hashes");
}

/* Where the rows are right: whether the searches that go by their blocks see all of them. */
static err check_blocks(audit_finding *f, store *s, const atomic_bool *stop)
{
    int64_t block;
    err e = audit_block_check(s, stop, &block);
    if (e == ERR_INTERNAL || e == ERR_CORRUPT) { /* the statement fits no table any more, or what is in it is of another kind */
        note(f, "the search's summaries of the rows (audit_block) cannot be read");
        return ERR_OK;
    }
    if (e == ERR_OK && block >= 0)
        note(f, "the search's summary of the rows from %" PRId64 " to %" PRId64 " is not what they give",
             block * AUDIT_BLOCK_ROWS + 1, (block + 1) * AUDIT_BLOCK_ROWS);
    return e;
}

static err check(audit_finding *f, store *s, arena *a, const uint8_t mac_key[32], audit_progress *progress)
{
    audit_head head;
    err e = audit_head_read(&head, s, a);
    if (e == ERR_NOT_FOUND || e == ERR_CORRUPT) {
        note(f, e == ERR_NOT_FOUND ? "the recorded head is missing" : "the recorded head has no valid form");
        return ERR_OK;
    }
    TRY(e);
    if (!audit_head_authentic(&head, mac_key))
        note(f, "the recorded head was not written with this master key");
    merkle tree;
    merkle_init(&tree);
    progress->total = head.size;
    if (f->intact)
        TRY(check_rows(f, &tree, s, a, head.size, progress));
    f->rows = tree.size;
    merkle_root(f->root, &tree);
    check_end(f, &tree, &head);
    return f->intact ? check_blocks(f, s, &progress->stop) : ERR_OK;
}

err audit_fsck(store *s, const uint8_t mac_key[32], audit_finding *out)
{
    audit_progress nobody = {0};
    return audit_fsck_watched(s, mac_key, out, &nobody);
}

err audit_fsck_watched(store *s, const uint8_t mac_key[32], audit_finding *out, audit_progress *progress)
{
    *out = (audit_finding){.intact = true};
    arena *a = arena_create(PAGE_ARENA);
    if (!a)
        return ERR_MEMORY;
    err e = check(out, s, a, mac_key, progress);
    arena_destroy(a);
    return e;
}
