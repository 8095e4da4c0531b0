#include "fixture.h"

#include "service/token_count.h"

enum { HOUR_MS = 3600000 };

static void they_are_added_to_what_is_there(void **state)
{
    fixture *f = *state;
    for (int round = 0; round < 2; round++) {
        token_count_refusal(f->service, HOUR_MS * 5, "anonymous", "badAlg");
        token_count_refusal(f->service, HOUR_MS * 6 - 1, "anonymous", "badAlg");
        token_count_refusal(f->service, HOUR_MS * 6, "anonymous", "badAlg");
        token_count_refusal(f->service, HOUR_MS * 5, "system:1", "badAlg");
        token_count_refusal(f->service, HOUR_MS * 5, "anonymous", "badRequest");
        assert_int_equal(token_count_flush(f->service, f->arena), ERR_OK);
        assert_int_equal(token_count_flush(f->service, f->arena), ERR_OK);
    }
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM token_refusal"), 4);
    assert_int_equal(fixture_number(f, "SELECT refusals FROM token_refusal WHERE hour = 5 AND client = 'anonymous' AND "
                                       "reason = 'badAlg'"),
                     4);
    assert_int_equal(fixture_number(f, "SELECT refusals FROM token_refusal WHERE hour = 6"), 2);
}

static void a_flood_of_clients_is_counted_and_bounded(void **state)
{
    fixture *f = *state;
    char client[32];
    for (int i = 0; i < 1000; i++) {
        snprintf(client, sizeof client, "system:%d", i);
        token_count_refusal(f->service, 0, client, i % 2 ? "badAlg" : "badRequest");
    }
    assert_int_equal(token_count_flush(f->service, f->arena), ERR_OK);
    assert_int_equal(fixture_number(f, "SELECT sum(refusals) FROM token_refusal"), 1000);
    assert_in_range(fixture_number(f, "SELECT count(*) FROM token_refusal"), 100, 256);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM token_refusal WHERE client = 'others'"), 2);
}

static void what_could_not_be_written_stays_counted(void **state)
{
    fixture *f = *state;
    arena *none = arena_create(128 << 10);
    assert_non_null(none);
    token_count_refusal(f->service, 0, "anonymous", "badAlg");
    while (arena_alloc(none, 4096))
        ;
    assert_int_equal(token_count_flush(f->service, none), ERR_MEMORY);
    arena_destroy(none);
    assert_int_equal(token_count_flush(f->service, f->arena), ERR_OK);
    assert_int_equal(fixture_number(f, "SELECT sum(refusals) FROM token_refusal"), 1);
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(they_are_added_to_what_is_there),
        WITH_FIXTURE(a_flood_of_clients_is_counted_and_bounded),
        WITH_FIXTURE(what_could_not_be_written_stays_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
