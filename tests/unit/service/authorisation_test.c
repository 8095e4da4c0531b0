/* Every act in every state of an authorisation (docs/spec/states.md): what stands in the table happens, anything else changes nothing. */
#include "service/authorisation.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/text.h"
#include "crypto/sm2.h"
#include "desk.h"
#include "service/issued_sid.h"
#include "service/key_state.h"
#include "service/policy.h"

enum { COUNT = 5 };

/* A doctor with his phone, a workstation, and what is authorised just now. */
typedef struct ward {
    desk d;
    business_system emr;
    uint8_t station[16];
    uint8_t auth_id[16];
    sm2_private one_time;
    char scope[256];
    phone as_key; /* signs under the authorisation */
    signing s;
    bool opened;
} ward;

static int setup_ward(void **state)
{
    ward *w = calloc(1, sizeof *w);
    assert_non_null(w);
    fixture *f = &w->d.f;
    fixture_init(f);
    w->d.doctor = fixture_user(f, "D1001", "王建国");
    phone_make(&w->d.phone, f, &w->d.doctor);
    w->emr = fixture_system(f, "电子病历");
    assert_int_equal(f->rng.fill(f->rng.ctx, w->station, 16), ERR_OK);
    fixture_write(f,
                  "INSERT INTO workstation (id, name, place, code_hash, tries, state, created_at, expires_at) "
                  "VALUES ($1, '护士站', '三楼', $1, 0, 'active', 1, 1)",
                  (store_value[]){store_id(w->station)}, 1);
    *state = w;
    return 0;
}

static int teardown_ward(void **state)
{
    ward *w = *state;
    signing_end(&w->s);
    phone_throw_away(&w->d.phone);
    fixture_remove(&w->d.f);
    free(w);
    return 0;
}

static call *station_call(ward *w, const char *event)
{
    call *c = fixture_call(&w->d.f, event);
    c->actor = ACTOR_WORKSTATION;
    memcpy(c->actor_id, w->station, 16);
    c->actor_text = call_subject(c, "workstation", w->station);
    return c;
}

/* ---- acts ---- */

static err offer(ward *w)
{
    authorisation made;
    return authorisation_offer(station_call(w, "authorisation.offer"), w->auth_id, w->one_time.public_key,
                               (bytes){NULL, 0}, &made);
}

static err scan(ward *w)
{
    authorisation made;
    workstation station;
    return authorisation_offered(phone_call(&w->d.phone, NULL), w->auth_id, &station, &made);
}

static err approve_count(ward *w, int64_t count)
{
    authorisation made;
    issued_sid issued;
    mpc_authorise_request rq;
    uint8_t sealed[MPC_SEALED], dW[32];
    const phone *p = &w->d.phone;
    buffer b = buffer_over(w->scope, sizeof w->scope);
    assert_int_equal(mpc_scope_build(&b, &(mpc_scope){.until = p->f->now_ms / 1000 + 3600, .count = count}), ERR_OK);
    assert_int_equal(issued_sid_make(phone_call(p, "key.sid"), p->key_id, &issued), ERR_OK);
    memset(&rq, 0, sizeof rq);
    memcpy(rq.key_id, p->key_id, 16);
    memcpy(rq.sid, issued.sid, 16);
    memcpy(rq.auth_id, w->auth_id, 16);
    memcpy(rq.pkW, w->one_time.public_key, POINT_SIZE);
    rq.scope = bytes_of(w->scope, b.n);
    assert_int_equal(mpc_device_authorise(&rq, sealed, &p->d1, p->P, &p->f->rng), ERR_OK);
    TRY(authorisation_approve(phone_call(p, "authorisation.approve"), &rq, p->by_fingerprint, &made));
    /* The workstation takes its share. */
    w->as_key = *p;
    memcpy(w->as_key.key_id, w->auth_id, 16);
    scalar_to_bytes(dW, &w->one_time.d);
    assert_int_equal(
        mpc_device_authorised(&w->as_key.d1, bytes_of(sealed, sizeof sealed), dW, w->auth_id, p->P, rq.scope), ERR_OK);
    return ERR_OK;
}

static err approve(ward *w)
{
    return approve_count(w, COUNT);
}

static err fetch(ward *w)
{
    authorisation_grant grant;
    TRY(authorisation_fetch(station_call(w, NULL), w->auth_id, &grant));
    /* The share is passed on while it is active, and not before or after. */
    assert_int_equal(grant.sealed.n, strcmp(grant.authorisation.state, "active") == 0 ? MPC_SEALED : 0);
    return ERR_OK;
}

static err list_tasks(ward *w)
{
    const task *tasks;
    size_t n;
    uint8_t next[16];
    bool has_next;
    return authorisation_tasks(station_call(w, NULL), w->auth_id, &(task_filter){.limit = 10}, &tasks, &n, next,
                               &has_next);
}

static err sign(ward *w)
{
    task t = fixture_task(&w->d.f, &w->emr, "D1001", "病程记录");
    signing_end(&w->s);
    signing_begin(&w->s, &w->as_key);
    memcpy(w->s.request.mpc.key_id, w->auth_id, 16);
    signing_add(&w->s, &w->d.phone, t.id, bytes_of_text("病程记录"));
    signing_prove(&w->s, &w->d.phone, w->as_key.f ? &w->as_key.d1 : &w->d.phone.d1);
    TRY(sign_open(station_call(w, "task.claim"), &w->s.request, w->s.answers));
    signing_finish(&w->s);
    w->opened = true;
    return ERR_OK;
}

static err complete(ward *w)
{
    return sign_complete(station_call(w, "task.sign"), w->auth_id, w->s.request.mpc.sid, w->s.results, 1, &w->s.done);
}

static err close_by_phone(ward *w)
{
    return authorisation_close(phone_call(&w->d.phone, "authorisation.close"), w->auth_id);
}

static err close_by_workstation(ward *w)
{
    return authorisation_close(station_call(w, "authorisation.close"), w->auth_id);
}

static err close_by_operator(ward *w)
{
    return authorisation_close(fixture_call(&w->d.f, "authorisation.close"), w->auth_id);
}

static err freeze(ward *w)
{
    TRY(key_state_freeze(fixture_call(&w->d.f, "key.freeze"), w->d.phone.key_id));
    return key_state_unfreeze(fixture_call(&w->d.f, "key.unfreeze"), w->d.phone.key_id, false);
}

static err remove_workstation(ward *w)
{
    TRY(workstation_remove(fixture_call(&w->d.f, "workstation.remove"), w->station));
    fixture_write(&w->d.f, "UPDATE workstation SET state = 'active'", NULL, 0);
    return ERR_OK;
}

static err five_wrong_proofs(ward *w)
{
    err e = ERR_OK;
    scalar right = w->as_key.d1;
    w->as_key.d1 = w->d.phone.wrong_d1;
    for (int i = 0; i < AUTHORISATION_FAILURES_MAX; i++)
        e = sign(w);
    w->as_key.d1 = right;
    return e;
}

static err time_passes(ward *w)
{
    w->d.f.now_ms += 3601 * 1000;
    fixture_housekeeping(&w->d.f);
    return ERR_OK;
}

/* ---- states ---- */

enum { OFFERED, ACTIVE, CLOSED, EXPIRED, EXHAUSTED, STATES };
static const char *const states[STATES] = {"offered", "active", "closed", "expired", "exhausted"};

/* A fresh authorisation, brought there as in life. opened: with a request that was answered and not completed. */
static void bring(ward *w, int to, bool opened)
{
    entropy *rng = &w->d.f.rng;
    w->opened = false;
    assert_int_equal(rng->fill(rng->ctx, w->auth_id, 16), ERR_OK);
    assert_int_equal(sm2_private_generate(&w->one_time, rng), ERR_OK);
    assert_int_equal(offer(w), ERR_OK);
    if (to == OFFERED)
        return;
    assert_int_equal(approve_count(w, to == EXHAUSTED ? 1 : COUNT), ERR_OK);
    if (opened || to == EXHAUSTED)
        assert_int_equal(sign(w), ERR_OK);
    if (to == EXHAUSTED)
        assert_int_equal(complete(w), ERR_OK);
    if (to == CLOSED)
        assert_int_equal(close_by_operator(w), ERR_OK);
    if (to == EXPIRED)
        assert_int_equal(time_passes(w), ERR_OK);
}

static void assert_state(ward *w, const char *want)
{
    const store_value *row;
    char pad[128], id[UUID_TEXT];
    bool active = strcmp(want, "active") == 0;
    assert_int_equal(store_query_one(w->d.f.store, w->d.f.arena, &row, ERR_OK,
                                     "SELECT state, sealed_share, sealed_for_workstation, closed_at FROM authorisation "
                                     "WHERE id = $1",
                                     (store_value[]){store_id(w->auth_id)}, 1),
                     ERR_OK);
    assert_string_equal(row[0].p, want);
    assert_int_equal(row[1].type != STORE_NULL, active);
    assert_int_equal(row[2].type != STORE_NULL, active);
    assert_int_equal(row[3].type == STORE_NULL, active || strcmp(want, "offered") == 0);
    fixture_housekeeping(&w->d.f);
    uuid_encode(id, w->auth_id);
    snprintf(pad, sizeof pad, "%s/authorisations/%s", w->d.f.dir, id);
    assert_int_equal(access(pad, F_OK) == 0, active);
}

static const struct {
    const char *name;
    err (*act)(ward *w);
    struct {
        err want;
        int to; /* STATES: stays */
    } in[STATES];
} acts[] = {
#define STAYS(e)                                                                                                       \
    {                                                                                                                  \
        e, STATES                                                                                                      \
    }
#define OVER STAYS(ERR_AUTHORISATION_CLOSED)
    {"offer again",
     offer,
     {STAYS(ERR_OK), STAYS(ERR_CONFLICT), STAYS(ERR_CONFLICT), STAYS(ERR_CONFLICT), STAYS(ERR_CONFLICT)}},
    {"scan", scan, {STAYS(ERR_OK), OVER, OVER, OVER, OVER}},
    {"approve", approve, {{ERR_OK, ACTIVE}, OVER, OVER, OVER, OVER}},
    {"fetch", fetch, {STAYS(ERR_OK), STAYS(ERR_OK), STAYS(ERR_OK), STAYS(ERR_OK), STAYS(ERR_OK)}},
    {"list tasks", list_tasks, {OVER, STAYS(ERR_OK), OVER, OVER, OVER}},
    {"sign", sign, {OVER, STAYS(ERR_OK), OVER, OVER, OVER}},
    {"five wrong proofs", five_wrong_proofs, {OVER, {ERR_PROOF, CLOSED}, OVER, OVER, OVER}},
    /* What was answered before may be completed. */
    {"complete", complete, {OVER, STAYS(ERR_OK), STAYS(ERR_OK), STAYS(ERR_OK), STAYS(ERR_OK)}},
    /* An offer has no person yet. */
    {"close by phone", close_by_phone, {STAYS(ERR_AUTHORISATION_NOT_FOUND), {ERR_OK, CLOSED}, OVER, OVER, OVER}},
    {"close by workstation", close_by_workstation, {{ERR_OK, CLOSED}, {ERR_OK, CLOSED}, OVER, OVER, OVER}},
    {"close by operator", close_by_operator, {{ERR_OK, CLOSED}, {ERR_OK, CLOSED}, OVER, OVER, OVER}},
    {"freeze", freeze, {STAYS(ERR_OK), {ERR_OK, CLOSED}, STAYS(ERR_OK), STAYS(ERR_OK), STAYS(ERR_OK)}},
    {"remove workstation",
     remove_workstation,
     {{ERR_OK, CLOSED}, {ERR_OK, CLOSED}, STAYS(ERR_OK), STAYS(ERR_OK), STAYS(ERR_OK)}},
    {"time passes", time_passes, {{ERR_OK, EXPIRED}, {ERR_OK, EXPIRED}, STAYS(ERR_OK), STAYS(ERR_OK), STAYS(ERR_OK)}},
};

static void every_act_in_every_state(void **state)
{
    ward *w = *state;
    for (size_t a = 0; a < sizeof acts / sizeof *acts; a++)
        for (int s = 0; s < STATES; s++) {
            int to = acts[a].in[s].to;
            print_message("%s when %s\n", acts[a].name, states[s]);
            bring(w, s, acts[a].act == complete);
            assert_int_equal(acts[a].act(w), acts[a].in[s].want);
            assert_state(w, states[to == STATES ? s : to]);
        }
}

/* The last of its count exhausts it when it is completed, or when its time is over. */
static void allow_fingerprint(ward *w, bool allowed)
{
    policy p;
    const policy_change change = {.has_fingerprint = true, .fingerprint = allowed};
    assert_int_equal(policy_update(fixture_call(&w->d.f, "policy.update"), &change, &p), ERR_OK);
}

/* How it was approved is the phone's word; the workstation has none of its own. */
static void it_may_be_approved_by_fingerprint(void **state)
{
    ward *w = *state;
    authorisation a;
    bring(w, OFFERED, false);
    assert_int_equal(authorisation_load(fixture_call(&w->d.f, NULL), w->auth_id, &a), ERR_OK);
    assert_null(a.method);
    allow_fingerprint(w, false);
    w->d.phone.by_fingerprint = true;
    assert_int_equal(approve(w), ERR_FINGERPRINT_FORBIDDEN);
    assert_state(w, "offered");
    allow_fingerprint(w, true);
    assert_int_equal(approve(w), ERR_OK);
    assert_non_null(strstr(fixture_last_audit(&w->d.f).detail, " method=fingerprint"));
    assert_int_equal(authorisation_load(fixture_call(&w->d.f, NULL), w->auth_id, &a), ERR_OK);
    assert_string_equal(a.method, "fingerprint");
    /* The request's word goes with the phone that was copied. */
    assert_true(w->as_key.by_fingerprint);
    assert_int_equal(sign(w), ERR_FIELD_VALUE);
    assert_string_equal(w->d.f.c.fault.field, "method");
    w->as_key.by_fingerprint = false;
    assert_int_equal(sign(w), ERR_OK);
    assert_int_equal(complete(w), ERR_OK);
    assert_int_equal(fixture_number(&w->d.f, "SELECT count(*) FROM signature WHERE method = 'authorisation'"), 1);
}

static void the_last_of_the_count(void **state)
{
    ward *w = *state;
    bring(w, OFFERED, false);
    assert_int_equal(approve_count(w, 1), ERR_OK);
    assert_int_equal(sign(w), ERR_OK);
    assert_state(w, "active");
    assert_int_equal(complete(w), ERR_OK);
    assert_state(w, "exhausted");
    bring(w, OFFERED, false);
    assert_int_equal(approve_count(w, 1), ERR_OK);
    assert_int_equal(sign(w), ERR_OK);
    w->d.f.now_ms += SIGN_CLAIM_SECONDS * 1000;
    fixture_housekeeping(&w->d.f);
    assert_state(w, "exhausted");
}

static void nobody_elses(void **state)
{
    ward *w = *state;
    uint8_t own[16];
    bring(w, ACTIVE, false);
    memcpy(own, w->station, 16);
    fixture_write(&w->d.f,
                  "INSERT INTO workstation (id, name, place, code_hash, tries, state, created_at, expires_at) "
                  "VALUES ($1, '另一处', '四楼', $1, 0, 'active', 1, 1)",
                  (store_value[]){store_id(w->d.doctor.id)}, 1);
    memcpy(w->station, w->d.doctor.id, 16);
    assert_int_equal(fetch(w), ERR_AUTHORISATION_NOT_FOUND);
    assert_int_equal(list_tasks(w), ERR_AUTHORISATION_NOT_FOUND);
    assert_int_equal(sign(w), ERR_KEY_NOT_FOUND);
    assert_int_equal(close_by_workstation(w), ERR_AUTHORISATION_NOT_FOUND);
    memcpy(w->station, own, 16);
    assert_state(w, "active");
}

static void a_key_has_so_many_open_at_a_time(void **state)
{
    ward *w = *state;
    fixture *f = &w->d.f;
    for (int i = 0; i < AUTHORISATION_OPEN_MAX; i++) {
        char id[17];
        snprintf(id, sizeof id, "%016d", i);
        fixture_write(f,
                      "INSERT INTO authorisation (id, workstation_id, key_id, pk_w, state, created_at, expires_at) "
                      "VALUES ($1, $2, $3, $2, 'active', $4, $4)",
                      (store_value[]){store_blob(id, 16), store_id(w->station), store_id(w->d.phone.key_id),
                                      store_int(f->now_ms + (i == 0 ? 30000 : 3600000))},
                      4);
    }
    bring(w, OFFERED, false);
    assert_int_equal(approve(w), ERR_LIMIT);
    assert_state(w, "offered");
    /* One is over: there is room, and the key's end ends them all. */
    f->now_ms += 30000;
    assert_int_equal(approve(w), ERR_OK);
    assert_int_equal(key_state_freeze(fixture_call(f, "key.freeze"), w->d.phone.key_id), ERR_OK);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM authorisation WHERE state = 'active'"), 0);
}

enum { MANY = 5000, LEFT = 50 };

/* The pad's file of the i-th made-up authorisation. */
static void pad_path(ward *w, char path[256], int i)
{
    char id[17], text[UUID_TEXT];
    snprintf(id, sizeof id, "%016d", i);
    uuid_encode(text, (const uint8_t *)id);
    snprintf(path, 256, "%s/authorisations/%s", w->d.f.dir, text);
}

static void any_number_of_pads_is_swept(void **state)
{
    ward *w = *state;
    fixture *f = &w->d.f;
    char path[256];
    bring(w, ACTIVE, false);
    /* Many more are active, and some pads are left from a crash. */
    store_unit *unit = store_unit_begin(f->arena);
    store_unit_add(unit, MANY, ERR_INTERNAL,
                   "INSERT INTO authorisation (id, workstation_id, pk_w, state, created_at, expires_at) "
                   "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $1) "
                   "SELECT CAST(printf('%016d', i) AS BLOB), $2, $2, 'active', $3, $3 FROM n",
                   (store_value[]){store_int(MANY), store_id(w->station), store_int(f->now_ms + 3600000)}, 3);
    assert_int_equal(store_commit(f->store, unit), ERR_OK);
    for (int i = 0; i < MANY + LEFT; i++) {
        pad_path(w, path, i);
        close(open(path, O_WRONLY | O_CREAT | O_EXCL, 0600));
    }
    fixture_close(f);
    fixture_open(f);
    for (int i = 0; i < MANY + LEFT; i++) {
        pad_path(w, path, i);
        assert_int_equal(access(path, F_OK) == 0, i < MANY);
    }
    assert_int_equal(sign(w), ERR_OK);
}

#define IN_WARD(test) cmocka_unit_test_setup_teardown(test, setup_ward, teardown_ward)

enum { PAGE_OF = 7 };

/* Newest first, of equal times by id, page after page; of one state or of all. */
static size_t pages(ward *w, const char *state)
{
    const authorisation *page;
    uint8_t after[16];
    int64_t created_ms = INT64_MAX;
    size_t n = PAGE_OF, all = 0;
    for (bool first = true; n == PAGE_OF; first = false) {
        call *c = fixture_call(&w->d.f, NULL);
        assert_int_equal(authorisation_list(c, state, first ? NULL : after, PAGE_OF, &page, &n), ERR_OK);
        for (size_t i = 0; i < n; i++, all++) {
            assert_true(page[i].created_ms < created_ms ||
                        (page[i].created_ms == created_ms && memcmp(page[i].id, after, 16) < 0));
            assert_true(!state || strcmp(page[i].state, state) == 0);
            created_ms = page[i].created_ms;
            memcpy(after, page[i].id, 16);
        }
    }
    return all;
}

static void listed_newest_first(void **state)
{
    ward *w = *state;
    const authorisation *page;
    uint8_t id[16];
    size_t n;
    for (int i = 0; i < 3 * PAGE_OF; i++) {
        assert_int_equal(uuid7_create(id), ERR_OK);
        fixture_write(&w->d.f,
                      "INSERT INTO authorisation (id, workstation_id, pk_w, state, created_at, expires_at, closed_at) "
                      "VALUES ($1, $2, $1, $3, $4, $4, $4)",
                      (store_value[]){store_id(id), store_id(w->station), store_text(i % 3 ? "closed" : "exhausted"),
                                      store_int(w->d.f.now_ms - i / 4)},
                      4);
    }
    assert_int_equal(pages(w, NULL), 3 * PAGE_OF);
    assert_int_equal(pages(w, "closed"), 2 * PAGE_OF);
    assert_int_equal(pages(w, "exhausted"), PAGE_OF);
    assert_int_equal(pages(w, "offered"), 0);
    memset(id, 9, sizeof id);
    assert_int_equal(authorisation_list(fixture_call(&w->d.f, NULL), NULL, id, PAGE_OF, &page, &n), ERR_OK);
    assert_int_equal(n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {IN_WARD(every_act_in_every_state),    IN_WARD(it_may_be_approved_by_fingerprint),
                                       IN_WARD(the_last_of_the_count),       IN_WARD(nobody_elses),
                                       IN_WARD(any_number_of_pads_is_swept), IN_WARD(a_key_has_so_many_open_at_a_time),
                                       IN_WARD(listed_newest_first)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
