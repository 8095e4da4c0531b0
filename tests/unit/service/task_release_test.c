#include "mailroom.h"

#include "service/internal.h"
#include "service/key_state.h"
#include "service/task_batch.h"
#include "service/task_release.h"

/* A person with two phones, a system that wants to hear of pending tasks, and what was woken. */
typedef struct ward {
    mailroom m;
    phone one, other;
    uint8_t woken[64][16];
    size_t woken_n;
} ward;

static void note(void *context, const uint8_t topic[16])
{
    ward *w = context;
    if (w->woken_n < 64)
        memcpy(w->woken[w->woken_n++], topic, 16);
}

static bool was_woken(const ward *w, const uint8_t topic[16])
{
    for (size_t i = 0; i < w->woken_n; i++)
        if (memcmp(w->woken[i], topic, 16) == 0)
            return true;
    return false;
}

static int setup(void **state)
{
    ward *w = calloc(1, sizeof *w);
    assert_non_null(w);
    fixture *f = &w->m.f;
    fixture_init(f);
    w->m.doctor = fixture_user(f, "D1001", "王建国");
    w->m.emr = fixture_system(f, "电子病历");
    phone_make(&w->one, f, &w->m.doctor);
    phone_make(&w->other, f, &w->m.doctor);
    (void)mailroom_endpoint(&w->m, &w->m.emr, 1 << CALLBACK_PENDING);
    f->service->options.wake = note;
    f->service->options.wake_context = w;
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    ward *w = *state;
    phone_throw_away(&w->one);
    phone_throw_away(&w->other);
    fixture_remove(&w->m.f);
    free(w);
    return 0;
}

static task make(ward *w)
{
    return fixture_task(&w->m.f, &w->m.emr, "D1001", "出院小结");
}

static void claim(ward *w, signing *s, const phone *p, const task *t)
{
    signing_begin(s, p);
    signing_add(s, p, t->id, bytes_of_text("出院小结"));
    assert_int_equal(signing_open(s, p), ERR_OK);
    assert_string_equal(fixture_task_state(&w->m.f, t->id), "claimed");
    w->woken_n = 0;
}

static int64_t pending_told(ward *w)
{
    return fixture_number(&w->m.f, "SELECT count(*) FROM callback WHERE event = 'task.pending'");
}

static void a_lapsed_claim_is_told(void **state)
{
    ward *w = *state;
    signing s;
    task t = make(w);
    claim(w, &s, &w->one, &t);
    w->m.f.now_ms += 59999;
    fixture_housekeeping(&w->m.f);
    assert_false(was_woken(w, t.id));
    assert_int_equal(pending_told(w), 1); /* when it was made */
    w->m.f.now_ms += 1;
    fixture_housekeeping(&w->m.f);
    assert_string_equal(fixture_task_state(&w->m.f, t.id), "pending");
    assert_true(was_woken(w, t.id));
    assert_true(was_woken(w, w->m.doctor.id));
    assert_int_equal(pending_told(w), 2);
    /* Once. */
    w->woken_n = 0;
    fixture_housekeeping(&w->m.f);
    assert_int_equal(w->woken_n, 0);
    assert_int_equal(pending_told(w), 2);
    /* The signature exists all the same. */
    signing_finish(&s);
    assert_int_equal(signing_complete(&s, &w->one), ERR_OK);
    signing_end(&s);
}

static void a_claim_that_outlives_its_task_ends_in_its_expiry(void **state)
{
    ward *w = *state;
    signing s;
    task t = make(w);
    claim(w, &s, &w->one, &t);
    fixture_write(&w->m.f, "UPDATE task SET expires_at = claim_until - 1 WHERE id = $1",
                  (store_value[]){store_id(t.id)}, 1);
    w->m.f.now_ms += 60000;
    fixture_housekeeping(&w->m.f);
    assert_string_equal(fixture_task_state(&w->m.f, t.id), "expired");
    assert_int_equal(pending_told(w), 1);
    assert_true(was_woken(w, t.id));
    signing_end(&s);
}

static void what_is_given_up_is_told_too_with_its_batch(void **state)
{
    ward *w = *state;
    signing s;
    task_batch batch;
    bool repeated;
    task_request one = fixture_task_request("D1001", "出院小结");
    const int64_t none = -1;
    const task_batch_request request = {.title = "出院", .tasks = &one, .after = &none, .document_of = &none, .n = 1};
    call *c = fixture_call_as_system(&w->m.f, "batch.create", w->m.emr.id);
    assert_int_equal(task_batch_create(c, &request, &batch, &repeated), ERR_OK);
    task t = {0};
    memcpy(t.id, batch.tasks[0], 16);
    claim(w, &s, &w->one, &t);
    assert_int_equal(sign_abandon(phone_call(&w->one, "task.sign_failure"), w->one.key_id, s.request.mpc.sid, NULL,
                                  "transport_failed"),
                     ERR_OK);
    assert_string_equal(fixture_task_state(&w->m.f, t.id), "pending");
    assert_true(was_woken(w, t.id));
    assert_true(was_woken(w, w->m.doctor.id));
    assert_true(was_woken(w, batch.id));
    assert_int_equal(pending_told(w), 2);
    signing_end(&s);
}

/* The first phone's claim lapsed and the other took over: neither its late report nor its loss takes anything from the other. */
static void what_another_device_claimed_since_stays_its_own(void **state)
{
    ward *w = *state;
    signing first, second;
    task t = make(w);
    size_t n = 0;
    claim(w, &first, &w->one, &t);
    w->m.f.now_ms += 60000;
    claim(w, &second, &w->other, &t);
    assert_int_equal(sign_abandon(phone_call(&w->one, "task.sign_failure"), w->one.key_id, first.request.mpc.sid, NULL,
                                  "transport_failed"),
                     ERR_OK);
    assert_string_equal(fixture_task_state(&w->m.f, t.id), "claimed");
    assert_int_equal(key_state_lost(fixture_call(&w->m.f, "key.lost"), w->m.doctor.id, w->one.key_id, &n), ERR_OK);
    assert_int_equal(n, 1);
    assert_string_equal(fixture_task_state(&w->m.f, t.id), "claimed");
    assert_int_equal(pending_told(w), 1);
    w->woken_n = 0;
    assert_int_equal(key_state_lost(fixture_call(&w->m.f, "key.lost"), w->m.doctor.id, w->other.key_id, &n), ERR_OK);
    assert_string_equal(fixture_task_state(&w->m.f, t.id), "pending");
    assert_true(was_woken(w, t.id));
    assert_int_equal(pending_told(w), 2);
    signing_end(&first);
    signing_end(&second);
}

static void more_than_a_round_lapses_without_delay(void **state)
{
    ward *w = *state;
    signing s;
    task t = make(w);
    claim(w, &s, &w->one, &t);
    store_unit *unit = store_unit_begin(w->m.f.arena);
    for (int i = 0; i < 2500; i++) {
        uint8_t *id = arena_alloc(w->m.f.arena, 16);
        assert_int_equal(uuid7_create(id), ERR_OK);
        store_unit_add(
            unit, 1, ERR_INTERNAL,
            "INSERT INTO task (id, system_id, signer, form, title, description, reference, media_type, "
            "digest, state, created_at, expires_at, claim_key, claim_sid, claim_until) SELECT $1, system_id, "
            "signer, form, title, description, reference, media_type, digest, state, created_at, "
            "expires_at, claim_key, claim_sid, claim_until FROM task WHERE id = $2",
            (store_value[]){store_id(id), store_id(t.id)}, 2);
    }
    assert_int_equal(store_commit(w->m.f.store, unit), ERR_OK);
    w->m.f.now_ms += 60000;
    fixture_housekeeping(&w->m.f);
    assert_int_equal(fixture_number(&w->m.f, "SELECT count(*) FROM task WHERE state = 'pending'"), 2501);
    signing_end(&s);
}

#define IN_WARD(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WARD(a_lapsed_claim_is_told),
        IN_WARD(a_claim_that_outlives_its_task_ends_in_its_expiry),
        IN_WARD(what_is_given_up_is_told_too_with_its_batch),
        IN_WARD(what_another_device_claimed_since_stays_its_own),
        IN_WARD(more_than_a_round_lapses_without_delay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
