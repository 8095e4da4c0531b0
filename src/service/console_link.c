#include "service/console_link.h"

#include <string.h>

#include <stdio.h>

#include "base/ct.h"
#include "service/code.h"
#include "service/column.h"
#include "service/console_secret.h"
#include "service/internal.h"

static const int64_t life_ms = CONSOLE_LINK_MINUTES * INT64_C(60000), setup_ms = CONSOLE_SETUP_HOURS * INT64_C(3600000);

static void add_void(const call *c, store_unit *unit, const uint8_t *operator_id)
{
    store_unit_add(unit, STORE_ANY, ERR_OK,
                   "UPDATE console_link SET used_at = $2 WHERE used_at IS NULL AND (operator_id = $1 OR "
                   "(operator_id IS NULL AND $1 IS NULL))",
                   (store_value[]){store_id(operator_id), store_int(c->now_ms)}, 2);
}

err console_link_add(call *c, store_unit *unit, const uint8_t *operator_id, const char **text, int64_t *expires_ms)
{
    uint8_t *id = arena_alloc(c->arena, 16), *hash = arena_alloc(c->arena, SM3_SIZE);
    if (!id || !hash)
        return ERR_MEMORY;
    TRY(console_secret_make(c, id, hash, text));
    *expires_ms = c->now_ms + life_ms;
    add_void(c, unit, operator_id);
    store_unit_add(unit, 1, ERR_INTERNAL,
                   "INSERT INTO console_link (id, operator_id, secret_hash, created_at, expires_at) "
                   "VALUES ($1, $2, $3, $4, $5)",
                   (store_value[]){store_id(id), store_id(operator_id), store_blob(hash, SM3_SIZE),
                                   store_int(c->now_ms), store_int(*expires_ms)},
                   5);
    return ERR_OK;
}

static err check_active(call *c, const uint8_t operator_id[16])
{
    console_operator o;
    c->subject = call_subject(c, "operator", operator_id);
    TRY(operator_get(c, operator_id, &o));
    if (strcmp(o.state, "active") != 0)
        return ERR_CONFLICT;
    return strcmp(o.user_state, "active") == 0 ? ERR_OK : ERR_USER_SUSPENDED;
}

err console_link_create(call *c, const uint8_t operator_id[16], const char **text, int64_t *expires_ms)
{
    TRY(check_active(c, operator_id));
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit)
        return ERR_MEMORY;
    TRY(console_link_add(c, unit, operator_id, text, expires_ms));
    return call_commit(c, unit);
}

err console_link_find(call *c, const char *text, uint8_t id[16], uint8_t operator_id[16], bool *first)
{
    const store_value *row;
    uint8_t hash[SM3_SIZE], stored[SM3_SIZE];
    if (!console_secret_parse(c->arena, text, id, hash))
        return ERR_UNAUTHENTICATED;
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_UNAUTHENTICATED,
                        "SELECT secret_hash, operator_id FROM console_link WHERE id = $1 AND used_at IS NULL AND "
                        "expires_at > $2",
                        (store_value[]){store_id(id), store_int(c->now_ms)}, 2));
    TRY(store_column_blob(stored, sizeof stored, &row[0]));
    if (!ct_equal(hash, stored, sizeof hash))
        return ERR_UNAUTHENTICATED;
    *first = row[1].type == STORE_NULL;
    return *first ? ERR_OK : store_column_id(operator_id, &row[1]);
}

void console_link_add_used(call *c, store_unit *unit, const uint8_t id[16])
{
    store_unit_add(unit, 1, ERR_UNAUTHENTICATED,
                   "UPDATE console_link SET used_at = $2 WHERE id = $1 AND used_at IS NULL AND expires_at > $2",
                   (store_value[]){store_id(id), store_int(c->now_ms)}, 2);
}

/* ---- in two hands ---- */

static err draw_code(call *c, const uint8_t operator_id[16], uint8_t hash[SM3_SIZE], console_setup *out)
{
    char code[ENROLMENT_CODE_TEXT];
    TRY(code_random(code, ENROLMENT_CODE_LENGTH, &c->service->options.rng));
    enrolment_code_hash(c->service, operator_id, code, hash);
    snprintf(out->code, sizeof out->code, "%.4s-%.4s-%.4s", code, code + 4, code + 8);
    wipe(code, sizeof code);
    return ERR_OK;
}

err console_link_add_setup(call *c, store_unit *unit, const uint8_t operator_id[16], console_setup *out)
{
    *out = (console_setup){0};
    if (!c->approver)
        return ERR_OK;
    const char *nobodys; /* whoever asked takes a link of his own drawing */
    uint8_t *id = arena_alloc(c->arena, 16), *hash = arena_alloc(c->arena, SM3_SIZE),
            *code_hash = arena_alloc(c->arena, SM3_SIZE), *whose = arena_copy(c->arena, operator_id, 16);
    if (!id || !hash || !code_hash || !whose)
        return ERR_MEMORY;
    TRY(console_secret_make(c, id, hash, &nobodys));
    TRY(draw_code(c, operator_id, code_hash, out));
    out->expires_ms = c->now_ms + setup_ms;
    add_void(c, unit, whose);
    store_unit_add(unit, 1, ERR_INTERNAL,
                   "INSERT INTO console_link (id, operator_id, secret_hash, created_at, expires_at, code_hash, "
                   "asked_by) VALUES ($1, $2, $3, $4, $5, $6, $7)",
                   (store_value[]){store_id(id), store_id(whose), store_blob(hash, SM3_SIZE), store_int(c->now_ms),
                                   store_int(out->expires_ms), store_blob(code_hash, SM3_SIZE),
                                   store_id(c->console->operator_id)},
                   7);
    return ERR_OK;
}

err console_link_setup(call *c, const uint8_t operator_id[16], console_setup *out)
{
    TRY(check_active(c, operator_id));
    if (console_session_concerns(c, operator_id, NULL))
        return ERR_OWN_ROLE;
    if (!c->approver && !c->rehearsal)
        return fault_set(&c->fault, ERR_CONFLICT,
                         "须由另一人批准；没有另一人时，在服务器上运行 yiqian operator link / "
                         "it takes two: where there is nobody else, yiqian operator link on the server");
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit)
        return ERR_MEMORY;
    TRY(console_link_add_setup(c, unit, operator_id, out));
    return call_commit(c, unit);
}

err console_link_take(call *c, const uint8_t operator_id[16], const char **text, int64_t *expires_ms)
{
    const store_value *row;
    uint8_t id[16], hash[SM3_SIZE], old[16];
    TRY(check_active(c, operator_id));
    if (!c->console)
        return ERR_NOT_FOUND;
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_NOT_FOUND,
                        "SELECT id, expires_at FROM console_link WHERE operator_id = $1 AND asked_by = $2 AND "
                        "used_at IS NULL AND expires_at > $3",
                        (store_value[]){store_id(operator_id), store_id(c->console->operator_id), store_int(c->now_ms)},
                        3));
    TRY(store_column_id(old, &row[0]));
    *expires_ms = column_int(&row[1]);
    TRY(console_secret_make(c, id, hash, text));
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit)
        return ERR_MEMORY;
    store_unit_add(unit, 1, ERR_NOT_FOUND,
                   "INSERT INTO console_link (id, operator_id, secret_hash, created_at, expires_at, code_hash, "
                   "asked_by, tries) SELECT $2, operator_id, $3, created_at, expires_at, code_hash, asked_by, tries "
                   "FROM console_link WHERE id = $1 AND used_at IS NULL",
                   (store_value[]){store_id(old), store_id(id), store_blob(hash, SM3_SIZE)}, 3);
    store_unit_add(unit, 1, ERR_NOT_FOUND, "UPDATE console_link SET used_at = $2 WHERE id = $1",
                   (store_value[]){store_id(old), store_int(c->now_ms)}, 2);
    return call_commit(c, unit);
}

/* Counted before it is looked at, and durably: as many as are tried at once are no more than those. */
static err take_try(call *c, const uint8_t id[16], int64_t *left)
{
    const store_value *row;
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit)
        return ERR_MEMORY;
    store_unit_add(unit, 1, ERR_UNAUTHENTICATED,
                   "UPDATE console_link SET tries = tries + 1 WHERE id = $1 AND used_at IS NULL AND tries < $2",
                   (store_value[]){store_id(id), store_int(CONSOLE_SETUP_TRIES)}, 2);
    TRY(store_commit(c->service->options.store, unit));
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_UNAUTHENTICATED,
                        "SELECT tries FROM console_link WHERE id = $1", (store_value[]){store_id(id)}, 1));
    *left = CONSOLE_SETUP_TRIES - column_int(&row[0]);
    return ERR_OK;
}

static err wrong_code(call *c, const uint8_t id[16], const uint8_t operator_id[16], int64_t left)
{
    c->subject = call_subject(c, "operator", operator_id);
    c->detail = arena_printf(c->arena, "tries_left=%d", (int)left);
    store_unit *unit = store_unit_begin(c->arena);
    if (!c->subject || !c->detail || !unit)
        return ERR_MEMORY;
    if (left == 0)
        store_unit_add(unit, STORE_ANY, ERR_OK, "UPDATE console_link SET used_at = $2 WHERE id = $1",
                       (store_value[]){store_id(id), store_int(c->now_ms)}, 2);
    TRY(call_commit_refusal(c, unit, ERR_ACTIVATION));
    c->fault.tries_left = (int)left;
    return fault_set(
        &c->fault, ERR_ACTIVATION,
        "设置码不正确：由批准者告知，不是手机激活码 / the setup code is wrong: whoever approved tells it, it is no "
        "activation code of a phone");
}

static err check_code(call *c, const uint8_t id[16], const uint8_t operator_id[16], const char *given)
{
    const store_value *row;
    char code[ENROLMENT_CODE_TEXT];
    uint8_t hash[SM3_SIZE], stored[SM3_SIZE];
    int64_t left;
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_UNAUTHENTICATED,
                        "SELECT code_hash FROM console_link WHERE id = $1", (store_value[]){store_id(id)}, 1));
    if (row[0].type == STORE_NULL)
        return given ? ERR_UNAUTHENTICATED : ERR_OK;
    TRY(store_column_blob(stored, sizeof stored, &row[0]));
    if (!given)
        return ERR_UNAUTHENTICATED;
    if (enrolment_code_normalise(given, code) != ERR_OK) /* not a code at all is no try */
        return fault_field(&c->fault, ERR_FIELD_VALUE, "code");
    TRY(take_try(c, id, &left));
    enrolment_code_hash(c->service, operator_id, code, hash);
    wipe(code, sizeof code);
    return ct_equal(hash, stored, sizeof hash) ? ERR_OK : wrong_code(c, id, operator_id, left);
}

static err use(call *c, const char *text, const char *code, const char **cookie)
{
    uint8_t id[16], operator_id[16];
    bool first;
    TRY(console_link_find(c, text, id, operator_id, &first));
    if (first)
        return ERR_UNAUTHENTICATED;
    TRY(check_code(c, id, operator_id, code));
    store_unit *unit = store_unit_begin(c->arena);
    if (!unit)
        return ERR_MEMORY;
    console_link_add_used(c, unit, id);
    TRY(console_session_begin(c, unit, operator_id, "link", cookie));
    return call_commit(c, unit);
}

err console_link_use(call *c, const char *text, const char **cookie)
{
    return use(c, text, NULL, cookie);
}

err console_setup_use(call *c, const char *text, const char *code, const char **cookie)
{
    return use(c, text, code, cookie);
}
