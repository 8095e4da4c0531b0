#include "fake.h"

static void checks_what_it_is_given(void **state)
{
    (void)state;
    fake *f = fake_make();
    const yq_platform good = fake_platform(f);
    yq_platform bad[8];
    yq_device *device;
    for (size_t i = 0; i < 8; i++)
        bad[i] = good;
    bad[0].storage.load = NULL;
    bad[1].storage.save = NULL;
    bad[2].storage.erase = NULL;
    bad[3].transport.exchange = NULL;
    bad[4].entropy.fill = NULL;
    bad[5].credential.create = NULL;
    bad[6].credential.sign = NULL;
    bad[7].credential.erase = NULL;
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(yq_device_open(&device, &bad[i], NULL), YQ_INVALID_ARGUMENT);
    assert_int_equal(yq_device_open(&device, NULL, NULL), YQ_INVALID_ARGUMENT);
    assert_int_equal(yq_device_open(NULL, &good, NULL), YQ_INVALID_ARGUMENT);
    yq_options options = {.pin_iterations = 9999};
    assert_int_equal(yq_device_open(&device, &good, &options), YQ_INVALID_ARGUMENT);
    options = (yq_options){.platform = "a platform name of 33 characters."};
    assert_int_equal(yq_device_open(&device, &good, &options), YQ_INVALID_ARGUMENT);
    options.platform = "";
    assert_int_equal(yq_device_open(&device, &good, &options), YQ_INVALID_ARGUMENT);
    assert_int_equal(yq_device_open(&device, &good, NULL), YQ_OK);
    yq_device_close(device);
    yq_device_close(NULL);
    assert_int_equal(yq_check_pin(NULL, 6), YQ_INVALID_ARGUMENT);
    yq_problem problem = {.http_status = 500};
    assert_int_equal(yq_sync_keys(NULL, &problem), YQ_INVALID_ARGUMENT);
    assert_int_equal(problem.http_status, 0);
    assert_int_equal(yq_list_keys(NULL, NULL, 0, NULL), YQ_INVALID_ARGUMENT);
    fake_free(f);
}

static void has_words_for_every_status(void **state)
{
    (void)state;
    for (int status = YQ_OK; status <= YQ_NOT_ATTEMPTED; status++) {
        assert_non_null(yq_status_text((yq_status)status));
        assert_string_not_equal(yq_status_text((yq_status)status), "unknown status");
        for (int other = YQ_OK; other < status; other++)
            assert_string_not_equal(yq_status_text((yq_status)status), yq_status_text((yq_status)other));
    }
    assert_string_equal(yq_status_text((yq_status)1000), "unknown status");
}

static yq_device *reentered;

static bool reenter(fake *f)
{
    size_t n;
    (void)f;
    return yq_list_keys(reentered, NULL, 0, &n) == YQ_REENTERED && yq_set_server(reentered, FAKE_URL) == YQ_REENTERED &&
           yq_sync_keys(reentered, NULL) == YQ_REENTERED;
}

static void refuses_calls_from_callbacks(void **state)
{
    (void)state;
    fake *f = fake_make();
    yq_key_info key;
    reentered = fake_device(f);
    f->reenter = reenter;
    fake_enrol_person(reentered, 0, &key);
    yq_device_close(reentered);
    fake_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(checks_what_it_is_given),
        cmocka_unit_test(has_words_for_every_status),
        cmocka_unit_test(refuses_calls_from_callbacks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
