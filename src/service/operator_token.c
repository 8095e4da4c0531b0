#include "service/operator_token.h"

#include <string.h>

#include "base/ct.h"
#include "base/text.h"
#include "crypto/sm3.h"
#include "service/column.h"
#include "service/console_session.h"
#include "service/internal.h"

enum { TOKEN_SECRET = 32, TOKEN_SECRET_TEXT = 43, TOKENS_LISTED = 1000, CHILDREN_TOLD = 500, REVOKE_TRIES = 5 };

/* Whether the one who made it may manage operators now: asked at every use, too, for a token that was made just then. */
#define STANDS "(t.made_by IS NULL OR t.made_by IN (" OPERATOR_MANAGERS "))"

/* A plain SM3 is enough here: a secret of 256 random bits cannot be searched, however fast the hash. */
static void secret_hash(uint8_t out[SM3_SIZE], const char *secret)
{
    sm3(out, secret, TOKEN_SECRET_TEXT);
}

static err draw(call *c, char id[OPERATOR_TOKEN_ID_TEXT], const char **secret)
{
    const entropy *rng = &c->service->options.rng;
    uint8_t random[TOKEN_SECRET];
    TRY(code_random_id(id, "ot_", rng));
    TRY(rng->fill(rng->ctx, random, sizeof random));
    *secret = base64url_text(c->arena, random, sizeof random);
    wipe(random, sizeof random);
    return *secret ? ERR_OK : ERR_MEMORY;
}

static err check_token(call *c, const char *name, uint32_t scopes, int64_t ttl_seconds)
{
    size_t characters = utf8_length(name, strlen(name));
    if (characters < 1 || characters > OPERATOR_NAME_MAX)
        return fault_field(&c->fault, ERR_FIELD_LENGTH, "name");
    if (scopes == 0 || scopes & ~(uint32_t)SCOPE_OF_OPERATORS)
        return fault_field(&c->fault, ERR_FIELD_VALUE, "scopes");
    if (scopes & (scopes - 1)) /* each is a duty of its own (service/permission.h) */
        return fault_field(&c->fault, ERR_SEPARATION, "scopes");
    if (ttl_seconds < OPERATOR_TTL_MIN || ttl_seconds > OPERATOR_TTL_MAX)
        return fault_field(&c->fault, ERR_RANGE, "expires_in");
    return ERR_OK;
}

/* ---- reading ---- */

/* $1 is the time; read_token knows the columns' order. */
#define TOKEN                                                                                                          \
    "SELECT t.id, t.name, t.scopes, CASE WHEN t.state <> 'active' THEN t.state WHEN t.ended_at IS NOT NULL OR NOT "    \
    STANDS " THEN 'ended' WHEN t.expires_at <= $1 THEN 'expired' ELSE t.state END, t.created_at, t.expires_at, "       \
    "COALESCE((SELECT w.staff_no FROM operator m JOIN app_user w ON w.id = m.user_id WHERE m.id = t.made_by), "        \
    "t.made_on), t.parent FROM operator_token t "

static err read_token(const store_value *v, operator_token *out)
{
    const char *scopes = column_text(&v[2]);
    *out = (operator_token){.id = column_text(&v[0]),
                            .name = column_text(&v[1]),
                            .state = column_text(&v[3]),
                            .created_ms = column_int(&v[4]),
                            .expires_ms = column_int(&v[5]),
                            .made_by = column_text(&v[6]),
                            .parent = column_text(&v[7])};
    return scopes && out->state ? scope_parse(scopes, &out->scopes) : ERR_CORRUPT;
}

static err get(call *c, const char *id, operator_token *out)
{
    const store_value *row;
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_NOT_FOUND, TOKEN "WHERE t.id = $2",
                        (store_value[]){store_int(c->now_ms), store_text(id)}, 2));
    return read_token(row, out);
}

err operator_token_list(call *c, const operator_token **out, size_t *n)
{
    store_result rows;
    TRY(store_query(c->service->options.store, c->arena, &rows, TOKEN "ORDER BY t.created_at DESC, t.id LIMIT $2",
                    (store_value[]){store_int(c->now_ms), store_int(TOKENS_LISTED)}, 2));
    operator_token *tokens = arena_alloc(c->arena, rows.rows * sizeof *tokens);
    if (!tokens)
        return ERR_MEMORY;
    for (size_t i = 0; i < rows.rows; i++)
        TRY(read_token(rows.values + i * rows.columns, &tokens[i]));
    *out = tokens;
    *n = rows.rows;
    return ERR_OK;
}

/* ---- making ---- */

/* A token that is made with a token ends with it at the latest. */
static err end_of(call *c, int64_t ttl_seconds, int64_t *expires_ms, bool *cut)
{
    operator_token parent;
    *expires_ms = c->now_ms + ttl_seconds * 1000;
    if (!c->token_id)
        return ERR_OK;
    err e = get(c, c->token_id, &parent);
    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? ERR_UNAUTHENTICATED : e;
    *cut = parent.expires_ms < *expires_ms;
    if (*cut)
        *expires_ms = parent.expires_ms;
    return ERR_OK;
}

static void add_token(const call *c, store_unit *unit, const char *id, const char *name, const uint8_t hash[SM3_SIZE],
                      const char *scopes, int64_t expires_ms)
{
    /* One that is revoked in this moment has no child that its revocation did not see. */
    if (c->token_id)
        store_unit_add(unit, 1, ERR_UNAUTHENTICATED,
                       "SELECT id FROM operator_token WHERE id = $1 AND state = 'active' AND ended_at IS NULL",
                       (store_value[]){store_text(c->token_id)}, 1);
    store_unit_add(unit, 1, ERR_INTERNAL,
                   "INSERT INTO operator_token (id, name, secret_hash, scopes, state, created_at, expires_at, parent, "
                   "made_by, made_on) VALUES ($1, $2, $3, $4, 'active', $5, $6, $7, "
                   "COALESCE($8, (SELECT made_by FROM operator_token WHERE id = $7)), "
                   "COALESCE($9, (SELECT made_on FROM operator_token WHERE id = $7)))",
                   (store_value[]){store_text(id), store_text(name), store_blob(hash, SM3_SIZE), store_text(scopes),
                                   store_int(c->now_ms), store_int(expires_ms), store_text(c->token_id),
                                   store_id(c->console ? c->console->operator_id : NULL),
                                   store_text(c->own_socket ? c->actor_text : NULL)},
                   9);
}

err operator_token_create(call *c, const char *name, uint32_t scopes, int64_t ttl_seconds, operator_token *out,
                          const char **token)
{
    char id[OPERATOR_TOKEN_ID_TEXT];
    uint8_t hash[SM3_SIZE];
    const char *secret;
    int64_t expires_ms;
    bool cut = false;
    TRY(check_token(c, name, scopes, ttl_seconds));
    TRY(selftest_require(c));
    TRY(end_of(c, ttl_seconds, &expires_ms, &cut));
    TRY(draw(c, id, &secret));
    secret_hash(hash, secret);
    const char *scopes_text = scope_text(c->arena, scopes);
    *token = arena_printf(c->arena, "%s.%s", id, secret);
    c->subject = arena_printf(c->arena, "operator_token:%s", id);
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit || !scopes_text || !*token || !c->subject)
        return ERR_MEMORY;
    c->detail = arena_printf(c->arena, "name=%s scopes=%s", name, scopes_text);
    add_token(c, unit, id, name, hash, scopes_text, expires_ms);
    TRY(call_commit(c, unit));
    TRY(get(c, id, out));
    out->cut = cut;
    return ERR_OK;
}

/* ---- ending ---- */

void operator_token_add_below(store_unit *unit)
{
    store_unit_add(unit, STORE_ANY, ERR_OK,
                   "UPDATE operator_token SET state = 'revoked' WHERE state = 'active' AND id IN ("
                   "WITH RECURSIVE below (id) AS (SELECT id FROM operator_token WHERE state = 'revoked' UNION "
                   "SELECT t.id FROM operator_token t JOIN below b ON t.parent = b.id) SELECT id FROM below)",
                   NULL, 0);
}

/* Those that go with it: a row of the audit log for each. */
static err add_children(call *c, store_unit *unit, const char *id, const store_result *below)
{
    for (size_t i = 0; i < below->rows; i++) {
        const store_value *v = below->values + i * below->columns;
        const audit_record record = {.time_ms = c->now_ms,
                                     .event = c->audit_event,
                                     .outcome = "ok",
                                     .actor = c->actor_text,
                                     .subject = arena_printf(c->arena, "operator_token:%s", column_text(&v[0])),
                                     .origin = c->origin,
                                     .detail = arena_printf(c->arena, "name=%s with=%s", column_text(&v[1]), id)};
        if (!record.subject || !record.detail)
            return ERR_MEMORY;
        TRY(audit_add(c->service->options.audit, c->arena, unit, &record));
    }
    return ERR_OK;
}

/* told: of how many of them a row tells. */
static err say_with(call *c, int64_t with, size_t told)
{
    c->detail = NULL;
    if (with == 0)
        return ERR_OK;
    c->detail = with > (int64_t)told ? arena_printf(c->arena, "with=%lld told=%zu", (long long)with, told)
                                     : arena_printf(c->arena, "with=%lld", (long long)with);
    return c->detail ? ERR_OK : ERR_MEMORY;
}

/* What was made with $1, and with that. */
#define BELOW                                                                                                          \
    "WITH RECURSIVE below (id) AS (SELECT id FROM operator_token WHERE parent = $1 UNION "                             \
    "SELECT t.id FROM operator_token t JOIN below b ON t.parent = b.id) "
#define ACTIVE_BELOW "FROM operator_token WHERE state = 'active' AND id IN (SELECT id FROM below) "

/* ERR_BUSY: another was made meanwhile, unless it goes on whatever is there: nobody keeps a token by making others all the time, or many. */
static err revoke(call *c, const char *id, bool whatever, int64_t *with)
{
    store_result below;
    const store_value *row;
    store_value params[] = {store_text(id), store_int(CHILDREN_TOLD)};
    TRY(store_query(c->service->options.store, c->arena, &below,
                    BELOW "SELECT id, name " ACTIVE_BELOW "ORDER BY id LIMIT $2", params, 2));
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_INTERNAL, BELOW "SELECT count(*) " ACTIVE_BELOW,
                        params, 1));
    *with = column_int(&row[0]);
    whatever |= *with != (int64_t)below.rows;
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit)
        return ERR_MEMORY;
    store_unit_add(unit, 1, ERR_CONFLICT,
                   "UPDATE operator_token SET state = 'revoked' WHERE id = $1 AND state = 'active'", params, 1);
    store_unit_add(unit, whatever ? STORE_ANY : *with, ERR_BUSY,
                   "UPDATE operator_token SET state = 'revoked' WHERE state = 'active' AND id IN (" BELOW
                   "SELECT id FROM below)",
                   params, 1);
    TRY(add_children(c, unit, id, &below));
    TRY(say_with(c, *with, below.rows));
    return call_commit(c, unit);
}

err operator_token_revoke(call *c, const char *id, int64_t *with)
{
    const store_value *row;
    store_value params[] = {store_text(id)};
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_NOT_FOUND,
                        "SELECT id FROM operator_token WHERE id = $1", params, 1));
    c->subject = arena_printf(c->arena, "operator_token:%s", id);
    if (!c->subject)
        return ERR_MEMORY;
    err e = ERR_BUSY;
    for (int i = 1; i <= REVOKE_TRIES && e == ERR_BUSY; i++)
        e = revoke(c, id, i == REVOKE_TRIES, with);
    return e;
}

void operator_token_add_end(store_unit *unit, int64_t now_ms)
{
    store_unit_add(unit, STORE_ANY, ERR_OK,
                   "UPDATE operator_token SET ended_at = $1 WHERE state = 'active' AND ended_at IS NULL AND "
                   "made_by IS NOT NULL AND made_by NOT IN (" OPERATOR_MANAGERS ")",
                   (store_value[]){store_int(now_ms)}, 1);
}

err operator_token_check(call *c, const char *token, uint32_t *scopes, const char **id)
{
    const store_value *row;
    uint8_t hash[SM3_SIZE], stored[SM3_SIZE];
    if (strlen(token) != OPERATOR_TOKEN_ID_TEXT + TOKEN_SECRET_TEXT || token[OPERATOR_TOKEN_ID_TEXT - 1] != '.')
        return ERR_UNAUTHENTICATED;
    *id = arena_text(c->arena, token, OPERATOR_TOKEN_ID_TEXT - 1);
    if (!*id)
        return ERR_MEMORY;
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_UNAUTHENTICATED,
                        "SELECT t.secret_hash, t.scopes, t.expires_at FROM operator_token t WHERE t.id = $1 AND "
                        "t.state = 'active' AND t.ended_at IS NULL AND " STANDS,
                        (store_value[]){store_text(*id)}, 1));
    TRY(store_column_blob(stored, sizeof stored, &row[0]));
    secret_hash(hash, token + OPERATOR_TOKEN_ID_TEXT);
    if (!ct_equal(hash, stored, sizeof hash))
        return ERR_UNAUTHENTICATED;
    if (column_int(&row[2]) <= c->now_ms)
        return ERR_SESSION_EXPIRED;
    const char *text = column_text(&row[1]);
    return text ? scope_parse(text, scopes) : ERR_CORRUPT;
}
