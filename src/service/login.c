#include "service/login.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "crypto/sm3.h"
#include "os/clock.h"
#include "service/column.h"
#include "service/device.h"
#include "service/internal.h"
#include "service/task_event.h"

enum { SHORT_CODE_TRIES = 4 };

bool login_reserved(bytes document)
{
    const size_t n = sizeof LOGIN_RESERVED - 1;
    return document.n >= n && memcmp(document.p, LOGIN_RESERVED, n) == 0;
}

/* SCAN_SHORT_CODE digits, each value as likely. */
static err short_code_random(call *c, char out[SCAN_SHORT_CODE_TEXT])
{
    const uint32_t codes = 100000000, even = UINT32_MAX / codes * codes;
    uint8_t random[4];
    do
        TRY(c->service->options.rng.fill(c->service->options.rng.ctx, random, sizeof random));
    while (load_u32be(random) >= even);
    (void)snprintf(out, SCAN_SHORT_CODE_TEXT, "%08u", (unsigned)(load_u32be(random) % codes));
    return ERR_OK;
}

/* The one person that the system wants. */
static err find_person(call *c, const char *staff_no, scan_session *s)
{
    const store_value *row;
    TRY(store_query_one(c->service->options.store, c->arena, &row, ERR_USER_NOT_FOUND,
                        "SELECT id, state, staff_no, name FROM app_user WHERE staff_no = $1",
                        (store_value[]){store_text(staff_no)}, 1));
    TRY(store_column_id(s->only_user, &row[0]));
    s->only_one = true;
    s->staff_no = column_text(&row[2]);
    s->person_name = column_text(&row[3]);
    return strcmp(column_text(&row[1]), "active") == 0 ? ERR_OK : ERR_USER_SUSPENDED;
}

static err login_read(call *c, login *out)
{
    const store_value *v;
    out->has_signature = false;
    out->signature = (task_signature){0};
    if (strcmp(out->session.state, "done") != 0)
        return ERR_OK;
    TRY(store_query_one(c->service->options.store, c->arena, &v, ERR_CORRUPT,
                        "SELECT g.rs, g.e, g.serial, c.certificate, g.method, g.signed_at FROM signature g "
                        "JOIN certificate c ON c.serial = g.serial WHERE g.task_id = $1",
                        (store_value[]){store_id(out->session.id)}, 1));
    task_signature *g = &out->signature;
    TRY(store_column_blob(g->rs, sizeof g->rs, &v[0]));
    TRY(store_column_blob(g->e, sizeof g->e, &v[1]));
    g->serial = column_bytes(&v[2]);
    g->certificate = column_bytes(&v[3]);
    g->method = column_text(&v[4]);
    g->signed_ms = v[5].i;
    out->has_signature = true;
    return ERR_OK;
}

err login_get(call *c, const uint8_t id[16], login *out)
{
    TRY(scan_session_of_system(c, id, SCAN_LOGIN, &out->session));
    return login_read(c, out);
}

static err answer_repeated(call *c, const login_request *r, login *out, bool *repeated)
{
    uint8_t id[16];
    TRY(idempotency_find(c, &r->once, id, repeated));
    if (!*repeated)
        return ERR_OK;
    TRY(login_get(c, id, out));
    c->subject = call_subject(c, "login", id);
    c->detail = "repeated";
    return call_commit(c, store_unit_begin(c->arena));
}

static err create_once(call *c, const login_request *r, login *out)
{
    char *short_code = arena_alloc(c->arena, SCAN_SHORT_CODE_TEXT);
    scan_session *s = &out->session;
    store_unit *unit = store_unit_begin(c->arena);
    if (!short_code || !unit)
        return ERR_MEMORY;
    TRY(scan_session_make(c, SCAN_LOGIN, r->expires_in, s));
    TRY(short_code_random(c, short_code));
    s->short_code = short_code;
    s->nonce = r->nonce;
    s->purpose = r->purpose;
    memcpy(s->system_id, c->actor_id, 16);
    if (r->staff_no)
        TRY(find_person(c, r->staff_no, s));
    c->subject = call_subject(c, "login", s->id);
    TRY(scan_session_add(c, unit, s));
    idempotency_add(c, unit, &r->once, s->id);
    return call_commit(c, unit);
}

err login_create(call *c, const login_request *r, login *out, bool *repeated)
{
    memset(out, 0, sizeof *out);
    /* Another login may have the same short code, or the same key came twice at the same moment. */
    for (int i = 0; i < SHORT_CODE_TRIES; i++) {
        TRY(answer_repeated(c, r, out, repeated));
        if (*repeated)
            return ERR_OK;
        err e = create_once(c, r, out);
        if (e != ERR_EXISTS)
            return e;
    }
    return ERR_BUSY;
}

err login_cancel(call *c, const uint8_t id[16], login *out)
{
    c->subject = call_subject(c, "login", id);
    TRY(login_get(c, id, out));
    TRY(scan_session_cancel(c, &out->session));
    return login_get(c, id, out);
}

/* Text as a JSON string (RFC 8259 section 7) with the least escaping; there are no control characters in it. */
static const char *quoted(arena *a, const char *text)
{
    size_t n = strlen(text);
    char *out = arena_alloc(a, 2 * n + 3), *at = out;
    if (!out)
        return NULL;
    *at++ = '"';
    for (size_t i = 0; i < n; i++) {
        if (text[i] == '"' || text[i] == '\\')
            *at++ = '\\';
        *at++ = text[i];
    }
    *at++ = '"';
    return out;
}

static const char *id_text(arena *a, const uint8_t id[16])
{
    char text[UUID_TEXT];
    uuid_encode(text, id);
    return arena_printf(a, "\"%s\"", text);
}

/* Names in this order, no white space, UTF-8: docs/spec/qr.md, The assertion. */
static const char *assertion_text(call *c, const scan_session *s, const store_value *person)
{
    char now[CLOCK_TEXT];
    clock_text(now, c->now_ms);
    const char *values[] = {quoted(c->arena, s->system_name), id_text(c->arena, s->system_id),
                            id_text(c->arena, s->id),         quoted(c->arena, s->nonce),
                            quoted(c->arena, s->purpose),     quoted(c->arena, person[0].p),
                            quoted(c->arena, person[1].p),    hex_text(c->arena, person[2].p, person[2].n)};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        if (!values[i])
            return NULL;
    return arena_printf(c->arena,
                        "{\"type\":\"yiqian/login/1\",\"system\":%s,\"system_id\":%s,\"login\":%s,\"nonce\":%s,"
                        "\"purpose\":%s,\"staff_no\":%s,\"name\":%s,\"certificate\":\"%s\",\"time\":\"%s\"}",
                        values[0], values[1], values[2], values[3], values[4], values[5], values[6], values[7], now);
}

err login_add_task(call *c, store_unit *unit, const scan_session *s, const uint8_t user[16])
{
    const store_value *person;
    uint8_t *digest = arena_alloc(c->arena, SM3_SIZE);
    TRY(store_query_one(c->service->options.store, c->arena, &person, ERR_UNAUTHENTICATED,
                        "SELECT u.staff_no, u.name, k.serial FROM device_key k JOIN app_user u ON u.id = k.user_id "
                        "WHERE k.enrolment_id = $1 AND k.state = 'active'",
                        (store_value[]){store_id(c->actor_id)}, 1));
    const char *text = assertion_text(c, s, person);
    if (!text || !digest)
        return ERR_MEMORY;
    bytes message = bytes_of_text(text);
    sm3(digest, message.p, message.n);
    store_unit_add(unit, 1, ERR_INTERNAL, "UPDATE scan SET assertion = $2 WHERE id = $1",
                   (store_value[]){store_id(s->id), store_text(text)}, 2);
    store_unit_add(
        unit, 1, ERR_INTERNAL,
        "INSERT INTO task (id, system_id, signer, kind, form, title, description, reference, media_type, "
        "digest, document_size, state, created_at, expires_at) VALUES ($1, $2, $3, 'login', 'raw', '登录', $4, "
        "'', 'application/json', $5, $6, 'pending', $7, $8)",
        (store_value[]){store_id(s->id), store_id(s->system_id), store_id(user), store_text(s->purpose),
                        store_blob(digest, SM3_SIZE), store_int((int64_t)message.n), store_int(c->now_ms),
                        store_int(s->expires_ms)},
        8);
    store_unit_add(unit, 1, ERR_INTERNAL, "INSERT INTO task_document (task_id, content) VALUES ($1, $2)",
                   (store_value[]){store_id(s->id), store_blob(message.p, message.n)}, 2);
    return task_event_add(c, unit, &(task_event){s->id, user, "pending"});
}

err login_check_signer(call *c, const uint8_t id[16], const uint8_t enrolment[16])
{
    const store_value *row;
    return store_query_one(c->service->options.store, c->arena, &row, ERR_TASK_NOT_YOURS,
                           "SELECT id FROM scan WHERE id = $1 AND enrolment_id = $2",
                           (store_value[]){store_id(id), store_id(enrolment)}, 2);
}
