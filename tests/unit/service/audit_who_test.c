#include "service/audit_who.h"

#include "base/text.h"
#include "fixture.h"
#include "service/operator.h"
#include "service/system.h"

static const char *subject(fixture *f, const char *kind, const uint8_t id[16])
{
    char text[UUID_TEXT];
    uuid_encode(text, id);
    return arena_printf(f->arena, "%s:%s", kind, text);
}

/* Both of one row. */
static audit_who who(fixture *f, const char *actor, const char *about)
{
    const audit_who *found;
    assert_int_equal(
        audit_who_find(fixture_call(f, NULL), &(audit_entry){.actor = actor, .subject = about}, 1, &found), ERR_OK);
    return found[0];
}

static void people_and_what_is_theirs(void **state)
{
    fixture *f = *state;
    fixture_key k;
    user u = fixture_user(f, "D1001", "王建国");
    console_operator o;
    business_system s;
    fixture_certify(f, &u, &k);
    assert_int_equal(operator_create(fixture_call(f, "operator.create"), "B1001", "李秀英", "auditor", &o), ERR_OK);
    assert_int_equal(
        system_create(fixture_call(f, "system.create"), "电子病历", SCOPE_TASKS, false, &s),
        ERR_OK);
    assert_string_equal(who(f, NULL, subject(f, "user", u.id)).subject, "D1001 王建国");
    assert_string_equal(who(f, subject(f, "device", k.enrolment_id), NULL).actor, "D1001 王建国");
    assert_string_equal(who(f, NULL, subject(f, "key", k.id)).subject, "D1001 王建国");
    audit_who both = who(f, subject(f, "operator", o.id), subject(f, "system", s.id));
    assert_string_equal(both.actor, "B1001 李秀英");
    assert_string_equal(both.subject, "电子病历");
}

static void what_is_none_has_none(void **state)
{
    fixture *f = *state;
    uint8_t nobody[16];
    static const char *const texts[] = {"server",
                                        "nobody",
                                        "",
                                        ":",
                                        "user:",
                                        "operator:uid:1000",
                                        "operator:token:ot_00000000000000000000",
                                        "user:0193",
                                        "user:00000000-0000-0000-0000-00000000000g",
                                        "user:00000000-0000-7000-8000-0000000000000",
                                        "user:' OR 1=1 --"};
    fixture_user(f, "D1001", "王建国");
    assert_int_equal(uuid7_create(nobody), ERR_OK);
    assert_null(who(f, NULL, NULL).actor);
    assert_null(who(f, subject(f, "user", nobody), NULL).actor);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        audit_who w = who(f, texts[i], texts[i]);
        assert_null(w.actor);
        assert_null(w.subject);
    }
}

/* A whole page, each of two ids its own: more than are looked up together, in any order, some of them more than once, some nobody's. */
static void a_whole_page(void **state)
{
    enum { PEOPLE = 40 };
    fixture *f = *state;
    audit_entry *page = arena_alloc(f->arena, AUDIT_LOG_PAGE * sizeof *page);
    user u[PEOPLE];
    const audit_who *found;
    uint8_t nobody[16];
    memset(page, 0, AUDIT_LOG_PAGE * sizeof *page);
    for (int i = 0; i < PEOPLE; i++)
        u[i] = fixture_user(f, arena_printf(f->arena, "D%d", i), arena_printf(f->arena, "人%d", i));
    for (int i = 0; i < AUDIT_LOG_PAGE; i++) {
        assert_int_equal(uuid7_create(nobody), ERR_OK);
        page[i] = (audit_entry){.actor = subject(f, "user", u[(i * 7) % PEOPLE].id),
                                .subject = i % 3 == 0 ? subject(f, "user", nobody) : subject(f, "user", u[i % PEOPLE].id)};
    }
    assert_int_equal(audit_who_find(fixture_call(f, NULL), page, AUDIT_LOG_PAGE, &found), ERR_OK);
    for (int i = 0; i < AUDIT_LOG_PAGE; i++) {
        assert_string_equal(found[i].actor, arena_printf(f->arena, "D%d 人%d", (i * 7) % PEOPLE, (i * 7) % PEOPLE));
        if (i % 3 == 0)
            assert_null(found[i].subject);
        else
            assert_string_equal(found[i].subject, arena_printf(f->arena, "D%d 人%d", i % PEOPLE, i % PEOPLE));
    }
    assert_int_equal(audit_who_find(fixture_call(f, NULL), NULL, 0, &found), ERR_OK);
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(people_and_what_is_theirs),
        WITH_FIXTURE(what_is_none_has_none),
        WITH_FIXTURE(a_whole_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
