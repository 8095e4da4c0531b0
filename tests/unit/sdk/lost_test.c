#include "fake.h"

typedef struct story {
    fake *f;
    yq_device *device;
    yq_key_info key;
} story;

static void begin(story *s)
{
    s->f = fake_make();
    s->device = fake_device(s->f);
    fake_enrol_person(s->device, 0, &s->key);
}

static void end(story *s)
{
    yq_device_close(s->device);
    fake_free(s->f);
}

static void lists_the_other_phones(void **state)
{
    (void)state;
    story s;
    yq_other_key keys[YQ_OTHER_KEYS_MAX];
    size_t n = 7;
    yq_problem problem;
    begin(&s);
    assert_int_equal(yq_list_other_keys(s.device, s.key.key, keys, YQ_OTHER_KEYS_MAX, &n, &problem), YQ_OK);
    assert_int_equal(n, 0);
    s.f->other_keys_n = YQ_OTHER_KEYS_MAX;
    assert_int_equal(yq_list_other_keys(s.device, s.key.key_id, keys, YQ_OTHER_KEYS_MAX, &n, NULL), YQ_OK);
    assert_int_equal(n, YQ_OTHER_KEYS_MAX);
    assert_string_equal(keys[99].key_id, "07000000-0000-0000-0000-000000000063");
    assert_string_equal(keys[99].state, "active");
    assert_string_equal(keys[99].device_name, "王医生的平板");
    assert_string_equal(keys[99].platform, "android");
    assert_string_equal(keys[99].created_at, "2026-03-01T08:30:00.000Z");
    assert_int_equal(yq_list_other_keys(s.device, s.key.key, keys, 99, &n, NULL), YQ_LIMIT_REACHED);
    assert_int_equal(n, 100);
    assert_int_equal(yq_list_other_keys(s.device, s.key.key, NULL, 0, &n, NULL), YQ_LIMIT_REACHED);
    assert_int_equal(yq_list_other_keys(s.device, s.key.key, NULL, 1, &n, NULL), YQ_INVALID_ARGUMENT);
    assert_int_equal(yq_list_other_keys(s.device, s.key.key, keys, 1, NULL, NULL), YQ_INVALID_ARGUMENT);
    assert_int_equal(yq_list_other_keys(s.device, "no such", keys, 1, &n, NULL), YQ_NOT_FOUND);
    s.f->other_keys_n = YQ_OTHER_KEYS_MAX + 1;
    assert_int_equal(yq_list_other_keys(s.device, s.key.key, keys, YQ_OTHER_KEYS_MAX, &n, NULL), YQ_BAD_ANSWER);
    end(&s);
}

static void makes_a_key_false(fake *f, fake_call call, json_t *answer)
{
    json_t *key = json_array_get(json_object_get(answer, "keys"), 0);
    static const char *const names[] = {"key_id", "state", "device_name", "platform", "created_at"};
    if (call != FAKE_OTHER_KEYS)
        return;
    const char *name = names[f->variant / 2];
    if (f->variant % 2)
        json_object_del(key, name);
    else
        json_object_set_new(key, name, json_integer(1));
}

static void takes_no_malformed_list(void **state)
{
    (void)state;
    story s;
    yq_other_key key;
    size_t n;
    begin(&s);
    s.f->other_keys_n = 1;
    s.f->tamper = makes_a_key_false;
    for (s.f->variant = 0; s.f->variant < 10; s.f->variant++)
        assert_int_equal(yq_list_other_keys(s.device, s.key.key, &key, 1, &n, NULL), YQ_BAD_ANSWER);
    end(&s);
}

static void reports_a_phone_lost(void **state)
{
    (void)state;
    story s;
    yq_problem problem;
    char id[UUID_TEXT] = "07000000-0000-0000-0000-000000000000", got[UUID_TEXT];
    begin(&s);
    assert_int_equal(yq_report_lost(s.device, s.key.key, id, &problem), YQ_OK);
    uuid_encode(got, s.f->lost);
    assert_string_equal(got, id);
    assert_int_equal(yq_report_lost(s.device, s.key.key, s.key.key_id, NULL), YQ_INVALID_ARGUMENT);
    assert_int_equal(yq_report_lost(s.device, s.key.key, "07", NULL), YQ_INVALID_ARGUMENT);
    assert_int_equal(yq_report_lost(s.device, s.key.key, NULL, NULL), YQ_INVALID_ARGUMENT);
    assert_int_equal(yq_report_lost(s.device, NULL, id, NULL), YQ_NOT_FOUND);
    assert_int_equal(s.f->count[FAKE_LOST], 1);
    s.f->refuse_code = "key_not_found";
    s.f->refuse_for = FAKE_LOST;
    s.f->refuse_status = 404;
    assert_int_equal(yq_report_lost(s.device, s.key.key, id, &problem), YQ_REFUSED);
    assert_string_equal(problem.code, "key_not_found");
    s.f->down = true;
    assert_int_equal(yq_report_lost(s.device, s.key.key, id, &problem), YQ_TRANSPORT_FAILED);
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(lists_the_other_phones),
                                       cmocka_unit_test(takes_no_malformed_list),
                                       cmocka_unit_test(reports_a_phone_lost)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
