#include "service/time_statement.h"

#include "base/text.h"
#include "unit/service/clock_lab.h"

static void the_time_as_it_is_given(void **state)
{
    fixture *f = *state;
    lab l;
    time_statement t;
    lab_open(&l, f, 1, 1);
    assert_int_equal(time_state_now(fixture_call(f, NULL), NULL, &t), ERR_TIME);
    l.unix_ns += 7000;
    lab_round(&l);
    assert_int_equal(time_state_now(fixture_call(f, NULL), NULL, &t), ERR_OK);
    assert_string_equal(t.utc, "2026-11-27T12:00:00.000007Z");
    assert_int_equal(t.state, TIME_GOOD);
    assert_int_equal(t.zone_minutes, 480);
    assert_null(t.text);
    assert_int_equal(fixture_number(f, "SELECT COUNT(*) FROM time_signer"), 1); /* the history's */
}

static void signed_for_who_asks(void **state)
{
    fixture *f = *state;
    lab l;
    time_statement t;
    cert c;
    uint8_t e[32];
    char want[300], serial[2 * CERT_SERIAL_MAX + 1];
    lab_open(&l, f, 1, 1);
    lab_round(&l);
    assert_int_equal(time_state_now(fixture_call(f, NULL), "Nonce_of-8", &t), ERR_OK);
    assert_int_equal(cert_parse(&c, t.certificate), ERR_OK);
    assert_int_equal(cert_verify_signature(&c, f->service->issuing.cert.public_key), ERR_OK);
    hex_encode(serial, c.serial.p, c.serial.n);
    (void)snprintf(want, sizeof want,
                   "yiqian-time/1\nnonce=Nonce_of-8\nutc=%s\nerror_us=%llu\nleap=0\nstate=good\nsigner=%s\n", t.utc,
                   (unsigned long long)t.now.accuracy_us, serial);
    assert_string_equal(t.text, want);
    sm2_digest(e, c.public_key, bytes_of_text(t.text));
    assert_int_equal(t.signature.n, 64);
    assert_int_equal(sm2_verify_bytes(c.public_key, e, t.signature.p), ERR_OK);
}

static void nonces(void **state)
{
    fixture *f = *state;
    time_statement t;
    char longest[TIME_NONCE_MAX + 2];
    memset(longest, 'a', sizeof longest);
    longest[TIME_NONCE_MAX + 1] = '\0';
    assert_int_equal(time_state_now(fixture_call(f, NULL), longest, &t), ERR_FIELD_LENGTH);
    assert_string_equal(f->c.fault.field, "nonce");
    longest[TIME_NONCE_MAX] = '\0';
    assert_int_equal(time_state_now(fixture_call(f, NULL), longest, &t), ERR_OK);
    assert_int_equal(time_state_now(fixture_call(f, NULL), "1234567", &t), ERR_FIELD_LENGTH);
    assert_int_equal(time_state_now(fixture_call(f, NULL), "", &t), ERR_FIELD_LENGTH);
    assert_int_equal(time_state_now(fixture_call(f, NULL), "12345678", &t), ERR_OK);
    static const char *const others[] = {"1234567\n", "1234567=", "1234567 ", "医签医签", "1234567."};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_int_equal(time_state_now(fixture_call(f, NULL), others[i], &t), ERR_FIELD_VALUE);
}

static void a_server_whose_self_test_failed_signs_none(void **state)
{
    fixture *f = *state;
    time_statement t;
    atomic_store(&f->service->selftest_failed, true);
    assert_int_equal(time_state_now(fixture_call(f, NULL), "12345678", &t), ERR_SELF_TEST);
    assert_int_equal(time_state_now(fixture_call(f, NULL), NULL, &t), ERR_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_time_as_it_is_given, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(signed_for_who_asks, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(nonces, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(a_server_whose_self_test_failed_signs_none, fixture_setup, fixture_teardown)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
