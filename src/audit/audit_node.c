#include "audit/audit_node.h"

enum { PAGE = 4096, PAGE_ARENA = 2 << 20 };

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

err audit_node_each(store *s, int64_t max, err (*take)(void *ctx, const uint8_t root[SM3_SIZE]), void *ctx)
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
