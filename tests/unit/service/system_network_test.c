#include "fixture.h"
#include "service/system_network.h"

static void a_network_has_one_form(void **state)
{
    fixture *f = *state;
    const char *out;
    static const char *const pairs[][2] = {{"10.1.0.0/16", "10.1.0.0/16"}, {"192.0.2.7", "192.0.2.7"},
                                           {"192.0.2.7/32", "192.0.2.7"},  {"2001:DB8:0::/32", "2001:db8::/32"},
                                           {"0.0.0.0/0", "0.0.0.0/0"},     {"::/0", "::/0"}};
    static const char *const wrong[] = {"",           "10.1.0.0/33", "10.1.0.1/16",    "10.1.0/16",  "hospital",
                                        "10.1.0.0/ ", "::1/129",     "2001:db8::1/32", "10.1.0.0/-1"};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        assert_int_equal(system_network_read(fixture_call(f, NULL), pairs[i][0], "network", &out), ERR_OK);
        assert_string_equal(out, pairs[i][1]);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(system_network_read(fixture_call(f, NULL), wrong[i], "network", &out), ERR_FIELD_VALUE);
        assert_string_equal(f->c.fault.field, "network");
        assert_string_not_equal(f->c.fault.detail, "");
    }
}

static void a_list_is_joined_and_has_nothing_twice(void **state)
{
    fixture *f = *state;
    const char *out;
    assert_int_equal(system_networks_read(fixture_call(f, NULL), NULL, 0, &out), ERR_OK);
    assert_string_equal(out, "");
    assert_int_equal(
        system_networks_read(fixture_call(f, NULL), (const char *const[]){"10.1.0.0/16", "10.1.0.0/17"}, 2, &out),
        ERR_OK);
    assert_string_equal(out, "10.1.0.0/16, 10.1.0.0/17");
    assert_int_equal(
        system_networks_read(fixture_call(f, NULL), (const char *const[]){"10.0.0.1", "10.0.0.1/32"}, 2, &out),
        ERR_FIELD_VALUE);
    assert_string_equal(f->c.fault.field, "networks[1]");
}

static err check(fixture *f, const char *networks, const char *origin)
{
    call *c = fixture_call(f, NULL);
    c->origin = origin;
    return system_network_check(c, networks);
}

static void who_calls_is_looked_up(void **state)
{
    fixture *f = *state;
    assert_int_equal(check(f, "", "nonsense"), ERR_OK);
    assert_int_equal(check(f, "10.1.0.0/16", "10.1.2.3"), ERR_OK);
    assert_int_equal(check(f, "10.1.0.0/16", "10.2.2.3"), ERR_ADDRESS);
    assert_int_equal(check(f, "10.1.0.0/16, ::1", "::1"), ERR_OK);
    assert_int_equal(check(f, "127.0.0.1", "unix"), ERR_OK);
    assert_int_equal(check(f, "10.1.0.0/16", "unix"), ERR_ADDRESS);
    /* An IPv6 address that carries an IPv4 one is another. */
    assert_int_equal(check(f, "10.1.0.0/16", "64:ff9b::a01:203"), ERR_ADDRESS);
    assert_int_equal(check(f, "::/0", "10.1.2.3"), ERR_ADDRESS);
    assert_int_equal(check(f, "10.1.0.0/16", "nonsense"), ERR_ADDRESS);
    assert_int_equal(check(f, "what is this", "10.1.2.3"), ERR_CORRUPT);
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(a_network_has_one_form),
        WITH_FIXTURE(a_list_is_joined_and_has_nothing_twice),
        WITH_FIXTURE(who_calls_is_looked_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
