#include "audit/audit_row.h"

static void hash_field(sm3_ctx *ctx, uint32_t length, const void *p, size_t n)
{
    uint8_t prefix[4];
    store_u32be(prefix, length);
    sm3_update(ctx, prefix, sizeof prefix);
    sm3_update(ctx, p, n);
}

static void hash_number(sm3_ctx *ctx, int64_t i)
{
    uint8_t number[8];
    store_u64be(number, (uint64_t)i);
    hash_field(ctx, sizeof number, number, sizeof number);
}

err audit_row_leaf(uint8_t leaf[SM3_SIZE], const store_value fields[AUDIT_FIELDS])
{
    static const uint8_t leaf_prefix = 0x00;
    sm3_ctx ctx;
    sm3_init(&ctx);
    sm3_update(&ctx, &leaf_prefix, sizeof leaf_prefix);
    for (size_t i = 0; i < AUDIT_FIELDS; i++) {
        const store_value *v = &fields[i];
        if (v->type == STORE_INT && i <= AUDIT_TIME)
            hash_number(&ctx, v->i);
        else if (v->type == STORE_TEXT && i > AUDIT_TIME && v->n < UINT32_MAX)
            hash_field(&ctx, (uint32_t)v->n, v->p, v->n);
        else if (v->type == STORE_NULL)
            hash_field(&ctx, UINT32_MAX, "", 0);
        else
            return ERR_CORRUPT;
    }
    sm3_final(&ctx, leaf);
    return ERR_OK;
}
