/* A device of the SDK over a platform and a server in memory. */
#ifndef TESTS_UNIT_SDK_FAKE_H
#define TESTS_UNIT_SDK_FAKE_H

#include "fake_server.h"

/* ---- for the tests ---- */

static inline fake *fake_make(void)
{
    fake *f = calloc(1, sizeof *f);
    assert_non_null(f);
    f->now = FAKE_NOW;
    return f;
}

static inline void fake_free(fake *f)
{
    for (size_t i = 0; i < FAKE_FILES; i++) {
        free(f->files[i].p);
        EVP_PKEY_free(f->credentials[i].key);
    }
    for (size_t i = 0; i < FAKE_ENROLMENTS; i++)
        json_decref(f->enrolments[i].done);
    for (size_t i = 0; i < f->tasks_n; i++)
        free(f->tasks[i].document);
    free(f);
}

static inline yq_platform fake_platform(fake *f)
{
    return (yq_platform){.storage = {f, fake_load, fake_save, fake_erase},
                         .transport = {.context = f, .exchange = fake_exchange, .stop = fake_stop},
                         .entropy = {f, fake_fill},
                         .credential = {f, fake_create, fake_credential_sign, fake_credential_erase},
                         .clock = {f, fake_now},
                         .fingerprint = {f, fake_wrap, fake_unwrap, fake_finger_erase}};
}

static inline yq_device *fake_device(fake *f)
{
    const yq_platform platform = fake_platform(f);
    const yq_options options = {.platform = "test", .pin_iterations = MPC_ITERATIONS_MIN, .document_max = 1 << 20};
    yq_device *device = NULL;
    assert_int_equal(yq_device_open(&device, &platform, &options), YQ_OK);
    return device;
}

static inline yq_enrolment fake_enrolment_of(size_t person)
{
    return (yq_enrolment){.server = FAKE_URL "/",
                          .staff_no = fake_people[person].staff_no,
                          .activation_code = fake_people[person].code,
                          .device_name = "测试手机 \"1\"",
                          .pin = FAKE_PIN,
                          .pin_n = strlen(FAKE_PIN)};
}

static inline yq_status fake_try_enrol(yq_device *device, size_t person, yq_key_info *key, yq_problem *problem)
{
    const yq_enrolment enrolment = fake_enrolment_of(person);
    return yq_enrol(device, &enrolment, key, problem);
}

static inline void fake_enrol_person(yq_device *device, size_t person, yq_key_info *key)
{
    assert_int_equal(fake_try_enrol(device, person, key, NULL), YQ_OK);
    assert_int_equal(key->stage, YQ_KEY_ENROLLED);
}

/* A task of the form "raw", "digest" (with a document) or "digest" without one (document NULL: the digest is SM3 of
 * "elsewhere"). */
static inline fake_task *fake_add_task(fake *f, size_t person, const char *form, const void *document, size_t n)
{
    assert_true(f->tasks_n < FAKE_TASKS);
    fake_task *t = &f->tasks[f->tasks_n++];
    memset(t, 0, sizeof *t);
    fake_id(f, t->id);
    t->signer = &fake_people[person];
    t->form = form;
    if (document) {
        t->document = malloc(n + 1);
        assert_non_null(t->document);
        memcpy(t->document, document, n);
        t->document_n = n;
        sm3(t->digest, document, n);
    } else {
        sm3(t->digest, "elsewhere", 9);
    }
    return t;
}

static inline void fake_pull(yq_device *device, const yq_key_info *key, yq_tasks *tasks)
{
    assert_int_equal(yq_pull_tasks(device, key->key, NULL, 1000, tasks, NULL), YQ_OK);
}

/* Signs all of the list with the PIN. */
static inline yq_status fake_sign_tasks(yq_device *device, const yq_key_info *key, const yq_tasks *tasks,
                                        const char *pin, yq_sign_result *results, yq_problem *problem)
{
    yq_sign_item *items = calloc(tasks->n, sizeof *items);
    assert_non_null(items);
    for (size_t i = 0; i < tasks->n; i++)
        items[i].task = &tasks->items[i];
    yq_status status = yq_sign(device, key->key, items, tasks->n, pin, strlen(pin), results, NULL, problem);
    free(items);
    return status;
}

#endif
