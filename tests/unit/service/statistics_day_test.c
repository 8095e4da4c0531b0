#include "records.h"

#include "service/time_watch.h"

enum { HOUR_MS = 3600000 };

typedef struct ward {
    fixture f;
    signer_of doctor;
    uint8_t emr[16], lis[16];
    int64_t today;
} ward;

static int setup(void **state)
{
    ward *w = calloc(1, sizeof *w);
    assert_non_null(w);
    fixture_init(&w->f);
    records_signer(&w->f, "D1001", "王建国", &w->doctor);
    records_system(&w->f, "电子病历", w->emr);
    records_system(&w->f, "检验", w->lis);
    w->today = statistics_day_of(w->f.service, w->f.now_ms);
    w->f.now_ms = statistics_day_start(w->f.service, w->today) + 10 * HOUR_MS;
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

/* So many hours after a day's beginning. */
static void sign(ward *w, int64_t day, int64_t hour, record r)
{
    r.signed_ms = statistics_day_start(w->f.service, day) + hour * HOUR_MS;
    if (!r.system)
        r.system = w->emr;
    records_sign(&w->f, &w->doctor, &r);
}

static int64_t counted(ward *w, const char *kind, int64_t day, const char *value)
{
    const store_value *row;
    assert_int_equal(store_query_one(w->f.store, w->f.arena, &row, ERR_OK,
                                     "SELECT coalesce(sum(n), 0) FROM statistics_day WHERE kind = $1 AND day = $2 AND "
                                     "($3 IS NULL OR value = $3)",
                                     (store_value[]){store_text(kind), store_int(day), store_text(value)}, 3),
                     ERR_OK);
    return row->i;
}

static void roll_up(ward *w)
{
    assert_int_equal(statistics_day_roll_up(w->f.service, w->f.now_ms), ERR_OK);
}

static int64_t counted_until(ward *w)
{
    int64_t day;
    assert_int_equal(statistics_day_counted_until(w->f.service, w->f.arena, w->f.now_ms, &day), ERR_OK);
    return day;
}

static void days_are_the_hospitals(void **state)
{
    ward *w = *state;
    const service *s = w->f.service;
    assert_int_equal(time_watch_zone(s), 480);
    assert_int_equal(statistics_day_start(s, 0), -8 * HOUR_MS);
    assert_int_equal(statistics_day_of(s, -8 * HOUR_MS), 0);
    assert_int_equal(statistics_day_of(s, -8 * HOUR_MS - 1), -1);
    assert_int_equal(statistics_day_of(s, 16 * HOUR_MS - 1), 0);
    assert_int_equal(statistics_day_of(s, 16 * HOUR_MS), 1);
}

static void a_day_that_is_over_is_counted_by_everything(void **state)
{
    ward *w = *state;
    char emr[UUID_TEXT];
    uuid_encode(emr, w->emr);
    int64_t day = w->today - 2;
    sign(w, day, 0, (record){.department = "心内科", .record_type = "医嘱", .waited_ms = 59999});
    sign(w, day, 9, (record){.department = "心内科", .method = "fingerprint", .waited_ms = 123456});
    sign(w, day, 23, (record){.system = w->lis, .method = "authorisation", .waited_ms = 7 * 86400000});
    sign(w, day, 23, (record){.kind = "login"});
    sign(w, w->today, 1, (record){.department = "心内科"});
    record declined = {.system = w->emr, .state = "declined"}, withdrawn = {.system = w->emr, .state = "withdrawn"};
    records_task(&w->f, &w->doctor, &declined, statistics_day_start(w->f.service, day));
    records_task(&w->f, &w->doctor, &withdrawn, statistics_day_start(w->f.service, day + 1) - 1);
    assert_int_equal(counted_until(w), 0);
    for (int round = 0; round < 3; round++) {
        roll_up(w);
        assert_int_equal(counted_until(w), w->today);
        assert_int_equal(counted(w, "kind", day, NULL), 4);
        assert_int_equal(counted(w, "kind", day, "login"), 1);
        assert_int_equal(counted(w, "hour", day, "00"), 1);
        assert_int_equal(counted(w, "hour", day, "09"), 1);
        assert_int_equal(counted(w, "hour", day, "23"), 2);
        assert_int_equal(counted(w, "department", day, "心内科"), 2);
        assert_int_equal(counted(w, "department", day, ""), 2);
        assert_int_equal(counted(w, "record_type", day, "医嘱"), 1);
        assert_int_equal(counted(w, "method", day, "pin"), 2);
        assert_int_equal(counted(w, "method", day, "fingerprint"), 1);
        assert_int_equal(counted(w, "platform", day, "linux"), 3);
        assert_int_equal(counted(w, "platform", day, "workstation"), 1);
        assert_int_equal(counted(w, "system", day, emr), 3);
        assert_int_equal(counted(w, "seconds", day, NULL), 3); /* a login is not waited for */
        assert_int_equal(counted(w, "seconds", day, "000000059"), 1);
        assert_int_equal(counted(w, "seconds", day, "000000120"), 1);
        assert_int_equal(counted(w, "seconds", day, "000600000"), 1);
        assert_int_equal(counted(w, "outcome", day, "declined"), 1);
        assert_int_equal(counted(w, "outcome", day, "withdrawn"), 1);
        assert_int_equal(fixture_number(&w->f, "SELECT count(DISTINCT day) FROM statistics_day"), 1);
        if (round == 1) { /* a start: what was counted is known by the table */
            fixture_close(&w->f);
            fixture_open(&w->f);
        }
    }
}

static void a_day_waits_until_it_is_settled(void **state)
{
    ward *w = *state;
    sign(w, w->today - 1, 23, (record){0});
    w->f.now_ms = statistics_day_start(w->f.service, w->today) + 1000;
    roll_up(w);
    assert_int_equal(counted_until(w), w->today - 1);
    assert_int_equal(fixture_number(&w->f, "SELECT count(*) FROM statistics_day"), 0);
    w->f.now_ms += 60000;
    roll_up(w);
    assert_int_equal(counted_until(w), w->today);
    assert_int_equal(counted(w, "kind", w->today - 1, NULL), 1);
}

static void a_clock_that_was_set_back_is_counted_again(void **state)
{
    ward *w = *state;
    sign(w, w->today - 1, 1, (record){0});
    roll_up(w);
    w->f.now_ms -= STATISTICS_DAY_MS;
    assert_int_equal(counted_until(w), w->today - 1);
    roll_up(w);
    sign(w, w->today - 1, 10, (record){.department = "外科"});
    w->f.now_ms += STATISTICS_DAY_MS;
    roll_up(w);
    assert_int_equal(counted(w, "kind", w->today - 1, NULL), 2);
    assert_int_equal(counted(w, "department", w->today - 1, "外科"), 1);
}

static void another_zone_counts_anew(void **state)
{
    ward *w = *state;
    sign(w, w->today - 1, 1, (record){0});
    roll_up(w);
    fixture_write(&w->f, "UPDATE statistics_state SET zone_minutes = 0 WHERE id = 1", NULL, 0);
    assert_int_equal(counted_until(w), 0);
    fixture_write(&w->f, "INSERT INTO statistics_day (kind, day, value, n) VALUES ('kind', 7, 'document', 5)", NULL, 0);
    roll_up(w);
    assert_int_equal(counted_until(w), w->today);
    assert_int_equal(fixture_number(&w->f, "SELECT sum(n) FROM statistics_day WHERE kind = 'kind'"), 1);
}

static void rare_values_are_counted_together(void **state)
{
    ward *w = *state;
    int64_t day = w->today - 1;
    sign(w, day, 1, (record){.department = "心内科"});
    sign(w, day, 1, (record){.department = "心内科"});
    for (int i = 0; i < STATISTICS_VALUES + 5; i++) {
        record r = {.system = w->emr, .department = arena_printf(w->f.arena, "科室%d", i)};
        r.signed_ms = statistics_day_start(w->f.service, day);
        records_sign(&w->f, &w->doctor, &r);
    }
    roll_up(w);
    assert_int_equal(counted(w, "department", day, NULL), STATISTICS_VALUES + 7);
    assert_int_equal(counted(w, "department", day, "心内科"), 2);
    assert_int_equal(counted(w, "department", day, STATISTICS_OTHERS), 6);
}

static void housekeeping_does_it(void **state)
{
    ward *w = *state;
    sign(w, w->today - 400, 1, (record){0});
    assert_int_equal(service_housekeeping(w->f.service, w->f.arena, w->f.now_ms), ERR_OK);
    assert_int_equal(counted(w, "kind", w->today - 400, NULL), 1);
    assert_int_equal(counted_until(w), w->today);
}

#define WITH_WARD(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WARD(days_are_the_hospitals),
        WITH_WARD(a_day_that_is_over_is_counted_by_everything),
        WITH_WARD(a_day_waits_until_it_is_settled),
        WITH_WARD(a_clock_that_was_set_back_is_counted_again),
        WITH_WARD(another_zone_counts_anew),
        WITH_WARD(rare_values_are_counted_together),
        WITH_WARD(housekeeping_does_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
