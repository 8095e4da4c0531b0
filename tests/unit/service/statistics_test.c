#include "records.h"

#include "service/statistics.h"

enum { HOUR_MS = 3600000, DAYS = 40, PEOPLE = 4 };

typedef struct ward {
    fixture f;
    signer_of people[PEOPLE];
    uint8_t systems[2][16];
    int64_t today;
    unsigned random;
} ward;

static int setup(void **state)
{
    ward *w = calloc(1, sizeof *w);
    assert_non_null(w);
    fixture_init(&w->f);
    for (int i = 0; i < PEOPLE; i++)
        records_signer(&w->f, arena_printf(w->f.arena, "D%d", i), arena_printf(w->f.arena, "测试%d", i), &w->people[i]);
    records_system(&w->f, "电子病历", w->systems[0]);
    records_system(&w->f, "检验", w->systems[1]);
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

static unsigned draw(ward *w, unsigned below)
{
    w->random = w->random * 1664525 + 1013904223;
    return (w->random >> 8) % below;
}

static void sign_any(ward *w)
{
    static const char *const departments[] = {"心内科", "外科", NULL, "儿科"};
    static const char *const methods[] = {"pin", "fingerprint", "authorisation"};
    record r = {.signed_ms = w->f.now_ms - (int64_t)draw(w, DAYS * 24) * HOUR_MS,
                .waited_ms = (int64_t)draw(w, 500) * 1000,
                .department = departments[draw(w, 4)],
                .method = methods[draw(w, 3)],
                .kind = draw(w, 5) ? "document" : "login",
                .system = w->systems[draw(w, 2)]};
    records_sign(&w->f, &w->people[draw(w, PEOPLE)], &r);
}

static statistics_table by_value(ward *w, statistics_kind kind, int64_t from, int64_t to)
{
    statistics_table t;
    assert_int_equal(statistics_by_value(fixture_call(&w->f, NULL), kind, from, to, &t), ERR_OK);
    return t;
}

static statistics_table by_day(ward *w, const char *value, int64_t from, int64_t to)
{
    statistics_table t;
    assert_int_equal(statistics_by_day(fixture_call(&w->f, NULL), STATISTICS_TASK_KIND, value, from, to, &t), ERR_OK);
    return t;
}

static int64_t of_value(const statistics_table *t, const char *value)
{
    for (size_t i = 0; i < t->n; i++)
        if (strcmp(t->entries[i].value, value) == 0)
            return t->entries[i].n;
    return 0;
}

/* What stands in the table and what is counted now make up the rows, whenever housekeeping ran and the server started. */
static void table_and_live_are_one(void **state)
{
    ward *w = *state;
    int64_t from = w->today - DAYS - 1, rows = 0;
    for (int i = 0; i < 150; i++, rows++)
        sign_any(w);
    for (int round = 0; round < 8; round++) {
        int rolled = round % 3 == 1;
        if (rolled)
            assert_int_equal(statistics_day_roll_up(w->f.service, w->f.now_ms), ERR_OK);
        if (round % 3 == 2) {
            fixture_close(&w->f);
            fixture_open(&w->f);
        }
        statistics_table t = by_day(w, NULL, from, w->today);
        assert_int_equal(t.span.complete, round > 0);
        if (round > 0) {
            assert_int_equal(t.total, rows);
            for (statistics_kind kind = 0; kind < STATISTICS_SECONDS; kind++) {
                t = by_value(w, kind, from, w->today);
                assert_true(t.span.complete);
                assert_int_equal(t.total, rows);
            }
            assert_int_equal(by_day(w, "document", from, w->today).total + by_day(w, "login", from, w->today).total,
                             rows);
            assert_int_equal(by_value(w, STATISTICS_SECONDS, from, w->today).total,
                             by_day(w, "document", from, w->today).total);
        }
        /* An hour later, some more. */
        w->f.now_ms += 7 * HOUR_MS;
        w->today = statistics_day_of(w->f.service, w->f.now_ms);
        for (int i = 0; i < 5; i++, rows++) {
            record r = {.signed_ms = w->f.now_ms - i, .system = w->systems[0]};
            records_sign(&w->f, &w->people[0], &r);
        }
        if (!rolled && round > 0)
            assert_int_equal(statistics_day_roll_up(w->f.service, w->f.now_ms), ERR_OK);
    }
}

static void ranges_are_of_days(void **state)
{
    ward *w = *state;
    for (int64_t day = 0; day < 5; day++) {
        record r = {.signed_ms = statistics_day_start(w->f.service, w->today - day), .system = w->systems[day % 2]};
        records_sign(&w->f, &w->people[0], &r);
        r.signed_ms = statistics_day_start(w->f.service, w->today - day + 1) - 1;
        if (day > 0)
            records_sign(&w->f, &w->people[1], &r);
    }
    assert_int_equal(statistics_day_roll_up(w->f.service, w->f.now_ms), ERR_OK);
    statistics_table t = by_day(w, NULL, w->today - 3, w->today - 1);
    assert_int_equal(t.n, 3);
    assert_int_equal(t.total, 6);
    assert_int_equal(t.entries[0].day, w->today - 3);
    t = by_day(w, NULL, w->today, w->today + 5);
    assert_int_equal(t.total, 1);
    t = by_value(w, STATISTICS_SYSTEM, w->today - 1, w->today);
    assert_int_equal(t.n, 2);
    assert_string_equal(t.entries[0].name, "检验");
    assert_int_equal(t.entries[0].n, 2);
    t = by_value(w, STATISTICS_HOUR, w->today - 4, w->today);
    assert_string_equal(t.entries[0].value, "00");
    assert_string_equal(t.entries[1].value, "23");
    assert_int_equal(by_value(w, STATISTICS_METHOD, w->today - 90, w->today - 60).n, 0);
}

static void people_who_sign_most(void **state)
{
    ward *w = *state;
    statistics_table t;
    for (int i = 0; i < PEOPLE; i++)
        for (int k = 0; k <= i; k++) {
            record r = {.signed_ms = w->f.now_ms - k * 1000, .system = w->systems[0]};
            records_sign(&w->f, &w->people[i], &r);
        }
    call *c = fixture_call(&w->f, NULL);
    assert_int_equal(statistics_by_person(c, w->today - 30, w->today, 2, &t), ERR_OK);
    assert_int_equal(t.n, 2);
    assert_int_equal(t.total, 10);
    assert_string_equal(t.entries[0].value, "D3");
    assert_string_equal(t.entries[0].name, "测试3");
    assert_int_equal(t.entries[0].n, 4);
    assert_int_equal(statistics_by_person(c, w->today - 31, w->today, 2, &t), ERR_LIMIT);
}

static void the_median_is_the_middle_bucket(void **state)
{
    ward *w = *state;
    statistics_table t = by_value(w, STATISTICS_SECONDS, w->today, w->today);
    assert_int_equal(statistics_median(&t), -1);
    static const int64_t seconds[] = {5, 40, 40, 130, 9000};
    for (size_t i = 0; i < 5; i++) {
        record r = {.signed_ms = w->f.now_ms, .waited_ms = seconds[i] * 1000, .system = w->systems[0]};
        records_sign(&w->f, &w->people[0], &r);
    }
    t = by_value(w, STATISTICS_SECONDS, w->today, w->today);
    assert_int_equal(statistics_median(&t), 40);
    assert_string_equal(t.entries[t.n - 1].value, "000009000");
}

static void what_there_is_now(void **state)
{
    ward *w = *state;
    statistics_table t;
    call *c = fixture_call(&w->f, NULL);
    fixture_user(&w->f, "N1", "没有手机");
    fixture_write(&w->f, "UPDATE app_user SET state = 'suspended' WHERE staff_no = 'D0'", NULL, 0);
    c = fixture_call(&w->f, NULL);
    assert_int_equal(statistics_stock_read(c, STATISTICS_PEOPLE, &t), ERR_OK);
    assert_int_equal(of_value(&t, "active"), PEOPLE);
    assert_int_equal(of_value(&t, "suspended"), 1);
    assert_int_equal(statistics_stock_read(c, STATISTICS_ENROLLED, &t), ERR_OK);
    assert_int_equal(t.total, PEOPLE);
    assert_int_equal(statistics_stock_read(c, STATISTICS_DEPARTMENTS, &t), ERR_OK);
    assert_int_equal(of_value(&t, "心内科"), PEOPLE + 1);
    assert_int_equal(statistics_stock_read(c, STATISTICS_PLATFORMS, &t), ERR_OK);
    assert_int_equal(of_value(&t, "linux"), PEOPLE);
    assert_int_equal(statistics_stock_read(c, STATISTICS_CERTIFICATES, &t), ERR_OK);
    assert_int_equal(of_value(&t, "active"), PEOPLE);
    assert_int_equal(statistics_stock_read(c, STATISTICS_TASKS_OPEN, &t), ERR_OK);
    assert_int_equal(t.n, 0);
}

static void put_token(ward *w, int64_t time_ms, const char *client)
{
    static uint32_t number;
    uint8_t serial[20] = {1};
    store_u32be(serial + 16, ++number);
    fixture_write(&w->f,
                  "INSERT INTO token (serial, unit_id, gm, demonstration, certificates, time_us, accuracy_us, hash, "
                  "imprint, client, origin, signature) VALUES ($1, (SELECT id FROM tsa_unit LIMIT 1), 0, 1, 0, $2, 1, "
                  "'sm3', $1, $3, 'unix', $1)",
                  (store_value[]){store_blob(serial, 20), store_int(time_ms * 1000), store_text(client)}, 3);
}

static void timestamps_too(void **state)
{
    ward *w = *state;
    statistics_table t;
    for (int64_t day = 0; day < 4; day++) {
        put_token(w, statistics_day_start(w->f.service, w->today - day), "anonymous");
        put_token(w, statistics_day_start(w->f.service, w->today - day), "server");
        if (day > 0)
            put_token(w, statistics_day_start(w->f.service, w->today - day + 1) - 1, "server");
    }
    for (int round = 0; round < 2; round++) {
        call *c = fixture_call(&w->f, NULL);
        assert_int_equal(statistics_tokens(c, STATISTICS_TOKEN_DAY, w->today - 2, w->today, &t), ERR_OK);
        assert_int_equal(t.n, 3);
        assert_int_equal(t.entries[0].n, 3);
        assert_int_equal(t.total, 8);
        assert_int_equal(statistics_tokens(c, STATISTICS_TOKEN_CLIENT, w->today - 2, w->today, &t), ERR_OK);
        assert_string_equal(t.entries[0].value, "server");
        assert_int_equal(t.entries[0].n, 5);
        assert_int_equal(statistics_tokens(c, STATISTICS_TOKEN_UNIT, w->today - 30, w->today, &t), ERR_OK);
        assert_int_equal(t.n, 1);
        assert_string_equal(t.entries[0].value, "sm2");
        assert_int_equal(t.total, 11);
        assert_int_equal(service_housekeeping(w->f.service, w->f.arena, w->f.now_ms), ERR_OK);
    }
}

#define WITH_WARD(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WARD(table_and_live_are_one),          WITH_WARD(ranges_are_of_days), WITH_WARD(people_who_sign_most),
        WITH_WARD(the_median_is_the_middle_bucket), WITH_WARD(what_there_is_now),  WITH_WARD(timestamps_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
