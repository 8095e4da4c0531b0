#include "workstation_authorisation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attributes.h"
#include "authorisation_scope.h"
#include "base/ct.h"
#include "base/text.h"
#include "wire.h"

/* MEMORY: a scope of the longest names takes half a megabyte while it is read. LATE_SECONDS: how long after a code's end by the platform's
 * clock, which may be five minutes off, no approval can come any more. */
enum { OFFERS = 3, WAIT_MAX = 60, MEMORY = 4 << 20, OFFER_BODY = 1024 + 2 * MPC_SCOPE_MAX, LATE_SECONDS = 600 };

/* ---- ending ---- */

void workstation_authorisation_end(yq_authorisation *a, yq_authorisation_state state, const char *by)
{
    scalar_wipe(&a->grant.d1);
    a->grant.active = false;
    wipe(a->dW, sizeof a->dW);
    if (a->status.state != YQ_AUTHORISATION_OFFERED && a->status.state != YQ_AUTHORISATION_ACTIVE)
        return;
    a->status.state = state;
    (void)snprintf(a->status.closed_by, sizeof a->status.closed_by, "%s", by);
}

yq_status workstation_authorisation_require(yq_authorisation *a)
{
    int64_t now;
    if (!a->grant.active)
        return YQ_NOT_ACTIVE;
    YQ_TRY(attributes_now(a->act, &now));
    if (now < a->limits.until)
        return YQ_OK;
    workstation_authorisation_end(a, YQ_AUTHORISATION_EXPIRED, "expiry");
    return YQ_NOT_ACTIVE;
}

/* Ends what has run out, without anybody's word. */
static void notice_time(yq_authorisation *a)
{
    int64_t now;
    yq_status active = workstation_authorisation_require(a);
    (void)active;
    if (a->status.state == YQ_AUTHORISATION_OFFERED && attributes_now(a->act, &now) == YQ_OK &&
        now > a->code.expires + LATE_SECONDS)
        workstation_authorisation_end(a, YQ_AUTHORISATION_EXPIRED, "expiry");
}

/* ---- the offer ---- */

static void begin_key(yq_authorisation *a, context_key *key)
{
    key->grant = &a->grant;
    key->stored.stage = STORED_ENROLLED;
    memcpy(key->stored.server, a->workstation->stored.server, sizeof key->stored.server);
    memcpy(key->stored.key_id, a->code.auth_id, 16);
}

/* By the id that is set: what its calls are signed with. */
static void begin_keys(yq_authorisation *a)
{
    a->grant.workstation = a->workstation->stored.id;
    a->grant.installation = &a->workstation->installation;
    begin_key(a, &a->act_key);
    begin_key(a, &a->watch_key);
    uuid_encode(a->status.authorisation, a->code.auth_id);
}

/* auth_id and the one-time key, drawn anew. */
static yq_status draw(yq_authorisation *a)
{
    sm2_private one_time;
    YQ_TRY(context_random(a->act, a->code.auth_id, sizeof a->code.auth_id));
    YQ_TRY(status_of_own(sm2_private_generate(&one_time, &a->act->rng)));
    memcpy(a->code.pkW, one_time.public_key, sizeof a->code.pkW);
    scalar_to_bytes(a->dW, &one_time.d);
    sm2_private_wipe(&one_time);
    memcpy(a->code.workstation, a->workstation->stored.id, sizeof a->code.workstation);
    begin_keys(a);
    return YQ_OK;
}

static yq_status read_expiry(yq_authorisation *a, const wire_answer *answer)
{
    json_value root, value;
    YQ_TRY(wire_open(&root, answer));
    YQ_TRY(status_of_answer(json_reader_field(&value, root, "expires")));
    return status_of_answer(json_reader_int(&a->code.expires, value, 1, INT64_MAX / 1000));
}

/* The same offer again is no second one, so a lost answer is asked for again. */
static yq_status send_offer(yq_authorisation *a, bytes wish)
{
    json_writer w;
    wire_answer answer = {0};
    uint8_t *body = arena_alloc(a->memory, OFFER_BODY);
    if (!body)
        return YQ_OUT_OF_MEMORY;
    wire_begin(&w, body, OFFER_BODY);
    json_writer_uuid(&w, "auth_id", a->code.auth_id);
    json_writer_hex(&w, "pkW", a->code.pkW, sizeof a->code.pkW);
    if (wish.n > 0)
        authorisation_scope_write(a->memory, &w, wish);
    yq_status status = wire_end(&w);
    const wire_call call = {"POST", "/v1/workstation/authorisations", w.out.p, w.out.n, WIRE_SMALL};
    for (int i = 0; i < OFFERS && (i == 0 ? status == YQ_OK : status == YQ_TRANSPORT_FAILED); i++) {
        wire_answer_free(&answer);
        status = wire_request(a->act, &a->act_key, &call, &answer);
    }
    if (status == YQ_OK)
        status = read_expiry(a, &answer);
    wire_answer_free(&answer);
    return status;
}

static yq_status offer(yq_authorisation *a, const yq_scope *wish)
{
    bytes scope = {0};
    if (wish) {
        YQ_TRY(status_of_own(authorisation_scope_build(a->memory, &scope, wish)));
        YQ_TRY(status_of_own(authorisation_scope_read(a->memory, &a->status.scope, scope)));
    }
    YQ_TRY(draw(a));
    YQ_TRY(send_offer(a, scope));
    a->status.code_expires = a->code.expires;
    return status_of_own(workstation_code_write(a->code_text, &a->code, &a->workstation->installation, &a->act->rng));
}

static yq_status create(yq_workstation *w, yq_authorisation **out)
{
    yq_authorisation *a = calloc(1, sizeof *a);
    if (!a)
        return YQ_OUT_OF_MEMORY;
    w->authorisations++;
    a->workstation = w;
    a->memory = arena_create(MEMORY);
    yq_status status = a->memory ? context_create(&a->act, &w->device->platform, &w->options) : YQ_OUT_OF_MEMORY;
    if (status == YQ_OK)
        status = context_create(&a->watch, &w->device->platform, &w->options);
    if (status != YQ_OK) {
        yq_authorisation_free(a);
        return status;
    }
    *out = a;
    return YQ_OK;
}

static yq_status registered(yq_workstation *w)
{
    YQ_TRY(context_enter(w->device, NULL));
    return context_leave(w->device, w->registered ? YQ_OK : YQ_WRONG_STATE, NULL);
}

yq_status yq_authorisation_offer(yq_workstation *workstation, const yq_scope *wish, yq_authorisation **out,
                                 yq_problem *problem)
{
    yq_authorisation *a;
    context_clear_problem(problem);
    if (!workstation || !out)
        return YQ_INVALID_ARGUMENT;
    *out = NULL;
    YQ_TRY(registered(workstation));
    YQ_TRY(create(workstation, &a));
    yq_status status = context_enter(a->act, problem);
    if (status == YQ_OK)
        status = context_leave(a->act, offer(a, wish), problem);
    if (status == YQ_OK)
        *out = a;
    else
        yq_authorisation_free(a);
    return status;
}

void yq_authorisation_free(yq_authorisation *a)
{
    if (!a)
        return;
    context_destroy(a->act);
    context_destroy(a->watch);
    arena_destroy(a->memory);
    a->workstation->authorisations--;
    wipe(a, sizeof *a);
    free(a);
}

const char *yq_authorisation_code(const yq_authorisation *authorisation)
{
    return authorisation ? authorisation->code_text : "";
}

/* ---- the approval ---- */

typedef struct grant_answer {
    char state[16], closed_by[16];
    uint8_t sealed[MPC_SEALED], P[POINT_SIZE];
    bytes scope, certificate;
    int64_t count_left;
} grant_answer;

static err read_active(grant_answer *out, arena *a, json_value root)
{
    json_value value;
    TRY(json_reader_field(&value, root, "sealed"));
    TRY(json_reader_hex(out->sealed, sizeof out->sealed, value));
    TRY(json_reader_field(&value, root, "P"));
    TRY(json_reader_hex(out->P, sizeof out->P, value));
    TRY(json_reader_field(&value, root, "scope"));
    TRY(json_reader_base64(a, &out->scope, value, MPC_SCOPE_MAX));
    TRY(json_reader_field(&value, root, "certificate"));
    TRY(json_reader_base64(a, &out->certificate, value, STORED_CERTIFICATE_MAX));
    TRY(json_reader_field(&value, root, "count_left"));
    return json_reader_int(&out->count_left, value, 0, MPC_SCOPE_COUNT_MAX);
}

static err read_state(grant_answer *out, json_value root)
{
    json_value value;
    TRY(json_reader_field(&value, root, "state"));
    TRY(json_reader_copy(out->state, sizeof out->state, value));
    TRY(json_reader_field(&value, root, "closed_by"));
    return json_reader_is_null(value) ? ERR_OK : json_reader_copy(out->closed_by, sizeof out->closed_by, value);
}

/* The person's certificate, under the CA of the registration and for this P: whose signatures these will be. */
static err check_person(yq_authorisation *a, const grant_answer *g, int64_t now)
{
    const chain_trust trust = workstation_trust(a->workstation);
    yq_authorisation_status *s = &a->status;
    cert c;
    TRY(chain_check(&c, g->certificate, &trust, CHAIN_PERSON, now));
    if (memcmp(c.public_key, g->P, POINT_SIZE) != 0)
        return ERR_ANSWER;
    TRY(chain_name(s->staff_no, sizeof s->staff_no, c.subject, OID_SERIAL_NUMBER));
    return chain_name(s->name, sizeof s->name, c.subject, OID_COMMON_NAME);
}

static err open_grant(yq_authorisation *a, const grant_answer *g, int64_t now)
{
    TRY(authorisation_scope_read(a->memory, &a->status.scope, g->scope));
    TRY(mpc_scope_read(a->memory, g->scope, &a->limits));
    TRY(check_person(a, g, now));
    TRY(mpc_device_authorised(&a->grant.d1, bytes_of(g->sealed, sizeof g->sealed), a->dW, a->code.auth_id, g->P,
                              g->scope));
    stored_key *stored = &a->act_key.stored;
    memcpy(stored->blob.P, g->P, POINT_SIZE);
    memcpy(stored->certificate[0], g->certificate.p, g->certificate.n);
    stored->certificate_n[0] = g->certificate.n;
    a->grant.count_left = g->count_left < a->limits.count ? g->count_left : a->limits.count;
    a->grant.active = true;
    atomic_store(&a->approved, true);
    a->status.state = YQ_AUTHORISATION_ACTIVE;
    wipe(a->dW, sizeof a->dW);
    return ERR_OK;
}

static yq_status close_at_server(yq_authorisation *a)
{
    char path[WIRE_PATH];
    wire_answer answer = {0};
    wire_key_path(path, &a->act_key, "close");
    const wire_call call = {"POST", path, NULL, 0, WIRE_SMALL};
    yq_status status = wire_request(a->act, &a->act_key, &call, &answer);
    wire_answer_free(&answer);
    return status == YQ_REFUSED && wire_refused_with(a->act, "authorisation_closed") ? YQ_OK : status;
}

/* Whatever is wrong with it, it is not used: nobody will sign under it. */
static yq_status refuse_grant(yq_authorisation *a, err e)
{
    if (e == ERR_MEMORY)
        return YQ_OUT_OF_MEMORY;
    workstation_authorisation_end(a, YQ_AUTHORISATION_CLOSED, "workstation");
    yq_status told = close_at_server(a);
    (void)told; /* what is told is the rejection */
    return YQ_ANSWER_REJECTED;
}

static yq_status take_state(yq_authorisation *a, const wire_answer *answer)
{
    json_value root;
    grant_answer g = {.state = ""};
    int64_t now;
    YQ_TRY(wire_open(&root, answer));
    YQ_TRY(status_of_answer(read_state(&g, root)));
    bool open = a->status.state == YQ_AUTHORISATION_OFFERED;
    if (strcmp(g.state, "offered") == 0)
        return YQ_OK;
    if (strcmp(g.state, "active") != 0) {
        workstation_authorisation_end(a,
                                      strcmp(g.state, "expired") == 0     ? YQ_AUTHORISATION_EXPIRED
                                      : strcmp(g.state, "exhausted") == 0 ? YQ_AUTHORISATION_EXHAUSTED
                                                                          : YQ_AUTHORISATION_CLOSED,
                                      g.closed_by);
        return YQ_OK;
    }
    if (!open)
        return YQ_OK;
    YQ_TRY(status_of_answer(read_active(&g, a->memory, root)));
    YQ_TRY(attributes_now(a->act, &now));
    err e = open_grant(a, &g, now);
    wipe(g.sealed, sizeof g.sealed);
    return e == ERR_OK ? YQ_OK : refuse_grant(a, e);
}

static void describe(yq_authorisation *a, yq_authorisation_status *out)
{
    a->status.count_left = a->grant.count_left > 0 ? (int)a->grant.count_left : 0;
    *out = a->status;
}

/* What was answered is taken in under the lock of those who act; a problem of theirs stays theirs. */
static yq_status take_answer(yq_authorisation *a, const wire_answer *answer, yq_authorisation_status *out)
{
    yq_problem unused;
    YQ_TRY(context_enter(a->act, &unused));
    yq_status status = take_state(a, answer);
    describe(a, out);
    return context_leave(a->act, status, &unused);
}

static yq_status wait(yq_authorisation *a, unsigned seconds, yq_authorisation_status *out)
{
    char path[WIRE_PATH];
    wire_answer answer = {0};
    (void)snprintf(path, sizeof path, "/v1/workstation/authorisations/%s?wait=%u&state=%s", a->status.authorisation,
                   seconds, atomic_load(&a->approved) ? "active" : "offered");
    const wire_call call = {"GET", path, NULL, 0, WIRE_SMALL + 2 * MPC_SCOPE_MAX};
    yq_status status = wire_request(a->watch, &a->watch_key, &call, &answer);
    if (status == YQ_OK)
        status = take_answer(a, &answer, out);
    wire_answer_free(&answer);
    return status;
}

yq_status yq_authorisation_wait(yq_authorisation *authorisation, unsigned seconds, yq_authorisation_status *out,
                                yq_problem *problem)
{
    context_clear_problem(problem);
    if (!authorisation || !out || seconds > WAIT_MAX)
        return YQ_INVALID_ARGUMENT;
    YQ_TRY(context_enter(authorisation->watch, problem));
    return context_leave(authorisation->watch, wait(authorisation, seconds, out), problem);
}

yq_status yq_authorisation_look(yq_authorisation *authorisation, yq_authorisation_status *out)
{
    if (!authorisation || !out)
        return YQ_INVALID_ARGUMENT;
    YQ_TRY(context_enter(authorisation->act, NULL));
    notice_time(authorisation);
    describe(authorisation, out);
    return context_leave(authorisation->act, YQ_OK, NULL);
}

yq_status yq_authorisation_close(yq_authorisation *authorisation, yq_problem *problem)
{
    context_clear_problem(problem);
    if (!authorisation)
        return YQ_INVALID_ARGUMENT;
    YQ_TRY(context_enter(authorisation->act, problem));
    workstation_authorisation_end(authorisation, YQ_AUTHORISATION_CLOSED, "workstation");
    return context_leave(authorisation->act, close_at_server(authorisation), problem);
}

yq_status yq_workstation_close_authorisation(yq_workstation *workstation, const char *id, yq_problem *problem)
{
    yq_authorisation *a;
    uint8_t auth_id[16];
    context_clear_problem(problem);
    if (!workstation || !id || uuid_decode(auth_id, id, strlen(id)) != ERR_OK)
        return YQ_INVALID_ARGUMENT;
    YQ_TRY(registered(workstation));
    YQ_TRY(create(workstation, &a));
    memcpy(a->code.auth_id, auth_id, sizeof auth_id);
    begin_keys(a);
    yq_status status = context_enter(a->act, problem);
    if (status == YQ_OK) {
        status = close_at_server(a);
        if (status == YQ_REFUSED && wire_refused_with(a->act, "authorisation_not_found"))
            status = YQ_OK;
        status = context_leave(a->act, status, problem);
    }
    yq_authorisation_free(a);
    return status;
}
