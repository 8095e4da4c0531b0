#include <pthread.h>

#include "crypto/sm3.h"
#include "phone.h"

typedef struct office {
    fixture f;
    user doctor;
    business_system emr, ris;
} office;

static err load_signable(call *c, const uint8_t id[16], task_signable *out)
{
    return task_load_signable(c, c->arena, id, out);
}

static int setup(void **state)
{
    office *o = calloc(1, sizeof *o);
    assert_non_null(o);
    fixture_init(&o->f);
    o->doctor = fixture_user(&o->f, "D1001", "王建国");
    o->emr = fixture_system(&o->f, "电子病历");
    o->ris = fixture_system(&o->f, "放射系统");
    *state = o;
    return 0;
}

static int teardown(void **state)
{
    office *o = *state;
    fixture_remove(&o->f);
    free(o);
    return 0;
}

static call *as(office *o, const business_system *s)
{
    return fixture_call_as_system(&o->f, "task.create", s->id);
}

static err create(office *o, const task_request *request, task *out)
{
    bool repeated = true;
    err e = task_create(as(o, &o->emr), request, out, &repeated);
    assert_false(e == ERR_OK && repeated);
    return e;
}

static int64_t tasks(office *o)
{
    return fixture_number(&o->f, "SELECT count(*) FROM task");
}

/* One that is enrolled, without a phone behind it: enough to list and to read. */
static void enrolled(office *o, const user *u, uint8_t enrolment_id[16])
{
    fixture_key key;
    fixture_certify(&o->f, u, &key);
    memcpy(enrolment_id, key.enrolment_id, 16);
}

static call *as_device(office *o, const uint8_t enrolment_id[16])
{
    call *c = fixture_call(&o->f, "task.view");
    c->actor = ACTOR_DEVICE;
    memcpy(c->actor_id, enrolment_id, 16);
    return c;
}

static void a_task_is_stored_as_it_was_asked_for(void **state)
{
    office *o = *state;
    task t, again;
    uint8_t digest[32];
    task_request request = fixture_task_request("D1001", "出院小结");
    request.expires_in = 90;
    assert_int_equal(create(o, &request, &t), ERR_OK);
    assert_true(o->f.c.recorded);
    assert_int_equal(task_get(as(o, &o->emr), t.id, &again), ERR_OK);
    sm3(digest, "出院小结", strlen("出院小结"));
    assert_memory_equal(again.digest, digest, 32);
    assert_memory_equal(again.system_id, o->emr.id, 16);
    assert_memory_equal(again.signer_id, o->doctor.id, 16);
    assert_string_equal(again.system_name, "电子病历");
    assert_string_equal(again.signer_staff_no, "D1001");
    assert_string_equal(again.signer_name, "王建国");
    assert_string_equal(again.form, "raw");
    assert_string_equal(again.state, "pending");
    assert_string_equal(again.title, "出院小结");
    assert_string_equal(again.reference, "ZY20260301-007");
    assert_string_equal(again.department, "心内科");
    assert_int_equal(again.document_size, strlen("出院小结"));
    assert_int_equal(again.created_ms, o->f.now_ms);
    assert_int_equal(again.expires_ms, o->f.now_ms + 90000);
    assert_false(again.claimed_before);
    assert_false(again.has_signature);
    request.department = "急诊科";
    assert_int_equal(create(o, &request, &t), ERR_OK);
    assert_string_equal(t.department, "急诊科");
}

static void digests_with_and_without_a_document(void **state)
{
    office *o = *state;
    task t;
    task_request request = fixture_task_request("D1001", NULL);
    request.form = "digest";
    assert_int_equal(create(o, &request, &t), ERR_FIELD_MISSING);
    assert_string_equal(o->f.c.fault.field, "digest");
    request.has_digest = true;
    memset(request.digest, 0x5a, 32);
    assert_int_equal(create(o, &request, &t), ERR_OK);
    assert_memory_equal(t.digest, request.digest, 32);
    assert_int_equal(t.document_size, -1);
    request.document = bytes_of_text("abc");
    assert_int_equal(create(o, &request, &t), ERR_DIGEST);
    sm3(request.digest, "abc", 3);
    assert_int_equal(create(o, &request, &t), ERR_OK);
    request.form = "raw";
    assert_int_equal(create(o, &request, &t), ERR_OK);
    request.digest[31] ^= 1;
    assert_int_equal(create(o, &request, &t), ERR_DIGEST);
    assert_int_equal(tasks(o), 3);
}

/* docs/spec/two-party-sm2.md, What is signed. */
static void a_raw_message_cannot_be_taken_for_another_form(void **state)
{
    office *o = *state;
    task t;
    uint8_t long_value[4 + 300] = {0x30, 0x82, 0x01, 0x2c};
    const struct {
        bytes document;
        err want;
    } cases[] = {{{NULL, 0}, ERR_FORM},
                 {bytes_of("", 0), ERR_FORM},
                 {bytes_of("0123456789abcdef0123456789abcdef", 32), ERR_FORM},
                 {bytes_of("0123456789abcdef0123456789abcde", 31), ERR_OK},
                 {bytes_of("0123456789abcdef0123456789abcdef0", 33), ERR_OK},
                 {bytes_of("\x30\x00", 2), ERR_FORM},
                 {bytes_of("\x31\x03\x02\x01\x05", 5), ERR_FORM},
                 {bytes_of("\x30\x03\x02\x01\x05", 5), ERR_FORM},
                 {bytes_of(long_value, sizeof long_value), ERR_FORM},
                 {bytes_of(long_value, sizeof long_value - 1), ERR_OK}, /* one byte is missing */
                 {bytes_of("\x31\x03\x02\x01\x05\x00", 6), ERR_OK},     /* one too many */
                 {bytes_of("\x04\x03\x02\x01\x05", 5), ERR_OK},         /* an OCTET STRING */
                 {bytes_of("0", 1), ERR_OK}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        task_request request = fixture_task_request("D1001", NULL);
        request.document = cases[i].document;
        if (create(o, &request, &t) != cases[i].want)
            fail_msg("case %zu", i);
        request.form = "digest";
        request.has_digest = request.document.p == NULL;
        assert_int_equal(create(o, &request, &t), ERR_OK);
    }
    task_request request = fixture_task_request("D1001", "x");
    request.form = "xml";
    assert_int_equal(create(o, &request, &t), ERR_FORM);
    request.form = "";
    assert_int_equal(create(o, &request, &t), ERR_FORM);
}

static void alias(office *o, const user *u, const business_system *s, const char *external_id)
{
    user changed;
    user_alias a = {.external_id = external_id};
    memcpy(a.system_id, s->id, 16);
    user_change change = {.has_aliases = true, .aliases = &a, .aliases_n = 1};
    assert_int_equal(user_update(fixture_call(&o->f, "user.update"), u->id, &change, &changed), ERR_OK);
}

static void the_signer_may_be_named_as_the_system_knows_him(void **state)
{
    office *o = *state;
    task t;
    user other = fixture_user(&o->f, "D1002", "李秀英");
    alias(o, &o->doctor, &o->emr, "emr-7");
    alias(o, &other, &o->ris, "ris-7");
    task_request request = fixture_task_request("emr-7", "x");
    assert_int_equal(create(o, &request, &t), ERR_OK);
    assert_string_equal(t.signer_staff_no, "D1001");
    request.signer = "ris-7"; /* another system's */
    assert_int_equal(create(o, &request, &t), ERR_USER_NOT_FOUND);
    /* One person's staff number and another's id: nobody guesses who is meant. */
    alias(o, &o->doctor, &o->emr, "D1002");
    request.signer = "D1002";
    assert_int_equal(create(o, &request, &t), ERR_CONFLICT);
    assert_string_equal(o->f.c.fault.field, "signer");
    /* Both name the same person. */
    alias(o, &o->doctor, &o->emr, "D1001");
    request.signer = "D1001";
    assert_int_equal(create(o, &request, &t), ERR_OK);
    assert_string_equal(t.signer_staff_no, "D1001");
}

static void the_signer_must_be_there_and_active(void **state)
{
    office *o = *state;
    task t;
    user changed;
    task_request request = fixture_task_request("D9999", "x");
    assert_int_equal(create(o, &request, &t), ERR_USER_NOT_FOUND);
    request.signer = "d1001";
    assert_int_equal(create(o, &request, &t), ERR_USER_NOT_FOUND);
    request.signer = "D1001";
    assert_int_equal(
        user_update(fixture_call(&o->f, "user.update"), o->doctor.id, &(user_change){.state = "suspended"}, &changed),
        ERR_OK);
    assert_int_equal(create(o, &request, &t), ERR_USER_SUSPENDED);
    assert_int_equal(tasks(o), 0);
}

static void an_idempotency_key_makes_one_task(void **state)
{
    office *o = *state;
    task first, again;
    bool repeated;
    task_request request = fixture_task_request("D1001", "x");
    request.once.key = "visit-7";
    assert_int_equal(create(o, &request, &first), ERR_OK);
    o->f.now_ms += 1000;
    assert_int_equal(task_create(as(o, &o->emr), &request, &again, &repeated), ERR_OK);
    assert_true(repeated);
    assert_memory_equal(again.id, first.id, 16);
    assert_int_equal(again.created_ms, first.created_ms);
    assert_string_equal(fixture_last_audit(&o->f).detail, "repeated");
    request.once.body = bytes_of_text("{ }");
    assert_int_equal(task_create(as(o, &o->emr), &request, &again, &repeated), ERR_IDEMPOTENCY);
    assert_int_equal(tasks(o), 1);
    /* Another system's key is another key; and without one, each is a new task. */
    assert_int_equal(task_create(as(o, &o->ris), &request, &again, &repeated), ERR_OK);
    assert_false(repeated);
    assert_memory_not_equal(again.id, first.id, 16);
    request.once.key = NULL;
    assert_int_equal(create(o, &request, &again), ERR_OK);
    assert_int_equal(create(o, &request, &again), ERR_OK);
    assert_int_equal(tasks(o), 4);
}

enum { THREADS = 8 };

typedef struct creator {
    pthread_t thread;
    pthread_barrier_t *start;
    office *o;
    arena *arena;
    const char *body;
    err result;
    bool repeated;
    uint8_t id[16];
} creator;

static void *create_in_thread(void *arg)
{
    creator *r = arg;
    task t;
    call c = {.service = r->o->f.service,
              .arena = r->arena,
              .now_ms = r->o->f.now_ms,
              .actor = ACTOR_SYSTEM,
              .actor_text = "system",
              .audit_event = "task.create"};
    memcpy(c.actor_id, r->o->emr.id, 16);
    fault_clear(&c.fault);
    task_request request = fixture_task_request("D1001", "x");
    request.once.key = "visit-7";
    request.once.body = bytes_of_text(r->body);
    pthread_barrier_wait(r->start);
    r->result = task_create(&c, &request, &t, &r->repeated);
    if (r->result == ERR_OK)
        memcpy(r->id, t.id, 16);
    return NULL;
}

static void create_in_parallel(office *o, creator *creators)
{
    pthread_barrier_t start;
    pthread_barrier_init(&start, NULL, THREADS);
    for (size_t i = 0; i < THREADS; i++) {
        creators[i].o = o;
        creators[i].start = &start;
        creators[i].arena = arena_create(1 << 20);
        assert_int_equal(pthread_create(&creators[i].thread, NULL, create_in_thread, &creators[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(creators[i].thread, NULL);
        arena_destroy(creators[i].arena);
    }
    pthread_barrier_destroy(&start);
}

static void parallel_creates_under_one_key_make_one_task(void **state)
{
    office *o = *state;
    creator creators[THREADS] = {0};
    size_t new = 0;
    for (size_t i = 0; i < THREADS; i++)
        creators[i].body = "{}";
    create_in_parallel(o, creators);
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(creators[i].result, ERR_OK);
        assert_memory_equal(creators[i].id, creators[0].id, 16);
        new += !creators[i].repeated;
    }
    assert_int_equal(new, 1);
    assert_int_equal(tasks(o), 1);
}

static void parallel_creates_of_two_bodies_make_one_task(void **state)
{
    office *o = *state;
    creator creators[THREADS] = {0};
    size_t refused = 0;
    for (size_t i = 0; i < THREADS; i++)
        creators[i].body = i % 2 ? "{}" : "{ }";
    create_in_parallel(o, creators);
    for (size_t i = 0; i < THREADS; i++) {
        assert_true(creators[i].result == ERR_OK || creators[i].result == ERR_IDEMPOTENCY);
        refused += creators[i].result == ERR_IDEMPOTENCY;
    }
    assert_int_equal(refused, THREADS / 2);
    assert_int_equal(tasks(o), 1);
}

static void a_system_sees_its_own_tasks_only(void **state)
{
    office *o = *state;
    const task *list;
    size_t n;
    task got, t = fixture_task(&o->f, &o->emr, "D1001", "x");
    task_filter all = {.limit = 10};
    assert_int_equal(task_get(as(o, &o->ris), t.id, &got), ERR_TASK_NOT_FOUND);
    assert_int_equal(task_cancel(as(o, &o->ris), t.id, NULL, &got), ERR_TASK_NOT_FOUND);
    assert_int_equal(task_list(as(o, &o->ris), &all, &list, &n), ERR_OK);
    assert_int_equal(n, 0);
    assert_int_equal(task_list(as(o, &o->emr), &all, &list, &n), ERR_OK);
    assert_int_equal(n, 1);
    t.id[0] ^= 1;
    assert_int_equal(task_get(as(o, &o->emr), t.id, &got), ERR_TASK_NOT_FOUND);
}

static void a_list_is_filtered_and_paged(void **state)
{
    office *o = *state;
    const task *list;
    size_t n;
    task t[5], gone;
    bool repeated;
    for (int i = 0; i < 5; i++) {
        task_request request = fixture_task_request("D1001", "x");
        request.reference = i % 2 ? "奇" : "偶";
        assert_int_equal(task_create(as(o, &o->emr), &request, &t[i], &repeated), ERR_OK);
    }
    assert_int_equal(task_cancel(as(o, &o->emr), t[2].id, NULL, &gone), ERR_OK);
    task_filter filter = {.limit = 2};
    assert_int_equal(task_list(as(o, &o->emr), &filter, &list, &n), ERR_OK);
    assert_int_equal(n, 2);
    assert_memory_equal(list[1].id, t[1].id, 16);
    filter.has_after = true;
    memcpy(filter.after, list[1].id, 16);
    assert_int_equal(task_list(as(o, &o->emr), &filter, &list, &n), ERR_OK);
    assert_memory_equal(list[0].id, t[2].id, 16);
    filter = (task_filter){.limit = 10, .state = "pending", .reference = "偶"};
    assert_int_equal(task_list(as(o, &o->emr), &filter, &list, &n), ERR_OK);
    assert_int_equal(n, 2);
    assert_memory_equal(list[0].id, t[0].id, 16);
    assert_memory_equal(list[1].id, t[4].id, 16);
    filter = (task_filter){.limit = 10, .state = "cancelled"};
    assert_int_equal(task_list(as(o, &o->emr), &filter, &list, &n), ERR_OK);
    assert_int_equal(n, 1);
}

/* CPU of asking for a reference that there is not: the least of some times. */
static uint64_t cost_of_asking(office *o)
{
    const task_filter filter = {.reference = "ZY-0", .limit = TASK_PAGE};
    uint64_t least = UINT64_MAX;
    for (int i = 0; i < 10; i++) {
        const task *list;
        size_t n;
        uint64_t before = clock_thread_cpu_ns();
        assert_int_equal(task_list(as(o, &o->emr), &filter, &list, &n), ERR_OK);
        uint64_t took = clock_thread_cpu_ns() - before;
        assert_int_equal(n, 0);
        least = took < least ? took : least;
    }
    return least;
}

static void a_reference_is_found_among_many_as_among_few(void **state)
{
    enum { MANY = 20000 };
    office *o = *state;
    fixture_task(&o->f, &o->emr, "D1001", "出院小结");
    uint64_t few = cost_of_asking(o);
    store_unit *unit = store_unit_begin(o->f.arena);
    store_unit_add(unit, MANY, ERR_INTERNAL,
                   "WITH RECURSIVE counted (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM counted WHERE i < $1) "
                   "INSERT INTO task (id, system_id, signer, form, title, description, reference, media_type, digest, "
                   "state, created_at, expires_at) SELECT randomblob(16), system_id, signer, form, title, description, "
                   "'ZY-' || i, media_type, digest, state, created_at, expires_at FROM counted, task",
                   (store_value[]){store_int(MANY)}, 1);
    assert_int_equal(store_commit(o->f.store, unit), ERR_OK);
    assert_in_range(cost_of_asking(o), 0, 100 * few);
}

static void a_cancelled_task_is_final(void **state)
{
    office *o = *state;
    task got, t = fixture_task(&o->f, &o->emr, "D1001", "x");
    assert_int_equal(task_cancel(as(o, &o->emr), t.id, NULL, &got), ERR_OK);
    assert_string_equal(got.state, "cancelled");
    assert_int_equal(fixture_number(&o->f, "SELECT count(*) FROM task_document"), 0);
    /* Again, as after a lost answer; for another reason it is another act. */
    assert_int_equal(task_cancel(as(o, &o->emr), t.id, NULL, &got), ERR_OK);
    assert_string_equal(fixture_last_audit(&o->f).detail, "repeated");
    assert_int_equal(task_cancel(as(o, &o->emr), t.id, "病历已作废", &got), ERR_TASK_CANCELLED);
    o->f.now_ms = t.expires_ms + 1;
    fixture_housekeeping(&o->f);
    assert_string_equal(fixture_task_state(&o->f, t.id), "cancelled");
}

static void claim(office *o, const task *t, int64_t until)
{
    static const uint8_t key[16] = {3}, sid[16] = {4};
    fixture_write(&o->f,
                  "UPDATE task SET state = 'claimed', claim_key = $2, claim_sid = $3, claim_until = $4 WHERE id = $1",
                  (store_value[]){store_id(t->id), store_id(key), store_id(sid), store_int(until)}, 4);
}

static void what_is_claimed_signed_or_expired_is_not_cancelled(void **state)
{
    office *o = *state;
    task got, t = fixture_task(&o->f, &o->emr, "D1001", "x");
    claim(o, &t, o->f.now_ms + 1);
    assert_int_equal(task_cancel(as(o, &o->emr), t.id, NULL, &got), ERR_TASK_CLAIMED);
    fixture_write(&o->f, "UPDATE task SET state = 'signed'", NULL, 0);
    assert_int_equal(task_cancel(as(o, &o->emr), t.id, NULL, &got), ERR_TASK_SIGNED);
    claim(o, &t, o->f.now_ms);
    assert_int_equal(task_cancel(as(o, &o->emr), t.id, NULL, &got), ERR_OK);
    t = fixture_task(&o->f, &o->emr, "D1001", "x");
    o->f.now_ms = t.expires_ms;
    assert_int_equal(task_cancel(as(o, &o->emr), t.id, NULL, &got), ERR_TASK_EXPIRED);
    assert_string_equal(fixture_task_state(&o->f, t.id), "expired");
}

static void the_state_is_as_of_now(void **state)
{
    (void)state;
    static const struct {
        const char *state;
        int64_t claim_until, expires;
        const char *want;
    } cases[] = {{"pending", 0, 101, "pending"},   {"pending", 0, 100, "expired"},   {"claimed", 101, 200, "claimed"},
                 {"claimed", 100, 200, "pending"}, {"claimed", 100, 100, "expired"}, {"claimed", 101, 50, "claimed"},
                 {"signed", 0, 50, "signed"},      {"cancelled", 0, 50, "cancelled"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        task t = {.state = cases[i].state, .claim_until = cases[i].claim_until, .expires_ms = cases[i].expires};
        assert_string_equal(task_state_at(&t, 100), cases[i].want);
    }
}

static void every_state_has_its_error(void **state)
{
    (void)state;
    assert_int_equal(task_state_error("pending"), ERR_OK);
    assert_int_equal(task_state_error("claimed"), ERR_TASK_CLAIMED);
    assert_int_equal(task_state_error("signed"), ERR_TASK_SIGNED);
    assert_int_equal(task_state_error("cancelled"), ERR_TASK_CANCELLED);
    assert_int_equal(task_state_error("expired"), ERR_TASK_EXPIRED);
    assert_int_equal(task_state_error("no such state"), ERR_CORRUPT);
}

static const char *stored_state(office *o, const task *t)
{
    const store_value *row;
    assert_int_equal(store_query_one(o->f.store, o->f.arena, &row, ERR_OK, "SELECT state FROM task WHERE id = $1",
                                     (store_value[]){store_id(t->id)}, 1),
                     ERR_OK);
    return row[0].p;
}

static void housekeeping_writes_what_time_has_done(void **state)
{
    office *o = *state;
    task t[4];
    for (int i = 0; i < 4; i++)
        t[i] = fixture_task(&o->f, &o->emr, "D1001", "x");
    int64_t end = t[0].expires_ms;
    claim(o, &t[0], end);
    claim(o, &t[1], end + 2);
    fixture_write(&o->f, "UPDATE task SET expires_at = expires_at + 10 WHERE id = $1",
                  (store_value[]){store_id(t[2].id)}, 1);
    claim(o, &t[2], end);
    o->f.now_ms = end - 1;
    fixture_housekeeping(&o->f);
    assert_int_equal(fixture_number(&o->f, "SELECT count(*) FROM task_document"), 4);
    o->f.now_ms = end;
    fixture_housekeeping(&o->f);
    assert_string_equal(stored_state(o, &t[0]), "expired");
    assert_string_equal(stored_state(o, &t[1]), "claimed");
    assert_string_equal(stored_state(o, &t[2]), "pending");
    assert_string_equal(stored_state(o, &t[3]), "expired");
    assert_int_equal(fixture_number(&o->f, "SELECT count(*) FROM task_document"), 2);
    o->f.now_ms = end + 2;
    fixture_housekeeping(&o->f);
    assert_string_equal(stored_state(o, &t[1]), "expired");
    assert_int_equal(fixture_number(&o->f, "SELECT count(*) FROM task_document"), 1);
}

static void a_device_lists_what_its_person_can_sign_now(void **state)
{
    office *o = *state;
    const task *list;
    size_t n;
    task gone, t[5];
    uint8_t doctor[16], nurse[16];
    task_filter all = {.limit = 10};
    user other = fixture_user(&o->f, "N1002", "李秀英");
    enrolled(o, &o->doctor, doctor);
    enrolled(o, &other, nurse);
    for (int i = 0; i < 5; i++)
        t[i] = fixture_task(&o->f, i == 1 ? &o->ris : &o->emr, "D1001", "x");
    task hers = fixture_task(&o->f, &o->emr, "N1002", "x");
    claim(o, &t[2], o->f.now_ms + 1);
    assert_int_equal(task_cancel(as(o, &o->emr), t[3].id, NULL, &gone), ERR_OK);
    claim(o, &t[4], o->f.now_ms);
    assert_int_equal(task_list_for_device(as_device(o, doctor), &all, &list, &n), ERR_OK);
    assert_int_equal(n, 3);
    assert_memory_equal(list[0].id, t[0].id, 16);
    assert_memory_equal(list[1].id, t[1].id, 16);
    assert_memory_equal(list[2].id, t[4].id, 16);
    task_filter page = {.limit = 1, .has_after = true};
    memcpy(page.after, t[0].id, 16);
    assert_int_equal(task_list_for_device(as_device(o, doctor), &page, &list, &n), ERR_OK);
    assert_int_equal(n, 1);
    assert_memory_equal(list[0].id, t[1].id, 16);
    assert_int_equal(task_list_for_device(as_device(o, nurse), &all, &list, &n), ERR_OK);
    assert_int_equal(n, 1);
    assert_memory_equal(list[0].id, hers.id, 16);

    fixture_write(&o->f, "UPDATE enrolment SET state = 'closed' WHERE id = $1", (store_value[]){store_id(nurse)}, 1);
    assert_int_equal(task_list_for_device(as_device(o, nurse), &all, &list, &n), ERR_UNAUTHENTICATED);
    o->f.now_ms = t[0].expires_ms;
    assert_int_equal(task_list_for_device(as_device(o, doctor), &all, &list, &n), ERR_OK);
    assert_int_equal(n, 0);
}

static void a_document_is_shown_to_its_signer(void **state)
{
    office *o = *state;
    bytes document;
    const char *media_type;
    uint8_t doctor[16], nurse[16];
    user other = fixture_user(&o->f, "N1002", "李秀英");
    task gone, t = fixture_task(&o->f, &o->emr, "D1001", "出院小结");
    enrolled(o, &o->doctor, doctor);
    enrolled(o, &other, nurse);
    assert_int_equal(task_document_for_device(as_device(o, doctor), t.id, &document, &media_type), ERR_OK);
    assert_true(bytes_equal(document, bytes_of_text("出院小结")));
    assert_string_equal(media_type, "text/plain");
    assert_string_equal(fixture_last_audit(&o->f).event, "task.view");
    assert_int_equal(task_document_for_device(as_device(o, nurse), t.id, &document, &media_type), ERR_TASK_NOT_YOURS);
    uint8_t unknown[16] = {1};
    assert_int_equal(task_document_for_device(as_device(o, doctor), unknown, &document, &media_type),
                     ERR_TASK_NOT_FOUND);
    assert_int_equal(task_document_for_device(as_device(o, unknown), t.id, &document, &media_type),
                     ERR_UNAUTHENTICATED);
    /* While it is being signed it can still be read; when it is over it cannot. */
    claim(o, &t, o->f.now_ms + 1000);
    assert_int_equal(task_document_for_device(as_device(o, doctor), t.id, &document, &media_type), ERR_OK);
    claim(o, &t, o->f.now_ms);
    assert_int_equal(task_cancel(as(o, &o->emr), t.id, NULL, &gone), ERR_OK);
    assert_int_equal(task_document_for_device(as_device(o, doctor), t.id, &document, &media_type), ERR_TASK_CANCELLED);

    task_request request = fixture_task_request("D1001", NULL);
    request.form = "digest";
    request.has_digest = true;
    assert_int_equal(create(o, &request, &t), ERR_OK);
    assert_int_equal(task_document_for_device(as_device(o, doctor), t.id, &document, &media_type), ERR_NOT_FOUND);
}

static void what_signing_needs_of_a_task(void **state)
{
    office *o = *state;
    task_signable s;
    static const uint8_t zero[16];
    task t = fixture_task(&o->f, &o->emr, "D1001", "出院小结");
    assert_int_equal(load_signable(fixture_call(&o->f, NULL), t.id, &s), ERR_OK);
    assert_true(bytes_equal(s.message, bytes_of_text("出院小结")));
    assert_string_equal(s.state, "pending");
    assert_memory_equal(s.signer_id, o->doctor.id, 16);
    assert_memory_equal(s.claim_key, zero, 16);
    task_request request = fixture_task_request("D1001", "出院小结");
    request.form = "digest";
    assert_int_equal(create(o, &request, &t), ERR_OK);
    claim(o, &t, o->f.now_ms + 5);
    assert_int_equal(load_signable(fixture_call(&o->f, NULL), t.id, &s), ERR_OK);
    assert_true(bytes_equal(s.message, bytes_of(t.digest, 32)));
    assert_string_equal(s.state, "claimed");
    assert_int_equal(s.claim_key[0], 3);
    assert_int_equal(s.claim_sid[0], 4);
    assert_int_equal(s.claim_until, o->f.now_ms + 5);
    t.id[15] ^= 1;
    assert_int_equal(load_signable(fixture_call(&o->f, NULL), t.id, &s), ERR_TASK_NOT_FOUND);
}

#define IN_OFFICE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_OFFICE(a_task_is_stored_as_it_was_asked_for),
        IN_OFFICE(digests_with_and_without_a_document),
        IN_OFFICE(a_raw_message_cannot_be_taken_for_another_form),
        IN_OFFICE(the_signer_may_be_named_as_the_system_knows_him),
        IN_OFFICE(the_signer_must_be_there_and_active),
        IN_OFFICE(an_idempotency_key_makes_one_task),
        IN_OFFICE(parallel_creates_under_one_key_make_one_task),
        IN_OFFICE(parallel_creates_of_two_bodies_make_one_task),
        IN_OFFICE(a_system_sees_its_own_tasks_only),
        IN_OFFICE(a_list_is_filtered_and_paged),
        IN_OFFICE(a_reference_is_found_among_many_as_among_few),
        IN_OFFICE(a_cancelled_task_is_final),
        IN_OFFICE(what_is_claimed_signed_or_expired_is_not_cancelled),
        cmocka_unit_test(the_state_is_as_of_now),
        cmocka_unit_test(every_state_has_its_error),
        IN_OFFICE(housekeeping_writes_what_time_has_done),
        IN_OFFICE(a_device_lists_what_its_person_can_sign_now),
        IN_OFFICE(a_document_is_shown_to_its_signer),
        IN_OFFICE(what_signing_needs_of_a_task),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
