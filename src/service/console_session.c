#include "service/console_session.h"

#include <string.h>

#include "base/ct.h"
#include "base/text.h"
#include "service/column.h"
#include "service/console_secret.h"
#include "service/internal.h"
#include "service/policy.h"

enum { SEEN_MS = 60000, FORGOTTEN_DAYS = 30, LISTED = 1000 };

static const int64_t minute_ms = 60000, hour_ms = 3600000;

/* One list of columns for every reading of a session; read_session knows their order. */
#define SESSION                                                                                                        \
    "SELECT s.id, s.operator_id, o.user_id, u.staff_no, u.name, o.role, o.role_id, r.name, r.permissions, s.method, "  \
    "s.origin, s.created_at, s.seen_at, s.expires_at, (SELECT value FROM policy WHERE name = 'console_idle_minutes')," \
    " s.secret_hash, s.ended_at, o.state, u.state "                                                                    \
    "FROM console_session s JOIN operator o ON o.id = s.operator_id JOIN app_user u ON u.id = o.user_id "              \
    "LEFT JOIN role r ON r.id = o.role_id WHERE "

/* Out of its range it was not made by this program: as if there were none. */
static int64_t idle_ms(const store_value *v)
{
    int64_t minutes = 0;
    for (const char *p = column_text(v); p && *p >= '0' && *p <= '9' && minutes <= POLICY_IDLE_MINUTES_MAX; p++)
        minutes = minutes * 10 + (*p - '0');
    if (minutes < 1 || minutes > POLICY_IDLE_MINUTES_MAX)
        minutes = POLICY_IDLE_MINUTES_DEFAULT;
    return minutes * minute_ms;
}

static err read_session(call *c, const store_value *v, console_session *out)
{
    const char *built_in = column_text(&v[5]);
    *out = (console_session){.staff_no = column_text(&v[3]),
                             .name = column_text(&v[4]),
                             .role = built_in,
                             .role_name = built_in ? built_in : column_text(&v[7]),
                             .method = column_text(&v[9]),
                             .origin = column_text(&v[10]),
                             .created_ms = column_int(&v[11]),
                             .seen_ms = column_int(&v[12]),
                             .expires_ms = column_int(&v[13]),
                             .idle_ms = idle_ms(&v[14])};
    TRY(store_column_id(out->id, &v[0]));
    TRY(store_column_id(out->operator_id, &v[1]));
    TRY(store_column_id(out->user_id, &v[2]));
    if (!built_in) {
        uint8_t id[16];
        char text[UUID_TEXT];
        TRY(store_column_id(id, &v[6]));
        uuid_encode(text, id);
        out->role = arena_text(c->arena, text, UUID_TEXT - 1);
        if (!out->role)
            return ERR_MEMORY;
    }
    return role_permissions(built_in, column_text(&v[8]), &out->permissions);
}

static bool is_active(const store_value *v)
{
    const char *state = column_text(v);
    return state && strcmp(state, "active") == 0;
}

static bool goes_on(const console_session *s, const store_value *v, int64_t now_ms)
{
    return v[16].type == STORE_NULL && is_active(&v[17]) && is_active(&v[18]) && now_ms < s->expires_ms &&
           now_ms - s->seen_ms < s->idle_ms;
}

err console_session_begin_new(call *c, store_unit *unit, const uint8_t operator_id[16], const uint8_t user_id[16],
                              const char *method, const char **cookie)
{
    uint8_t *id = arena_alloc(c->arena, 16), *hash = arena_alloc(c->arena, SM3_SIZE);
    uint8_t *operator_copy = arena_copy(c->arena, operator_id, 16);
    if (!id || !hash || !operator_copy)
        return ERR_MEMORY;
    TRY(console_secret_make(c, id, hash, cookie));
    c->actor = ACTOR_OPERATOR;
    memcpy(c->actor_id, user_id, 16);
    c->actor_text = call_subject(c, "operator", operator_copy);
    c->subject = call_subject(c, "console_session", id);
    c->detail = arena_printf(c->arena, "method=%s", method);
    if (!c->actor_text || !c->subject || !c->detail)
        return ERR_MEMORY;
    /* Looked at again in the writer's order: he may have been suspended since. */
    store_unit_add(unit, 1, ERR_UNAUTHENTICATED,
                   "INSERT INTO console_session (id, operator_id, secret_hash, method, origin, created_at, seen_at, "
                   "expires_at) SELECT $1, o.id, $3, $4, $5, $6, $6, $7 FROM operator o JOIN app_user u ON "
                   "u.id = o.user_id WHERE o.id = $2 AND o.state = 'active' AND u.state = 'active'",
                   (store_value[]){store_id(id), store_id(operator_copy), store_blob(hash, SM3_SIZE),
                                   store_text(method), store_text(c->origin), store_int(c->now_ms),
                                   store_int(c->now_ms + CONSOLE_SESSION_HOURS * hour_ms)},
                   7);
    store_unit_add(unit, STORE_ANY, ERR_OK,
                   "UPDATE console_session SET ended_at = $2 WHERE operator_id = $1 AND ended_at IS NULL AND id NOT IN "
                   "(SELECT id FROM console_session WHERE operator_id = $1 AND ended_at IS NULL ORDER BY id DESC "
                   "LIMIT $3)",
                   (store_value[]){store_id(operator_copy), store_int(c->now_ms), store_int(CONSOLE_SESSIONS)}, 3);
    return ERR_OK;
}

err console_session_begin(call *c, store_unit *unit, const uint8_t operator_id[16], const char *method,
                          const char **cookie)
{
    const store_value *row;
    uint8_t user_id[16];
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_UNAUTHENTICATED,
                        "SELECT o.user_id FROM operator o JOIN app_user u ON u.id = o.user_id WHERE o.id = $1 AND "
                        "o.state = 'active' AND u.state = 'active'",
                        (store_value[]){store_id(operator_id)}, 1));
    TRY(store_column_id(user_id, &row[0]));
    return console_session_begin_new(c, unit, operator_id, user_id, method, cookie);
}

err console_session_check(call *c, const char *cookie, console_session *out)
{
    const store_value *row;
    uint8_t id[16], hash[SM3_SIZE], stored[SM3_SIZE];
    if (!console_secret_parse(c->arena, cookie, id, hash))
        return ERR_UNAUTHENTICATED;
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_UNAUTHENTICATED, SESSION "s.id = $1",
                        (store_value[]){store_id(id)}, 1));
    TRY(store_column_blob(stored, sizeof stored, &row[15]));
    if (!ct_equal(hash, stored, sizeof hash))
        return ERR_UNAUTHENTICATED;
    /* The role of one who was removed may be gone. */
    if (row[16].type != STORE_NULL || !is_active(&row[17]))
        return ERR_SESSION_EXPIRED;
    TRY(read_session(c, row, out));
    return goes_on(out, row, c->now_ms) ? ERR_OK : ERR_SESSION_EXPIRED;
}

err console_session_seen(call *c, const console_session *s)
{
    if (c->now_ms - s->seen_ms < SEEN_MS)
        return ERR_OK;
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit)
        return ERR_MEMORY;
    store_unit_add(unit, STORE_ANY, ERR_OK,
                   "UPDATE console_session SET seen_at = $2 WHERE id = $1 AND seen_at < $2 AND ended_at IS NULL",
                   (store_value[]){store_id(s->id), store_int(c->now_ms)}, 2);
    return store_commit(c->service->options.store, unit); /* no act: no row in the audit log, no nonce */
}

const char *console_session_csrf(call *c, const console_session *s)
{
    uint8_t key[32], mac[SM3_SIZE];
    hmac_sm3_ctx ctx;
    keystore_derive(c->service->options.keystore, "console-csrf", key);
    hmac_sm3_init(&ctx, key, sizeof key);
    hmac_sm3_update(&ctx, s->id, sizeof s->id);
    hmac_sm3_final(&ctx, mac);
    wipe(key, sizeof key);
    return base64url_text(c->arena, mac, sizeof mac);
}

bool console_session_csrf_good(call *c, const console_session *s, const char *given)
{
    const char *want = console_session_csrf(c, s);
    size_t n = want ? strlen(want) : 0;
    return want && given && strlen(given) == n && ct_equal(given, want, n);
}

err console_session_list(call *c, const uint8_t *operator_id, const console_session **out, size_t *n)
{
    store_result rows;
    TRY(store_query(c->service->options.store, c->arena, &rows,
                    SESSION
                    "s.ended_at IS NULL AND s.expires_at > $1 AND o.state = 'active' AND u.state = 'active' AND "
                    "(s.operator_id = $2 OR $2 IS NULL) ORDER BY s.id LIMIT $3",
                    (store_value[]){store_int(c->now_ms), store_id(operator_id), store_int(LISTED)}, 3));
    console_session *list = arena_alloc(c->arena, rows.rows * sizeof *list);
    if (!list)
        return ERR_MEMORY;
    *n = 0;
    for (size_t i = 0; i < rows.rows; i++) {
        const store_value *v = rows.values + i * rows.columns;
        TRY(read_session(c, v, &list[*n]));
        *n += goes_on(&list[*n], v, c->now_ms);
    }
    *out = list;
    return ERR_OK;
}

err console_session_end(call *c, const uint8_t id[16], const uint8_t *operator_id)
{
    const store_value *row;
    store_value params[] = {store_id(id), store_id(operator_id)};
    c->subject = call_subject(c, "console_session", id);
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_NOT_FOUND,
                        "SELECT operator_id FROM console_session WHERE id = $1 AND (operator_id = $2 OR $2 IS NULL) "
                        "AND ended_at IS NULL",
                        params, 2));
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit || row[0].n != 16)
        return unit ? ERR_CORRUPT : ERR_MEMORY;
    c->detail = call_subject(c, "operator", row[0].p);
    store_unit_add(unit, 1, ERR_NOT_FOUND,
                   "UPDATE console_session SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL",
                   (store_value[]){store_id(id), store_int(c->now_ms)}, 2);
    return call_commit(c, unit);
}

bool console_session_is_fresh(const call *c)
{
    return c->console && c->now_ms - c->console->created_ms <= CONSOLE_FRESH_MINUTES * minute_ms;
}

bool console_session_concerns(const call *c, const uint8_t *operator_id, const char *role_text)
{
    const console_session *who[] = {c->console, c->approver};
    for (size_t i = 0; i < sizeof who / sizeof *who; i++)
        if (who[i] && ((operator_id && memcmp(who[i]->operator_id, operator_id, 16) == 0) ||
                       (role_text && strcmp(who[i]->role, role_text) == 0)))
            return true;
    return false;
}

void console_session_end_of_operator(store_unit *unit, const uint8_t operator_id[16], int64_t now_ms)
{
    store_value params[] = {store_id(operator_id), store_int(now_ms)};
    store_unit_add(unit, STORE_ANY, ERR_OK,
                   "UPDATE console_session SET ended_at = $2 WHERE operator_id = $1 AND ended_at IS NULL", params, 2);
    store_unit_add(unit, STORE_ANY, ERR_OK,
                   "UPDATE console_link SET used_at = $2 WHERE operator_id = $1 AND used_at IS NULL", params, 2);
}

void console_session_end_of_user(store_unit *unit, const uint8_t user_id[16], int64_t now_ms)
{
    store_value params[] = {store_id(user_id), store_int(now_ms)};
    store_unit_add(unit, STORE_ANY, ERR_OK,
                   "UPDATE console_session SET ended_at = $2 WHERE ended_at IS NULL AND operator_id IN "
                   "(SELECT id FROM operator WHERE user_id = $1)",
                   params, 2);
    store_unit_add(unit, STORE_ANY, ERR_OK,
                   "UPDATE console_link SET used_at = $2 WHERE used_at IS NULL AND operator_id IN "
                   "(SELECT id FROM operator WHERE user_id = $1)",
                   params, 2);
}

void console_session_expire(store_unit *unit, int64_t now_ms)
{
    store_value params[] = {store_int(now_ms - FORGOTTEN_DAYS * 24 * hour_ms)};
    store_unit_add(unit, STORE_ANY, ERR_OK, "DELETE FROM console_session WHERE expires_at < $1", params, 1);
    store_unit_add(unit, STORE_ANY, ERR_OK, "DELETE FROM console_link WHERE expires_at < $1", params, 1);
}
