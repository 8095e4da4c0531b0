#include "fixture.h"
#include "service/console_link.h"

static const int64_t minute = 60000;

typedef struct desk {
    fixture f;
    console_operator o;
} desk;

static int setup(void **state)
{
    desk *d = calloc(1, sizeof *d);
    assert_non_null(d);
    fixture_init(&d->f);
    assert_int_equal(operator_create(fixture_call(&d->f, "operator.create"), "D1", "王建国", "administrator", &d->o),
                     ERR_OK);
    *state = d;
    return 0;
}

static int teardown(void **state)
{
    desk *d = *state;
    fixture_remove(&d->f);
    free(d);
    return 0;
}

static const char *link_of(desk *d)
{
    const char *text;
    int64_t expires;
    assert_int_equal(console_link_create(fixture_call(&d->f, "operator.link"), d->o.id, &text, &expires), ERR_OK);
    assert_int_equal(expires, d->f.now_ms + 30 * minute);
    return text;
}

static const char *login(desk *d)
{
    const char *cookie, *text = link_of(d);
    assert_int_equal(console_link_use(fixture_call(&d->f, "console.login"), text, &cookie), ERR_OK);
    return cookie;
}

static err check(desk *d, const char *cookie)
{
    console_session s;
    return console_session_check(fixture_call(&d->f, NULL), cookie, &s);
}

static void a_link_logs_in_once(void **state)
{
    desk *d = *state;
    console_session s;
    const char *cookie, *again, *text = link_of(d);
    assert_int_equal(console_link_use(fixture_call(&d->f, "console.login"), text, &cookie), ERR_OK);
    assert_string_equal(fixture_last_audit(&d->f).actor, call_subject(&d->f.c, "operator", d->o.id));
    assert_int_equal(console_session_check(fixture_call(&d->f, NULL), cookie, &s), ERR_OK);
    assert_memory_equal(s.operator_id, d->o.id, 16);
    assert_memory_equal(s.user_id, d->o.user_id, 16);
    assert_int_equal(s.permissions, permission_of_role(ROLE_ADMINISTRATOR));
    assert_string_equal(s.method, "link");
    assert_int_equal(console_link_use(fixture_call(&d->f, "console.login"), text, &again), ERR_UNAUTHENTICATED);
    /* What opens it is nowhere in the database. */
    const store_value *row;
    assert_int_equal(
        store_query_one(d->f.store, d->f.arena, &row, ERR_OK, "SELECT secret_hash FROM console_session", NULL, 0),
        ERR_OK);
    assert_int_equal(row[0].n, 32);
    assert_null(strstr(fixture_last_audit(&d->f).detail, cookie));
}

static void links_end(void **state)
{
    desk *d = *state;
    const char *cookie, *first = link_of(d), *second = link_of(d);
    assert_int_equal(console_link_use(fixture_call(&d->f, "console.login"), first, &cookie), ERR_UNAUTHENTICATED);
    d->f.now_ms += 30 * minute;
    assert_int_equal(console_link_use(fixture_call(&d->f, "console.login"), second, &cookie), ERR_UNAUTHENTICATED);
    d->f.now_ms -= 1;
    assert_int_equal(console_link_use(fixture_call(&d->f, "console.login"), second, &cookie), ERR_OK);
}

static void every_other_text_is_nobody(void **state)
{
    desk *d = *state;
    const char *cookie = login(d);
    size_t n = strlen(cookie);
    for (size_t i = 0; i < n; i++) {
        char *changed = arena_text(d->f.arena, cookie, n);
        changed[i] = changed[i] == 'x' ? 'y' : 'x';
        assert_int_equal(check(d, changed), ERR_UNAUTHENTICATED);
        assert_int_equal(check(d, arena_text(d->f.arena, cookie, i)), ERR_UNAUTHENTICATED);
    }
    assert_int_equal(check(d, arena_printf(d->f.arena, "%sx", cookie)), ERR_UNAUTHENTICATED);
    assert_int_equal(check(d, link_of(d)), ERR_UNAUTHENTICATED);
}

static void a_session_ends_when_nobody_is_there(void **state)
{
    desk *d = *state;
    console_session s;
    const char *cookie = login(d);
    d->f.now_ms += 15 * minute - 1;
    assert_int_equal(console_session_check(fixture_call(&d->f, NULL), cookie, &s), ERR_OK);
    assert_int_equal(console_session_seen(&d->f.c, &s), ERR_OK);
    d->f.now_ms += 15 * minute - 1;
    assert_int_equal(check(d, cookie), ERR_OK);
    d->f.now_ms += 1;
    assert_int_equal(check(d, cookie), ERR_SESSION_EXPIRED);
}

static void seeing_somebody_is_written_once_a_minute(void **state)
{
    desk *d = *state;
    console_session s;
    store_figures before, after;
    const char *cookie = login(d);
    store_read_figures(d->f.store, &before);
    for (int i = 0; i < 59; i++) {
        d->f.now_ms += 1000;
        assert_int_equal(console_session_check(fixture_call(&d->f, NULL), cookie, &s), ERR_OK);
        assert_int_equal(console_session_seen(&d->f.c, &s), ERR_OK);
    }
    store_read_figures(d->f.store, &after);
    assert_int_equal(after.units, before.units);
    d->f.now_ms += 1000;
    assert_int_equal(console_session_check(fixture_call(&d->f, NULL), cookie, &s), ERR_OK);
    assert_int_equal(console_session_seen(&d->f.c, &s), ERR_OK);
    store_read_figures(d->f.store, &after);
    assert_int_equal(after.units, before.units + 1);
}

static void a_session_ends_after_twelve_hours(void **state)
{
    desk *d = *state;
    console_session s;
    const char *cookie = login(d);
    for (int i = 0; i < 12 * 60; i += 10) {
        assert_int_equal(console_session_check(fixture_call(&d->f, NULL), cookie, &s), ERR_OK);
        assert_int_equal(console_session_seen(&d->f.c, &s), ERR_OK);
        d->f.now_ms += 10 * minute;
    }
    assert_int_equal(check(d, cookie), ERR_SESSION_EXPIRED);
}

static void the_policy_says_how_long_idle(void **state)
{
    desk *d = *state;
    const char *cookie = login(d);
    fixture_write(&d->f, "INSERT INTO policy (name, value, changed_at) VALUES ('console_idle_minutes', '5', 0)", NULL,
                  0);
    d->f.now_ms += 5 * minute - 1;
    assert_int_equal(check(d, cookie), ERR_OK);
    d->f.now_ms += 1;
    assert_int_equal(check(d, cookie), ERR_SESSION_EXPIRED);
}

static void a_session_ends_with_what_its_operator_is(void **state)
{
    desk *d = *state;
    console_operator o;
    user u;
    assert_int_equal(operator_create(fixture_call(&d->f, "operator.create"), "D2", "李明", "administrator", &o),
                     ERR_OK);
    const char *cookie = login(d);
    assert_int_equal(
        operator_update(fixture_call(&d->f, "operator.update"), d->o.id, &(operator_change){.role = "auditor"}, &o),
        ERR_OK);
    assert_int_equal(check(d, cookie), ERR_SESSION_EXPIRED);
    cookie = login(d);
    assert_int_equal(
        operator_update(fixture_call(&d->f, "operator.update"), d->o.id, &(operator_change){.state = "suspended"}, &o),
        ERR_OK);
    assert_int_equal(check(d, cookie), ERR_SESSION_EXPIRED);
    assert_int_equal(
        operator_update(fixture_call(&d->f, "operator.update"), d->o.id, &(operator_change){.state = "active"}, &o),
        ERR_OK);
    assert_int_equal(check(d, cookie), ERR_SESSION_EXPIRED);
    cookie = login(d);
    assert_int_equal(
        user_update(fixture_call(&d->f, "user.update"), d->o.user_id, &(user_change){.state = "suspended"}, &u),
        ERR_OK);
    assert_int_equal(check(d, cookie), ERR_SESSION_EXPIRED);
    assert_int_equal(
        user_update(fixture_call(&d->f, "user.update"), d->o.user_id, &(user_change){.state = "active"}, &u), ERR_OK);
    assert_int_equal(check(d, cookie), ERR_SESSION_EXPIRED);
    cookie = login(d);
    assert_int_equal(operator_remove(fixture_call(&d->f, "operator.remove"), d->o.id, 0), ERR_OK);
    assert_int_equal(check(d, cookie), ERR_SESSION_EXPIRED);
}

static void a_suspended_operator_gets_no_link(void **state)
{
    desk *d = *state;
    console_operator o;
    const char *text = link_of(d), *cookie;
    int64_t expires;
    assert_int_equal(operator_create(fixture_call(&d->f, "operator.create"), "D2", "李明", "administrator", &o),
                     ERR_OK);
    assert_int_equal(
        operator_update(fixture_call(&d->f, "operator.update"), d->o.id, &(operator_change){.state = "suspended"}, &o),
        ERR_OK);
    assert_int_equal(console_link_use(fixture_call(&d->f, "console.login"), text, &cookie), ERR_UNAUTHENTICATED);
    assert_int_equal(console_link_create(fixture_call(&d->f, "operator.link"), d->o.id, &text, &expires), ERR_CONFLICT);
}

static void sessions_are_listed_and_ended(void **state)
{
    desk *d = *state;
    console_operator o;
    const console_session *list;
    size_t n;
    const char *a = login(d), *b = login(d);
    assert_int_equal(console_session_list(fixture_call(&d->f, NULL), d->o.id, &list, &n), ERR_OK);
    assert_int_equal(n, 2);
    assert_int_equal(operator_create(fixture_call(&d->f, "operator.create"), "D2", "李明", "auditor", &o), ERR_OK);
    /* Another's is not his to end. */
    assert_int_equal(console_session_end(fixture_call(&d->f, "console.session_end"), list[0].id, o.id), ERR_NOT_FOUND);
    assert_int_equal(console_session_end(fixture_call(&d->f, "console.session_end"), list[0].id, d->o.id), ERR_OK);
    assert_int_equal(check(d, a), ERR_SESSION_EXPIRED);
    assert_int_equal(check(d, b), ERR_OK);
    assert_int_equal(console_session_list(fixture_call(&d->f, NULL), NULL, &list, &n), ERR_OK);
    assert_int_equal(n, 1);
}

static void the_oldest_of_too_many_ends(void **state)
{
    desk *d = *state;
    const char *first = login(d), *second = login(d);
    for (int i = 0; i < CONSOLE_SESSIONS - 1; i++)
        (void)login(d);
    assert_int_equal(check(d, first), ERR_SESSION_EXPIRED);
    assert_int_equal(check(d, second), ERR_OK);
}

static void each_session_has_a_token_of_its_own(void **state)
{
    desk *d = *state;
    console_session a, b;
    assert_int_equal(console_session_check(fixture_call(&d->f, NULL), login(d), &a), ERR_OK);
    assert_int_equal(console_session_check(fixture_call(&d->f, NULL), login(d), &b), ERR_OK);
    call *c = fixture_call(&d->f, NULL);
    assert_true(console_session_csrf_good(c, &a, console_session_csrf(c, &a)));
    assert_false(console_session_csrf_good(c, &a, console_session_csrf(c, &b)));
    assert_false(console_session_csrf_good(c, &a, NULL));
    assert_false(console_session_csrf_good(c, &a, ""));
}

#define WITH_DESK(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_DESK(a_link_logs_in_once),
        WITH_DESK(links_end),
        WITH_DESK(every_other_text_is_nobody),
        WITH_DESK(a_session_ends_when_nobody_is_there),
        WITH_DESK(seeing_somebody_is_written_once_a_minute),
        WITH_DESK(a_session_ends_after_twelve_hours),
        WITH_DESK(the_policy_says_how_long_idle),
        WITH_DESK(a_session_ends_with_what_its_operator_is),
        WITH_DESK(a_suspended_operator_gets_no_link),
        WITH_DESK(sessions_are_listed_and_ended),
        WITH_DESK(the_oldest_of_too_many_ends),
        WITH_DESK(each_session_has_a_token_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
