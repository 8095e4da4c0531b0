#include "service/console_login.h"

#include <string.h>

#include "base/ct.h"
#include "base/text.h"
#include "crypto/sm3.h"
#include "service/column.h"
#include "service/internal.h"
#include "service/operator_phone.h"

enum { HANDLE = 32, HANDLE_TEXT = 43, OPEN_ARENA = 64 << 10 };

const uint8_t console_login_system[16] = {[15] = 1};

err console_login_open(service *s)
{
    arena *a = arena_create(OPEN_ARENA);
    if (!a)
        return ERR_MEMORY;
    store_unit *unit = store_unit_begin(a);
    if (unit)
        store_unit_add(
            unit, STORE_ANY, ERR_OK,
            "INSERT INTO system (id, name, scopes, state, created_at) VALUES ($1, $2, 'tasks', 'active', $3) "
            "ON CONFLICT DO NOTHING",
            (store_value[]){store_id(console_login_system), store_text(CONSOLE_SYSTEM_NAME), store_int(s->started_ms)},
            3);
    err e = store_commit(s->options.store, unit);
    arena_destroy(a);
    return e;
}

/* The login's own functions serve a business system; for as long as they are called, that is the caller. */
static void as_system(call *c)
{
    memcpy(c->actor_id, console_login_system, sizeof console_login_system);
}

/* The login keeps the SM3 of the handle, as its nonce. */
static const char *nonce_of(call *c, const char *handle)
{
    uint8_t hash[SM3_SIZE];
    sm3(hash, handle, strlen(handle));
    return base64url_text(c->arena, hash, sizeof hash);
}

err console_login_create(call *c, login *out, const char **handle)
{
    uint8_t random[HANDLE];
    bool repeated;
    const entropy *rng = &c->service->options.rng;
    TRY(selftest_require(c));
    TRY(rng->fill(rng->ctx, random, sizeof random));
    *handle = base64url_text(c->arena, random, sizeof random);
    wipe(random, sizeof random);
    if (!*handle)
        return ERR_MEMORY;
    const char *nonce = nonce_of(c, *handle);
    /* Whoever scans the code of a screen that he does not sit at, is told where that is. */
    const char *purpose = arena_printf(c->arena, "登录管理控制台（来自 %s）", c->origin);
    if (!nonce || !purpose)
        return ERR_MEMORY;
    as_system(c);
    return login_create(c, &(login_request){.purpose = purpose, .nonce = nonce, .expires_in = CONSOLE_LOGIN_SECONDS},
                        out, &repeated);
}

err console_login_get(call *c, const uint8_t id[16], const char *handle, login *out)
{
    const char *nonce = nonce_of(c, handle);
    size_t n = nonce ? strlen(nonce) : 0;
    if (!nonce)
        return ERR_MEMORY;
    as_system(c);
    TRY(login_get(c, id, out));
    const char *stored = out->session.nonce;
    return strlen(handle) == HANDLE_TEXT && stored && strlen(stored) == n && ct_equal(stored, nonce, n) ? ERR_OK
                                                                                                        : ERR_NOT_FOUND;
}

/* The operator that a user is; ERR_UNAUTHENTICATED where he is none who may log in. */
static err operator_of_user(call *c, const uint8_t user_id[16], uint8_t operator_id[16])
{
    const store_value *row;
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_UNAUTHENTICATED,
                        "SELECT o.id FROM operator o JOIN app_user u ON u.id = o.user_id WHERE o.user_id = $1 AND "
                        "o.state = 'active' AND u.state = 'active'",
                        (store_value[]){store_id(user_id)}, 1));
    return store_column_id(operator_id, &row[0]);
}

err console_login_check_person(call *c, const scan_session *s, const uint8_t user_id[16])
{
    uint8_t operator_id[16];
    if (s->kind != SCAN_LOGIN || memcmp(s->system_id, console_login_system, sizeof console_login_system) != 0)
        return ERR_OK;
    err e = operator_of_user(c, user_id, operator_id);
    return e == ERR_OK ? operator_phone_check(c, operator_id) : e == ERR_UNAUTHENTICATED ? ERR_FORBIDDEN : e;
}

err console_login_use(call *c, const uint8_t id[16], const char *handle, const char **cookie)
{
    login l;
    uint8_t operator_id[16];
    TRY(console_login_get(c, id, handle, &l));
    if (!l.has_signature)
        return fault_set(&c->fault, ERR_CONFLICT, "the login is %s", l.session.state);
    TRY(operator_of_user(c, l.session.scanned_by, operator_id));
    store_unit *unit = store_unit_begin(c->arena);
    c->credential_id = "console-login";
    c->nonce = hex_text(c->arena, id, 16);
    c->nonce_expires = l.session.expires_ms + 1000;
    if (!unit || !c->nonce)
        return ERR_MEMORY;
    /* What was signed counts while the login was open, and with a certificate that is good now. */
    if (c->now_ms >= l.session.expires_ms)
        return fault_set(&c->fault, ERR_CONFLICT, "the login is expired");
    store_unit_add(unit, 1, ERR_UNAUTHENTICATED,
                   "SELECT serial FROM certificate WHERE serial = $1 AND state = 'active'",
                   (store_value[]){store_blob(l.signature.serial.p, l.signature.serial.n)}, 1);
    operator_phone_require(unit, operator_id, l.session.id);
    TRY(console_session_begin(c, unit, operator_id, "scan", cookie));
    return call_commit(c, unit);
}
