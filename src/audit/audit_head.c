#include "audit/audit_head.h"

#include "base/ct.h"

static err read_columns(audit_head *head, const store_value row[4])
{
    if (row[0].type != STORE_INT || row[0].i < 0)
        return ERR_CORRUPT;
    head->size = (uint64_t)row[0].i;
    TRY(store_column_blob(head->root, sizeof head->root, &row[1]));
    TRY(store_column_blob(head->mac, sizeof head->mac, &row[2]));
    head->has_rows = row[3].type != STORE_NULL;
    if (head->has_rows && (row[3].type != STORE_INT || row[3].i < 1))
        return ERR_CORRUPT;
    head->last = head->has_rows ? (uint64_t)row[3].i : 0;
    return ERR_OK;
}

err audit_head_read(audit_head *head, store *s, arena *a)
{
    const store_value *row;
    TRY(store_query_one(s, a, &row, ERR_NOT_FOUND,
                        "SELECT size, root, mac, (SELECT MAX(sequence) FROM audit) FROM audit_head WHERE id = 1", NULL,
                        0));
    return read_columns(head, row);
}

void audit_head_mac(uint8_t mac[SM3_SIZE], const uint8_t mac_key[32], uint64_t size, const uint8_t root[SM3_SIZE])
{
    static const char label[] = "yiqian/audit/head/1";
    uint8_t number[8];
    store_u64be(number, size);
    hmac_sm3_ctx ctx;
    hmac_sm3_init(&ctx, mac_key, 32);
    hmac_sm3_update(&ctx, label, sizeof label - 1);
    hmac_sm3_update(&ctx, number, sizeof number);
    hmac_sm3_update(&ctx, root, SM3_SIZE);
    hmac_sm3_final(&ctx, mac);
}

bool audit_head_authentic(const audit_head *head, const uint8_t mac_key[32])
{
    uint8_t mac[SM3_SIZE];
    audit_head_mac(mac, mac_key, head->size, head->root);
    return ct_equal(mac, head->mac, sizeof mac);
}

err audit_head_write(const audit_head *head, store_writer *w)
{
    const store_value params[] = {store_int((int64_t)head->size), store_blob(head->root, sizeof head->root),
                                  store_blob(head->mac, sizeof head->mac)};
    return store_writer_run(
        w,
        "INSERT INTO audit_head (id, size, root, mac) VALUES (1, $1, $2, $3) "
        "ON CONFLICT (id) DO UPDATE SET size = excluded.size, root = excluded.root, mac = excluded.mac",
        params, 3);
}
