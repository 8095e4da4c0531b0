#define _GNU_SOURCE /* memmem */
#include "asn1/ecsig.h"
#include "cms/signed_data.h"
#include "mailroom.h"
#include "service/signature_stamp.h"
#include "service/task_cms.h"
#include "service/verify.h"
#include "tsa/token_verify.h"

static const char document[] = "会诊意见：继续观察。";

/* A doctor's two stamped signatures of form cms: the tasks, their SignedData and their tokens. */
typedef struct scene {
    mailroom *m;
    phone p;
    task tasks[2];
    bytes cms[2], tokens[2];
} scene;

static void sign(scene *s, size_t i)
{
    task_request request = fixture_task_request("D1001", document);
    bool repeated;
    signing g;
    uint8_t message[SIGNED_ATTRIBUTES_BUILT_MAX];
    fixture *f = &s->m->f;
    request.form = "cms";
    request.reference = i ? "2" : "1";
    assert_int_equal(
        task_create(fixture_call_as_system(f, "task.create", s->m->emr.id), &request, &s->tasks[i], &repeated), ERR_OK);
    signing_begin(&g, &s->p);
    signing_add_attributes(&g, &s->p, &s->tasks[i], f->now_ms / 1000 * 1000, message);
    assert_int_equal(signing_open(&g, &s->p), ERR_OK);
    signing_finish(&g);
    assert_int_equal(signing_complete(&g, &s->p), ERR_OK);
    signing_end(&g);
    assert_int_equal(task_load(fixture_call(f, NULL), s->tasks[i].id, &s->tasks[i]), ERR_OK);
    assert_int_equal(signature_stamp_token(fixture_call(f, NULL), &s->tasks[i], &s->tokens[i]), ERR_OK);
    assert_int_equal(task_cms(fixture_call(f, NULL), &s->tasks[i], s->tokens[i], &s->cms[i]), ERR_OK);
}

static int setup(void **state)
{
    scene *s = calloc(1, sizeof *s);
    void *m;
    assert_non_null(s);
    assert_int_equal(mailroom_setup(&m), 0);
    s->m = m;
    phone_make(&s->p, &s->m->f, &s->m->doctor);
    assert_int_equal(system_update(fixture_call(&s->m->f, "system.update"), s->m->emr.id,
                                   &(system_change){.has_stamps = true, .stamps = true}, &s->m->emr),
                     ERR_OK);
    sign(s, 0);
    sign(s, 1);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    scene *s = *state;
    phone_throw_away(&s->p);
    void *m = s->m;
    mailroom_teardown(&m);
    free(s);
    return 0;
}

static verification run(scene *s, const verify_request *r)
{
    verification v;
    assert_int_equal(verify_run(fixture_call_as_system(&s->m->f, NULL, s->m->emr.id), r, &v), ERR_OK);
    return v;
}

static verify_request of_cms(bytes cms)
{
    return (verify_request){.cms = cms, .document = bytes_of_text(document)};
}

static verify_request of_task(const task *t)
{
    verify_request r = {.has_task = true};
    memcpy(r.task, t->id, 16);
    return r;
}

static bytes without_timestamp(scene *s, size_t i)
{
    bytes cms;
    assert_int_equal(task_cms(fixture_call(&s->m->f, NULL), &s->tasks[i], bytes_of(NULL, 0), &cms), ERR_OK);
    return cms;
}

static void check_valid(const scene *s, const verification *v, size_t i)
{
    assert_true(v->valid);
    assert_non_null(v->timestamp);
    assert_true(v->timestamp->valid);
    assert_true(bytes_equal(v->timestamp->token.info.serial, s->tasks[i].timestamp.serial));
}

static void that_of_a_task_and_of_signed_data_is_found(void **state)
{
    scene *s = *state;
    verify_request r = of_task(&s->tasks[0]);
    verification v = run(s, &r);
    check_valid(s, &v, 0);
    assert_int_equal(v.time_source, VERIFY_TIME_TASK);
    r = of_cms(s->cms[1]);
    v = run(s, &r);
    check_valid(s, &v, 1);
    /* Taken off, it is nobody's; given beside, it is the signature's again. */
    r = of_cms(without_timestamp(s, 1));
    v = run(s, &r);
    assert_true(v.valid);
    assert_null(v.timestamp);
    r.timestamp = s->tokens[1];
    v = run(s, &r);
    check_valid(s, &v, 1);
}

static void that_of_another_signature_is_none_of_this(void **state)
{
    scene *s = *state;
    bytes wrong;
    assert_int_equal(task_cms(fixture_call(&s->m->f, NULL), &s->tasks[0], s->tokens[1], &wrong), ERR_OK);
    verify_request rows[] = {of_cms(wrong), of_cms(s->cms[0]), of_task(&s->tasks[0])};
    rows[1].timestamp = rows[2].timestamp = s->tokens[1]; /* what is given goes before what came along */
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        verification v = run(s, &rows[i]);
        assert_true(v.valid);
        assert_false(v.timestamp->valid);
        assert_int_equal(v.timestamp->findings[TSA_CHECK_IMPRINT].result, TSA_FAILED);
        assert_int_not_equal(v.time_source, VERIFY_TIME_TIMESTAMP);
    }
}

static void what_is_no_token_is_said_to_be_none(void **state)
{
    scene *s = *state;
    verify_request r = of_cms(s->cms[0]);
    r.timestamp = bytes_of_text("no token at all");
    verification v = run(s, &r);
    assert_true(v.valid);
    assert_false(v.timestamp->valid);
    assert_int_equal(v.timestamp->findings[TSA_CHECK_STRUCTURE].result, TSA_FAILED);
    /* The attribute itself, with a value that is none: SET { NULL } in place of the beginning of the token. */
    uint8_t *cms = arena_copy(s->m->f.arena, s->cms[0].p, s->cms[0].n);
    const uint8_t *token = memmem(cms, s->cms[0].n, s->tokens[0].p, s->tokens[0].n);
    assert_non_null(token);
    cms[token - cms] = 0x31;
    r = of_cms(bytes_of(cms, s->cms[0].n));
    v = run(s, &r);
    assert_true(v.valid);
    assert_false(v.timestamp->valid);
}

/* The signature existed when it was stamped: its certificate is judged as of then, also when it is over. */
static void a_valid_timestamp_is_when_the_signature_is_judged(void **state)
{
    scene *s = *state;
    verify_request r = of_cms(s->cms[0]), bare = of_cms(without_timestamp(s, 0));
    s->m->f.now_ms += INT64_C(400) * 86400000; /* the certificate is good for 365 days */
    verification v = run(s, &bare);
    assert_false(v.valid);
    assert_int_equal(v.findings[VERIFY_PERIOD].state, VERIFY_FAILED);
    assert_int_equal(v.time_source, VERIFY_TIME_NOW);
    v = run(s, &r);
    check_valid(s, &v, 0);
    assert_int_equal(v.time_source, VERIFY_TIME_TIMESTAMP);
    assert_int_equal(v.time_ms, s->tasks[0].timestamp.time_us / 1000);
    /* Who says a time himself is answered for that. */
    r.has_time = true;
    r.time_ms = s->m->f.now_ms;
    v = run(s, &r);
    assert_false(v.valid);
    assert_int_equal(v.time_source, VERIFY_TIME_GIVEN);
    assert_true(v.timestamp->valid);
}

static void a_signature_that_cannot_be_read_has_none(void **state)
{
    scene *s = *state;
    verify_request r = {.form = "digest",
                        .signature = bytes_of_text("nothing"),
                        .certificate = s->tasks[0].signature.certificate,
                        .document = bytes_of_text(document),
                        .timestamp = s->tokens[0]};
    verification v = run(s, &r);
    assert_false(v.valid);
    assert_null(v.timestamp);
}

#define IN_SCENE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_SCENE(that_of_a_task_and_of_signed_data_is_found),
        IN_SCENE(that_of_another_signature_is_none_of_this),
        IN_SCENE(what_is_no_token_is_said_to_be_none),
        IN_SCENE(a_valid_timestamp_is_when_the_signature_is_judged),
        IN_SCENE(a_signature_that_cannot_be_read_has_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
