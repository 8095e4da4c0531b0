/* A fixture with two doctors, their phones and two business systems, for the tests of scanning. */
#ifndef YIQIAN_TESTS_SERVICE_SCAN_LAB_H
#define YIQIAN_TESTS_SERVICE_SCAN_LAB_H

#include "phone.h"
#include "service/scan.h"

typedef struct lab {
    fixture f;
    user doctor, other;
    phone phone, her_phone;
    business_system emr, ris;
} lab;

static inline int lab_setup(void **state)
{
    lab *l = calloc(1, sizeof *l);
    assert_non_null(l);
    fixture_init(&l->f);
    l->doctor = fixture_user(&l->f, "D1001", "王建国");
    l->other = fixture_user(&l->f, "D1002", "李秀英");
    l->emr = fixture_system(&l->f, "电子病历");
    l->ris = fixture_system(&l->f, "放射系统");
    phone_make(&l->phone, &l->f, &l->doctor);
    phone_make(&l->her_phone, &l->f, &l->other);
    *state = l;
    return 0;
}

static inline int lab_teardown(void **state)
{
    lab *l = *state;
    phone_throw_away(&l->phone);
    phone_throw_away(&l->her_phone);
    fixture_remove(&l->f);
    free(l);
    return 0;
}

static inline call *lab_system(lab *l, const business_system *s)
{
    return fixture_call_as_system(&l->f, "scan.test", s->id);
}

static inline login lab_login(lab *l)
{
    login made;
    bool repeated;
    assert_int_equal(
        login_create(lab_system(l, &l->emr),
                     &(login_request){.purpose = "登录", .nonce = "n", .expires_in = LOGIN_EXPIRES_DEFAULT}, &made,
                     &repeated),
        ERR_OK);
    assert_false(repeated);
    return made;
}

/* What the session's screen shows at the fixture's time. */
static inline const char *lab_code(lab *l, const scan_session *s)
{
    scan_code code;
    scan_code_make(&code, s->kind, s->id, s->secret, (uint16_t)scan_code_step(s->created_ms, l->f.now_ms));
    return scan_code_text(l->f.arena, &code, NULL);
}

static inline err lab_scan(const phone *p, const char *code, scan_seen *seen)
{
    return scan_by_device(phone_call(p, "scan.use"), code, NULL, seen);
}

/* The one task of what was scanned, signed over the message as the server keeps it. */
static inline err lab_sign(const phone *p, const uint8_t id[16])
{
    signing s;
    task_signable t;
    call *c = fixture_call(p->f, NULL);
    assert_int_equal(task_load_signable(c, c->arena, id, &t), ERR_OK);
    signing_begin(&s, p);
    signing_add(&s, p, id, t.message);
    err e = signing_open(&s, p);
    if (e == ERR_OK) {
        signing_finish(&s);
        e = signing_complete(&s, p);
    }
    signing_end(&s);
    return e;
}

static inline const char *lab_state(lab *l, const uint8_t id[16])
{
    scan_session s;
    assert_int_equal(scan_session_load(fixture_call(&l->f, NULL), id, ERR_NOT_FOUND, &s), ERR_OK);
    return s.state;
}

#define IN_LAB(test) cmocka_unit_test_setup_teardown(test, lab_setup, lab_teardown)

#endif
