#include "service/seal.h"

#include "doc/seal_drawing.h"
#include "service/column.h"
#include "service/internal.h"

err seal_get(call *c, const uint8_t user_id[16], seal *out)
{
    const store_value *v;
    *out = (seal){0};
    TRY(store_query_one(c->service->options.store, c->arena, &v, ERR_USER_NOT_FOUND,
                        "SELECT u.name, k.version, k.width, k.height, k.updated_at, k.picture FROM app_user u "
                        "LEFT JOIN user_seal k ON k.user_id = u.id WHERE u.id = $1",
                        (store_value[]){store_id(user_id)}, 1));
    if (column_int(&v[2]) == 0) {
        out->drawn = true;
        return column_text(&v[0]) ? seal_drawing_make(c->arena, column_text(&v[0]), &out->picture) : ERR_CORRUPT;
    }
    *out = (seal){.version = column_int(&v[1]),
                  .width = column_int(&v[2]),
                  .height = column_int(&v[3]),
                  .updated_ms = column_int(&v[4]),
                  .picture = column_bytes(&v[5])};
    return ERR_OK;
}

static store_unit *begin(call *c, const uint8_t user_id[16])
{
    c->subject = call_subject(c, "user", user_id);
    store_unit *unit = store_unit_begin(c->arena);
    store_unit_add(unit, 1, ERR_USER_NOT_FOUND, "SELECT id FROM app_user WHERE id = $1",
                   (store_value[]){store_id(user_id)}, 1);
    return unit;
}

err seal_put(call *c, const uint8_t user_id[16], int64_t version, bytes picture, seal *out)
{
    seal_picture read;
    const char *why;
    err e = seal_picture_read(c->arena, picture, &read, &why);
    TRY(e == ERR_PICTURE ? fault_set(&c->fault, e, "%s", why) : e);
    c->detail = arena_printf(c->arena, "%ux%u bytes=%zu", read.width, read.height, read.png.n);
    store_unit *unit = begin(c, user_id);
    /* The first one has nothing whose place it takes. */
    store_unit_add(unit, 1, ERR_STALE,
                   "INSERT INTO user_seal (user_id, version, width, height, updated_at, picture) "
                   "SELECT $1, 1, $2, $3, $4, $5 WHERE $6 = 0 OR EXISTS (SELECT 1 FROM user_seal WHERE user_id = $1) "
                   "ON CONFLICT (user_id) DO UPDATE SET version = user_seal.version + 1, width = excluded.width, "
                   "height = excluded.height, updated_at = excluded.updated_at, picture = excluded.picture "
                   "WHERE user_seal.version = $6 OR $6 = 0",
                   (store_value[]){store_id(user_id), store_int(read.width), store_int(read.height),
                                   store_int(c->now_ms), store_blob(read.png.p, read.png.n), store_int(version)},
                   6);
    TRY(call_commit(c, unit));
    return seal_get(c, user_id, out);
}

err seal_remove(call *c, const uint8_t user_id[16], int64_t version)
{
    store_unit *unit = begin(c, user_id);
    store_unit_add(unit, 1, ERR_NOT_FOUND, "SELECT 1 FROM user_seal WHERE user_id = $1 AND width > 0",
                   (store_value[]){store_id(user_id)}, 1);
    store_unit_add(unit, 1, ERR_STALE,
                   "UPDATE user_seal SET version = version + 1, width = 0, height = 0, updated_at = $2, picture = $3 "
                   "WHERE user_id = $1 AND (version = $4 OR $4 = 0)",
                   (store_value[]){store_id(user_id), store_int(c->now_ms), store_blob(NULL, 0), store_int(version)},
                   4);
    return call_commit(c, unit);
}
