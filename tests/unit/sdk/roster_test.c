#include "fake.h"

static void takes_good_addresses_only(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        yq_status status;
    } cases[] = {{"https://sign.hospital.example", YQ_OK},
                 {"https://sign.hospital.example:8443/", YQ_OK},
                 {"https://sign.hospital.example/yiqian/", YQ_OK},
                 {"https://[2001:db8::1]:8443", YQ_OK},
                 {"http://127.0.0.1:8970", YQ_OK},
                 {"http://127.8.0.1", YQ_OK},
                 {"http://[::1]:8970", YQ_OK},
                 {"http://localhost:8970/", YQ_OK},
                 {"http://sign.hospital.example", YQ_TRANSPORT_INSECURE},
                 {"http://10.0.0.1:8970", YQ_TRANSPORT_INSECURE},
                 {"http://127.0.0.1.example", YQ_TRANSPORT_INSECURE},
                 {"http://127.evil", YQ_TRANSPORT_INSECURE},
                 {"http://localhost.evil", YQ_TRANSPORT_INSECURE},
                 {"http://[::2]", YQ_TRANSPORT_INSECURE},
                 {"http://[::1].evil", YQ_TRANSPORT_INSECURE},
                 {"http://127.0.0.1@evil", YQ_INVALID_ARGUMENT},
                 {"https://", YQ_INVALID_ARGUMENT},
                 {"https:///path", YQ_INVALID_ARGUMENT},
                 {"https://:443", YQ_INVALID_ARGUMENT},
                 {"HTTPS://x", YQ_INVALID_ARGUMENT},
                 {"sign.hospital.example", YQ_INVALID_ARGUMENT},
                 {"file:///etc/passwd", YQ_INVALID_ARGUMENT},
                 {"https://x?y", YQ_INVALID_ARGUMENT},
                 {"https://x#y", YQ_INVALID_ARGUMENT},
                 {"https://x y", YQ_INVALID_ARGUMENT},
                 {"https://x\r\nHost: y", YQ_INVALID_ARGUMENT},
                 {"https://医院", YQ_INVALID_ARGUMENT},
                 {"", YQ_INVALID_ARGUMENT},
                 {NULL, YQ_INVALID_ARGUMENT}};
    fake *f = fake_make();
    yq_device *device = fake_device(f);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        yq_status status = yq_set_server(device, cases[i].url);
        if (status != cases[i].status)
            fail_msg("%s: %s", cases[i].url, yq_status_text(status));
    }
    char url[300];
    memset(url, 'x', sizeof url);
    memcpy(url, "https://", 8);
    url[255] = 0;
    assert_int_equal(yq_set_server(device, url), YQ_OK);
    url[255] = 'x';
    url[256] = 0;
    assert_int_equal(yq_set_server(device, url), YQ_INVALID_ARGUMENT);
    yq_device_close(device);
    fake_free(f);
}

static void remembers_the_server(void **state)
{
    (void)state;
    fake *f = fake_make();
    yq_device *device = fake_device(f);
    yq_key_info key;
    assert_int_equal(yq_set_server(device, FAKE_URL "/"), YQ_OK);
    f->fail_save_at = f->saves + 1;
    assert_int_equal(yq_set_server(device, "https://other.example"), YQ_STORAGE_FAILED);
    yq_device_close(device);
    device = fake_device(f);
    yq_enrolment enrolment = fake_enrolment_of(0);
    enrolment.server = NULL;
    assert_int_equal(yq_enrol(device, &enrolment, &key, NULL), YQ_OK);
    assert_string_equal(key.server, FAKE_URL);
    yq_device_close(device);
    fake_free(f);
}

static void follows_a_server_that_moved(void **state)
{
    (void)state;
    fake *f = fake_make();
    yq_device *device = fake_device(f);
    yq_key_info key;
    fake_enrol_person(device, 0, &key);
    int sessions = f->count[FAKE_SESSION];
    assert_int_equal(yq_set_key_server(device, key.key, "http://moved.example"), YQ_TRANSPORT_INSECURE);
    assert_int_equal(yq_set_key_server(device, "x", FAKE_URL), YQ_NOT_FOUND);
    assert_int_equal(yq_set_key_server(device, key.key, FAKE_URL ":8443"), YQ_OK);
    assert_int_equal(yq_set_key_server(device, key.key, FAKE_URL), YQ_OK);
    assert_int_equal(yq_sync_key(device, key.key, &key, NULL), YQ_OK);
    assert_int_equal(f->count[FAKE_SESSION], sessions + 1); /* a token never goes to another address */
    yq_device_close(device);
    fake_free(f);
}

static fake_file *record(fake *f, size_t place)
{
    for (size_t i = 0; i < FAKE_FILES; i++)
        if (strncmp(f->files[i].name, "key-", 4) == 0 && place-- == 0)
            return &f->files[i];
    fail();
    return NULL;
}

static void keeps_a_damaged_key_to_itself(void **state)
{
    (void)state;
    fake *f = fake_make();
    yq_device *device = fake_device(f);
    yq_key_info keys[2], second;
    yq_tasks tasks;
    size_t n;
    fake_enrol_person(device, 0, &keys[0]);
    fake_enrol_person(device, 1, &second);
    for (int kind = 0; kind < 4; kind++) {
        fake_file *file = record(f, 0);
        fake_file whole = *file;
        yq_device_close(device);
        file->p = malloc(whole.n);
        memcpy(file->p, whole.p, whole.n);
        if (kind == 0)
            file->p[100] ^= 1;
        else if (kind == 1)
            file->n = 20;
        else if (kind == 2)
            file->p[7]++; /* another version */
        else
            memcpy(file->p, record(f, 1)->p, 64);
        device = fake_device(f);
        assert_int_equal(yq_list_keys(device, keys, 2, &n), YQ_OK);
        assert_int_equal(n, 2);
        assert_int_equal(keys[0].stage, YQ_KEY_DAMAGED);
        assert_int_equal(yq_pull_tasks(device, keys[0].key, NULL, 1, &tasks, NULL), YQ_WRONG_STATE);
        assert_int_equal(yq_enrol_resume(device, keys[0].key, FAKE_PIN, 6, NULL, NULL), YQ_WRONG_STATE);
        assert_int_equal(yq_set_key_server(device, keys[0].key, FAKE_URL), YQ_NOT_FOUND);
        assert_int_equal(yq_pull_tasks(device, second.key, NULL, 1, &tasks, NULL), YQ_OK);
        yq_tasks_free(&tasks);
        free(file->p);
        *file = whole;
    }
    yq_device_close(device);
    record(f, 0)->p[50] ^= 1;
    device = fake_device(f);
    assert_int_equal(yq_remove_key(device, keys[0].key, false, NULL), YQ_OK);
    assert_int_equal(yq_list_keys(device, keys, 2, &n), YQ_OK);
    assert_int_equal(n, 1);
    assert_string_equal(keys[0].key, second.key);
    yq_device_close(device);
    fake_free(f);
}

static void refuses_a_damaged_index(void **state)
{
    (void)state;
    fake *f = fake_make();
    const yq_platform platform = fake_platform(f);
    yq_device *device = fake_device(f), *opened;
    yq_key_info key;
    fake_enrol_person(device, 0, &key);
    yq_device_close(device);
    fake_file *index = fake_find_file(f, "index");
    for (size_t at = 0; at < index->n; at++) {
        index->p[at] ^= 0x40;
        assert_int_equal(yq_device_open(&opened, &platform, NULL), YQ_STORAGE_FAILED);
        assert_null(opened);
        index->p[at] ^= 0x40;
    }
    size_t n = index->n;
    for (index->n = 1; index->n < n; index->n++)
        assert_int_equal(yq_device_open(&opened, &platform, NULL), YQ_STORAGE_FAILED);
    device = fake_device(f);
    yq_device_close(device);
    fake_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_good_addresses_only),   cmocka_unit_test(remembers_the_server),
        cmocka_unit_test(follows_a_server_that_moved), cmocka_unit_test(keeps_a_damaged_key_to_itself),
        cmocka_unit_test(refuses_a_damaged_index),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
