#include "stamp.h"

#include "service/token_count.h"
#include "service/token_hour.h"

static const int64_t hour_us = INT64_C(1000) * TOKEN_HOUR_MS;

/* A token of this time, straight into the log. */
static void put(fixture *f, int64_t time_us, const char *client)
{
    static uint32_t number;
    uint8_t serial[20] = {1};
    store_u32be(serial + 16, ++number);
    fixture_write(f,
                  "INSERT INTO token (serial, unit_id, gm, demonstration, certificates, time_us, accuracy_us, hash, "
                  "imprint, client, origin, signature) VALUES ($1, $2, 0, 1, 0, $3, 1, 'sm3', $1, $4, 'unix', $1)",
                  (store_value[]){store_blob(serial, 20), store_id(tsa_unit_find(f->service, NULL)->id),
                                  store_int(time_us), store_text(client)},
                  4);
}

static token_statistics read_hours(fixture *f, int64_t from, int64_t to)
{
    token_statistics s;
    assert_int_equal(token_hour_read(stamp_call(f), from, to, &s), ERR_OK);
    return s;
}

static int64_t tokens_at(const token_statistics *s, int64_t hour, const char *client)
{
    for (size_t i = 0; i < s->tokens_n; i++)
        if (s->tokens[i].hour == hour && strcmp(s->tokens[i].client, client) == 0)
            return s->tokens[i].tokens;
    return 0;
}

static void hours_that_are_over_are_counted_once(void **state)
{
    fixture *f = *state;
    int64_t now = f->now_ms / TOKEN_HOUR_MS;
    f->now_ms = now * TOKEN_HOUR_MS + 10 * 60000;
    put(f, (now - 5) * hour_us, "anonymous");
    put(f, (now - 5) * hour_us + hour_us - 1, "anonymous");
    put(f, (now - 5) * hour_us + 7, "system:1");
    put(f, (now - 1) * hour_us, "anonymous");
    put(f, now * hour_us, "anonymous");
    for (int round = 0; round < 3; round++) {
        token_statistics s = read_hours(f, now - 30, now);
        assert_int_equal(s.tokens_n, 4);
        assert_int_equal(tokens_at(&s, now - 5, "anonymous"), 2);
        assert_int_equal(tokens_at(&s, now - 5, "system:1"), 1);
        assert_int_equal(tokens_at(&s, now - 1, "anonymous"), 1);
        assert_int_equal(tokens_at(&s, now, "anonymous"), 1);
        assert_string_equal(s.tokens[0].unit, "sm2");
        assert_int_equal(read_hours(f, now - 5, now - 5).tokens_n, 2);
        assert_int_equal(read_hours(f, now - 4, now - 2).tokens_n, 0);
        assert_int_equal(token_hour_roll_up(f->service, f->arena, f->now_ms), ERR_OK);
        assert_int_equal(fixture_number(f, "SELECT count(*) FROM token_hour"), 3);
        assert_int_equal(fixture_number(f, "SELECT sum(tokens) FROM token_hour"), 4);
        if (round == 1) { /* a start: what was counted is known by the table */
            fixture_close(f);
            fixture_open(f);
        }
    }
}

static void an_hour_waits_until_it_is_settled(void **state)
{
    fixture *f = *state;
    int64_t now = f->now_ms / TOKEN_HOUR_MS;
    put(f, (now - 1) * hour_us, "anonymous");
    f->now_ms = now * TOKEN_HOUR_MS + 1000;
    assert_int_equal(token_hour_roll_up(f->service, f->arena, f->now_ms), ERR_OK);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM token_hour"), 0);
    token_statistics s = read_hours(f, now - 1, now);
    assert_int_equal(tokens_at(&s, now - 1, "anonymous"), 1);
    assert_int_equal(token_hour_roll_up(f->service, f->arena, f->now_ms + 60000), ERR_OK);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM token_hour"), 1);
}

static void a_clock_that_was_set_back_is_counted_again(void **state)
{
    fixture *f = *state;
    int64_t now = f->now_ms / TOKEN_HOUR_MS;
    f->now_ms = now * TOKEN_HOUR_MS + 120000;
    put(f, (now - 1) * hour_us, "anonymous");
    assert_int_equal(token_hour_roll_up(f->service, f->arena, f->now_ms), ERR_OK);
    f->now_ms -= TOKEN_HOUR_MS;
    assert_int_equal(token_hour_roll_up(f->service, f->arena, f->now_ms), ERR_OK);
    put(f, (now - 1) * hour_us + 120000, "anonymous");
    token_statistics s = read_hours(f, now - 1, now - 1);
    assert_int_equal(tokens_at(&s, now - 1, "anonymous"), 2);
    f->now_ms += TOKEN_HOUR_MS;
    assert_int_equal(token_hour_roll_up(f->service, f->arena, f->now_ms), ERR_OK);
    assert_int_equal(fixture_number(f, "SELECT sum(tokens) FROM token_hour"), 2);
}

static void refusals_stand_beside(void **state)
{
    fixture *f = *state;
    int64_t now = f->now_ms / TOKEN_HOUR_MS;
    token_count_refusal(f->service, f->now_ms, "anonymous", "badAlg");
    token_count_refusal(f->service, f->now_ms, "anonymous", "access_denied");
    token_count_refusal(f->service, f->now_ms - TOKEN_HOUR_MS, "anonymous", "badAlg");
    assert_int_equal(token_count_flush(f->service, f->arena), ERR_OK);
    token_statistics s = read_hours(f, now, now);
    assert_int_equal(s.refusals_n, 2);
    assert_string_equal(s.refusals[0].reason, "access_denied");
    assert_int_equal(s.refusals[1].refusals, 1);
    assert_int_equal(read_hours(f, now - 1, now).refusals_n, 3);
}

static void housekeeping_does_both(void **state)
{
    fixture *f = *state;
    int64_t now = f->now_ms / TOKEN_HOUR_MS;
    put(f, (now - 3) * hour_us, "anonymous");
    token_count_refusal(f->service, f->now_ms, "anonymous", "badAlg");
    assert_int_equal(service_housekeeping(f->service, f->arena, f->now_ms), ERR_OK);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM token_hour"), 1);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM token_refusal"), 1);
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(hours_that_are_over_are_counted_once),
        WITH_FIXTURE(an_hour_waits_until_it_is_settled),
        WITH_FIXTURE(a_clock_that_was_set_back_is_counted_again),
        WITH_FIXTURE(refusals_stand_beside),
        WITH_FIXTURE(housekeeping_does_both),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
