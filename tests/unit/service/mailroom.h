/* A fixture with a system and its callback endpoint, for the tests of callbacks. */
#ifndef YIQIAN_TESTS_SERVICE_MAILROOM_H
#define YIQIAN_TESTS_SERVICE_MAILROOM_H

#include "phone.h"
#include "service/task_end.h"
#include "service/callback_endpoint.h"

typedef struct mailroom {
    fixture f;
    user doctor;
    business_system emr, ris;
} mailroom;

static inline int mailroom_setup(void **state)
{
    mailroom *m = calloc(1, sizeof *m);
    assert_non_null(m);
    fixture_init(&m->f);
    m->doctor = fixture_user(&m->f, "D1001", "王建国");
    m->emr = fixture_system(&m->f, "电子病历");
    m->ris = fixture_system(&m->f, "放射系统");
    *state = m;
    return 0;
}

static inline int mailroom_teardown(void **state)
{
    mailroom *m = *state;
    fixture_remove(&m->f);
    free(m);
    return 0;
}

#define IN_MAILROOM(test) cmocka_unit_test_setup_teardown(test, mailroom_setup, mailroom_teardown)

/* system NULL: a push endpoint. */
static inline callback_endpoint mailroom_endpoint(mailroom *m, const business_system *s, uint32_t events)
{
    callback_endpoint made;
    char secret[CALLBACK_SECRET_TEXT];
    callback_endpoint_request r = {.url = "http://127.0.0.1:9/", .events = events};
    assert_int_equal(callback_endpoint_create(fixture_call(&m->f, "callback.endpoint_create"), s ? s->id : NULL, &r,
                                              &made, secret),
                     ERR_OK);
    assert_int_equal(strlen(secret), CALLBACK_SECRET_TEXT - 1);
    return made;
}

static inline task mailroom_task(mailroom *m, const business_system *s)
{
    return fixture_task(&m->f, s, "D1001", "医嘱一条，需要签名。");
}

static inline void mailroom_cancel(mailroom *m, const business_system *s, const task *t)
{
    task after;
    assert_int_equal(task_cancel(fixture_call_as_system(&m->f, "task.cancel", s->id), t->id, NULL, &after), ERR_OK);
}

static inline int64_t mailroom_count(mailroom *m)
{
    return fixture_number(&m->f, "SELECT COUNT(*) FROM callback");
}

#endif
