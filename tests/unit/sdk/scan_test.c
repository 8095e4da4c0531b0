#include "fake.h"

#define PURPOSE "登录门诊工作站"

typedef struct story {
    fake *f;
    yq_device *device;
    yq_key_info key;
    char code[YQ_QR_MAX], scan[UUID_TEXT], text[16384];
    fake_task *task;
} story;

static void begin(story *s)
{
    memset(s, 0, sizeof *s);
    s->f = fake_make();
    s->device = fake_device(s->f);
    fake_enrol_person(s->device, 0, &s->key);
}

static void end(story *s)
{
    yq_device_close(s->device);
    fake_free(s->f);
}

/* A screen of this kind, and the code on it. */
static void show(story *s, const char *kind, char letter)
{
    uint8_t plain[30] = {0};
    arena *a = arena_create(65536);
    fake_id(s->f, s->f->scan.id);
    uuid_encode(s->scan, s->f->scan.id);
    memcpy(plain, s->f->scan.id, 16);
    (void)snprintf(s->code, sizeof s->code, "YIQIAN:1:%c:%s", letter, base64url_text(a, plain, sizeof plain));
    arena_destroy(a);
    s->f->scan.kind = kind;
    s->f->scan.code = s->code;
}

/* The assertion that the server writes, in the story's text. */
static void write_assertion(story *s)
{
    (void)snprintf(
        s->text, sizeof s->text,
        "{\"type\":\"yiqian/login/1\",\"system\":\"电子病历\",\"system_id\":\"0190a3f0-0000-7000-8000-"
        "0000000000aa\",\"login\":\"%s\",\"nonce\":\"n-0123456789\",\"purpose\":\"" PURPOSE
        "\",\"staff_no\":\"%s\",\"name\":\"%s\",\"certificate\":\"%s\",\"time\":\"2026-03-01T08:00:00.000Z\"}",
        s->scan, fake_people[0].staff_no, fake_people[0].name, s->key.serial);
}

/* A login's task with the text; its id is the session's. */
static void add_login_task(story *s)
{
    s->task = fake_add_task(s->f, 0, "raw", s->text, strlen(s->text));
    s->task->kind = "login";
    memcpy(s->task->id, s->f->scan.id, 16);
}

static void show_login(story *s)
{
    show(s, "login", 'L');
    s->f->scan.purpose = PURPOSE;
    write_assertion(s);
    add_login_task(s);
}

static yq_status scan(story *s, yq_scanned *out)
{
    return yq_scan(s->device, s->key.key, s->code, out, NULL);
}

static yq_status sign_login(story *s, const yq_scanned *shown, const char *pin, yq_sign_result *result)
{
    return yq_sign_login(s->device, s->key.key, shown, pin, strlen(pin), result, NULL, NULL);
}

/* ---- login ---- */

static void assert_login_signed(const story *s, const yq_sign_result *result)
{
    uint8_t e[32];
    const uint8_t *P = s->f->enrolments[0].share.P;
    assert_int_equal(result->status, YQ_OK);
    assert_true(result->seen && s->task->done);
    sm2_digest(e, P, bytes_of_text(s->text));
    assert_int_equal(sm2_verify_bytes(P, e, result->rs), ERR_OK);
    assert_string_equal(result->signed_at, "2026-03-01T08:32:00.000Z");
}

static void logs_in_by_scan(void **state)
{
    (void)state;
    story s;
    yq_scanned seen;
    yq_sign_result result;
    yq_problem problem;
    yq_sign_summary summary;
    begin(&s);
    show_login(&s);
    assert_int_equal(scan(&s, &seen), YQ_OK);
    assert_string_equal(seen.scan, s.scan);
    assert_int_equal(seen.kind, YQ_QR_LOGIN);
    assert_false(seen.number_wanted);
    assert_string_equal(seen.system, "电子病历");
    assert_string_equal(seen.purpose, PURPOSE);
    assert_string_equal(seen.expires_at, "2026-03-01T08:32:00.000Z");
    assert_int_equal(seen.n, 1);
    assert_int_equal(sign_login(&s, &seen, "27495", &result), YQ_WEAK_PIN);
    assert_int_equal(yq_sign_login(s.device, s.key.key, &seen, "593827", 6, &result, &summary, &problem), YQ_PIN_WRONG);
    assert_int_equal(result.status, YQ_PIN_WRONG);
    assert_int_equal(problem.tries_left, 4);
    assert_int_equal(yq_sign_login(s.device, s.key.key, &seen, FAKE_PIN, 6, &result, &summary, &problem), YQ_OK);
    assert_int_equal(summary.failures_before, 1);
    assert_login_signed(&s, &result);
    yq_scanned_free(&seen);
    yq_scanned_free(&seen);
    yq_scanned_free(NULL);
    end(&s);
}

/* yq_sign refuses what yq_sign_login takes. */
static void a_scanned_login_is_no_document(void **state)
{
    (void)state;
    story s;
    yq_scanned seen;
    yq_sign_result result;
    begin(&s);
    show_login(&s);
    assert_int_equal(scan(&s, &seen), YQ_OK);
    const yq_sign_item item = {.task = seen.tasks};
    assert_int_equal(yq_sign(s.device, s.key.key, &item, 1, FAKE_PIN, 6, &result, NULL, NULL), YQ_FORM_REFUSED);
    assert_false(s.task->done);
    yq_scanned_free(&seen);
    end(&s);
}

/* In the story's text one thing instead of another, which stands there once. */
static void replace(story *s, const char *from, const char *to)
{
    char *at = strstr(s->text, from);
    assert_non_null(at);
    const size_t tail = strlen(at + strlen(from)) + 1;
    assert_true(strlen(s->text) - strlen(from) + strlen(to) < sizeof s->text);
    memmove(at + strlen(to), at + strlen(from), tail);
    memcpy(at, to, strlen(to));
}

/* docs/spec/qr.md, The assertion: what the server writes is held to what was shown and to whom this device is. */
static void signs_no_other_assertion(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to; /* NULL: of the story */
        yq_status status;
    } cases[] = {
        {"电子病历", "收费系统", YQ_ANSWER_REJECTED},
        {PURPOSE, "登录药房", YQ_ANSWER_REJECTED},
        {PURPOSE, "", YQ_ANSWER_REJECTED},
        {"D1001", "N2002", YQ_ANSWER_REJECTED},
        {"\"certificate\":\"", "\"certificate\":\"00", YQ_ANSWER_REJECTED},
        {"\"login\":\"", "\"login\":\"0190a3f0-0000-7000-8000-000000000001\",\"login\":\"", YQ_ANSWER_REJECTED},
        {"login/1", "login/2", YQ_ANSWER_REJECTED},
        {"\"nonce\"", "\"role\":\"admin\",\"nonce\"", YQ_ANSWER_REJECTED},
        {".000Z\"}", ".000Z\",\"until\":\"2099\"}", YQ_ANSWER_REJECTED},
        {".000Z\"}", ".000Z\"} ", YQ_ANSWER_REJECTED},
        {"n-0123456789", "\\u0041", YQ_ANSWER_REJECTED},
        {"{\"type\"", "{ \"type\"", YQ_ANSWER_REJECTED},
        {"n-0123456789", "n-9876543210", YQ_OK},
        {"王建国", "王建邦", YQ_OK}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        story s;
        yq_scanned seen;
        yq_sign_result result;
        begin(&s);
        show(&s, "login", 'L');
        s.f->scan.purpose = PURPOSE;
        write_assertion(&s);
        replace(&s, cases[i].from, cases[i].to);
        add_login_task(&s);
        assert_int_equal(scan(&s, &seen), YQ_OK);
        assert_int_equal(sign_login(&s, &seen, FAKE_PIN, &result), cases[i].status);
        assert_int_equal(result.status, cases[i].status);
        if (cases[i].status == YQ_OK) {
            assert_login_signed(&s, &result);
        } else {
            assert_false(s.task->done);
            assert_int_equal(s.f->count[FAKE_SIGN], 1); /* of the certificate request */
            assert_string_equal(s.f->failure_code, "answer_rejected");
            assert_true(s.f->failure_has_task);
        }
        yq_scanned_free(&seen);
        end(&s);
    }
}

/* Another login's assertion, and one that is longer than any. */
static void signs_no_other_login(void **state)
{
    (void)state;
    story s;
    yq_scanned seen;
    yq_sign_result result;
    begin(&s);
    show_login(&s);
    replace(&s, s.scan, "0190a3f0-0000-7000-8000-000000000001");
    s.f->tasks_n--;
    free(s.task->document);
    add_login_task(&s);
    assert_int_equal(scan(&s, &seen), YQ_OK);
    assert_int_equal(sign_login(&s, &seen, FAKE_PIN, &result), YQ_ANSWER_REJECTED);
    yq_scanned_free(&seen);
    s.task->done = true;

    char nonce[9000];
    memset(nonce, 'n', sizeof nonce - 1);
    nonce[sizeof nonce - 1] = 0;
    show(&s, "login", 'L');
    write_assertion(&s);
    replace(&s, "n-0123456789", nonce);
    add_login_task(&s);
    assert_int_equal(scan(&s, &seen), YQ_ANSWER_REJECTED);
    assert_int_equal(s.f->count[FAKE_DOCUMENT], 1);
    end(&s);
}

/* The document that comes is not the one that the task has, and the other way round. */
static void signs_no_changed_assertion(void **state)
{
    (void)state;
    story s;
    yq_scanned seen;
    yq_sign_result result;
    begin(&s);
    show_login(&s);
    assert_int_equal(scan(&s, &seen), YQ_OK);
    s.task->document[strlen("{\"type\":\"yiqian/login/1\",\"system\":\"")]++;
    assert_int_equal(sign_login(&s, &seen, FAKE_PIN, &result), YQ_DOCUMENT_CHANGED);
    assert_string_equal(s.f->failure_code, "document_changed");
    assert_false(s.task->done);
    yq_scanned_free(&seen);
    end(&s);
}

/* ---- what the server says of a scan ---- */

static json_t *first_task(json_t *answer)
{
    return json_array_get(json_object_get(answer, "tasks"), 0);
}

static void set(json_t *object, const char *name, json_t *value)
{
    assert_int_equal(json_object_set_new(object, name, value), 0);
}

enum { FALSE_SCANS = 10, MALFORMED_SCANS = 8 };

static void lies_about_a_scan(fake *f, fake_call call, json_t *answer)
{
    json_t *tasks = json_object_get(answer, "tasks"), *task = first_task(answer);
    if (call != FAKE_SCAN)
        return;
    switch (f->variant) {
    case 0:
        set(answer, "scan", json_string("0190a3f0-0000-7000-8000-000000000001"));
        break;
    case 1:
        set(answer, "kind", json_string("sign"));
        break;
    case 2:
        set(answer, "system", json_string(""));
        break;
    case 3:
        json_array_append_new(tasks, json_deep_copy(task));
        break;
    case 4:
        json_array_clear(tasks);
        break;
    case 5:
        set(task, "kind", json_string("document"));
        break;
    case 6:
        set(task, "form", json_string("digest"));
        break;
    case 7:
        set(task, "document_size", json_null());
        break;
    case 8:
        set(task, "task", json_string("0190a3f0-0000-7000-8000-000000000001"));
        break;
    case 9:
        set(answer, "number_wanted", json_true());
        break;
    case FALSE_SCANS:
        set(answer, "kind", json_string("enrol"));
        break;
    case FALSE_SCANS + 1:
        set(answer, "kind", json_null());
        break;
    case FALSE_SCANS + 2:
        json_object_del(answer, "system");
        break;
    case FALSE_SCANS + 3:
        set(answer, "number_wanted", json_string("no"));
        break;
    case FALSE_SCANS + 4:
        set(answer, "scan", json_string("1"));
        break;
    case FALSE_SCANS + 5:
        set(answer, "purpose", json_integer(1));
        break;
    case FALSE_SCANS + 6:
        json_object_del(answer, "tasks");
        break;
    case FALSE_SCANS + 7:
        while (json_array_size(tasks) <= 200)
            json_array_append_new(tasks, json_deep_copy(task));
        break;
    default:
        fail();
    }
}

static void takes_no_false_scan(void **state)
{
    (void)state;
    story s;
    yq_scanned seen;
    begin(&s);
    show_login(&s);
    s.f->tamper = lies_about_a_scan;
    for (s.f->variant = 0; s.f->variant < FALSE_SCANS + MALFORMED_SCANS; s.f->variant++) {
        assert_int_equal(scan(&s, &seen), s.f->variant < FALSE_SCANS ? YQ_ANSWER_REJECTED : YQ_BAD_ANSWER);
        assert_null(seen.memory);
        assert_int_equal(seen.n, 0);
    }
    s.f->tamper = NULL;
    assert_int_equal(scan(&s, &seen), YQ_OK);
    yq_scanned_free(&seen);
    end(&s);
}

/* ---- typed ---- */

static void names_another_system(fake *f, fake_call call, json_t *answer)
{
    static const char *const names[] = {"system", "purpose", "scan"};
    if (call == FAKE_NUMBER)
        set(answer, names[f->variant],
            json_string(f->variant == 2 ? "0190a3f0-0000-7000-8000-000000000001" : "收费系统"));
}

static void logs_in_by_typing(void **state)
{
    (void)state;
    story s;
    yq_scanned seen;
    yq_sign_result result;
    yq_problem problem;
    begin(&s);
    show_login(&s);
    static const char *const malformed[] = {"", "2026030", "202603011", "2026030a", "２０２６０３０１"};
    for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++)
        assert_int_equal(yq_scan_short_code(s.device, s.key.key, malformed[i], &seen, NULL), YQ_INVALID_ARGUMENT);
    assert_int_equal(yq_scan_short_code(s.device, s.key.key, NULL, &seen, NULL), YQ_INVALID_ARGUMENT);
    assert_int_equal(yq_scan_short_code(s.device, s.key.key, "20260302", &seen, &problem), YQ_REFUSED);
    assert_string_equal(problem.code, "scan_refused");
    assert_int_equal(yq_scan_short_code(s.device, s.key.key, "2026 03-01", &seen, &problem), YQ_OK);
    assert_true(seen.number_wanted);
    assert_string_equal(seen.system, "电子病历");
    assert_int_equal(seen.n, 0);
    assert_int_equal(sign_login(&s, &seen, FAKE_PIN, &result), YQ_INVALID_ARGUMENT);
    static const char *const no_number[] = {"", "7", "007", "a7"};
    for (size_t i = 0; i < sizeof no_number / sizeof *no_number; i++)
        assert_int_equal(yq_scan_number(s.device, s.key.key, &seen, no_number[i], NULL), YQ_INVALID_ARGUMENT);
    assert_int_equal(s.f->count[FAKE_NUMBER], 0);

    s.f->tamper = names_another_system;
    for (s.f->variant = 0; s.f->variant < 3; s.f->variant++) {
        assert_int_equal(yq_scan_number(s.device, s.key.key, &seen, "07", NULL), YQ_ANSWER_REJECTED);
        assert_true(seen.number_wanted);
        assert_string_equal(seen.system, "电子病历");
        s.f->scan.entered = false;
    }
    s.f->tamper = NULL;
    assert_int_equal(yq_scan_number(s.device, s.key.key, &seen, "08", &problem), YQ_REFUSED);
    assert_string_equal(problem.code, "scan_refused");
    assert_int_equal(yq_scan_number(s.device, s.key.key, &seen, "07", NULL), YQ_OK);
    assert_false(seen.number_wanted);
    assert_int_equal(yq_scan_number(s.device, s.key.key, &seen, "07", NULL), YQ_INVALID_ARGUMENT);
    assert_int_equal(sign_login(&s, &seen, FAKE_PIN, &result), YQ_OK);
    assert_login_signed(&s, &result);
    yq_scanned_free(&seen);

    s.f->scan.kind = "sign"; /* only a login has a short code */
    s.f->scan.entered = true;
    s.task->done = true;
    assert_int_equal(yq_scan_short_code(s.device, s.key.key, FAKE_SHORT_CODE, &seen, NULL), YQ_ANSWER_REJECTED);
    end(&s);
}

/* ---- signing, declining ---- */

static void signs_what_was_scanned(void **state)
{
    (void)state;
    story s;
    yq_scanned seen;
    yq_sign_result results[2];
    begin(&s);
    show(&s, "sign", 'S');
    fake_task *a = fake_add_task(s.f, 0, "raw", "出院小结", 12), *b = fake_add_task(s.f, 0, "digest", "病程", 6);
    assert_int_equal(scan(&s, &seen), YQ_OK);
    assert_int_equal(seen.kind, YQ_QR_SIGN);
    assert_int_equal(seen.n, 2);
    assert_string_equal(seen.purpose, "");
    assert_string_equal(seen.tasks[0].title, "出院小结");
    assert_int_equal(sign_login(&s, &seen, FAKE_PIN, results), YQ_INVALID_ARGUMENT);
    const yq_sign_item items[] = {{.task = &seen.tasks[0]}, {.task = &seen.tasks[1]}};
    assert_int_equal(yq_sign(s.device, s.key.key, items, 2, FAKE_PIN, 6, results, NULL, NULL), YQ_OK);
    assert_true(a->done && b->done);
    yq_scanned_free(&seen);

    /* no login among them, and no number for them */
    fake_add_task(s.f, 0, "raw", "x", 1)->kind = "login";
    assert_int_equal(scan(&s, &seen), YQ_ANSWER_REJECTED);
    s.f->tasks[2].done = true;
    s.f->tamper = lies_about_a_scan;
    s.f->variant = 9;
    assert_int_equal(scan(&s, &seen), YQ_ANSWER_REJECTED);
    end(&s);
}

static void declines(void **state)
{
    (void)state;
    story s;
    yq_scanned seen;
    char reason[202];
    begin(&s);
    show_login(&s);
    assert_int_equal(scan(&s, &seen), YQ_OK);
    memset(reason, 'x', sizeof reason - 1);
    reason[sizeof reason - 1] = 0;
    assert_int_equal(yq_scan_decline(s.device, s.key.key, &seen, reason, NULL), YQ_INVALID_ARGUMENT);
    assert_int_equal(yq_scan_decline(s.device, s.key.key, &seen, "\n", NULL), YQ_INVALID_ARGUMENT);
    assert_int_equal(yq_scan_decline(s.device, s.key.key, NULL, "", NULL), YQ_INVALID_ARGUMENT);
    assert_int_equal(yq_scan_decline(s.device, s.key.key, &(yq_scanned){.scan = "../x"}, "", NULL),
                     YQ_INVALID_ARGUMENT);
    assert_false(s.f->scan.declined);
    assert_int_equal(yq_scan_decline(s.device, s.key.key, &seen, "不是我", NULL), YQ_OK);
    assert_true(s.f->scan.declined);
    assert_string_equal(s.f->scan.reason, "不是我");
    assert_int_equal(yq_scan_decline(s.device, s.key.key, &seen, NULL, NULL), YQ_OK);
    assert_string_equal(s.f->scan.reason, "");
    yq_scanned_free(&seen);
    end(&s);
}

/* ---- enrolment ---- */

static void makes_an_offer_false(fake *f, fake_call call, json_t *answer)
{
    static const char *const names[] = {"staff_no", "name", "organisation", "activation_code", "expires_at"};
    if (call != FAKE_SCAN_ENROL)
        return;
    if (f->variant < 5)
        json_object_del(answer, names[f->variant]);
    else
        set(answer, f->variant == 5 ? "staff_no" : "activation_code", json_string(""));
}

static void enrols_by_scan(void **state)
{
    (void)state;
    story s = {.f = fake_make()};
    yq_offer offer;
    yq_key_info key;
    yq_problem problem;
    s.device = fake_device(s.f);
    show(&s, "enrol", 'E');
    assert_int_equal(yq_scan_enrolment(s.device, NULL, s.code, &offer, NULL), YQ_INVALID_ARGUMENT); /* no server */
    assert_int_equal(yq_scan_enrolment(s.device, "http://a.example", s.code, &offer, NULL), YQ_TRANSPORT_INSECURE);
    s.f->tamper = makes_an_offer_false;
    for (s.f->variant = 0; s.f->variant < 7; s.f->variant++) {
        assert_int_equal(yq_scan_enrolment(s.device, FAKE_URL, s.code, &offer, NULL), YQ_BAD_ANSWER);
        assert_string_equal(offer.activation_code, "");
    }
    s.f->tamper = NULL;
    assert_int_equal(yq_set_server(s.device, FAKE_URL), YQ_OK);
    assert_int_equal(yq_scan_enrolment(s.device, NULL, s.code, &offer, &problem), YQ_OK);
    assert_string_equal(offer.server, FAKE_URL);
    assert_string_equal(offer.staff_no, fake_people[0].staff_no);
    assert_string_equal(offer.name, "王**");
    assert_string_equal(offer.organisation, FAKE_ORGANISATION);
    const yq_enrolment enrolment = {.server = offer.server,
                                    .staff_no = offer.staff_no,
                                    .activation_code = offer.activation_code,
                                    .device_name = "测试手机 \"1\"",
                                    .pin = FAKE_PIN,
                                    .pin_n = strlen(FAKE_PIN)};
    assert_int_equal(yq_enrol(s.device, &enrolment, &key, NULL), YQ_OK);
    assert_int_equal(key.stage, YQ_KEY_ENROLLED);
    s.f->scan.code = "another";
    assert_int_equal(yq_scan_enrolment(s.device, FAKE_URL, s.code, &offer, &problem), YQ_REFUSED);
    assert_string_equal(problem.code, "scan_refused");
    end(&s);
}

/* ---- arguments ---- */

static void checks_what_it_is_given(void **state)
{
    (void)state;
    static const char workstation[] = "YIQIAN:1:W:AQ";
    story s;
    yq_scanned seen;
    yq_offer offer;
    yq_sign_result result;
    begin(&s);
    show(&s, "enrol", 'E');
    assert_int_equal(scan(&s, &seen), YQ_INVALID_ARGUMENT);
    show_login(&s);
    assert_int_equal(yq_scan_enrolment(s.device, FAKE_URL, s.code, &offer, NULL), YQ_INVALID_ARGUMENT);
    assert_int_equal(yq_scan_enrolment(s.device, FAKE_URL, s.code, NULL, NULL), YQ_INVALID_ARGUMENT);
    assert_int_equal(yq_scan(s.device, s.key.key, workstation, &seen, NULL), YQ_INVALID_ARGUMENT);
    assert_int_equal(yq_scan(s.device, s.key.key, NULL, &seen, NULL), YQ_INVALID_ARGUMENT);
    assert_int_equal(yq_scan(s.device, s.key.key, s.code, NULL, NULL), YQ_INVALID_ARGUMENT);
    assert_int_equal(yq_scan(NULL, s.key.key, s.code, &seen, NULL), YQ_INVALID_ARGUMENT);
    assert_int_equal(yq_scan(s.device, "no such", s.code, &seen, NULL), YQ_NOT_FOUND);
    assert_int_equal(yq_scan_short_code(s.device, s.key.key, FAKE_SHORT_CODE, NULL, NULL), YQ_INVALID_ARGUMENT);
    assert_int_equal(yq_scan_number(s.device, s.key.key, NULL, "07", NULL), YQ_INVALID_ARGUMENT);
    assert_int_equal(s.f->count[FAKE_SCAN] + s.f->count[FAKE_SCAN_ENROL], 0);
    assert_int_equal(scan(&s, &seen), YQ_OK);
    assert_int_equal(sign_login(&s, NULL, FAKE_PIN, &result), YQ_INVALID_ARGUMENT);
    assert_int_equal(sign_login(&s, &seen, FAKE_PIN, NULL), YQ_INVALID_ARGUMENT);
    s.f->down = true;
    yq_scanned none;
    assert_int_equal(scan(&s, &none), YQ_TRANSPORT_FAILED);
    assert_null(none.memory);
    yq_scanned_free(&seen);
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logs_in_by_scan),
        cmocka_unit_test(a_scanned_login_is_no_document),
        cmocka_unit_test(signs_no_other_assertion),
        cmocka_unit_test(signs_no_other_login),
        cmocka_unit_test(signs_no_changed_assertion),
        cmocka_unit_test(takes_no_false_scan),
        cmocka_unit_test(logs_in_by_typing),
        cmocka_unit_test(signs_what_was_scanned),
        cmocka_unit_test(declines),
        cmocka_unit_test(enrols_by_scan),
        cmocka_unit_test(checks_what_it_is_given),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
