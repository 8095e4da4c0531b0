#include "key_holder.h"
#include "service/console_first.h"

static const char *link_of(fixture *f)
{
    static const char *url;
    assert_int_equal(console_first_link(f->service, f->arena, f->now_ms, &url), ERR_OK);
    assert_non_null(url);
    return strstr(url, "link=") + 5;
}

static err use(fixture *f, const char *text, const char *staff_no, const char *name, bytes csr, console_first_made *out)
{
    call *c = fixture_call(f, "console.first");
    c->actor = ACTOR_NOBODY;
    return console_first_use(c, &(console_first_request){text, staff_no, name, csr}, out);
}

static void the_first_becomes_administrator(void **state)
{
    fixture *f = *state;
    console_first_made made;
    console_session s;
    const char *url, *text = link_of(f);
    assert_int_equal(use(f, text, "D1", "王建国", bytes_of(NULL, 0), &made), ERR_OK);
    assert_string_equal(made.operator_made.role.text, "administrator");
    assert_true(made.has_offer);
    assert_string_equal(fixture_last_audit(f).detail, "staff_no=D1 role=administrator");
    assert_int_equal(console_session_check(fixture_call(f, NULL), made.cookie, &s), ERR_OK);
    assert_int_equal(use(f, text, "D2", "李明", bytes_of(NULL, 0), &made), ERR_UNAUTHENTICATED);
    assert_int_equal(console_first_link(f->service, f->arena, f->now_ms, &url), ERR_OK);
    assert_null(url);
}

static void with_a_key_he_has_a_certificate(void **state)
{
    fixture *f = *state;
    sm2_private key;
    console_first_made made;
    cert x;
    uint8_t id[16];
    assert_int_equal(sm2_private_generate(&key, &f->rng), ERR_OK);
    assert_int_equal(use(f, link_of(f), "D1", "王建国", holder_csr(f, &key), &made), ERR_OK);
    assert_false(made.has_offer);
    assert_int_equal(operator_certificate_check(fixture_call(f, NULL), made.certificate, &x, id), ERR_OK);
    assert_memory_equal(id, made.operator_made.id, 16);
}

static void other_texts_are_nothing(void **state)
{
    fixture *f = *state;
    console_first_made made;
    const char *old = link_of(f), *text = link_of(f);
    assert_int_equal(use(f, old, "D1", "王建国", bytes_of(NULL, 0), &made), ERR_UNAUTHENTICATED);
    assert_int_equal(use(f, "x", "D1", "王建国", bytes_of(NULL, 0), &made), ERR_UNAUTHENTICATED);
    f->now_ms += CONSOLE_LINK_MINUTES * INT64_C(60000);
    assert_int_equal(use(f, text, "D1", "王建国", bytes_of(NULL, 0), &made), ERR_UNAUTHENTICATED);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM operator"), 0);
}

static void an_operators_link_makes_no_first(void **state)
{
    fixture *f = *state;
    console_first_made made;
    const char *first = link_of(f), *text, *cookie;
    int64_t expires;
    console_operator o = holder_operator(f, "D1", "auditor");
    assert_int_equal(console_link_create(fixture_call(f, "x"), o.id, &text, &expires), ERR_OK);
    assert_int_equal(use(f, text, "D2", "李明", bytes_of(NULL, 0), &made), ERR_UNAUTHENTICATED);
    assert_int_equal(use(f, first, "D2", "李明", bytes_of(NULL, 0), &made), ERR_CONFLICT);
    assert_int_equal(console_link_use(fixture_call(f, "x"), first, &cookie), ERR_UNAUTHENTICATED);
}

static void somebody_who_is_there_already(void **state)
{
    fixture *f = *state;
    console_first_made made;
    fixture_user(f, "D1", "王建国");
    const char *text = link_of(f);
    assert_int_equal(use(f, text, "D1", "李明", bytes_of(NULL, 0), &made), ERR_FIELD_VALUE);
    assert_int_equal(use(f, text, "D1", "王建国", bytes_of(NULL, 0), &made), ERR_OK);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM app_user"), 1);
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(the_first_becomes_administrator), WITH_FIXTURE(with_a_key_he_has_a_certificate),
        WITH_FIXTURE(other_texts_are_nothing),         WITH_FIXTURE(an_operators_link_makes_no_first),
        WITH_FIXTURE(somebody_who_is_there_already),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
