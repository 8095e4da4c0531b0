#include "service/console_link.h"

#include "fixture.h"

/* Two administrators, and one who is made an operator by them. */
typedef struct cast {
    fixture f;
    console_operator asker, approver, other;
    console_session asks, approves;
} cast;

static console_session session_of(const console_operator *o)
{
    console_session s = {.staff_no = o->staff_no, .role = "administrator"};
    memcpy(s.operator_id, o->id, 16);
    memcpy(s.user_id, o->user_id, 16);
    return s;
}

static console_operator person(fixture *f, const char *staff_no)
{
    console_operator o;
    assert_int_equal(operator_create(fixture_call(f, "operator.create"), staff_no, "王建国", "administrator", &o),
                     ERR_OK);
    return o;
}

static int cast_setup(void **state)
{
    cast *k = calloc(1, sizeof *k);
    assert_non_null(k);
    fixture_init(&k->f);
    k->asker = person(&k->f, "A1");
    k->approver = person(&k->f, "A2");
    k->other = person(&k->f, "A3");
    k->asks = session_of(&k->asker);
    k->approves = session_of(&k->approver);
    *state = k;
    return 0;
}

static int cast_teardown(void **state)
{
    cast *k = *state;
    fixture_remove(&k->f);
    free(k);
    return 0;
}

/* An act of the asker's, as it runs once it is approved. */
static call *approved(cast *k, const char *event)
{
    call *c = fixture_call(&k->f, event);
    c->own_socket = false;
    c->console = &k->asks;
    c->approver = &k->approves;
    return c;
}

static console_operator made(cast *k, const char *staff_no)
{
    console_operator o;
    assert_int_equal(operator_create(approved(k, "operator.create"), staff_no, "李明", "auditor", &o), ERR_OK);
    assert_non_null(o.setup_code);
    return o;
}

static err take(cast *k, const console_session *who, const console_operator *o, const char **text)
{
    int64_t expires_ms;
    call *c = fixture_call(&k->f, "operator.setup_link");
    c->console = who;
    return console_link_take(c, o->id, text, &expires_ms);
}

static err use(cast *k, const char *text, const char *code)
{
    const char *cookie;
    call *c = fixture_call(&k->f, "console.login");
    c->actor = ACTOR_NOBODY;
    c->actor_text = "nobody";
    return code ? console_setup_use(c, text, code, &cookie) : console_link_use(c, text, &cookie);
}

static void each_alone_is_nothing(void **state)
{
    cast *k = *state;
    const char *link, *again;
    console_operator o = made(k, "D1");
    assert_int_equal(o.setup_ms, k->f.now_ms + CONSOLE_SETUP_HOURS * INT64_C(3600000));
    assert_memory_equal(o.setup_by, k->asker.id, 16);
    /* The link is the asker's to take, and nobody else's. */
    assert_int_equal(take(k, &k->approves, &o, &link), ERR_NOT_FOUND);
    assert_int_equal(take(k, NULL, &o, &link), ERR_NOT_FOUND);
    assert_int_equal(take(k, &k->asks, &k->other, &link), ERR_NOT_FOUND);
    assert_int_equal(take(k, &k->asks, &o, &link), ERR_OK);
    assert_int_equal(use(k, link, NULL), ERR_UNAUTHENTICATED);
    assert_int_equal(take(k, &k->asks, &o, &again), ERR_OK);
    assert_int_equal(use(k, link, o.setup_code), ERR_UNAUTHENTICATED);
    assert_int_equal(use(k, again, o.setup_code), ERR_OK);
    assert_int_equal(use(k, again, o.setup_code), ERR_UNAUTHENTICATED);
    assert_int_equal(take(k, &k->asks, &o, &again), ERR_NOT_FOUND);
    /* Neither stands in the database. */
    assert_int_equal(fixture_number(&k->f, "SELECT count(*) FROM console_link WHERE code_hash IS NOT NULL AND "
                                           "(length(code_hash) <> 32 OR length(secret_hash) <> 32)"),
                     0);
}

static void a_code_is_tried_five_times(void **state)
{
    cast *k = *state;
    const char *link;
    console_operator o = made(k, "D1");
    assert_int_equal(take(k, &k->asks, &o, &link), ERR_OK);
    assert_int_equal(use(k, link, "1234"), ERR_FIELD_VALUE);
    for (int i = 1; i < CONSOLE_SETUP_TRIES; i++) {
        assert_int_equal(use(k, link, "0000-0000-0000"), ERR_ACTIVATION);
        assert_int_equal(k->f.c.fault.tries_left, CONSOLE_SETUP_TRIES - i);
        assert_int_equal(take(k, &k->asks, &o, &link), ERR_OK); /* another link is no further try */
    }
    assert_int_equal(use(k, link, "0000-0000-0000"), ERR_ACTIVATION);
    assert_int_equal(use(k, link, o.setup_code), ERR_UNAUTHENTICATED);
    assert_int_equal(take(k, &k->asks, &o, &link), ERR_NOT_FOUND);
    /* The last try is as good as the first. */
    o = made(k, "D2");
    assert_int_equal(take(k, &k->asks, &o, &link), ERR_OK);
    for (int i = 1; i < CONSOLE_SETUP_TRIES; i++)
        assert_int_equal(use(k, link, "0000-0000-0000"), ERR_ACTIVATION);
    assert_int_equal(use(k, link, o.setup_code), ERR_OK);
}

static void it_ends(void **state)
{
    cast *k = *state;
    const char *link, *plain;
    int64_t expires_ms;
    console_setup second;
    console_operator o = made(k, "D1"), out;
    assert_int_equal(take(k, &k->asks, &o, &link), ERR_OK);
    /* A later setup has another code; a link of the server's own user ends both; a suspension ends every link. */
    assert_int_equal(console_link_setup(approved(k, "operator.setup"), o.id, &second), ERR_OK);
    assert_int_equal(use(k, link, o.setup_code), ERR_UNAUTHENTICATED);
    assert_int_equal(take(k, &k->asks, &o, &link), ERR_OK);
    assert_int_equal(use(k, link, o.setup_code), ERR_ACTIVATION);
    assert_int_equal(console_link_create(fixture_call(&k->f, "operator.link"), o.id, &plain, &expires_ms), ERR_OK);
    assert_int_equal(use(k, link, second.code), ERR_UNAUTHENTICATED);
    assert_int_equal(use(k, plain, second.code), ERR_UNAUTHENTICATED); /* which has none */
    assert_int_equal(use(k, plain, NULL), ERR_OK);
    assert_int_equal(console_link_setup(approved(k, "operator.setup"), o.id, &second), ERR_OK);
    assert_int_equal(take(k, &k->asks, &o, &link), ERR_OK);
    assert_int_equal(operator_update(fixture_call(&k->f, "operator.update"), o.id,
                                     &(operator_change){.state = "suspended"}, &out),
                     ERR_OK);
    assert_int_equal(use(k, link, second.code), ERR_UNAUTHENTICATED);
    assert_int_equal(console_link_setup(approved(k, "operator.setup"), o.id, &second), ERR_CONFLICT);
    /* Its time. */
    o = made(k, "D2");
    assert_int_equal(take(k, &k->asks, &o, &link), ERR_OK);
    k->f.now_ms = o.setup_ms;
    assert_int_equal(use(k, link, o.setup_code), ERR_UNAUTHENTICATED);
    assert_int_equal(operator_get(fixture_call(&k->f, NULL), o.id, &out), ERR_OK);
    assert_int_equal(out.setup_ms, 0);
}

static void it_takes_two(void **state)
{
    cast *k = *state;
    console_setup setup;
    console_operator o;
    /* Nobody approved it: by the server's own user, or by one who is alone. */
    assert_int_equal(operator_create(fixture_call(&k->f, "operator.create"), "D1", "李明", "auditor", &o), ERR_OK);
    assert_null(o.setup_code);
    assert_int_equal(o.setup_ms, 0);
    call *c = approved(k, "operator.setup");
    c->approver = NULL;
    assert_int_equal(console_link_setup(c, o.id, &setup), ERR_CONFLICT);
    assert_int_equal(console_link_setup(fixture_call(&k->f, "operator.setup"), o.id, &setup), ERR_CONFLICT);
    /* And neither of the two is the one. */
    assert_int_equal(console_link_setup(approved(k, "operator.setup"), k->asker.id, &setup), ERR_OWN_ROLE);
    assert_int_equal(console_link_setup(approved(k, "operator.setup"), k->approver.id, &setup), ERR_OWN_ROLE);
    assert_int_equal(console_link_setup(approved(k, "operator.setup"), o.id, &setup), ERR_OK);
}

#define WITH_CAST(test) cmocka_unit_test_setup_teardown(test, cast_setup, cast_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_CAST(each_alone_is_nothing),
        WITH_CAST(a_code_is_tried_five_times),
        WITH_CAST(it_ends),
        WITH_CAST(it_takes_two),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
