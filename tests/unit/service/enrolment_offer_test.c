#include "fixture.h"
#include "service/enrolment_offer.h"

static int64_t open_offers(fixture *f)
{
    return fixture_number(f, "SELECT count(*) FROM enrolment WHERE state = 'offered'");
}

static void an_offer_is_stored_as_a_hash_of_its_code(void **state)
{
    fixture *f = *state;
    user u = fixture_user(f, "D1001", "王建国");
    enrolment_offer offer;
    const store_value *row;
    char code[ENROLMENT_CODE_TEXT];
    uint8_t hash[32], stored[32];
    assert_int_equal(enrolment_offer_create(fixture_call(f, "enrolment.offer"), u.id, 3600, &offer), ERR_OK);
    assert_int_equal(strlen(offer.code), 14);
    assert_int_equal(offer.code[4], '-');
    assert_int_equal(offer.code[9], '-');
    assert_int_equal(offer.expires_ms, f->now_ms + 3600000);
    assert_int_equal(store_query_one(f->store, f->arena, &row, ERR_OK,
                                     "SELECT code_hash, state, tries, expires_at, user_id FROM enrolment WHERE id = $1",
                                     (store_value[]){store_id(offer.id)}, 1),
                     ERR_OK);
    assert_int_equal(enrolment_code_normalise(offer.code, code), ERR_OK);
    enrolment_code_hash(f->service, offer.id, code, hash);
    assert_int_equal(store_column_blob(stored, 32, &row[0]), ERR_OK);
    assert_memory_equal(stored, hash, 32);
    assert_string_equal(row[1].p, "offered");
    assert_int_equal(row[2].i, 0);
    assert_int_equal(row[3].i, offer.expires_ms);
    assert_memory_equal(row[4].p, u.id, 16);
    assert_null(strstr(fixture_last_audit(f).detail, code));
    assert_null(strstr(fixture_last_audit(f).detail, offer.code));
}

static void the_hash_depends_on_enrolment_code_and_server(void **state)
{
    fixture *f = *state;
    uint8_t a[32], b[32], id[16] = {1}, other[16] = {2};
    enrolment_code_hash(f->service, id, "7KQF3M9X2TWB", a);
    enrolment_code_hash(f->service, other, "7KQF3M9X2TWB", b);
    assert_memory_not_equal(a, b, 32);
    enrolment_code_hash(f->service, id, "7KQF3M9X2TWC", b);
    assert_memory_not_equal(a, b, 32);
    f->service->code_key[0] ^= 1;
    enrolment_code_hash(f->service, id, "7KQF3M9X2TWB", b);
    assert_memory_not_equal(a, b, 32);
}

static void only_the_newest_five_stay_open(void **state)
{
    fixture *f = *state;
    user u = fixture_user(f, "D1001", "王建国"), other = fixture_user(f, "D1002", "李秀英");
    enrolment_offer first, offer;
    assert_int_equal(enrolment_offer_create(fixture_call(f, "enrolment.offer"), other.id, 3600, &offer), ERR_OK);
    assert_int_equal(enrolment_offer_create(fixture_call(f, "enrolment.offer"), u.id, 3600, &first), ERR_OK);
    for (int i = 0; i < 5; i++) {
        f->now_ms++;
        assert_int_equal(enrolment_offer_create(fixture_call(f, "enrolment.offer"), u.id, 3600, &offer), ERR_OK);
    }
    assert_int_equal(open_offers(f), 6);
    const store_value *row;
    assert_int_equal(store_query_one(f->store, f->arena, &row, ERR_OK, "SELECT state FROM enrolment WHERE id = $1",
                                     (store_value[]){store_id(first.id)}, 1),
                     ERR_OK);
    assert_string_equal(row[0].p, "closed");
}

static void who_is_unknown_or_suspended_gets_no_code(void **state)
{
    fixture *f = *state;
    static const uint8_t nobody[16] = {1};
    user u = fixture_user(f, "D1001", "王建国");
    enrolment_offer offer;
    assert_int_equal(enrolment_offer_create(fixture_call(f, "enrolment.offer"), nobody, 3600, &offer),
                     ERR_USER_NOT_FOUND);
    assert_int_equal(user_update(fixture_call(f, "user.update"), u.id, &(user_change){.state = "suspended"}, &u),
                     ERR_OK);
    assert_int_equal(enrolment_offer_create(fixture_call(f, "enrolment.offer"), u.id, 3600, &offer),
                     ERR_USER_SUSPENDED);
    assert_int_equal(open_offers(f), 0);
}

static void a_code_lives_a_minute_to_thirty_days(void **state)
{
    fixture *f = *state;
    user u = fixture_user(f, "D1001", "王建国");
    enrolment_offer offer;
    assert_int_equal(enrolment_offer_create(fixture_call(f, "enrolment.offer"), u.id, 59, &offer), ERR_RANGE);
    assert_int_equal(enrolment_offer_create(fixture_call(f, "enrolment.offer"), u.id, 30 * 86400 + 1, &offer),
                     ERR_RANGE);
    assert_int_equal(enrolment_offer_create(fixture_call(f, "enrolment.offer"), u.id, INT64_MIN, &offer), ERR_RANGE);
    assert_int_equal(enrolment_offer_create(fixture_call(f, "enrolment.offer"), u.id, 60, &offer), ERR_OK);
    assert_int_equal(enrolment_offer_create(fixture_call(f, "enrolment.offer"), u.id, 30 * 86400, &offer), ERR_OK);
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(an_offer_is_stored_as_a_hash_of_its_code),
        WITH_FIXTURE(the_hash_depends_on_enrolment_code_and_server),
        WITH_FIXTURE(only_the_newest_five_stay_open),
        WITH_FIXTURE(who_is_unknown_or_suspended_gets_no_code),
        WITH_FIXTURE(a_code_lives_a_minute_to_thirty_days),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
