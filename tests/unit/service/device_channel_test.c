#include "phone.h"

#include "service/device_channel.h"

typedef struct ward {
    fixture f;
    user doctor;
    business_system emr;
    phone phone;
} ward;

static int setup(void **state)
{
    ward *w = calloc(1, sizeof *w);
    assert_non_null(w);
    fixture_init(&w->f);
    w->doctor = fixture_user(&w->f, "D1001", "王建国");
    w->emr = fixture_system(&w->f, "电子病历");
    phone_make(&w->phone, &w->f, &w->doctor);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    ward *w = *state;
    phone_throw_away(&w->phone);
    fixture_remove(&w->f);
    free(w);
    return 0;
}

static device_channel look(ward *w)
{
    device_channel c;
    assert_int_equal(device_channel_read(phone_call(&w->phone, NULL), &c), ERR_OK);
    assert_memory_equal(c.user_id, w->doctor.id, 16);
    return c;
}

static bool same(device_channel a, device_channel b)
{
    return memcmp(a.fingerprint, b.fingerprint, sizeof a.fingerprint) == 0;
}

static task make(ward *w)
{
    return fixture_task(&w->f, &w->emr, "D1001", "出院小结");
}

/* Sets one column of the task past the use cases. */
static void set(ward *w, const task *t, const char *column, store_value to)
{
    char sql[80];
    (void)snprintf(sql, sizeof sql, "UPDATE task SET %s = $2 WHERE id = $1", column);
    fixture_write(&w->f, sql, (store_value[]){store_id(t->id), to}, 2);
}

static void it_tells_what_can_be_signed_now(void **state)
{
    ward *w = *state;
    device_channel none = look(w);
    assert_int_equal(none.count, 0);
    fixture_user(&w->f, "D1002", "李敏");
    fixture_task(&w->f, &w->emr, "D1002", "出院小结");
    assert_true(same(look(w), none));
    task first = make(w), second = make(w);
    device_channel both = look(w);
    assert_int_equal(both.count, 2);
    assert_int_equal(both.tasks_n, 2);
    assert_memory_equal(both.tasks[0].id, second.id, 16); /* the newest first */
    assert_memory_equal(both.tasks[1].id, first.id, 16);
    assert_string_equal(both.tasks[0].title, second.title);
    assert_string_equal(both.tasks[0].system_name, "电子病历");
    assert_true(same(look(w), both));
    /* Each of these takes one out, and back. */
    const struct {
        const char *column;
        store_value out, in;
    } changes[] = {{"state", store_text("waiting"), store_text("pending")},
                   {"state", store_text("claimed"), store_text("pending")},
                   {"kind", store_text("login"), store_text("document")},
                   {"finished_at", store_int(1), store_null()},
                   {"expires_at", store_int(w->f.now_ms), store_int(w->f.now_ms + 1)}};
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        set(w, &first, changes[i].column, changes[i].out);
        device_channel one = look(w);
        assert_int_equal(one.count, 1);
        assert_memory_equal(one.tasks[0].id, second.id, 16);
        assert_false(same(one, both) || same(one, none));
        set(w, &first, changes[i].column, changes[i].in);
        assert_true(same(look(w), both));
    }
}

static void a_lapsed_claim_counts_before_housekeeping(void **state)
{
    ward *w = *state;
    task t = make(w);
    set(w, &t, "state", store_text("claimed"));
    set(w, &t, "claim_until", store_int(w->f.now_ms + 1));
    assert_int_equal(look(w).count, 0);
    w->f.now_ms++;
    assert_int_equal(look(w).count, 1);
}

static void of_many_the_newest_are_told_and_the_rest_counted(void **state)
{
    enum { MANY = DEVICE_CHANNEL_TASKS + 3 };
    ward *w = *state;
    task made[MANY];
    for (size_t i = 0; i < MANY; i++)
        made[i] = make(w);
    device_channel c = look(w);
    assert_int_equal(c.count, MANY);
    assert_int_equal(c.tasks_n, DEVICE_CHANNEL_TASKS);
    assert_memory_equal(c.tasks[DEVICE_CHANNEL_TASKS - 1].id, made[3].id, 16);
    /* One that is only counted changes what is known, too. */
    set(w, &made[0], "finished_at", store_int(1));
    assert_false(same(look(w), c));
}

static void who_may_not_sign_is_told_nothing(void **state)
{
    ward *w = *state;
    device_channel c;
    make(w);
    fixture_write(&w->f, "UPDATE app_user SET state = 'suspended' WHERE id = $1",
                  (store_value[]){store_id(w->doctor.id)}, 1);
    assert_int_equal(device_channel_read(phone_call(&w->phone, NULL), &c), ERR_USER_SUSPENDED);
}

#define IN_WARD(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WARD(it_tells_what_can_be_signed_now),
        IN_WARD(a_lapsed_claim_counts_before_housekeeping),
        IN_WARD(of_many_the_newest_are_told_and_the_rest_counted),
        IN_WARD(who_may_not_sign_is_told_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
