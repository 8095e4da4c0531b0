#include "service/time_signer.h"

#include "unit/service/clock_lab.h"

static err get(fixture *f, int64_t now_ms, time_signer *out)
{
    return time_signer_get(f->service, f->arena, now_ms, out);
}

static void made_once_and_found_again(void **state)
{
    fixture *f = *state;
    time_signer first, again;
    cert c;
    assert_int_equal(fixture_number(f, "SELECT COUNT(*) FROM time_signer"), 0);
    assert_int_equal(get(f, f->now_ms, &first), ERR_OK);
    assert_string_equal(fixture_last_audit(f).event, "time.signer_create");
    assert_int_equal(cert_parse(&c, first.certificate), ERR_OK);
    assert_int_equal(c.key_usage, CERT_DIGITAL_SIGNATURE);
    assert_false(c.ca);
    assert_true(c.not_after_ms <= f->service->issuing.cert.not_after_ms);
    bytes kept = bytes_of(arena_copy(f->arena, first.certificate.p, first.certificate.n), first.certificate.n);
    fixture_close(f);
    fixture_open(f);
    assert_int_equal(get(f, f->now_ms, &again), ERR_OK);
    assert_true(bytes_equal(again.certificate, kept));
}

static void another_before_the_first_ends(void **state)
{
    fixture *f = *state;
    const int64_t day = INT64_C(86400000);
    time_signer first, later;
    assert_int_equal(get(f, f->now_ms, &first), ERR_OK);
    assert_int_equal(get(f, f->now_ms + 1794 * day, &later), ERR_OK);
    assert_ptr_equal(first.signer, later.signer);
    assert_int_equal(get(f, f->now_ms + 1796 * day, &later), ERR_OK);
    assert_ptr_not_equal(first.signer, later.signer);
    assert_int_equal(fixture_number(f, "SELECT COUNT(*) FROM time_signer"), 2);
    /* Near the CA's own end the last one serves to the end. */
    assert_int_equal(get(f, f->now_ms + 3650 * day, &later), ERR_OK);
    assert_int_equal(fixture_number(f, "SELECT COUNT(*) FROM time_signer"), 2);
}

static void what_was_changed_is_not_used(void **state)
{
    fixture *f = *state;
    time_signer key;
    assert_int_equal(get(f, f->now_ms, &key), ERR_OK);
    fixture_write(f, "UPDATE time_signer SET id = $1", (store_value[]){store_id((const uint8_t[16]){1})}, 1);
    fixture_close(f);
    fixture_open(f);
    assert_int_equal(get(f, f->now_ms, &key), ERR_DECRYPT); /* the sealed key belongs to its row */
}

static void not_after_a_failed_self_test(void **state)
{
    fixture *f = *state;
    time_signer key;
    atomic_store(&f->service->selftest_failed, true);
    assert_int_equal(get(f, f->now_ms, &key), ERR_SELF_TEST);
    assert_int_equal(fixture_number(f, "SELECT COUNT(*) FROM time_signer"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(made_once_and_found_again, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(another_before_the_first_ends, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(what_was_changed_is_not_used, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(not_after_a_failed_self_test, fixture_setup, fixture_teardown)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
