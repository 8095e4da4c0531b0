#include <string.h>

#include "store/store.h"

store_value store_null(void)
{
    return (store_value){.type = STORE_NULL};
}

store_value store_int(int64_t i)
{
    return (store_value){.type = STORE_INT, .i = i};
}

store_value store_bool(bool b)
{
    return (store_value){.type = STORE_BOOL, .i = b};
}

store_value store_text(const char *text)
{
    return text ? (store_value){.type = STORE_TEXT, .p = text, .n = strlen(text)} : store_null();
}

store_value store_blob(const void *p, size_t n)
{
    return (store_value){.type = STORE_BLOB, .p = p, .n = n};
}

store_value store_id(const uint8_t id[16])
{
    return id ? store_blob(id, 16) : store_null();
}

err store_column_id(uint8_t id[16], const store_value *v)
{
    return store_column_blob(id, 16, v);
}

err store_column_blob(void *out, size_t n, const store_value *v)
{
    if (v->type != STORE_BLOB || v->n != n)
        return ERR_CORRUPT;
    if (n > 0)
        memcpy(out, v->p, n);
    return ERR_OK;
}
