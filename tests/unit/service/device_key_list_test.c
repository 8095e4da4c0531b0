#include "base/text.h"
#include "fixture.h"
#include "service/device_key.h"

static const int64_t day = INT64_C(86400000);

/* Five people with a key each, made one after the other. */
typedef struct ward {
    fixture f;
    user u[5];
    fixture_key k[5];
} ward;

static int setup(void **state)
{
    static const char *const names[] = {"王建国", "李秀英", "Zhang San", "100%_!", "王小明"};
    ward *w = calloc(1, sizeof *w);
    assert_non_null(w);
    fixture_init(&w->f);
    for (int i = 0; i < 5; i++) {
        w->u[i] = fixture_user(&w->f, arena_printf(w->f.arena, "D%d", i), names[i]);
        fixture_certify(&w->f, &w->u[i], &w->k[i]);
        w->f.now_ms += 1000;
    }
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    ward *w = *state;
    fixture_remove(&w->f);
    free(w);
    return 0;
}

static void set(ward *w, int i, const char *column, store_value value)
{
    fixture_write(&w->f, arena_printf(w->f.arena, "UPDATE device_key SET %s = $2 WHERE id = $1", column),
                  (store_value[]){store_id(w->k[i].id), value}, 2);
}

static void set_device(ward *w, int i, const char *column, const char *value)
{
    fixture_write(&w->f,
                  arena_printf(w->f.arena,
                               "UPDATE device SET %s = $2 WHERE id = (SELECT device_id FROM enrolment WHERE id = $1)",
                               column),
                  (store_value[]){store_id(w->k[i].enrolment_id), store_text(value)}, 2);
}

/* The staff numbers of what is found, newest first, a page of two at a time. */
static const char *found(ward *w, device_key_filter filter)
{
    const char *all = "";
    const device_key_held *list;
    size_t n;
    filter.limit = 2;
    for (;;) {
        assert_int_equal(device_key_list(fixture_call(&w->f, NULL), &filter, &list, &n), ERR_OK);
        assert_true(n <= 2);
        for (size_t i = 0; i < n; i++)
            all = arena_printf(w->f.arena, "%s%s%s", all, *all ? " " : "", list[i].staff_no);
        if (n < 2)
            return all;
        filter.after = list[n - 1].key.id;
    }
}

static void keys_of_everybody_over_pages(void **state)
{
    ward *w = *state;
    const device_key_held *list;
    size_t n;
    assert_string_equal(found(w, (device_key_filter){0}), "D4 D3 D2 D1 D0");
    assert_int_equal(device_key_list(fixture_call(&w->f, NULL), &(device_key_filter){.limit = 1}, &list, &n), ERR_OK);
    assert_int_equal(n, 1);
    assert_memory_equal(list[0].key.id, w->k[4].id, 16);
    assert_memory_equal(list[0].user_id, w->u[4].id, 16);
    assert_string_equal(list[0].user_name, "王小明");
    assert_string_equal(list[0].user_state, "active");
    assert_string_equal(list[0].department, "心内科");
    assert_string_equal(list[0].key.platform, "linux");
    assert_null(list[0].key.certificate.p); /* not of everybody at once */
    assert_true(list[0].key.has_certificate);
    assert_true(bytes_equal(list[0].key.serial, w->k[4].parsed.serial));
    assert_int_equal(list[0].key.used_ms, 0);
    /* Behind the last one there is none. */
    assert_string_equal(found(w, (device_key_filter){.after = w->k[0].id}), "");
}

static void by_what_they_are(void **state)
{
    ward *w = *state;
    set(w, 0, "state", store_text("destroyed"));
    set(w, 1, "state", store_text("frozen"));
    set_device(w, 2, "platform", "android");
    assert_string_equal(found(w, (device_key_filter){0}), "D4 D3 D2 D1"); /* what is destroyed is asked for by name */
    assert_string_equal(found(w, (device_key_filter){.state = "destroyed"}), "D0");
    assert_string_equal(found(w, (device_key_filter){.state = "frozen"}), "D1");
    assert_string_equal(found(w, (device_key_filter){.state = "nothing of the kind"}), "");
    assert_string_equal(found(w, (device_key_filter){.platform = "android"}), "D2");
    assert_string_equal(found(w, (device_key_filter){.platform = "andr"}), "");
    assert_string_equal(found(w, (device_key_filter){.department = "心内科"}), "D4 D3 D2 D1");
    assert_string_equal(found(w, (device_key_filter){.department = "心内"}), "");
    assert_string_equal(found(w, (device_key_filter){.department = "心内科", .state = "frozen", .q = "李"}), "D1");
}

/* What matches anything elsewhere is a letter here, and capitals are no others. */
static void by_a_part_of_a_name(void **state)
{
    ward *w = *state;
    static const struct {
        const char *q, *found;
    } cases[] = {{"王", "D4 D0"}, {"zhang", "D2"},   {"d3", "D3"},           {"%", "D3"},      {"_", "D3"},
                 {"!", "D3"},     {"0%_!", "D3"},    {"' OR 1=1 --", ""},    {"", "D4 D3 D2 D1 D0"},
                 {"PIXEL", "D1"}, {"建国 王", ""}, {"pixel 8 of nobody", ""}};
    set_device(w, 1, "name", "Pixel 8");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(found(w, (device_key_filter){.q = cases[i].q}), cases[i].found);
}

static void a_part_has_a_length(void **state)
{
    ward *w = *state;
    char q[3 * (DEVICE_KEY_Q_MAX + 1) + 1] = "";
    const device_key_held *list;
    size_t n;
    for (int i = 0; i < DEVICE_KEY_Q_MAX; i++)
        memcpy(q + 3 * i, "王", 4); /* characters, not octets */
    assert_string_equal(found(w, (device_key_filter){.q = q}), "");
    memcpy(q + 3 * DEVICE_KEY_Q_MAX, "王", 4);
    call *c = fixture_call(&w->f, NULL);
    assert_int_equal(device_key_list(c, &(device_key_filter){.q = q, .limit = 2}, &list, &n), ERR_FIELD_LENGTH);
    assert_string_equal(c->fault.field, "q");
}

static void not_used_since(void **state)
{
    ward *w = *state;
    int64_t now = w->f.now_ms;
    for (int i = 0; i < 4; i++)
        set(w, i, "created_at", store_int(now - 40 * day));
    set(w, 1, "used_at", store_int(now - 31 * day));
    set(w, 2, "used_at", store_int(now - 30 * day));
    assert_string_equal(found(w, (device_key_filter){.unused_since_ms = now - 30 * day}), "D3 D1 D0");
    assert_string_equal(found(w, (device_key_filter){.unused_since_ms = now - 30 * day + 1}), "D3 D2 D1 D0");
    assert_string_equal(found(w, (device_key_filter){.unused_since_ms = now - 40 * day}), "");
    assert_string_equal(found(w, (device_key_filter){.unused_since_ms = now + 1}), "D4 D3 D2 D1 D0");
}

/* Of a person, of an enrolment, and a device's view of the person's other keys. */
static void of_one(void **state)
{
    ward *w = *state;
    const device_key_view *list;
    size_t n;
    fixture_key second, gone;
    fixture_certify(&w->f, &w->u[0], &second);
    fixture_certify(&w->f, &w->u[0], &gone);
    fixture_write(&w->f, "UPDATE device_key SET state = 'destroyed' WHERE id = $1", (store_value[]){store_id(gone.id)},
                  1);
    assert_int_equal(device_key_list_of_user(fixture_call(&w->f, NULL), w->u[0].id, &list, &n), ERR_OK);
    assert_int_equal(n, 3);
    assert_memory_equal(list[0].id, w->k[0].id, 16);
    assert_true(bytes_equal(list[0].certificate, w->k[0].certificate));
    assert_int_equal(device_key_list_of_user(fixture_call(&w->f, NULL), w->k[0].id, &list, &n), ERR_OK);
    assert_int_equal(n, 0); /* no person's id */
    call *c = fixture_call(&w->f, NULL);
    c->actor = ACTOR_DEVICE;
    memcpy(c->actor_id, w->k[0].enrolment_id, 16);
    assert_int_equal(device_key_list_of_enrolment(c, &list, &n), ERR_OK);
    assert_int_equal(n, 1);
    assert_int_equal(device_key_list_others(c, &list, &n), ERR_OK);
    assert_int_equal(n, 1); /* neither its own nor what is destroyed, nor another person's */
    assert_memory_equal(list[0].id, second.id, 16);
}

#define WITH_WARD(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WARD(keys_of_everybody_over_pages), WITH_WARD(by_what_they_are), WITH_WARD(by_a_part_of_a_name),
        WITH_WARD(a_part_has_a_length),          WITH_WARD(not_used_since),   WITH_WARD(of_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
